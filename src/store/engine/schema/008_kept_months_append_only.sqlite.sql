create trigger kept_months_no_update before update on kept_months
begin
    select raise(abort, 'kept_months is append-only');
end;
create trigger kept_months_no_delete before delete on kept_months
begin
    select raise(abort, 'kept_months is append-only');
end;
