/* Batch: the leases of a turn under one hash tree, whose head one signature covers.
 *
 * A signature costs as much as twenty leases, so the door signs no lease by itself. It gathers leases as the
 * leaves of a tree, and answers each with its path to the signed root (docs/device-protocol.md). A lease
 * alone is a tree of one. */
#ifndef SEATMETER_DEVICE_BATCH_H
#define SEATMETER_DEVICE_BATCH_H

#include "core/licence/lease.h"

struct batch;

/* A batch of at most `max` leases (1 to MERKLE_LEAVES_MAX). The programme's secret must outlive it. */
struct batch *batch_make(size_t max, const unsigned char secret[PROGRAMME_SECRET_BYTES]);
void batch_free(struct batch *batch); /* NULL is fine */

/* Writes the lease as the next leaf. The batch must not be full. */
void batch_add(struct batch *batch, const struct lease *lease);
bool batch_is_full(const struct batch *batch);
size_t batch_count(const struct batch *batch);

/* Makes the tree and signs its head. There must be one lease at least. */
void batch_sign(struct batch *batch, const struct signing_key *key, int64_t issued_s);

/* The following ask a signed batch: how many bytes the envelope of leaf `index` takes at most; and for the
 * envelope, without its opening brace (as envelope_write has it), whose length is returned. */
size_t batch_envelope_max(const struct batch *batch, size_t index);
size_t batch_envelope_write(const struct batch *batch, size_t index, char *out);

/* Empties it for the next leases. */
void batch_clear(struct batch *batch);

#endif
