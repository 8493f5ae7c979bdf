-- The log and what was voided stay as they were written.
create trigger licence_events_no_update before update on licence_events
begin
    select raise(abort, 'licence_events is append-only');
end;
create trigger licence_events_no_delete before delete on licence_events
begin
    select raise(abort, 'licence_events is append-only');
end;
create trigger voided_events_no_update before update on voided_events
begin
    select raise(abort, 'voided_events is append-only');
end;
create trigger voided_events_no_delete before delete on voided_events
begin
    select raise(abort, 'voided_events is append-only');
end;
