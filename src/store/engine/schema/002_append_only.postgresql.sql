-- What happened stays: the database itself refuses to change or delete what the append-only tables hold.
-- One text per engine, because triggers are written differently.

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end
$$;

create trigger licence_events_append_only before update or delete or truncate on licence_events
    for each statement execute function refuse_change();
create trigger invoice_lines_append_only before update or delete or truncate on invoice_lines
    for each statement execute function refuse_change();
create trigger ledger_append_only before update or delete or truncate on ledger
    for each statement execute function refuse_change();
create trigger audit_append_only before update or delete or truncate on audit
    for each statement execute function refuse_change();
-- Invoices change their state and stay: their lines and postings name them without a foreign key.
create trigger invoices_stay before delete or truncate on invoices
    for each statement execute function refuse_change();
