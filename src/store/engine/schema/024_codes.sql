-- Every code that an account had, in the order in which codes were given: of two accounts of one code the older code counts,
-- and a code that a document may name is given to no other account of the seller (docs/rules.md, R1.12 to R1.15).
create table account_codes (
    id          {id},
    account_id  bigint not null references accounts (id),
    code        text not null,
    given_at_us bigint not null  -- 0: before ages were kept, so that nobody can say which is older
);
create index account_codes_account on account_codes (account_id, id);
create index account_codes_code on account_codes (lower(code));

-- A label that is no identifier is the first code that the account had.
insert into account_codes (id, account_id, code, given_at_us)
select 2 * id - 1, id, label, 0 from accounts where label <> code and substr(label, 1, 4) <> 'acc_';
insert into account_codes (id, account_id, code, given_at_us) select 2 * id, id, code, 0 from accounts;
insert into counters (name, taken) select 'account-codes', 2 * max(id) from accounts having count(*) > 0;

-- Letters of either case are one code.
create index accounts_by_folded_code on accounts (lower(code));
create index skus_by_folded_code on skus (lower(code));

-- 0: the SKU is from before ages of codes were kept.
alter table skus add column has_age bigint not null default 1;
update skus set has_age = 0;

-- What the numbers of an account's documents begin with, from its first document on; empty: it has issued none.
alter table accounts add column number_prefix text not null default '';
update accounts set number_prefix = coalesce((
    select substr(i.number, 1, length(i.number) - 12) from invoices i where i.id = (
        select max(n.id) from invoices n where n.seller_id = accounts.id and n.number like '%-____-______')), '');
