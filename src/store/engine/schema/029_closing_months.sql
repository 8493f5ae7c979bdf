-- What a close has taken hold of is found again by whoever must let go of it.
create index months_closing on months (agreement_id, month) where state = 'closing';
