-- A product's code is its vendor's own. Agents and the update repository, which everybody can read, call it by another name,
-- which all products share out: until now that was the code.
alter table products add column update_name text not null default '';
update products set update_name = code;
drop index products_code;
drop index products_vendor;
-- Letters of either case are one name, as they are to some clients' file systems.
create unique index products_update_name on products (lower(update_name));
create unique index products_vendor_code on products (vendor_id, lower(code));
create index products_by_code on products (lower(code));
