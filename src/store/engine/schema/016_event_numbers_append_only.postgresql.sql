-- The log and what was voided stay as they were written, and the device door is told of new events.
alter table licence_events rename constraint numbered_events_pkey to licence_events_pkey;
alter table voided_events rename constraint numbered_voids_pkey to voided_events_pkey;
create trigger licence_events_append_only before update or delete or truncate on licence_events
    for each statement execute function refuse_change();
create trigger voided_events_append_only before update or delete or truncate on voided_events
    for each statement execute function refuse_change();
create trigger licence_events_notify after insert on licence_events
    for each statement execute function notify_device_door();
