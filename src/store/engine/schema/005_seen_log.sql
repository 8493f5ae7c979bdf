-- What check-ins of a busy door did, as it came, many in one row; the devices' own rows follow within a minute, and then
-- these go. Rows that a crash left are read into device_seen when the door next starts (store/seen_log.h).
create table device_seen_log (
    number  bigint primary key,
    entries {bytes} not null                   -- struct seen_entry, one behind the other
);

-- Which marks in device_months the device has: the month's low 8 bits, times 4, and 1: it worked, 2: it was told to stop.
alter table device_seen add column month_marks bigint not null default 0;
