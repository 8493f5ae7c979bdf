/* Account: one party of the programme, in the tree of who sells to whom.
 *
 * Vendors are roots (depth 0, no seller); the one distributor has depth 1 and no seller either; everybody
 * else has a seller and one more depth. */
#ifndef SEATMETER_CORE_PARTIES_ACCOUNT_H
#define SEATMETER_CORE_PARTIES_ACCOUNT_H

#include "core/base/fault.h"

enum account_kind { ACCOUNT_VENDOR, ACCOUNT_DISTRIBUTOR, ACCOUNT_PROVIDER, ACCOUNT_CUSTOMER };

/* How deep the tree of sellers and buyers goes at most. */
enum { ACCOUNT_DEPTH_MAX = 20 };

struct account {
    int64_t id;
    enum account_kind kind;
    struct text code;
    struct text label; /* unique in the whole store, for ever: the first code, or the identifier where that
                          was taken */
    struct text name;
    int64_t seller_id; /* 0: none */
    int64_t depth;
    struct text address; /* lines with "\n" between */
    struct text country; /* ISO 3166-1 alpha-2, or empty */
    struct text tax_number;
    struct text email;
    bool has_logo;
    int64_t created_at_us;
    int64_t version;
};

/* "vendor", …; the parse's fault is "unknown-account-kind". */
const char *account_kind_name(enum account_kind kind);
enum status account_kind_parse(struct text word, const char *field, enum account_kind *kind,
                               struct fault *fault) MUST_CHECK;

#endif
