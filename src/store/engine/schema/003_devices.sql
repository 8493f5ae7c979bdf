-- Devices: what is activated under a licence, what it was last seen to do, the keys that sign leases, and the feed from
-- which the device door learns of changes.

-- A device is never deleted: a released one is a tombstone, and the same machine takes it up again.
create table devices (
    id               {id},
    licence_id       bigint not null references licences (id),
    fingerprint      {bytes} not null,        -- SHA-256 of what the machine is
    public_key       {bytes} not null,        -- Ed25519, made at enrolment
    generation       bigint not null default 1,  -- counts activations with a new key pair
    state            text not null check (state in ('active', 'released', 'dropped')),
    seat             bigint check (seat > 0), -- null: holds none
    seat_until_s     bigint not null default 0,  -- of one not active: when its last lease has expired and the seat is free
    name             text not null default '',
    is_offline       bigint not null default 0,
    activated_at_us  bigint not null,
    released_at_us   bigint,
    released_by      text not null default '',
    clones           bigint not null default 0,  -- how often another copy of it was seen
    clone_seen_at_us bigint
);
-- The same machine under the same licence is the same device.
create unique index devices_machine on devices (licence_id, fingerprint);
-- The database's own guarantee that no seat is held twice. A seat works while its number is within the licence's seats.
create unique index devices_seat on devices (licence_id, seat) where seat is not null;
-- Seats that are held until a last lease ends, by when that is.
create index devices_ending on devices (licence_id, seat_until_s) where seat is not null and state <> 'active';

-- Seats below the highest that somebody held and gave up, so that a free one is found without a look at all of them.
create table free_seats (
    licence_id bigint not null references licences (id),
    seat       bigint not null,
    primary key (licence_id, seat)
);

-- A licence whose devices were looked through for silent ones: no lease of an active one ended before. So a full licence
-- refuses without another look.
create table silent_searches (
    licence_id    bigint primary key references licences (id),
    none_before_s bigint not null
);

-- Every release, which is what the limit counts; a device that is activated again forgets its own.
create table device_releases (
    sequence    {id},
    licence_id  bigint not null references licences (id),
    device_id   bigint not null references devices (id),
    at_us       bigint not null,
    released_by text not null
);
create index device_releases_licence on device_releases (licence_id, at_us);

-- What a check-in touches: one narrow row and no index besides its key.
create table device_seen (
    device_id       bigint primary key,
    sequence        bigint not null,
    link            bigint not null,           -- 8 bytes, as a signed number
    seen_at_s       bigint not null,
    lease_expires_s bigint not null,
    profile_id      bigint not null default 0  -- 0: told nothing
);

-- Versions and components as devices tell them, each combination once.
create table device_profiles (
    id         {id},
    version    text not null,
    components text not null,                  -- sorted, with commas between
    unique (version, components)
);

-- Which devices were seen in a month (UTC): working, or told to stop. What reports call used.
create table device_months (
    month      bigint not null,
    device_id  bigint not null,
    licensed   bigint not null,                -- 1: it worked
    unlicensed bigint not null,                -- 1: it was told to stop
    primary key (month, device_id)
);

-- A SKU without a row has the default terms.
create table lease_terms (
    sku_id        bigint primary key references skus (id),
    ttl_s         bigint not null check (ttl_s > 0),
    grace_s       bigint not null check (grace_s >= 0),
    offline_ttl_s bigint not null check (offline_ttl_s > 0),
    silent_s      bigint not null check (silent_s > 0),
    version       bigint not null default 1
);

-- Ed25519 keys: roots sign the key set, lease keys sign leases. The private half is sealed under the programme's secret.
create table signing_keys (
    id             {id},
    kid            text not null unique,
    purpose        text not null check (purpose in ('root', 'lease')),
    public_key     {bytes} not null,
    secret_sealed  {bytes} not null,
    state          text not null check (state in ('next', 'active', 'retired', 'revoked')),
    created_at_us  bigint not null,
    active_from_us bigint,                     -- of a next one: when it becomes active
    retired_at_us  bigint,
    left_at_us     bigint,                     -- of a retired one: when it left the set, as all its leases had expired
    revoked_at_us  bigint
);

-- What the device door has to read again; licence_events is the other half of the feed. Numbered by a counter, so in the order of commits.
create table device_changes (
    sequence   {id},
    kind       text not null check (kind in ('licence', 'device', 'terms', 'keys', 'releases')),
    subject_id bigint not null,                -- the licence, device or SKU; 0: none
    at_us      bigint not null
);

-- The device door of this store, once it has run. After an end that was not clean (is_running is still 1), what devices
-- last did may be ahead of device_seen, by the second that is written behind: until they have been seen again.
create table device_door (
    id          {id} check (id = 1),
    is_running  bigint not null,
    unsettled_s bigint not null default 0      -- when it was last found so
);
