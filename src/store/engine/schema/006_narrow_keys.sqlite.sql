-- SQLite alone: an "integer primary key" is the row's own number and a table "without rowid" is its key's tree, where "bigint
-- primary key" keeps a second tree beside the rows, which every activation would change as well.

create table device_seen_narrow (
    device_id       integer primary key,
    sequence        bigint not null,
    link            bigint not null,
    seen_at_s       bigint not null,
    lease_expires_s bigint not null,
    profile_id      bigint not null default 0,
    month_marks     bigint not null default 0
);
insert into device_seen_narrow select device_id, sequence, link, seen_at_s, lease_expires_s, profile_id, month_marks
    from device_seen order by device_id;
drop table device_seen;
alter table device_seen_narrow rename to device_seen;

create table device_months_narrow (
    month      bigint not null,
    device_id  bigint not null,
    licensed   bigint not null,
    unlicensed bigint not null,
    primary key (month, device_id)
) without rowid;
insert into device_months_narrow select month, device_id, licensed, unlicensed from device_months order by month, device_id;
drop table device_months;
alter table device_months_narrow rename to device_months;
