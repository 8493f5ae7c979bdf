-- The heartbeat of the service: the latest instant that its clock has shown. No change is dated far before it.
create table heartbeat (
    id    {id} check (id = 1),
    at_us bigint not null
);
