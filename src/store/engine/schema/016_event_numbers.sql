-- Events are numbered per provider: each log counts from 1 without a gap, and says nothing of what the others do.
-- The numbers of a log come from its own row here. What an older store has is numbered in the order of its one log.
create table event_logs (
    provider_id    {id},
    taken          bigint not null check (taken >= 0), -- the number of the last event
    recorded_at_us bigint not null,                    -- of the last event
    untimed        bigint not null default 0           -- up to it time need not go with number: an upgrade has numbered
                                                       -- those events, or the clock was set back after them
);

create table numbered_events (
    provider_id    bigint not null,
    number         bigint not null,
    at_us          bigint not null,
    licence_id     bigint not null,
    customer_id    bigint not null,
    sku_id         bigint not null,
    cause_id       bigint not null,
    kind           bigint not null,
    own_seats      bigint not null,
    seats_before   bigint not null,
    seats_after    bigint not null,
    licence_seats  bigint not null default 0,
    recorded_at_us bigint not null,
    primary key (provider_id, number)
);
-- In the order of the old log: so the rows of a month stay together, as closes read them.
insert into numbered_events select provider_id, row_number() over (partition by provider_id order by sequence), at_us,
    licence_id, customer_id, sku_id, cause_id, kind, own_seats, seats_before, seats_after, licence_seats, recorded_at_us
    from licence_events order by sequence;

create table numbered_voids (
    provider_id bigint not null,
    number      bigint not null,  -- the event
    voided_by   bigint not null,  -- the event of kind undo that names it, of the same log
    primary key (provider_id, number)
);
insert into numbered_voids
    with numbered as (select sequence, provider_id, row_number() over (partition by provider_id order by sequence) as number
                      from licence_events)
    select e.provider_id, e.number, u.number from voided_events v join numbered e on e.sequence = v.sequence
    join numbered u on u.sequence = v.voided_by;

insert into event_logs select e.provider_id, e.number, e.recorded_at_us, e.number from numbered_events e
    join (select provider_id, max(number) as number from numbered_events group by provider_id) l
    on l.provider_id = e.provider_id and l.number = e.number;
delete from counters where name = 'licence_events';

drop table voided_events;
drop table licence_events;
alter table numbered_voids rename to voided_events;
alter table numbered_events rename to licence_events;
create index licence_events_licence on licence_events (licence_id, number);
create index licence_events_at on licence_events (at_us);
create index voided_events_by on voided_events (provider_id, voided_by);
