#include "store/upkeep/audit_queries.h"

#include "store/billing/invoice_line_fields.h"
#include "store/licensing/event_fields.h"

/* ---- questions ---- */

/* What takes a line back: that line, and which one takes it. */
#define AUDIT_TAKERS                                                                                         \
    "select coalesce(l.takes_invoice_id, n.corrects_id) as invoice_id, coalesce(l.takes_position, "          \
    "l.position) as position, l.invoice_id as by_invoice, l.position as by_position from invoice_lines l "   \
    "join invoices n on n.id = l.invoice_id where l.takes_invoice_id is not null or (n.kind = "              \
    "'credit-note' and l.corrects_month is null)"

/* A clock that is set back by less than this changes things all the same (R4.19), so what comes later may say
 * that it was so much earlier. */
#define CLOCKS_APART " + 60000000 "

const struct audit_question AUDIT_QUESTIONS[] = {
    {"block-seats", AUDIT_BLOCK,
     "select b.id, b.issued_seats, coalesce(s.seats, 0) from blocks b left join "
     "(select block_id, cast(sum(seats) as bigint) as seats from licences where parent_id is null and state "
     "<> "
     "'retired' group by block_id) s on s.block_id = b.id where b.issued_seats <> coalesce(s.seats, 0)",
     "says that {a} of its seats are issued; its licences add up to {b}"},
    {"block-overrun", AUDIT_BLOCK, "select id, issued_seats, size from blocks where issued_seats > size",
     "has {a} seats issued out of {b}"},
    {"part-differs", AUDIT_LICENCE,
     "select p.id, p.seats, l.seats * p.part_quantity from licences p join licences l on l.id = p.parent_id "
     "where p.state <> 'retired' and l.state <> 'retired' "
     "and (p.seats <> l.seats * p.part_quantity or p.state <> l.state)",
     "is a part with {a} seats that does not follow its bundle, which would give it {b}"},
    /* 4, 5 and 6 are suspend, resume and undo (core/usage/event.h). */
    {"event-voided", AUDIT_LICENCE,
     "select coalesce(e.licence_id, 0), v.number, v.voided_by from voided_events v left join "
     "licence_events e on e.provider_id = v.provider_id and e.number = v.number left join licence_events u "
     "on u.provider_id = v.provider_id and u.number = v.voided_by "
     "where e.number is null or u.number is null or u.kind <> 6 or e.kind in (4, 5, 6) "
     "or u.licence_id <> e.licence_id or u.number <= e.number",
     "has event {a} voided by event {b}, which cannot void it"},
    {"event-undo", AUDIT_LICENCE,
     "select u.licence_id, u.number, 0 from licence_events u where u.kind = 6 and not exists "
     "(select 1 from voided_events v where v.provider_id = u.provider_id and v.voided_by = u.number)",
     "has event {a}, an undo that names no event"},
    {"move-licence", AUDIT_LICENCE,
     "select m.licence_id, m.move_id, 0 from moved_licences m join moves v on v.id = m.move_id "
     "join licences o on o.id = m.licence_id join licences n on n.id = m.successor_id where v.state <> "
     "'done' or o.state <> 'retired' or o.customer_id <> v.customer_id or n.sku_id <> o.sku_id "
     "or n.customer_id <> coalesce(v.successor_id, 0)",
     "went along with a move (number {a}) that is not done, or that is not its customer's"},
    {"move-hours", AUDIT_LICENCE,
     "select m.licence_id, o.retired_at_us, coalesce(n.first_on_at_us, 0) from moved_licences m "
     "join moves v on v.id = m.move_id join licences o on o.id = m.licence_id "
     "join licences n on n.id = m.successor_id where n.first_on_at_us < o.retired_at_us "
     "or v.is_alone = 0 and exists (select 1 from licence_events e where e.licence_id = o.id and e.kind = 2 "
     "and e.at_us = o.retired_at_us) and not exists (select 1 from licence_events e where e.licence_id = "
     "n.id and e.kind = 1 and e.at_us = o.retired_at_us)",
     "counted until {a}, and its successor from {b}: hours twice or never"},
    {"move-successor", AUDIT_ACCOUNT,
     "select v.customer_id, v.id, 0 from moves v left join accounts s on s.id = v.successor_id "
     "where (v.state = 'done') <> (v.successor_id is not null) or s.seller_id <> v.to_id "
     "or (v.state in ('done', 'withdrawn')) <> (v.decided_at_us is not null)",
     "has a move (number {a}) whose state, time and account of the new provider contradict each other"},
    {"user-person", AUDIT_USER,
     "select u.id, u.person_id, 0 from users u where not exists (select 1 from persons p where p.id = "
     "u.person_id)",
     "is no person: there is none with the number {a}"},
    {"licence-provider", AUDIT_LICENCE,
     "select l.id, l.provider_id, coalesce(a.seller_id, 0) from licences l left join accounts a on a.id = "
     "l.customer_id where a.id is null or a.seller_id is null or a.seller_id <> l.provider_id "
     "or l.first_edge > l.last_edge",
     "is not at a direct customer of its provider, or is billed on no edge"},
    {"account-depth", AUDIT_ACCOUNT,
     "select a.id, a.depth, s.depth + 1 from accounts a join accounts s on s.id = a.seller_id "
     "where a.depth <> s.depth + 1",
     "has depth {a}; its seller's gives {b}"},
    {"account-code", AUDIT_ACCOUNT,
     "select a.id, 0, 0 from accounts a where not exists (select 1 from account_codes c where "
     "c.account_id = a.id and lower(c.code) = lower(a.code))",
     "has a code that is not among those that it was given"},
    {"code-twice", AUDIT_ACCOUNT,
     "select a.id, 0, 0 from accounts a join accounts o on lower(o.code) = lower(a.code) and o.id < a.id "
     "and coalesce(o.seller_id, 0) = coalesce(a.seller_id, 0) where exists (select 1 from account_codes c "
     "where "
     "c.account_id in (a.id, o.id) and lower(c.code) = lower(a.code) and c.given_at_us > 0)",
     "has the code of another account of its seller, but for the case of letters: give one of the two "
     "another code"},
    {"number-prefix", AUDIT_ACCOUNT,
     "select a.id, i.id, 0 from accounts a join invoices i on i.id = (select max(n.id) from invoices n where "
     "n.seller_id = a.id) where substr(i.number, 1, length(a.number_prefix) + 1) <> a.number_prefix || '-'",
     "has a last document (number {a}) that does not begin as its numbers do"},
    {"report-month", AUDIT_REPORT,
     "select r.id, r.month, 0 from reports r left join months m on m.agreement_id = r.agreement_id and "
     "m.month "
     "= r.month where r.state in ('submitted', 'approved') and coalesce(m.state, 'open') = 'open'",
     "is submitted while its month still stands open"},
    {"month-report", AUDIT_AGREEMENT,
     "select m.agreement_id, m.month, 0 from months m join reports r on r.agreement_id = m.agreement_id and "
     "r.month = m.month where m.state = 'closed' and r.state <> 'approved'",
     "has closed the month {month} whose report is not approved"},
    {"month-times", AUDIT_AGREEMENT,
     "select agreement_id, month, 0 from months where (state = 'closed') <> (closed_at_us is not null)",
     "has the month {month} whose state and time of closing contradict each other"},
    {"usage-month", AUDIT_ACCOUNT,
     "select min(u.customer_id), u.month, 0 from (select customer_id, zone, month from usage_groups union "
     "all "
     "select customer_id, zone, month from ended_usage) u where not exists (select 1 from usage_months m "
     "where m.zone = u.zone and m.month = u.month) group by u.zone, u.month",
     "has kept usage of the month {month} without the midnights that it was counted by; run seatmeter check "
     "--rebuild-usage"},
    {"month-closing", AUDIT_AGREEMENT,
     "select agreement_id, month, 0 from months where state = 'closing' and not exists (select 1 from jobs j "
     "where j.state in ('waiting', 'running'))",
     "has the month {month} that a close took hold of and that no job closes"},
    {"month-midnights", AUDIT_AGREEMENT,
     "select closed.id, closed.month, 0 from (select a.id as id, m.month as month, coalesce((select "
     "t.time_zone from amendments t where t.agreement_id = a.id and t.state = 'accepted' and t.from_month "
     "<= m.month order by t.from_month desc, t.number desc limit 1), a.time_zone) as time_zone from months m "
     "join agreements a on a.id = m.agreement_id where m.state = 'closed') closed where not exists (select 1 "
     "from kept_months k where k.time_zone = closed.time_zone and k.month = closed.month)",
     "has closed the month {month} and keeps no midnights of it; seatmeter upgrade writes them"},
    {"month-usage", AUDIT_AGREEMENT,
     "select agreement_id, month, usage_billing from months where usage_billing not in (0, 1, 2) or "
     "(state <> 'closed' and usage_billing <> 0)",
     "has the month {month} that says {b} of how its usage was billed"},
    {"price-withdrawn", AUDIT_INVOICE,
     "select l.invoice_id, l.position, min(p.id) from invoice_lines l join invoices i on i.id = l.invoice_id "
     "join prices p on p.id = l.price_id "
     "where p.withdrawn_at_us > 0 and p.withdrawn_at_us >= i.issued_at_us group by l.invoice_id, l.position",
     "has a line (number {a}) of a price that was withdrawn after it had been billed"},
    {"month-rules", AUDIT_AGREEMENT,
     "select agreement_id, month, 0 from months where (state = 'closed') <> (rules is not null)",
     "has the month {month} whose state and rules contradict each other"},
    {"invoice-twice", AUDIT_INVOICE,
     "select max(id), month, count(*) from invoices where kind <> 'credit-note' group by agreement_id, month "
     "having count(*) > 1",
     "is one of {b} invoices of the same edge and month"},
    {"edge-twice", AUDIT_INVOICE,
     "select max(id), month, count(*) from invoices where kind <> 'credit-note' group by seller_id, "
     "buyer_id, "
     "month having count(*) > count(distinct agreement_id) or count(distinct agreement_id) > 1",
     "is one of {b} invoices between the same two parties for one month"},
    {"invoice-open-month", AUDIT_INVOICE,
     "select i.id, i.month, 0 from invoices i left join months m on m.agreement_id = i.agreement_id and "
     "m.month "
     "= i.month where i.kind <> 'credit-note' and coalesce(m.state, 'open') <> 'closed'",
     "bills a month that is not closed"},
    {"invoice-parties", AUDIT_INVOICE,
     "select i.id, i.seller_id, i.buyer_id from invoices i join agreements a on a.id = i.agreement_id where "
     "i.seller_id <> a.seller_id or i.buyer_id <> a.buyer_id or i.currency <> coalesce((select t.currency "
     "from amendments t where t.agreement_id = a.id and t.state = 'accepted' and t.from_month <= i.month "
     "order by t.from_month desc, t.number desc limit 1), a.currency)",
     "is not between the parties of its agreement, or in another currency than that has in its month"},
    {"amendment-gap", AUDIT_AGREEMENT,
     "select agreement_id, max(number), count(*) + 1 from amendments group by agreement_id "
     "having max(number) <> count(*) + 1",
     "has terms with numbers up to {a} where {b} are kept"},
    {"amendment-terms", AUDIT_AGREEMENT,
     "select t.agreement_id, t.number, t.from_month from amendments t join agreements a on a.id = "
     "t.agreement_id left join amendments p on p.agreement_id = t.agreement_id and p.number = (select "
     "q.number from amendments q where q.agreement_id = t.agreement_id and q.state = 'accepted' and "
     "(q.from_month < t.from_month or (q.from_month = t.from_month and q.number < t.number)) order by "
     "q.from_month desc, q.number desc limit 1) where t.state = 'accepted' and ("
     "((t.changes & 1) = 0 and t.currency <> coalesce(p.currency, a.currency)) or "
     "((t.changes & 2) = 0 and t.time_zone <> coalesce(p.time_zone, a.time_zone)) or "
     "((t.changes & 4) = 0 and t.tax_category <> coalesce(p.tax_category, a.tax_category)) or "
     "((t.changes & 4) = 0 and t.tax_rate_millionths <> coalesce(p.tax_rate_millionths, "
     "a.tax_rate_millionths)) or "
     "((t.changes & 8) = 0 and t.payment_days <> coalesce(p.payment_days, a.payment_days)) or "
     "((t.changes & 16) = 0 and t.report_due_days <> coalesce(p.report_due_days, a.report_due_days)) or "
     "((t.changes & 32) = 0 and t.terms <> coalesce(p.terms, a.terms)))",
     "has terms {a} that differ from those before them in what they do not change"},
    {"amendment-late", AUDIT_AGREEMENT,
     "select t.agreement_id, t.number, m.month from amendments t join months m on m.agreement_id = "
     "t.agreement_id and m.month >= t.from_month and m.state = 'closed' and m.closed_at_us" CLOCKS_APART
     "< t.decided_at_us where t.state = 'accepted'",
     "had its terms {a} accepted after month {b}, which they are for, was closed"},
    {"invoice-gross", AUDIT_INVOICE,
     "select id, gross_minor, net_minor + tax_minor from invoices where gross_minor <> net_minor + tax_minor",
     "has a gross amount of {a} (minor units) where net and tax give {b}"},
    {"invoice-net", AUDIT_INVOICE,
     "select i.id, i.net_minor, coalesce(l.net, 0) from invoices i left join (select invoice_id, "
     "cast(sum(amount_minor) as bigint) as net from invoice_lines group by invoice_id) l on l.invoice_id = "
     "i.id "
     "where i.net_minor <> coalesce(l.net, 0) or l.net is null",
     "has a net amount of {a} (minor units) where its lines add up to {b}"},
    {"invoice-settled", AUDIT_INVOICE,
     "select id, issued_at_us, 0 from invoices where (state in ('paid', 'written-off')) <> (settled_at_us is "
     "not null)",
     "has a state and a time of settling that contradict each other"},
    {"credit-line", AUDIT_INVOICE,
     "select n.id, l.position, 0 from invoices n join invoice_lines l on l.invoice_id = n.id left join "
     "invoice_lines o on o.invoice_id = coalesce(l.takes_invoice_id, n.corrects_id) and o.position = "
     "coalesce(l.takes_position, l.position) where n.kind = 'credit-note' and l.corrects_month is null "
     "and (o.position is null or o.quantity_parts <> -l.quantity_parts or o.amount_minor <> -l.amount_minor "
     "or o.customer_id <> l.customer_id or o.sku_id <> l.sku_id)",
     "credits in its line {a} what the invoice does not charge there"},
    {"reversal-line", AUDIT_INVOICE,
     "select l.invoice_id, l.position, 0 from invoice_lines l join invoices n on n.id = l.invoice_id left "
     "join "
     "invoice_lines o on o.invoice_id = l.takes_invoice_id and o.position = l.takes_position left join "
     "invoices i on i.id = o.invoice_id where l.takes_invoice_id is not null and l.corrects_month is not "
     "null "
     "and (i.id is null or i.seller_id <> n.seller_id or i.buyer_id <> n.buyer_id or i.currency <> "
     "n.currency or i.id >= n.id or o.quantity_parts <> "
     "-l.quantity_parts or o.amount_minor <> -l.amount_minor or o.customer_id <> l.customer_id or o.sku_id "
     "<> "
     "l.sku_id)",
     "takes back in its line {a} what was not charged there before"},
    {"taken-twice", AUDIT_INVOICE,
     /* Materialised: SQLite would look through all lines again for each line. */
     "with takers as materialized (" AUDIT_TAKERS
     ") select t.invoice_id, t.position, count(*) from takers t left join takers u on u.invoice_id = "
     "t.by_invoice and u.position = t.by_position where u.invoice_id is null "
     "group by t.invoice_id, t.position having count(*) > 1",
     "has had its line {a} taken back {b} times"},
    {"invoice-negative", AUDIT_INVOICE,
     "select id, gross_minor, 0 from invoices where kind <> 'credit-note' and set_off_minor >= 0 and "
     "gross_minor < 0",
     "asks for {a} (minor units), which is not for an invoice"},
    /* A correction's note names its document: "corrects 2026-08 (CEDAR-2026-000001): ...". Who closed by
     * rules before the third netted. */
    {"loss-netted", AUDIT_INVOICE,
     "select i.id, d.id, cast(sum(l.amount_minor) as bigint) from invoices d join invoices i on i.seller_id "
     "= d.seller_id and i.buyer_id = d.buyer_id and i.issued_at_us > d.settled_at_us" CLOCKS_APART
     "join months m on "
     "m.agreement_id = i.agreement_id and m.month = i.month join invoice_lines l on l.invoice_id = i.id and "
     "l.corrects_month is not null and substr(l.note, 19, length(d.number) + 2) = d.number || '):' where "
     "d.state = 'written-off' and i.kind <> 'credit-note' and m.rules >= 3 group by i.id, d.id having "
     "sum(l.amount_minor * (1.0 + l.tax_rate_millionths / 1000000.0)) <= -1",
     "gives back {b} (minor units) of a document that was written off, which is to be set off against the "
     "loss"},
    {"credit-note-asks", AUDIT_INVOICE,
     "select n.id, n.gross_minor, 0 from invoices n where n.kind = 'credit-note' and n.gross_minor > 0 and "
     "exists (select 1 from invoice_lines l where l.invoice_id = n.id and l.takes_invoice_id is not null)",
     "asks for {a} (minor units), which is not for a credit note"},
    {"set-off", AUDIT_INVOICE,
     "select id, set_off_minor, -gross_minor from invoices where (kind = 'credit-note' and (set_off_minor < "
     "0 "
     "or set_off_minor > case when gross_minor < 0 then -gross_minor else 0 end)) or (kind <> 'credit-note' "
     "and set_off_minor > 0) union all select d.id, cast(sum(n.set_off_minor) as bigint), max(d.gross_minor) "
     "from invoices n join invoices d on d.id = n.corrects_id group by d.id having sum(n.set_off_minor) > "
     "case when max(d.gross_minor) > 0 then max(d.gross_minor) else 0 end",
     "has {a} (minor units) set off where {b} can be"},
    {"settled-open", AUDIT_INVOICE,
     "select i.id, i.gross_minor, 0 from invoices i left join (select corrects_id, sum(set_off_minor) as "
     "minor "
     "from invoices where corrects_id is not null group by corrects_id) n on n.corrects_id = i.id where "
     "i.state = 'issued' and i.gross_minor = case when i.kind = 'credit-note' then -i.set_off_minor else "
     "coalesce(n.minor, 0) end",
     "has nothing left to settle of {a} (minor units), and is not paid"},
    {"charge-line", AUDIT_INVOICE,
     "select i.id, coalesce(l.lines, 0), coalesce(c.charges, 0) from invoices i left join (select "
     "invoice_id, "
     "count(*) as lines, cast(sum(amount_minor) as bigint) as amount from invoice_lines where price_id = 0 "
     "and "
     "corrects_month is null group by invoice_id) l on l.invoice_id = i.id left join (select invoice_id, "
     "count(*) as charges from charges where invoice_id is not null group by invoice_id) c on c.invoice_id = "
     "i.id where i.kind <> 'credit-note' and coalesce(l.lines, 0) <> coalesce(c.charges, 0)",
     "has {a} lines of charges, and {b} charges name it"},
    {"charge-forgotten", AUDIT_CHARGE,
     "select distinct c.id, c.month, 0 from charges c join agreements a on a.id = c.agreement_id join "
     "agreements b on b.seller_id = a.seller_id and b.buyer_id = a.buyer_id join months m on m.agreement_id "
     "= b.id and m.month = c.month where m.state = 'closed' and c.invoice_id is null",
     "waits in a month that is closed: the next bill of its seller and buyer takes it, unless that is in "
     "another currency"},
    {"charge-elsewhere", AUDIT_CHARGE,
     "select c.id, c.month, i.month from charges c join invoices i on i.id = c.invoice_id join agreements a "
     "on a.id = c.agreement_id where i.seller_id <> a.seller_id or i.buyer_id <> a.buyer_id or i.month < "
     "c.month or i.kind = 'credit-note'",
     "is on an invoice of another edge, or of a month before its own"},
    {"correction-elsewhere", AUDIT_CORRECTION,
     "select c.id, c.month, i.month from corrections c join invoices i on i.id = c.invoice_id join "
     "agreements a on a.id = c.agreement_id where i.seller_id <> a.seller_id or i.buyer_id <> a.buyer_id or "
     "not exists (select 1 from invoice_lines "
     "l "
     "where l.invoice_id = i.id and l.corrects_month = c.month and l.sku_id = c.sku_id)",
     "is not answered by a line of the invoice that carries it"},
    {"correction-forgotten", AUDIT_CORRECTION,
     "select distinct c.id, c.month, 0 from corrections c join agreements a on a.id = c.agreement_id join "
     "agreements b on b.seller_id = a.seller_id and b.buyer_id = a.buyer_id join months m on m.agreement_id "
     "= b.id and m.month > c.month where m.state = 'closed' and m.closed_at_us > coalesce(c.decided_at_us, "
     "c.created_at_us)" CLOCKS_APART
     "and c.state = 'accepted' and c.invoice_id is null and exists (select 1 from months k "
     "where k.agreement_id = c.agreement_id and k.month = c.month and k.state = 'closed' and k.closed_at_us "
     "< "
     "m.closed_at_us) and not exists (select 1 from months n join agreements d on d.id = "
     "n.agreement_id where d.seller_id = a.seller_id and d.buyer_id = a.buyer_id and n.state = 'closed' and "
     "n.month > m.month and n.closed_at_us <= m.closed_at_us)",
     "was left out of a bill: the next one of its seller and buyer takes it, unless that is in another "
     "currency"},
    {"correction-unbound", AUDIT_CORRECTION,
     "select c.id, c.month, 0 from corrections c where (c.invoice_id is not null and c.state <> 'accepted') "
     "or (c.state = 'waiting') <> (c.decided_at_us is null and c.state <> 'accepted') or (c.silent_at_us is "
     "not null and c.state <> 'waiting')",
     "is carried by a bill without having been accepted, or its state and its decision contradict each "
     "other"},
    {"correction-giver", AUDIT_CORRECTION,
     "select c.id, c.given_id, c.giver_id from corrections c join agreements a on a.id = c.agreement_id "
     "left join corrections g on g.id = c.given_id where g.id is null or g.given_id <> g.id or g.giver_id <> "
     "c.giver_id or g.customer_id <> c.customer_id or g.reason <> c.reason or (c.state = 'waiting' and "
     "a.seller_id = c.giver_id) or (c.silent_at_us is not null and a.buyer_id <> c.giver_id) or (c.giver_id "
     "<> a.seller_id and not exists (select 1 from account_ancestors p where p.account_id = c.customer_id "
     "and p.ancestor_id = c.giver_id) and not exists (select 1 from skus s where s.id = g.sku_id and "
     "s.owner_id = c.giver_id))",
     "was given with number {a} by an account (number {b}) that it cannot be from, or waits for its giver"},
    {"correction-late", AUDIT_CORRECTION,
     "select c.id, c.month, 0 from corrections c left join licences l on l.id = c.licence_id where "
     "(c.licence_id is null) <> (c.at_us is null) or (c.licence_id is null and c.seats <> 0) or c.seats < 0 "
     "or (c.licence_id is not null and (l.id is null or l.customer_id <> c.customer_id or l.sku_id <> "
     "c.sku_id or c.units <> 0))",
     "is a late event of a licence that is not of its customer and SKU, or half of one"},
    {"correction-unasked", AUDIT_INVOICE,
     "select distinct i.id, l.corrects_month, 0 from invoice_lines l join invoices i on i.id = l.invoice_id "
     "where l.corrects_month is not null and not exists (select 1 from corrections c join invoices j on j.id "
     "= "
     "c.invoice_id where j.seller_id = i.seller_id and j.buyer_id = i.buyer_id and j.month = i.month and "
     "c.month = "
     "l.corrects_month "
     "and c.sku_id = l.sku_id)",
     "corrects the month {month} without a correction that asks for it"},
    {"product-elsewhere", AUDIT_PRODUCT,
     "select p.id, 0, 0 from products p join accounts a on a.id = p.vendor_id where a.kind <> 'vendor' "
     "union select s.product_id, 0, 0 from product_skus s join products p on p.id = s.product_id "
     "join skus k on k.id = s.sku_id where k.owner_id <> p.vendor_id or k.kind <> 'product'",
     "is no vendor's, or a SKU that is not its vendor's entitles to it"},
    {"release-state", AUDIT_RELEASE,
     "select id, 0, 0 from releases where (state = 'withdrawn') <> (withdrawn_at_us is not null) "
     "or (state = 'withdrawn') <> (withdrawn_reason <> '') "
     "or (channel = 'stable') <> (promoted_at_us is not null) or promoted_at_us" CLOCKS_APART
     "< published_at_us",
     "has instants or a reason that do not go with its state and channel"},
    {"release-empty", AUDIT_RELEASE,
     "select r.id, 0, 0 from releases r where not exists "
     "(select 1 from release_artifacts a where a.release_id = r.id)",
     "has no file"},
    {"posting-unbalanced", AUDIT_POSTING,
     "select posting, cast(sum(debit_minor) as bigint), cast(sum(credit_minor) as bigint) from ledger group "
     "by "
     "posting having sum(debit_minor) <> sum(credit_minor) or min(currency) <> max(currency)",
     "has debits of {a} and credits of {b} (minor units), or two currencies"},
    {"line-orphan", AUDIT_INVOICE,
     "select l.invoice_id, l.position, 0 from invoice_lines l left join invoices i on i.id = l.invoice_id "
     "where (i.id is null and not exists (select 1 from jobs j where j.document_id = l.invoice_id and "
     "j.state "
     "<> 'done')) or (l.customer_id <> 0 and not exists (select 1 from accounts a where a.id = "
     "l.customer_id)) "
     "or (l.sku_id <> 0 and not exists (select 1 from skus s where s.id = l.sku_id))",
     "has a line {a} although it, the line's customer or its SKU is not there"},
    {"posting-orphan", AUDIT_POSTING,
     "select distinct g.posting, g.invoice_id, 0 from ledger g left join invoices i on i.id = g.invoice_id "
     "where "
     "i.id is null",
     "is of an invoice that is not there"},
    {"posting-elsewhere", AUDIT_POSTING,
     "select distinct g.posting, i.id, 0 from ledger g join invoices i on i.id = g.invoice_id where "
     "g.owner_id <> "
     "i.seller_id or g.party_id <> i.buyer_id or g.currency <> i.currency",
     "is in other books, for another party or in another currency than its invoice"},
    {"ledger-revenue", AUDIT_INVOICE,
     "select i.id, i.net_minor, coalesce(g.revenue, 0) from invoices i left join (select invoice_id, "
     "cast(sum(case when account = 'revenue' then credit_minor - debit_minor else 0 end) as bigint) as "
     "revenue, "
     "cast(sum(case when account = 'tax' then credit_minor - debit_minor else 0 end) as bigint) as tax from "
     "ledger group by invoice_id) g on g.invoice_id = i.id where i.net_minor <> coalesce(g.revenue, 0) or "
     "i.tax_minor <> coalesce(g.tax, 0)",
     "has a net amount of {a} (minor units) where the ledger has earned {b}, or another tax"},
    {"ledger-receivable", AUDIT_INVOICE,
     "select f.family, f.due, coalesce(g.receivable, 0) from (select coalesce(i.corrects_id, i.id) as "
     "family, "
     "cast(sum(case when i.state = 'issued' then i.gross_minor else 0 end + case when i.kind = 'credit-note' "
     "then i.set_off_minor * (case when i.state = 'issued' then 1 else 0 end - case when d.state = 'issued' "
     "then 1 else 0 end) else 0 end) as bigint) as due from invoices i join invoices d on d.id = "
     "coalesce(i.corrects_id, i.id) group by coalesce(i.corrects_id, i.id)) f left join "
     "(select coalesce(i.corrects_id, i.id) as family, "
     "cast(sum(case when l.account = 'receivable' then l.debit_minor - l.credit_minor else 0 end) as bigint) "
     "as receivable from ledger l join invoices i on i.id = l.invoice_id group by coalesce(i.corrects_id, "
     "i.id)) g "
     "on g.family = f.family where f.due <> coalesce(g.receivable, 0)",
     "and its credit notes leave {a} (minor units) to be settled; the ledger's receivable is {b}"},
};

const size_t AUDIT_QUESTION_COUNT = sizeof AUDIT_QUESTIONS / sizeof AUDIT_QUESTIONS[0];

/* ---- streams ---- */

static const struct db_field LICENCE_FIELDS[] = {
    DB_FIELD_INT(struct audited_licence, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct audited_licence, provider_id, "provider_id"),
    DB_FIELD_INT(struct audited_licence, customer_id, "customer_id"),
    DB_FIELD_INT(struct audited_licence, sku_id, "sku_id"),
    DB_FIELD_STATE(struct audited_licence, state, "state", &licence_machine),
    DB_FIELD_INT(struct audited_licence, seats, "seats"),
    DB_FIELD_INT(struct audited_licence, suspensions, "suspensions"),
    DB_FIELD_INT(struct audited_licence, counted_seats, "counted_seats"),
    DB_FIELD_INT(struct audited_licence, first_on_at_us, "first_on_at_us", DB_OR_NULL),
    DB_FIELD_INT(struct audited_licence, last_event_at_us, "last_event_at_us"),
};
static const struct db_fields LICENCE = DB_FIELDS(struct audited_licence, LICENCE_FIELDS);

static const char LICENCES[] = "select {} from licences";

enum status audited_licences_stream(struct db *db, struct db_rows **rows, struct fault *fault) {
    return db_stream_fields(db, &LICENCE, LICENCES, DB_NO_ARGS, rows, fault);
}

enum status audited_licence_read(struct db_rows *rows, struct audited_licence *licence, struct fault *fault) {
    return rows_read(rows, 0, &LICENCE, NULL, licence, fault);
}

static const char EVENTS[] = "select {} from licence_events e left join voided_events v on v.provider_id = "
                             "e.provider_id and v.number = e.number order by e.provider_id, e.number";

enum status audited_events_stream(struct db *db, struct db_rows **rows, struct fault *fault) {
    return db_stream_fields(db, &LOGGED_EVENT, EVENTS, DB_NO_ARGS, rows, fault);
}

void audited_event_read(struct db_rows *rows, struct logged_event *event) {
    rows_read_or_spoil(rows, 0, &LOGGED_EVENT, NULL, event);
}

static const char ANCESTORS[] = "select ancestor_id, account_id from account_ancestors";

enum status audited_ancestors_stream(struct db *db, struct db_rows **rows, struct fault *fault) {
    return db_stream(db, ANCESTORS, DB_NO_ARGS, rows, fault);
}

static const struct db_field HEAD_FIELDS[] = {
    DB_FIELD_INT(struct invoice_head, id, "id", DB_FROM_ONE),
    DB_FIELD_TEXT(struct invoice_head, number, "number"),
    DB_FIELD_INT(struct invoice_head, agreement_id, "agreement_id"),
    DB_FIELD_INT(struct invoice_head, net_minor, "net_minor"),
    DB_FIELD_INT(struct invoice_head, tax_minor, "tax_minor"),
    DB_FIELD_TEXT(struct invoice_head, currency, "currency"),
};
static const struct db_fields HEAD = DB_FIELDS(struct invoice_head, HEAD_FIELDS);
enum { FIRST_OF_LINE = sizeof HEAD_FIELDS / sizeof HEAD_FIELDS[0] };

struct audited_line {
    struct invoice_head head;
    struct billed_line line;
};

static const struct db_field LINE_FIELDS[] = {
    DB_FIELD_PART(struct audited_line, head, "i", &HEAD),
    DB_FIELD_PART(struct audited_line, line, "l", &INVOICE_LINE_BILLED),
};
static const struct db_fields LINE = DB_FIELDS(struct audited_line, LINE_FIELDS);

static const char LINES[] = "select {} from invoices i left join invoice_lines l on l.invoice_id = i.id "
                            "where i.kind <> 'credit-note' and i.month = $1 order by i.id, l.position";

enum status audited_lines_stream(struct db *db, struct month month, struct db_rows **rows,
                                 struct fault *fault) {
    return db_stream_fields(db, &LINE, LINES, DB_ARGS(db_integer(month.index)), rows, fault);
}

/* An invoice without lines has nulls in their columns, and so position 0. */
void audited_line_read(struct db_rows *rows, struct arena *arena, struct invoice_head *head,
                       struct billed_line *row) {
    rows_read_or_spoil(rows, 0, &HEAD, arena, head);
    rows_read_or_spoil(rows, FIRST_OF_LINE, &INVOICE_LINE_BILLED, arena, row);
    row->invoice_id = head->id;
}

static const char CREDITED[] =
    "select distinct corrects_id from invoices where corrects_id is not null order by corrects_id";

enum status audited_credited(struct db *db, struct arena *arena, int64_t **invoice_ids, size_t *count,
                             struct fault *fault) {
    return rows_integers(db, arena, CREDITED, DB_NO_ARGS, invoice_ids, count, fault);
}

static const char RULES_SINCE[] = "select coalesce(min(closed_at_us), 0) from months where rules >= $1";

enum status audited_rules_since(struct db *db, int64_t rules, int64_t *at_us, struct fault *fault) {
    return db_query_int(db, RULES_SINCE, DB_ARGS(db_integer(rules)), 0, at_us, fault);
}

static const char NUMBERS[] = "select seller_id, number, id from invoices order by seller_id, id";

enum status audited_numbers_stream(struct db *db, struct db_rows **rows, struct fault *fault) {
    return db_stream(db, NUMBERS, DB_NO_ARGS, rows, fault);
}

static const char POSTINGS[] = "select count(distinct posting) from ledger";
static const char LAST_POSTING[] = "select coalesce(max(posting), 0) from ledger";

enum status audited_postings(struct db *db, int64_t *count, int64_t *last, struct fault *fault) {
    TRY(db_query_int(db, POSTINGS, DB_NO_ARGS, 0, count, fault));
    return db_query_int(db, LAST_POSTING, DB_NO_ARGS, 0, last, fault);
}

static const struct db_field DOCUMENT_FIELDS[] = {
    DB_FIELD_INT(struct audited_document, id, "id"),
    DB_FIELD_INT(struct audited_document, issued_at_us, "issued_at_us"),
};
static const struct db_fields DOCUMENT = DB_FIELDS(struct audited_document, DOCUMENT_FIELDS);

static const char FUTURE_DOCUMENTS[] = "select {} from invoices where issued_at_us > $1 order by id";

enum status audited_future_documents(struct db *db, struct arena *arena, int64_t after_us,
                                     struct audited_document **documents, size_t *count,
                                     struct fault *fault) {
    return rows_all(db, arena, &DOCUMENT, FUTURE_DOCUMENTS, DB_ARGS(db_integer(after_us)), documents, count,
                    fault);
}

static const struct db_field CLOSE_FIELDS[] = {
    DB_FIELD_INT(struct audited_close, agreement_id, "agreement_id"),
    DB_FIELD_MONTH(struct audited_close, month, "month"),
    DB_FIELD_INT(struct audited_close, closed_at_us, "closed_at_us"),
};
static const struct db_fields CLOSE = DB_FIELDS(struct audited_close, CLOSE_FIELDS);

static const char CLOSES[] =
    "select {} from months where state = 'closed' and closed_at_us is not null order by agreement_id, month";

enum status audited_closes(struct db *db, struct arena *arena, struct audited_close **closes, size_t *count,
                           struct fault *fault) {
    return rows_all(db, arena, &CLOSE, CLOSES, DB_NO_ARGS, closes, count, fault);
}
