-- Who lets vendors read codes and names of providers and customers says so in the agreement by which it buys: the
-- distributor in the one with the vendor, a provider in its own. Both are needed.
alter table agreements add column names_to_vendors bigint not null default 0;
