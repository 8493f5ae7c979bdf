-- Delivery: products and their releases, whose artifacts lie in the artifact store, self-install links, and the update
-- repository (The Update Framework): its keys and every metadata file that it serves.

create table products (
    id            {id},
    vendor_id     bigint not null references accounts (id),
    code          text not null,             -- the first segment of its targets' paths
    name          text not null,
    created_at_us bigint not null
);
-- Letters of either case are one code, as they are to some clients' file systems.
create unique index products_code on products (lower(code));
create index products_vendor on products (vendor_id);

-- The SKUs whose licences entitle to the product; so does a licence of a bundle that has one of them as a part.
create table product_skus (
    product_id bigint not null references products (id),
    sku_id     bigint not null references skus (id),
    primary key (product_id, sku_id)
);
create index product_skus_sku on product_skus (sku_id);

create table releases (
    id               {id},
    product_id       bigint not null references products (id),
    version          text not null,
    channel          text not null check (channel in ('stable', 'beta')),
    state            text not null check (state in ('published', 'withdrawn')),
    notes            text not null default '',
    published_at_us  bigint not null,
    promoted_at_us   bigint,                 -- when it became stable; null: not yet
    withdrawn_at_us  bigint,
    withdrawn_reason text not null default ''
);
create unique index releases_version on releases (product_id, version);

create table release_artifacts (
    release_id    bigint not null references releases (id),
    platform      text not null,             -- "linux-amd64"
    file_name     text not null,
    size_bytes    bigint not null check (size_bytes >= 0),
    sha256        text not null check (length(sha256) = 64),  -- lower-case hexadecimal: its name in the artifact store
    added_at_us   bigint not null,
    primary key (release_id, platform)
);
create index release_artifacts_sha256 on release_artifacts (sha256);

-- What came in at the control door and for whom, so that nobody publishes another's file by its hash alone.
create table artifact_uploads (
    vendor_id      bigint not null references accounts (id),
    sha256         text not null check (length(sha256) = 64),
    size_bytes     bigint not null,
    uploaded_at_us bigint not null,
    primary key (vendor_id, sha256)
);

create table install_links (
    id            {id},
    licence_id    bigint not null references licences (id),
    token_hash    {bytes} not null unique,
    created_by    text not null,
    created_at_us bigint not null,
    expires_at_us bigint not null,
    revoked_at_us bigint
);
create index install_links_licence on install_links (licence_id);

create table tuf_roles (
    role      text primary key check (role in ('root', 'targets', 'snapshot', 'timestamp')),
    threshold bigint not null check (threshold > 0)
);

create table tuf_keys (
    id             {id},
    role           text not null references tuf_roles (role),
    key_id         text not null unique,     -- SHA-256 of the key's canonical JSON, hexadecimal
    public_key     {bytes} not null,
    private_sealed {bytes},                  -- under the programme's secret; null once retired
    state          text not null check (state in ('active', 'retired')),
    created_at_us  bigint not null,
    retired_at_us  bigint
);

-- Every file as it is served. Roots stay for ever; of the others, what was superseded a day ago is dropped.
create table tuf_metadata (
    role             text not null references tuf_roles (role),
    version          bigint not null check (version > 0),
    bytes            {bytes} not null,
    expires_at_us    bigint not null,
    created_at_us    bigint not null,
    superseded_at_us bigint,                 -- null: the newest of its role
    primary key (role, version)
);
create unique index tuf_metadata_newest on tuf_metadata (role) where superseded_at_us is null;
