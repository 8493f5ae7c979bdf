-- A correction goes to every edge of the path: each has a row of its own, which binds its edge once the seller has accepted
-- it. Those of before were given by the seller of their edge and bind it. One that names a licence is a late event: the
-- licence should have counted `seats` from `at_us` to the month's end, and `units` says nothing.
alter table corrections add column given_id bigint not null default 0;   -- the first row of those that were given as one
alter table corrections add column giver_id bigint not null default 0;
alter table corrections add column state text not null default 'accepted';
alter table corrections add column licence_id bigint;
alter table corrections add column at_us bigint;
alter table corrections add column seats bigint not null default 0;
alter table corrections add column silent_at_us bigint;    -- from when on the seller's silence accepts it; null: never
alter table corrections add column decided_at_us bigint;
alter table corrections add column decision text not null default '';    -- why it was refused
update corrections set given_id = id, giver_id = (select a.seller_id from agreements a where a.id = agreement_id);
create index corrections_given on corrections (given_id);
create index corrections_silent on corrections (silent_at_us) where state = 'waiting' and silent_at_us is not null;
