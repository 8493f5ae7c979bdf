-- What happened stays: the database itself refuses to change or delete what the append-only tables hold.
-- One text per engine, because triggers are written differently. ("insert or replace" deletes too: the program
-- opens its connections with recursive_triggers on, so that it meets the same refusal.)

create trigger licence_events_no_update before update on licence_events
begin
    select raise(abort, 'licence_events is append-only');
end;
create trigger licence_events_no_delete before delete on licence_events
begin
    select raise(abort, 'licence_events is append-only');
end;
create trigger invoice_lines_no_update before update on invoice_lines
begin
    select raise(abort, 'invoice_lines is append-only');
end;
create trigger invoice_lines_no_delete before delete on invoice_lines
begin
    select raise(abort, 'invoice_lines is append-only');
end;
create trigger ledger_no_update before update on ledger
begin
    select raise(abort, 'ledger is append-only');
end;
create trigger ledger_no_delete before delete on ledger
begin
    select raise(abort, 'ledger is append-only');
end;
create trigger audit_no_update before update on audit
begin
    select raise(abort, 'audit is append-only');
end;
create trigger audit_no_delete before delete on audit
begin
    select raise(abort, 'audit is append-only');
end;
-- Invoices change their state and stay: their lines and postings name them without a foreign key.
create trigger invoices_no_delete before delete on invoices
begin
    select raise(abort, 'invoices are never deleted');
end;
