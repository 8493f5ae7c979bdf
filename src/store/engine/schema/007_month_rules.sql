-- What a closed month was rated by (core/rating/rules.h): 1 for all that closed before there was a second version.
-- A month that is not closed has none.
alter table months add column rules bigint;
update months set rules = 1 where state = 'closed';
