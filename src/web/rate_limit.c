/* An eight-way set per hash, keyed so that nobody outside can aim at a set. */
#include "web/rate_limit.h"

#include "machine/random.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define WHOLE INT64_C(1000000)

void rate_limit_init(struct rate_limit *limit, struct rate_limit_terms terms) {
    *limit = (struct rate_limit){.terms = terms};
    pthread_mutex_init(&limit->lock, NULL);
    machine_random(limit->key, sizeof limit->key);
}

void rate_limit_clean_up(struct rate_limit *limit) {
    pthread_mutex_destroy(&limit->lock);
}

static uint64_t hash_address(const struct rate_limit *limit, struct text address) {
    unsigned char hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, (const unsigned char *)address.at, address.length, limit->key);
    uint64_t value = 0;
    memcpy(&value, hash, sizeof value);
    return value == 0 ? 1 : value;
}

static void refill(const struct rate_limit *limit, struct rate_limit_bucket *bucket, int64_t now_us) {
    int64_t passed_us = now_us - bucket->filled_at_us;
    int64_t whole = limit->terms.burst * WHOLE;
    int64_t full_after_us = limit->terms.burst * 60 * WHOLE / limit->terms.per_minute;
    if (passed_us >= full_after_us || passed_us < 0) {
        bucket->tokens_millionths = whole;
    } else {
        int64_t tokens = bucket->tokens_millionths + passed_us * limit->terms.per_minute / 60;
        bucket->tokens_millionths = tokens > whole ? whole : tokens;
    }
    assert(bucket->tokens_millionths >= 0 && bucket->tokens_millionths <= whole);
    bucket->filled_at_us = now_us;
}

bool rate_limit_take(struct rate_limit *limit, struct text address, int64_t now_us) {
    uint64_t hash = hash_address(limit, address);
    struct rate_limit_bucket *set =
        &limit->buckets[hash % (RATE_LIMIT_ADDRESSES / RATE_LIMIT_WAYS) * RATE_LIMIT_WAYS];
    pthread_mutex_lock(&limit->lock);
    struct rate_limit_bucket *mine = NULL;
    struct rate_limit_bucket *spare = &set[0];
    for (size_t i = 0; i < RATE_LIMIT_WAYS; i++) {
        if (set[i].address_hash == hash) {
            mine = &set[i];
        }
        if (set[i].address_hash == 0 ||
            (spare->address_hash != 0 && set[i].tokens_millionths > spare->tokens_millionths)) {
            spare = &set[i];
        }
    }
    if (mine == NULL) {
        mine = spare;
        *mine = (struct rate_limit_bucket){hash, limit->terms.burst * WHOLE, now_us};
    }
    refill(limit, mine, now_us);
    bool taken = mine->tokens_millionths >= WHOLE;
    if (taken) {
        mine->tokens_millionths -= WHOLE;
    }
    pthread_mutex_unlock(&limit->lock);
    return taken;
}
