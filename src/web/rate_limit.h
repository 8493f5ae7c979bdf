/* Bucket: a rate limit per client address: so many at once, so many a minute after that.
 *
 * A fixed table: an address that is new takes the place of one whose bucket is full again, and where none is,
 * the fullest one's. So an attacker with many addresses makes the limit coarser, never the memory larger. */
#ifndef SEATMETER_WEB_RATE_LIMIT_H
#define SEATMETER_WEB_RATE_LIMIT_H

#include "core/base/text.h"

#include <pthread.h>
#include <stdint.h>

enum { BUCKET_ADDRESSES = 4096, BUCKET_WAYS = 8 };

struct bucket {
    uint64_t address_hash; /* 0: free */
    int64_t tokens_millionths;
    int64_t filled_at_us;
};

struct bucket_limit {
    int64_t burst;
    int64_t per_minute;
};

struct buckets {
    pthread_mutex_t lock;
    struct bucket_limit limit;
    unsigned char key[16];
    struct bucket buckets[BUCKET_ADDRESSES];
};

void buckets_init(struct buckets *buckets, struct bucket_limit limit);
void buckets_clean_up(struct buckets *buckets);

/* False where the address has used up what it may. */
bool buckets_take(struct buckets *buckets, struct text address, int64_t now_us);

#endif
