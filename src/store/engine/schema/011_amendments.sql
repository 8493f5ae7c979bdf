-- New terms of a signed agreement from a month on. The agreement's own row holds its first terms; numbers count from 2.
-- An amendment holds all terms, so that each month goes by one row.
create table amendments (
    agreement_id        bigint not null references agreements (id),
    number              bigint not null check (number >= 2),
    state               text not null check (state in ('proposed', 'accepted', 'withdrawn')),
    from_month          bigint not null,
    currency            text not null,
    time_zone           text not null,
    tax_category        text not null,
    tax_rate_millionths bigint not null,
    payment_days        bigint not null,
    report_due_days     bigint not null,
    terms               text not null default '',
    proposed_at_us      bigint not null,
    proposed_by         text not null,
    decided_at_us       bigint,
    decided_by          text not null default '',
    primary key (agreement_id, number)
);
