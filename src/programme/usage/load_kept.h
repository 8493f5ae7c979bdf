/* Load kept: reads a month's usage out of what is kept beside the log, and from the log what is needed of it.
 *
 * What is kept answers for whole months as their zones cut them. A trial that ends within the month, a month
 * that is joined to another zone's, and corrected months need changes: of those customers and SKUs alone the
 * log is read too. */
#ifndef SEATMETER_PROGRAMME_USAGE_LOAD_KEPT_H
#define SEATMETER_PROGRAMME_USAGE_LOAD_KEPT_H

#include "core/rating/snapshot.h"
#include "core/rating/usage.h"
#include "programme/usage/load_usage.h"
#include "store/licensing/usage_reading.h"

/* Whose log is needed: of customers at or below an account, of a SKU or all. */
struct log_needs {
    struct arena *arena;
    struct id_map places; /* (account, SKU or 0) → index */
    int64_t *after_us;    /* of groups that have changed after it alone, or LOG_OF_ALL */
    size_t count;
    size_t capacity;
    int64_t cut_us; /* also of what has changed then or later: the month is rated as if it ended then */
};

#define LOG_OF_ALL INT64_MIN

void log_needs_init(struct log_needs *needs, struct arena *arena);
void log_needs_add(struct log_needs *needs, int64_t account_id, int64_t sku_id, int64_t after_us);

/* Adds what the month of the snapshot's edges needs of the log, where usage of it is kept. */
void log_needs_of_month(const struct snapshot *snapshot, const struct usage *kept, struct month month,
                        struct log_needs *needs);

/* Whether a trial of the price ends within the month, and not at its first or last midnight. */
bool price_cuts_month(const struct price *price, struct month month);

/* Reads the log that is needed of what is kept, which was read in the same scope, and adds it to the usage.
 */
enum status usage_load_needs(struct db *db, struct arena *arena, const struct snapshot *snapshot,
                             const struct log_needs *needs, const struct usage_scope *scope,
                             struct usage *usage, struct fault *fault) MUST_CHECK;

/* What is kept of a month. Everything lives in `arena`; inside a transaction. `*is_kept` is false, and
 * nothing is read, where usage is not kept whole. */
enum status usage_load_kept(struct db *db, struct arena *arena, struct usage_reading_scope scope,
                            struct month month, bool *is_kept, struct usage *usage,
                            struct fault *fault) MUST_CHECK;

#endif
