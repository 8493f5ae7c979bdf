/* Rate limit: per client address: so many at once, so many a minute after that.
 *
 * A fixed table: an address that is new takes the place of one whose bucket is full again, and where none is,
 * the fullest one's. So an attacker with many addresses makes the limit coarser, never the memory larger. */
#ifndef SEATMETER_WEB_RATE_LIMIT_H
#define SEATMETER_WEB_RATE_LIMIT_H

#include "core/base/text.h"

#include <pthread.h>
#include <stdint.h>

enum { RATE_LIMIT_ADDRESSES = 4096, RATE_LIMIT_WAYS = 8 };

struct rate_limit_bucket {
    uint64_t address_hash; /* 0: free */
    int64_t tokens_millionths;
    int64_t filled_at_us;
};

struct rate_limit_terms {
    int64_t burst;
    int64_t per_minute;
};

struct rate_limit {
    pthread_mutex_t lock;
    struct rate_limit_terms terms;
    unsigned char key[16];
    struct rate_limit_bucket buckets[RATE_LIMIT_ADDRESSES];
};

void rate_limit_init(struct rate_limit *limit, struct rate_limit_terms terms);
void rate_limit_clean_up(struct rate_limit *limit);

/* False where the address has used up what it may. It is given as it is counted: client_address_owner_text.
 */
bool rate_limit_take(struct rate_limit *limit, struct text address, int64_t now_us);

#endif
