-- Who bills its own buyers elsewhere says so in the agreement by which it buys. A closed month says how its usage was
-- billed: 1 here, 2 elsewhere (core/rating/rules.h); 0 is a month that was closed before anybody was asked, or is open.
alter table agreements add column bills_elsewhere bigint not null default 0;
alter table months add column usage_billing bigint not null default 0;
-- The second rules have a new minimum (R3.9). What was closed by them before had the minimum of the first ones.
update months set rules = 1 where rules = 2;
