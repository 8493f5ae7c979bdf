/* What must hold between devices, their seats, what they were seen to do, the terms of leases and the keys
 * that sign them: questions whose every answer is a violation (audit_queries.h). */
#include "store/upkeep/audit_queries.h"

const struct audit_question AUDIT_DEVICE_QUESTIONS[] = {
    {"device-seat-twice", AUDIT_LICENCE,
     "select licence_id, seat, count(*) from devices where seat is not null group by licence_id, seat having "
     "count(*) > 1",
     "has seat {a} held by {b} devices"},
    /* A seat is given while the licence is on, so the log has had as many. */
    {"device-seat-beyond", AUDIT_DEVICE,
     "select d.id, d.seat, l.seats from devices d join licences l on l.id = d.licence_id where d.seat > "
     "l.seats and d.seat > coalesce((select max(e.own_seats) from licence_events e where e.licence_id = "
     "d.licence_id), 0)",
     "holds seat {a}; its licence has {b} and never had as many"},
    {"device-seat-free", AUDIT_DEVICE,
     "select d.id, d.seat, 0 from free_seats f join devices d on d.licence_id = f.licence_id and d.seat = "
     "f.seat",
     "holds seat {a}, which is kept as free"},
    {"seat-lost", AUDIT_LICENCE,
     "select licence_id, highest, held + given_up from (select d.licence_id, max(d.seat) as highest, "
     "count(d.seat) as held, (select count(*) from free_seats f where f.licence_id = d.licence_id "
     "and f.seat < max(d.seat)) as given_up from devices d group by d.licence_id) as seats "
     "where held + given_up < highest",
     "has held seats up to {a}, of which only {b} are held or kept as free"},
    {"device-seat-early", AUDIT_DEVICE,
     "select d.id, d.seat_until_s, s.lease_expires_s from devices d join device_seen s on s.device_id = d.id "
     "where d.state <> 'active' and d.seat is not null and d.seat_until_s < s.lease_expires_s",
     "gives up its seat at {a} while its last lease runs until {b}"},
    {"device-generation", AUDIT_DEVICE, "select id, generation, 0 from devices where generation < 1",
     "has generation {a}; the first is 1"},
    {"device-key", AUDIT_DEVICE,
     "select d.id, k.generation, d.generation from spent_device_keys k join devices d on d.id = k.device_id "
     "where k.generation < 1 or k.generation >= d.generation or k.public_key = d.public_key",
     "has a key pair of generation {a} as displaced, in generation {b}"},
    {"device-release", AUDIT_DEVICE,
     "select id, 0, 0 from devices where state = 'released' and released_at_us is null "
     "or state = 'active' and released_at_us is not null",
     "has a state and a time of release that contradict each other"},
    {"device-part", AUDIT_DEVICE,
     "select d.id, 0, 0 from devices d join licences l on l.id = d.licence_id where l.parent_id is not null",
     "is under a part of a bundle's licence, which nobody can activate"},
    {"device-unseen", AUDIT_DEVICE,
     "select d.id, 0, 0 from devices d left join device_seen s on s.device_id = d.id where s.device_id is "
     "null and d.state = 'active'",
     "is active and has no row of what it was seen to do"},
    {"device-seen", AUDIT_DEVICE,
     "select s.device_id, s.sequence, 0 from device_seen s left join devices d on d.id = s.device_id "
     "where d.id is null or s.sequence < 0",
     "has been seen (sequence {a}) and is not there, or has an impossible sequence"},
    {"device-profile", AUDIT_DEVICE,
     "select s.device_id, s.profile_id, 0 from device_seen s left join device_profiles p on p.id = "
     "s.profile_id where s.profile_id <> 0 and p.id is null",
     "told profile number {a}, which is not there"},
    {"device-month", AUDIT_DEVICE,
     "select m.device_id, m.month, 0 from device_months m left join devices d on d.id = m.device_id "
     "where d.id is null or m.licensed not in (0, 1) or m.unlicensed not in (0, 1) "
     "or m.licensed + m.unlicensed = 0",
     "is marked for the month {month} and is not there, or was neither working nor stopped in it"},
    /* The device door marks no month that it knows to be marked; its marks have the month's low 8 bits. */
    {"device-month-lost", AUDIT_DEVICE,
     "select s.device_id, k.month, s.month_marks % 4 from (select distinct month from device_months) k "
     "join device_seen s on s.month_marks / 4 = k.month % 256 and s.month_marks % 4 <> 0 "
     "left join device_months m on m.month = k.month and m.device_id = s.device_id where m.device_id is null "
     "or m.licensed < s.month_marks % 2 or m.unlicensed < s.month_marks % 4 / 2",
     "is noted as marked for a month (number {a}, marks {b}) and is not"},
    /* struct check_in_entry (store/devices/check_in_log.h) has 40 bytes. */
    {"device-seen-log", AUDIT_SEEN_LOG,
     "select number, cast(length(entries) as bigint), 0 from device_seen_log where number < 1 or "
     "length(entries) = 0 "
     "or length(entries) % 40 <> 0",
     "has {a} bytes, which are no entries of 40 each"},
    /* The bounds of programme/catalogue/lease_terms.h. */
    {"lease-terms", AUDIT_SKU,
     "select t.sku_id, t.ttl_s, t.grace_s from lease_terms t left join skus s on s.id = t.sku_id "
     "where s.id is null or s.kind = 'service' or t.ttl_s not between 2 and 7776000 "
     "or t.grace_s not between 0 and 7776000 or t.offline_ttl_s not between 60 and 34560000 "
     "or t.silent_s not between 2 and 34560000",
     "has lease terms out of bounds, or has none to have (time to live {a} s, grace {b} s)"},
    {"device-change", AUDIT_DEVICE_LOG,
     "select max(c.sequence), coalesce((select taken from counters where name = 'device_changes'), 0), 0 "
     "from "
     "device_changes c having max(c.sequence) > coalesce((select taken from counters where name = "
     "'device_changes'), 0)",
     "is beyond the counter, which stands at {a}"},
    {"signing-keys", AUDIT_SIGNING_KEY,
     "select max(id), cast(sum(case when purpose = 'lease' and state = 'active' then 1 else 0 end) as "
     "bigint), "
     "cast(sum(case when purpose = 'root' and state = 'active' then 1 else 0 end) as bigint) from "
     "signing_keys "
     "having count(*) > 0 and (sum(case when purpose = 'lease' and state = 'active' then 1 else 0 end) <> 1 "
     "or sum(case when purpose = 'root' and state = 'active' then 1 else 0 end) = 0)",
     "is the newest of keys of which {a} sign leases and {b} are roots; one should, and one root at least"},
    {"signing-key-times", AUDIT_SIGNING_KEY,
     "select id, 0, 0 from signing_keys where (state = 'next') <> (active_from_us is not null) "
     "or (state = 'revoked') <> (revoked_at_us is not null) "
     "or state = 'retired' and retired_at_us is null or left_at_us + 60000000 < retired_at_us "
     "or left_at_us is not null and retired_at_us is null or purpose = 'root' and state in ('next', "
     "'retired')",
     "has a state and times that contradict each other"},
};
const size_t AUDIT_DEVICE_QUESTION_COUNT = sizeof AUDIT_DEVICE_QUESTIONS / sizeof AUDIT_DEVICE_QUESTIONS[0];
