-- Devices stay, the key set's history too.

create trigger devices_stay before delete on devices
begin
    select raise(abort, 'devices is append-only');
end;
create trigger signing_keys_stay before delete on signing_keys
begin
    select raise(abort, 'signing_keys is append-only');
end;
