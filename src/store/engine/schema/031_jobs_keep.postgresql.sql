-- Lines that were written before their document's head can be taken back until it is there.
drop trigger invoice_lines_append_only on invoice_lines;
create trigger invoice_lines_append_only before update or truncate on invoice_lines
    for each statement execute function refuse_change();
create function refuse_change_of_issued() returns trigger language plpgsql as $$
begin
    if exists (select 1 from invoices where id = old.invoice_id) then
        raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
    end if;
    return old;
end
$$;
create trigger invoice_lines_stay before delete on invoice_lines
    for each row execute function refuse_change_of_issued();
