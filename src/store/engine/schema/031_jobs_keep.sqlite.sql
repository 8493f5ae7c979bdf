-- Lines that were written before their document's head can be taken back until it is there.
drop trigger invoice_lines_no_delete;
create trigger invoice_lines_no_delete before delete on invoice_lines
when exists (select 1 from invoices where id = old.invoice_id)
begin
    select raise(abort, 'invoice_lines is append-only');
end;
