/* Rules: by which version of the rules of rating an edge's month is billed (R7.15).
 *
 * A month is rated by the newest version until it is closed. The close writes that version down, and whatever
 * rates the month again, a correction, the audit, an explanation, a recomputation, goes by it for ever. So a
 * rule that changes changes no bill that was issued. Whoever changes what rating gives for the same records
 * makes it depend on `rules` of struct edge_month, and says here what differs.
 *
 * 1: all that was closed before the versions were kept.
 * 2: the present ones. A day that the zone leaves out altogether is no day of the month: it has no seat-days,
 * and `daily` does not divide by it. */
#ifndef SEATMETER_CORE_RATING_RULES_H
#define SEATMETER_CORE_RATING_RULES_H

enum rules_version { RULES_FIRST = 1, RULES_SECOND = 2, RULES_PRESENT = RULES_SECOND };

#endif
