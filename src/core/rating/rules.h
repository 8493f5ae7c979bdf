/* Rules: by which version of the rules of rating an edge's month is billed (R7.15).
 *
 * A month is rated by the newest version until it is closed. The close writes that version down, and whatever
 * rates the month again, a correction, the audit, an explanation, a recomputation, goes by it for ever. So a
 * rule that changes changes no bill that was issued. Whoever changes what rating gives for the same records
 * makes it depend on `rules` of struct edge_month, and says here what differs.
 *
 * 1: all that was closed before the versions were kept.
 *    A minimum is charged in every month that its price is in force, used or not, and beside free months.
 *    The price is chosen among those in all currencies, and is none where it is in another one than the
 * agreement. 2: the present ones. A minimum is charged in months in which anything of the SKU is (R3.9). The
 * price is chosen among those in the agreement's currency. A day that the zone leaves out altogether is no
 * day of the month: it has no seat-days, and `daily` does not divide by it. A month that follows one in
 * another zone begins when that one ended.
 * 3: rates as 2 does, but counts free months by where the edge's months begin so (R3.10). What a correction
 * takes back of a document that was written off has a credit note of its own, and is never netted on an
 * invoice (R8.5). */
#ifndef SEATMETER_CORE_RATING_RULES_H
#define SEATMETER_CORE_RATING_RULES_H

/* How a closed month's usage was billed. What was closed before it was asked was rated wherever the edge had
 * any price, and what had none was left out. */
enum usage_billing { USAGE_NOT_ASKED = 0, USAGE_BILLED_HERE = 1, USAGE_BILLED_ELSEWHERE = 2 };

/* What is known of the months that closed, in a map by (agreement, fact). */
enum month_fact { MONTH_RULES = 0, MONTH_USAGE_BILLING = 1 };

enum rules_version { RULES_FIRST = 1, RULES_SECOND = 2, RULES_THIRD = 3, RULES_PRESENT = RULES_THIRD };

#endif
