-- A price's key has its currency: a seller of two currencies has two prices of one SKU from one day on.
drop index prices_edge;
create unique index prices_edge on prices (seller_id, buyer_id, sku_id, currency, effective_from);
