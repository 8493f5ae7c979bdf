-- Work in many short transactions: a close is a job, and its row remembers how far it has come.
create table jobs (
    id               {id},
    month            bigint not null,
    seller_id        bigint not null,   -- only the edges that it sells on; 0: everybody's
    actor_kind       bigint not null,   -- who asked
    actor_id         bigint not null,
    account_id       bigint not null,
    state            text not null,
    runs             bigint not null,   -- how often it was started
    document_id      bigint,            -- an invoice whose lines are being written before its head
    edges_done       bigint not null,
    edges_total      bigint not null,
    already_closed   bigint not null,
    reports_approved bigint not null,
    invoice_count    bigint not null,
    line_count       bigint not null,
    created_at_us    bigint not null,
    started_at_us    bigint,
    ended_at_us      bigint,
    fault_code       text not null,     -- of one that failed
    fault_message    text not null
);
create index jobs_unfinished on jobs (id) where state <> 'done';

-- What became of each edge: closed, with its documents, or open, with the reason.
create table job_edges (
    job_id           bigint not null references jobs (id),
    position         bigint not null,
    agreement_id     bigint,
    seller_id        bigint not null,
    buyer_id         bigint not null,
    currency         text not null,
    is_closed        bigint not null,
    billed_elsewhere bigint not null,
    invoice_id       bigint,
    first_note_id    bigint,            -- of its credit notes, whose ids follow each other
    note_count       bigint not null,
    stuck_count      bigint not null,
    tax_remark       text not null,     -- what the invoice lacks
    reason           text not null,
    message          text not null,
    primary key (job_id, position)
);

-- What waits for an edge and could not be on its bill.
create table job_stuck (
    job_id    bigint not null references jobs (id),
    position  bigint not null,
    number    bigint not null,
    charge_id bigint,
    sku       text not null,
    month     bigint not null,
    reason    text not null,
    primary key (job_id, position, number)
);
