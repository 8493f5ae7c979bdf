-- An e-mail address belongs to a person, who signs in with one password. A row of users says for which account the
-- person may act, and as what: a person may belong to several (docs/decisions/persons.md).
create table persons (
    id            {id},
    email         text not null unique,      -- in its one normal form: trimmed, in lower case
    password_hash text not null,             -- Argon2id, as libsodium writes it
    created_at_us bigint not null,
    version       bigint not null default 1
);
insert into persons (id, email, password_hash, created_at_us, version)
    select id, email, password_hash, created_at_us, 1 from users order by id;
insert into counters (name, taken) select 'persons', taken from counters where name = 'users';

create table users_of_persons (
    id            {id},
    account_id    bigint not null references accounts (id),
    person_id     bigint not null references persons (id),
    name          text not null,
    role          text not null check (role in ('owner', 'finance', 'technician', 'viewer')),
    active        bigint not null default 1,
    created_at_us bigint not null,
    version       bigint not null default 1
);
insert into users_of_persons (id, account_id, person_id, name, role, active, created_at_us, version)
    select id, account_id, id, name, role, active, created_at_us, version from users order by id;

-- A session is of a person, and acts for the account of its user.
create table sessions_of_persons (
    token_hash    {bytes} primary key,
    user_id       bigint not null references users_of_persons (id),
    created_at_us bigint not null,
    seen_at_us    bigint not null,
    expires_at_us bigint not null
);
insert into sessions_of_persons (token_hash, user_id, created_at_us, seen_at_us, expires_at_us)
    select token_hash, user_id, created_at_us, seen_at_us, expires_at_us from sessions;

drop table sessions;
drop table users;
alter table users_of_persons rename to users;
alter table sessions_of_persons rename to sessions;
create unique index users_account_person on users (account_id, person_id);
create index users_person on users (person_id);
create index sessions_user on sessions (user_id);

-- Invitations that are open: what was accepted, taken back or replaced is gone, and the audit trail has it.
create table invitations (
    id            {id},
    account_id    bigint not null references accounts (id),
    email         text not null,             -- in its normal form
    name          text not null,
    role          text not null check (role in ('owner', 'finance', 'technician', 'viewer')),
    token_hash    {bytes} unique,            -- of the link; null: none was made yet
    invited_by    text not null,             -- who, in the audit trail's words
    created_at_us bigint not null,
    expires_at_us bigint not null
);
create unique index invitations_account_email on invitations (account_id, email);
create index invitations_expires on invitations (expires_at_us);

-- How long an invitation can be accepted.
alter table programme add column invitation_days bigint not null default 7 check (invitation_days >= 1);
