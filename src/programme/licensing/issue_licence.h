/* Issuing licences out of a block to a direct customer of its provider.
 *
 * The key is told here once; the store keeps a keyed hash of it, to find it by, and the key itself sealed. A
 * licence of a bundle gets one part for every SKU in it. An issued licence neither counts nor works until it
 * is turned on. */
#ifndef SEATMETER_PROGRAMME_LICENSING_ISSUE_LICENCE_H
#define SEATMETER_PROGRAMME_LICENSING_ISSUE_LICENCE_H

#include "core/rating/planned_usage.h"
#include "programme/licensing/licences.h"
#include "store/catalogue/skus.h"
#include "store/licensing/blocks.h"
#include "store/parties/accounts.h"

enum { LICENCE_ISSUE_COUNT_MAX = 10000 };

struct issue_licence_input {
    struct text block;
    struct text customer;
    int64_t seats; /* of each licence */
    int64_t count; /* so many licences alike; 0: one */
};

struct issued_licence {
    struct licence_view licence;
    struct text key;
};
struct issued_licences {
    struct issued_licence *items;
    size_t count;
};
/* One licence for a use case of this room that has checked everything but the SKU's parts: its row. Takes the
 * seats from the block, in `*block` too. */
struct issue_to {
    struct block *block;
    const struct account *provider;
    const struct account *customer;
    const struct sku *sku;
};
enum status issue_to_customer(struct call *call, const struct issue_to *to, int64_t seats,
                              struct licence_row *row, struct fault *fault) MUST_CHECK;

enum status issue_licence(struct call *call, const struct issue_licence_input *input,
                          struct issued_licences *out, struct fault *fault) MUST_CHECK;

/* What issuing these and turning each on at once would make count; nothing is written, no key is made: a
 * preview's. Needs the provider's right `read`; else refuses what issue_licence would refuse. */
struct tried_issue {
    struct block block;
    int64_t customer_id;
    struct planned_change *changes; /* licences of numbers below 0 */
    size_t count;
};
enum status issue_licence_try(struct call *call, const struct issue_licence_input *input,
                              struct tried_issue *tried, struct fault *fault) MUST_CHECK;

#endif
