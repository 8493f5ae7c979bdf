-- A document stays as it was issued: the bytes of its first delivery in a format are those of every later one.
-- Append-only.
create table kept_documents (
    invoice_id bigint not null references invoices (id),
    format     text not null check (format in ('pdf', 'text', 'csv')),
    content    {bytes} not null,
    sha256     text not null,    -- of the content, in hexadecimal digits
    kept_at_us bigint not null,
    primary key (invoice_id, format)
);
