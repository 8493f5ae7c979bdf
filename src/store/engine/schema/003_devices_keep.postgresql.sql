-- Devices stay, the key set's history too; the device door is told at once of what changed; and a page of device_seen
-- has room, so that a check-in's update stays in it (no column that changes is indexed).

create trigger devices_stay before delete or truncate on devices
    for each statement execute function refuse_change();
create trigger signing_keys_stay before delete or truncate on signing_keys
    for each statement execute function refuse_change();

alter table device_seen set (fillfactor = 60);

create function notify_device_door() returns trigger language plpgsql as $$
begin
    perform pg_notify('seatmeter_changes', '');
    return null;
end
$$;

create trigger licence_events_notify after insert on licence_events
    for each statement execute function notify_device_door();
create trigger device_changes_notify after insert on device_changes
    for each statement execute function notify_device_door();
