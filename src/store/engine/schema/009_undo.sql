-- Undo: events that a later one takes back. The log keeps them; what is metered leaves them and the undo out.

-- One row for each event that is taken back, written with the undo and never again. Append-only, as the log is.
create table voided_events (
    sequence  {id},              -- the event
    voided_by bigint not null    -- the event of kind undo that names it
);
create index voided_events_by on voided_events (voided_by);

-- The licence's seats just before the event, on or not, so that an undo finds them. 0: not known.
alter table licence_events add column licence_seats bigint not null default 0;

-- How long after a change it can be undone; 0: never.
alter table programme add column undo_window_s bigint not null default 900 check (undo_window_s >= 0);
