-- A price that rated no closed month can be withdrawn. Its row stays, and another can have its key.
alter table prices add column withdrawn_at_us bigint not null default 0;  -- 0: it is in force
drop index prices_edge;
create unique index prices_edge on prices (seller_id, buyer_id, sku_id, currency, effective_from)
    where withdrawn_at_us = 0;
