/* What the client counts: answers by their code, latencies in a histogram of 1/16 octaves, and the journal, a
 * text file of what was answered, by which another run goes on. */
#ifndef TESTS_PROOF_CLIENT_TALLY_H
#define TESTS_PROOF_CLIENT_TALLY_H

#include "client_protocol.h"

#include <stdio.h>

enum { CODES_MAX = 48, BUCKETS = 64 * 16 };

struct tally {
    struct {
        char code[CODE_BYTES];
        uint64_t count;
    } codes[CODES_MAX];
    size_t code_count;
    uint64_t asked, answered, wrong, verified, forged, without_retry_after;
    uint64_t buckets[BUCKETS];
    uint64_t max_ns;
};

void tally_code(struct tally *tally, const char *code);
void tally_latency(struct tally *tally, uint64_t latency_ns);
/* The latency below which that part of the answers came. */
uint64_t tally_percentile_ns(const struct tally *tally, double part);

/* One line: what is needed to go on with the device. */
void journal_device(FILE *journal, const struct device *device);
void journal_refused(FILE *journal, const struct device *device, const char *code);

/* The devices of a journal; the last line of a device counts. `*count` is one more than the highest number;
 * those that are not in it are not active. */
struct device *journal_read(const char *path, size_t *count);

#endif
