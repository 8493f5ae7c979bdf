-- What was voided stays voided.

create trigger voided_events_no_update before update on voided_events
begin
    select raise(abort, 'voided_events is append-only');
end;
create trigger voided_events_no_delete before delete on voided_events
begin
    select raise(abort, 'voided_events is append-only');
end;
