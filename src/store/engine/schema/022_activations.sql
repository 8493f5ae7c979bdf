-- A request to activate counts once (docs/decisions/activation-requests.md): what a device remembers of those that it has used.
alter table devices add column asked_at_s bigint not null default 0;  -- what its last activation's request gave as its time
update devices set asked_at_s = activated_at_us / 1000000;

-- Key pairs that a later activation has displaced. A device never comes back to one.
create table spent_device_keys (
    device_id  bigint not null references devices (id),
    public_key {bytes} not null,
    generation bigint not null,                -- the generation that it began
    primary key (device_id, public_key)
);
