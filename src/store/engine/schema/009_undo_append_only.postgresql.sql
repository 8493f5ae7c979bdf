-- What was voided stays voided.

create trigger voided_events_append_only before update or delete or truncate on voided_events
    for each statement execute function refuse_change();
