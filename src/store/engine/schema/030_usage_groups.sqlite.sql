-- What a month's meter needs to know of one (end customer, SKU), kept by the transaction that writes an event. All of it can
-- be made again from licence_events, which stays the truth. A level is a stretch of sellers' depths that bill the same
-- licences; a zone is a time zone by which an edge above the customer counts its months.
create table usage_zones (
    zone      {id},
    time_zone text not null unique
);

-- The months by which usage was counted, as the zone had them then: the midnights of its days, and its end.
create table usage_months (
    zone         bigint not null,
    month        bigint not null,
    midnights_us text not null,
    primary key (zone, month)
) without rowid;

-- The newest month in which something changed. Until the next change every later month is as it ends.
create table usage_groups (
    provider_id    bigint not null,
    customer_id    bigint not null,
    sku_id         bigint not null,
    zone           bigint not null,
    first_edge     bigint not null,
    last_edge      bigint not null,
    month          bigint not null,
    opening_seats  bigint not null, -- just before the month
    seats          bigint not null, -- after the last change
    changed_at_us  bigint not null, -- of that
    peak_before    bigint not null, -- the highest in the month strictly before changed_at_us
    any_seats      bigint not null, -- the sum over licences of each one's own highest seats
    day            bigint not null, -- of the last change, from 0
    day_peak       bigint not null, -- the highest of that day strictly before changed_at_us
    seat_days      bigint not null, -- of the days before it
    first_on_at_us bigint not null,
    primary key (provider_id, customer_id, sku_id, zone, first_edge)
) without rowid;

-- How earlier months in which something changed ended.
create table ended_usage (
    provider_id    bigint not null,
    month          bigint not null,
    customer_id    bigint not null,
    sku_id         bigint not null,
    zone           bigint not null,
    first_edge     bigint not null,
    last_edge      bigint not null,
    opening_seats  bigint not null,
    seats          bigint not null,
    changed_at_us  bigint not null,
    peak_before    bigint not null,
    any_seats      bigint not null,
    day            bigint not null,
    day_peak       bigint not null,
    seat_days      bigint not null,
    first_on_at_us bigint not null,
    primary key (provider_id, month, customer_id, sku_id, zone, first_edge)
) without rowid;

-- Whether all of it is kept: 0 in a store of an older version until its log was read once, and where it can be kept no more.
alter table programme add column usage_kept bigint not null default 0;
