-- The programme: accounts, agreements, catalogue, prices, licences and their events, months, invoices, ledger.
--
-- One text for both engines. {id} is the type of a primary key that the program numbers itself, {bytes} of bytes.
-- Instants are microseconds since 1970 (…_at_us), months and days core's integers, money minor units, unit prices
-- and rates millionths. States are the words that docs/states.md prints.

create table programme (
    id             {id} check (id = 1),
    name           text not null,
    currency       text not null,            -- what new agreements start with
    time_zone      text not null,
    distributor_id bigint not null,
    secret_check   {bytes} not null,         -- a hash of the programme's secret, which is kept outside the store
    created_at_us  bigint not null
);

create table counters (
    name  text primary key,
    taken bigint not null
);

create table accounts (
    id            {id},
    kind          text not null check (kind in ('vendor', 'distributor', 'provider', 'customer')),
    code          text not null,
    label         text not null unique,      -- its first code where no other account had it, else the identifier: for exports and the order of lines; stays
    name          text not null,
    seller_id     bigint references accounts (id),  -- who sells to it; none for vendors and the distributor
    depth         bigint not null,           -- vendor 0, distributor 1, then one more each tier
    address       text not null default '',
    country       text not null default '',
    tax_number    text not null default '',
    email         text not null default '',
    logo_png      {bytes},
    created_at_us bigint not null,
    version       bigint not null default 1  -- for ETags
);
-- Two providers may both call a customer ACME; neither learns of the other's.
create unique index accounts_code on accounts (coalesce(seller_id, 0), code);
create index accounts_by_code on accounts (code);
create index accounts_seller on accounts (seller_id);

-- Every account with each of its ancestors and itself, so that a subtree is one index range.
create table account_ancestors (
    ancestor_id bigint not null references accounts (id),
    account_id  bigint not null references accounts (id),
    primary key (ancestor_id, account_id)
);
create index account_ancestors_account on account_ancestors (account_id);

create table agreements (
    id                  {id},
    seller_id           bigint not null references accounts (id),
    buyer_id            bigint not null references accounts (id),
    state               text not null,
    currency            text not null,
    time_zone           text not null,
    tax_category        text not null,
    tax_rate_millionths bigint not null,
    payment_days        bigint not null,
    report_due_days     bigint not null,     -- days after the month's end by which the buyer must have reported
    terms               text not null default '',
    offered_at_us       bigint,
    signed_at_us        bigint,
    signed_by           text not null default '',
    ended_at_us         bigint,
    created_at_us       bigint not null,
    version             bigint not null default 1
);
create unique index agreements_edge on agreements (seller_id, buyer_id) where state <> 'terminated';
create index agreements_buyer on agreements (buyer_id);

create table components (
    id          {id},
    vendor_id   bigint not null references accounts (id),
    external_id text not null,
    code        text not null,
    name        text not null
);
create unique index components_external on components (vendor_id, external_id);

create table skus (
    id            {id},
    owner_id      bigint not null references accounts (id),  -- the vendor, or the seller that composed the bundle
    kind          text not null check (kind in ('product', 'bundle', 'service')),
    code          text not null,
    external_id   text not null default '',
    name          text not null,
    created_at_us bigint not null
);
create unique index skus_code on skus (owner_id, code);
create index skus_by_code on skus (code);

create table sku_components (
    sku_id       bigint not null references skus (id),
    component_id bigint not null references components (id),
    primary key (sku_id, component_id)
);

create table bundle_parts (
    bundle_id bigint not null references skus (id),
    part_id   bigint not null references skus (id),
    quantity  bigint not null check (quantity > 0),
    primary key (bundle_id, part_id)
);

create table prices (
    id                  {id},
    seller_id           bigint not null references accounts (id),
    buyer_id            bigint not null,     -- 0: the seller's standard price, for every buyer without one of its own
    sku_id              bigint not null references skus (id),
    currency            text not null,
    effective_from      bigint not null,
    policy              text not null,
    tier_mode           text not null,
    minimum_units       bigint not null,
    free_months         bigint not null,
    trial_end           bigint,
    not_for_resale      bigint not null,
    tax_category        text not null default '',  -- empty: the agreement's
    tax_rate_millionths bigint not null default 0,
    created_at_us       bigint not null
);
create unique index prices_edge on prices (seller_id, buyer_id, sku_id, effective_from);

create table price_tiers (
    price_id              bigint not null references prices (id),
    tier_from             bigint not null,
    unit_price_millionths bigint not null check (unit_price_millionths >= 0),
    primary key (price_id, tier_from)
);

create table blocks (
    id            {id},
    provider_id   bigint not null references accounts (id),
    sku_id        bigint not null references skus (id),
    size          bigint not null,
    issued_seats  bigint not null default 0,
    state         text not null,
    ordered_at_us bigint not null,
    version       bigint not null default 1,
    check (issued_seats >= 0 and issued_seats <= size)
);
create index blocks_provider on blocks (provider_id);

create table licences (
    id               {id},
    block_id         bigint not null references blocks (id),
    provider_id      bigint not null references accounts (id),
    customer_id      bigint not null references accounts (id),
    sku_id           bigint not null references skus (id),
    parent_id        bigint references licences (id),  -- the bundle's licence whose part this is
    part_quantity    bigint not null default 1,        -- seats of this part for one seat of the bundle
    first_edge       bigint not null,  -- billed on the edges whose seller's depth is from first_edge
    last_edge        bigint not null,  -- to last_edge
    key_hash         {bytes} unique,   -- null for a part: the bundle's key is its key
    key_sealed       {bytes},          -- the key, encrypted under the programme's secret
    key_hint         text not null default '',         -- the key's last group, for a person to recognise it
    state            text not null,
    seats            bigint not null check (seats > 0),
    suspensions      bigint not null default 0 check (suspensions >= 0),  -- suspended agreements above it
    counted_seats    bigint not null default 0,        -- seats that count now: 0 unless on and nothing above is suspended
    issued_at_us     bigint not null,
    first_on_at_us   bigint,
    last_event_at_us bigint not null default 0,
    retired_at_us    bigint,
    version          bigint not null default 1
);
create index licences_customer on licences (customer_id, sku_id);
create index licences_provider on licences (provider_id, id);
create index licences_block on licences (block_id);
create index licences_parent on licences (parent_id) where parent_id is not null;

-- Append-only: 002_append_only forbids update and delete.
create table licence_events (
    sequence       {id},
    at_us          bigint not null,
    licence_id     bigint not null,
    provider_id    bigint not null,
    customer_id    bigint not null,
    sku_id         bigint not null,
    cause_id       bigint not null,
    kind           bigint not null,
    own_seats      bigint not null,
    seats_before   bigint not null,
    seats_after    bigint not null,
    recorded_at_us bigint not null
);
create index licence_events_licence on licence_events (licence_id, sequence);
create index licence_events_at on licence_events (at_us);

create table months (
    agreement_id bigint not null references agreements (id),
    month        bigint not null,
    state        text not null,
    closed_at_us bigint,
    primary key (agreement_id, month)
);
create index months_month on months (month);

create table reports (
    id              {id},
    agreement_id    bigint not null references agreements (id),
    month           bigint not null,
    state           text not null,
    submitted_at_us bigint,
    submitted_by    text not null default '',
    decided_at_us   bigint,
    decided_by      text not null default '',
    reason          text not null default '',  -- of a rejection
    version         bigint not null default 1
);
create unique index reports_month on reports (agreement_id, month);

create table report_adjustments (
    report_id   bigint not null references reports (id),
    customer_id bigint not null references accounts (id),
    sku_id      bigint not null references skus (id),
    units       bigint not null check (units >= 0),
    reason      text not null,
    primary key (report_id, customer_id, sku_id)
);

create table invoices (
    id                {id},
    number            text not null,
    kind              text not null check (kind in ('invoice', 'credit-note', 'settlement')),
    state             text not null,
    agreement_id      bigint not null references agreements (id),
    seller_id         bigint not null,         -- the agreement's
    buyer_id          bigint not null,
    month             bigint not null,
    currency          text not null,
    issued_on         bigint not null,
    due_on            bigint not null,
    net_minor         bigint not null,
    tax_minor         bigint not null,
    gross_minor       bigint not null,
    terms             text not null,
    corrects_id       bigint references invoices (id),
    -- both parties as they were when it was issued
    seller_name       text not null,
    seller_address    text not null,
    seller_country    text not null,
    seller_tax_number text not null,
    seller_email      text not null,
    buyer_name        text not null,
    buyer_address     text not null,
    buyer_country     text not null,
    buyer_tax_number  text not null,
    buyer_email       text not null,
    issued_at_us      bigint not null,
    settled_at_us     bigint                 -- when it was paid or written off
);
create unique index invoices_number on invoices (seller_id, number);
-- The database's own guarantee that a month is billed once on an edge.
create unique index invoices_once on invoices (agreement_id, month) where kind <> 'credit-note';
create index invoices_seller on invoices (seller_id, id);
create index invoices_buyer on invoices (buyer_id, id);
create index invoices_corrects on invoices (corrects_id) where corrects_id is not null;
create index invoices_month on invoices (month);

-- Append-only. Lines and postings are written by the hundred thousand, so they name no foreign keys, which would be
-- looked up row by row (docs/decisions/close-speed.md); seatmeter check audits them, and invoices cannot be deleted.
create table invoice_lines (
    invoice_id            bigint not null,
    position              bigint not null,   -- from 1
    customer_id           bigint not null,   -- 0: for no one end customer
    sku_id                bigint not null,   -- 0: a charge without one
    price_id              bigint not null,   -- 0: a charge
    policy                text not null,     -- empty: a charge
    measured_parts        bigint not null,
    quantity_parts        bigint not null,
    parts_per_unit        bigint not null,
    unit_price_millionths bigint not null,
    amount_minor          bigint not null,
    tax_category          text not null,
    tax_rate_millionths   bigint not null,
    corrects_month        bigint,            -- an adjustment line names the month it corrects
    description           text not null,     -- of a charge; empty: the SKU's name
    note                  text not null,
    primary key (invoice_id, position)
);

create table charges (
    id                    {id},
    agreement_id          bigint not null references agreements (id),
    customer_id           bigint not null,   -- 0: for no one end customer
    month                 bigint not null,
    description           text not null,
    quantity              bigint not null,
    unit_price_millionths bigint not null,
    tax_category          text not null,
    tax_rate_millionths   bigint not null,
    invoice_id            bigint references invoices (id),
    created_at_us         bigint not null
);
create index charges_agreement on charges (agreement_id, month);

create table corrections (
    id            {id},
    agreement_id  bigint not null references agreements (id),
    month         bigint not null,           -- the closed month that is corrected
    customer_id   bigint not null references accounts (id),
    sku_id        bigint not null references skus (id),
    units         bigint not null check (units >= 0),  -- what should have been charged
    reason        text not null,
    invoice_id    bigint references invoices (id),     -- the invoice that carries it; null while it waits
    created_at_us bigint not null,
    created_by    text not null
);
create index corrections_agreement on corrections (agreement_id, month);

-- Append-only. The rows of one posting sum to zero in its currency.
create table ledger (
    posting      bigint not null,
    position     bigint not null,
    at_us        bigint not null,
    invoice_id   bigint not null,
    owner_id     bigint not null,  -- whose books
    account      text not null check (account in ('receivable', 'revenue', 'tax', 'cash', 'bad-debt')),
    party_id     bigint not null,  -- who owes it or whom it was earned from
    debit_minor  bigint not null check (debit_minor >= 0),
    credit_minor bigint not null check (credit_minor >= 0),
    currency     text not null,
    primary key (posting, position)
);
create index ledger_invoice on ledger (invoice_id);

create table users (
    id            {id},
    account_id    bigint not null references accounts (id),
    email         text not null unique,
    name          text not null,
    role          text not null check (role in ('owner', 'finance', 'technician', 'viewer')),
    password_hash text not null,             -- Argon2id, as libsodium writes it
    active        bigint not null default 1,
    created_at_us bigint not null,
    version       bigint not null default 1
);
create index users_account on users (account_id);

create table sessions (
    token_hash    {bytes} primary key,
    user_id       bigint not null references users (id),
    created_at_us bigint not null,
    seen_at_us    bigint not null,
    expires_at_us bigint not null
);
create index sessions_user on sessions (user_id);

create table tokens (
    id            {id},
    account_id    bigint not null references accounts (id),
    name          text not null,
    token_hash    {bytes} not null unique,
    scopes        text not null,             -- words with blanks between: "read licences:write"
    created_by    bigint not null,
    created_at_us bigint not null,
    expires_at_us bigint,
    revoked_at_us bigint
);
create index tokens_account on tokens (account_id);

-- Failed sign-ins, per e-mail address and per network address, in a window that begins with the first.
create table sign_in_failures (
    subject        text primary key,
    failures       bigint not null,
    first_at_us    bigint not null
);

-- Append-only.
create table audit (
    id            {id},
    at_us         bigint not null,
    actor         text not null,             -- "operator", "user usr_…", "token tok_…", "system"
    account_id    bigint not null,           -- the actor's account; 0 for the operator and the system
    action        text not null,             -- "licence.on"
    subject       text not null,             -- "lic_…"
    subject_account_id bigint not null,      -- whose thing it is: it may read the entry too
    detail        text not null
);
create index audit_account on audit (account_id, id);
create index audit_subject_account on audit (subject_account_id, id);

-- What POSTs that carry an Idempotency-Key were answered, for a day; sealed, as an answer may hold a key or a token.
create table idempotency (
    actor         text not null,
    key           text not null,
    request_hash  {bytes} not null,
    status        bigint not null,
    answer        {bytes} not null,
    at_us         bigint not null,
    primary key (actor, key)
);
create index idempotency_at on idempotency (at_us);
