/* An eight-way set per hash, keyed so that nobody outside can aim at a set. An IPv6 client owns a /64, so
 * that is what is counted. */
#include "web/rate_limit.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <string.h>

#define WHOLE INT64_C(1000000)

void buckets_init(struct buckets *buckets, struct bucket_limit limit) {
    *buckets = (struct buckets){.limit = limit};
    pthread_mutex_init(&buckets->lock, NULL);
    randombytes_buf(buckets->key, sizeof buckets->key);
}

void buckets_clean_up(struct buckets *buckets) {
    pthread_mutex_destroy(&buckets->lock);
}

static uint64_t hash_address(const struct buckets *buckets, struct text address) {
    unsigned char bytes[64] = {0};
    size_t length = address.length < sizeof bytes ? address.length : sizeof bytes;
    memcpy(bytes, address.at, length);
    struct in6_addr six;
    char name[INET6_ADDRSTRLEN] = "";
    if (address.length < sizeof name) {
        memcpy(name, address.at, address.length);
        if (inet_pton(AF_INET6, name, &six) == 1) {
            memcpy(bytes, &six, 8);
            length = 8;
        }
    }
    unsigned char hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, bytes, length, buckets->key);
    uint64_t value = 0;
    memcpy(&value, hash, sizeof value);
    return value == 0 ? 1 : value;
}

static void fill(const struct buckets *buckets, struct bucket *bucket, int64_t now_us) {
    int64_t passed_us = now_us - bucket->filled_at_us;
    int64_t whole = buckets->limit.burst * WHOLE;
    int64_t full_after_us = buckets->limit.burst * 60 * WHOLE / buckets->limit.per_minute;
    if (passed_us >= full_after_us || passed_us < 0) {
        bucket->tokens_millionths = whole;
    } else {
        int64_t tokens = bucket->tokens_millionths + passed_us * buckets->limit.per_minute / 60;
        bucket->tokens_millionths = tokens > whole ? whole : tokens;
    }
    bucket->filled_at_us = now_us;
}

bool buckets_take(struct buckets *buckets, struct text address, int64_t now_us) {
    uint64_t hash = hash_address(buckets, address);
    struct bucket *set = &buckets->buckets[hash % (BUCKET_ADDRESSES / BUCKET_WAYS) * BUCKET_WAYS];
    pthread_mutex_lock(&buckets->lock);
    struct bucket *mine = NULL;
    struct bucket *spare = &set[0];
    for (size_t i = 0; i < BUCKET_WAYS; i++) {
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
        *mine = (struct bucket){hash, buckets->limit.burst * WHOLE, now_us};
    }
    fill(buckets, mine, now_us);
    bool taken = mine->tokens_millionths >= WHOLE;
    if (taken) {
        mine->tokens_millionths -= WHOLE;
    }
    pthread_mutex_unlock(&buckets->lock);
    return taken;
}
