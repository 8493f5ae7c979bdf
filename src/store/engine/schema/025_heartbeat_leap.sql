-- The heartbeat before a leap of the clock that was trusted and that nobody has accepted yet; 0: there is none.
alter table heartbeat add column leapt_from_us bigint not null default 0;
