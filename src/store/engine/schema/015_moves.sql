-- Moves of a customer from one provider to another, at the first instant of a month (docs/decisions/moving-a-customer.md).
create table moves (
    id                 {id},
    customer_id        bigint not null references accounts (id),
    from_id            bigint not null references accounts (id),  -- the provider that it leaves
    to_id              bigint not null references accounts (id),
    month              bigint not null,                 -- the first at the new provider
    state              text not null check (state in ('proposed', 'agreed', 'done', 'withdrawn')),
    is_alone           bigint not null,                 -- 1: the distributor decides alone, as the old provider has failed
    customer_agreed_by text not null default '',        -- the person; empty: not yet
    from_agreed_by     text not null default '',
    to_agreed_by       text not null default '',
    proposed_by        text not null,
    proposed_at_us     bigint not null,
    decided_at_us      bigint,                          -- when it was carried out or withdrawn
    successor_id       bigint references accounts (id), -- the customer's account below the new provider
    version            bigint not null default 1
);
create unique index moves_open on moves (customer_id) where state in ('proposed', 'agreed');
create index moves_from on moves (from_id, id);
create index moves_to on moves (to_id, id);

-- Which licence goes on as which; its devices went along.
create table moved_licences (
    licence_id   bigint primary key references licences (id),
    move_id      bigint not null references moves (id),
    successor_id bigint not null references licences (id)
);
create unique index moved_licences_successor on moved_licences (successor_id);
create index moved_licences_move on moved_licences (move_id);
