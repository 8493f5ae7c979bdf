-- A closed month keeps the midnights of its zone: what time zone data of a later day says changes no bill.
-- The first close of a month in a zone writes them, for all edges of that zone. Append-only.
create table kept_months (
    time_zone    text not null,
    month        bigint not null,
    midnights_us text not null,  -- of each civil day, and the month's end; blanks between
    primary key (time_zone, month)
);
