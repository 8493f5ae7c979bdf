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

/* Customers at or below an account and a SKU (0: all), whose log is needed from an instant on. */
struct log_need {
    int64_t account_id;
    int64_t sku_id;
};

enum { LOG_NEEDS_MAX = 64 };
struct log_needs {
    struct log_need items[LOG_NEEDS_MAX];
    size_t count;
    bool is_all;
};

void log_needs_add(struct log_needs *needs, struct log_need need);

/* Adds what the month of the snapshot's edges needs of the log, where usage of it is kept. */
void log_needs_of_month(const struct snapshot *snapshot, const struct usage *kept, struct month month,
                        struct log_needs *needs);

/* Whether the price cuts the month: a trial ends within it, and not at its first or last midnight. */
bool price_needs_log(const struct price *price, struct month month);

/* Reads the log of the needs, as far as they are in the scope, and adds it to the usage. */
enum status usage_load_needs(struct db *db, struct arena *arena, const struct snapshot *snapshot,
                             const struct log_needs *needs, struct usage_scope scope, struct usage *usage,
                             struct fault *fault) MUST_CHECK;

/* Adds the groups whose last change lies at an instant or behind it: as if the month ended then, what is kept
 * of them does not answer. */
void log_needs_of_cut(const struct usage *kept, int64_t until_us, struct log_needs *needs);

/* What is kept of a month. Everything lives in `arena`; inside a transaction. `*is_kept` is false, and
 * nothing is read, where usage is not kept whole. */
enum status usage_load_kept(struct db *db, struct arena *arena, struct usage_reading_scope scope,
                            struct month month, bool *is_kept, struct usage *usage,
                            struct fault *fault) MUST_CHECK;

#endif
