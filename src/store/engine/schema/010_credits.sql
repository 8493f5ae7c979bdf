-- A line says which line it takes back, and a credit note how much of it was set off against the invoice that it
-- credits. Lines of before say nothing: seatmeter finds what they take back as it always did. An invoice of before has
-- -1 where a new one has 0: so the audit knows by which rules it was issued.
alter table invoice_lines add column takes_invoice_id bigint;
alter table invoice_lines add column takes_position bigint;
alter table invoices add column set_off_minor bigint not null default -1;
create index invoices_agreement on invoices (agreement_id);

-- Credit notes were set off against their invoice while it was open, or settled with it; those that were paid back
-- by themselves have a posting of their own.
update invoices set set_off_minor = coalesce((
    select case when w.open_minor <= 0 then 0 when w.open_minor < w.note_minor then w.open_minor
                else w.note_minor end
    from (select -n.gross_minor as note_minor, d.gross_minor + coalesce((
                     select sum(e.gross_minor) from invoices e where e.corrects_id = d.id and e.id < n.id), 0)
                     as open_minor
          from invoices n join invoices d on d.id = n.corrects_id
          where n.id = invoices.id and n.gross_minor < 0
            and ((n.state = 'issued' and d.state = 'issued') or (n.state <> 'issued' and not exists (
                select 1 from ledger l where l.invoice_id = n.id and l.account in ('cash', 'bad-debt'))))) w), 0)
where kind = 'credit-note';

-- What has nothing left to settle is settled.
update invoices set state = 'paid', settled_at_us = issued_at_us
where kind = 'credit-note' and state = 'issued' and gross_minor + set_off_minor = 0;
update invoices set state = 'paid', settled_at_us = (
    select max(e.issued_at_us) from invoices e where e.id = invoices.id or e.corrects_id = invoices.id)
where kind <> 'credit-note' and state = 'issued' and gross_minor >= 0 and gross_minor = (
    select coalesce(sum(e.set_off_minor), 0) from invoices e where e.corrects_id = invoices.id);
