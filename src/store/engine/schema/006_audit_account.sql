-- The trail's reader is an account: entries of the operator and the system (0), every activation's among them, need no place.
drop index audit_account;
create index audit_account on audit (account_id, id) where account_id <> 0;
