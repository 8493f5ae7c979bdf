-- Writers of different providers go on side by side. A counter's row is its writer's until the commit, so what two of
-- them make at once is numbered by sequences; their numbers may have gaps, and nothing is read in their order.

create sequence licences_numbers;
create sequence blocks_numbers;
create sequence reports_numbers;
create sequence devices_numbers;
create sequence device_releases_numbers;
create sequence device_profiles_numbers;
create sequence audit_numbers;
select setval('licences_numbers', coalesce(max(id), 0) + 1, false) from licences;
select setval('blocks_numbers', coalesce(max(id), 0) + 1, false) from blocks;
select setval('reports_numbers', coalesce(max(id), 0) + 1, false) from reports;
select setval('devices_numbers', coalesce(max(id), 0) + 1, false) from devices;
select setval('device_releases_numbers', coalesce(max(sequence), 0) + 1, false) from device_releases;
select setval('device_profiles_numbers', coalesce(max(id), 0) + 1, false) from device_profiles;
select setval('audit_numbers', coalesce(max(id), 0) + 1, false) from audit;
alter table audit alter column id set default nextval('audit_numbers');
delete from counters where name in
    ('licences', 'blocks', 'reports', 'devices', 'device_releases', 'device_profiles', 'audit');

-- A transaction that notifies holds a lock of the whole server from before its commit until after it, so all that
-- changed a licence committed one by one. The device door looks for what is new instead, as on SQLite.
drop trigger licence_events_notify on licence_events;
drop trigger device_changes_notify on device_changes;
drop function notify_device_door();
