#include "device/batch.h"

#include "core/base/base64url.h"

#include <assert.h>
#include <stdlib.h>

struct batch {
    const unsigned char *secret;
    size_t max;
    size_t count;
    bool is_signed;
    struct merkle_tree tree; /* its first hashes are filled lease by lease */
    size_t starts[MERKLE_LEAVES_MAX + 1];
    char *leases; /* encoded, one behind the other */
    size_t size;
    char *json; /* of the lease that is being written */
    size_t json_size;
    char head[LEASE_HEAD_BYTES_MAX];
    size_t head_length;
};

struct batch *batch_make(size_t max, const unsigned char secret[PROGRAMME_SECRET_BYTES]) {
    assert(max >= 1 && max <= MERKLE_LEAVES_MAX);
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        abort();
    }
    batch->secret = secret;
    batch->max = max;
    return batch;
}

void batch_free(struct batch *batch) {
    if (batch != NULL) {
        free(batch->leases);
        free(batch->json);
        free(batch);
    }
}

bool batch_is_full(const struct batch *batch) {
    return batch->count == batch->max;
}

size_t batch_count(const struct batch *batch) {
    return batch->count;
}

/* `buffer`, or a larger one that begins with its bytes. */
static char *grow_to(char *buffer, size_t *size, size_t needed) {
    if (needed > *size) {
        *size = needed * 2;
        buffer = realloc(buffer, *size);
        if (buffer == NULL) {
            abort();
        }
    }
    return buffer;
}

void batch_add(struct batch *batch, const struct lease *lease) {
    assert(!batch_is_full(batch) && !batch->is_signed);
    size_t start = batch->starts[batch->count];
    size_t bytes_max = lease_bytes_max(lease);
    batch->json = grow_to(batch->json, &batch->json_size, bytes_max);
    batch->leases = grow_to(batch->leases, &batch->size, start + BASE64URL_LENGTH(bytes_max));
    struct text json = {batch->json, lease_write(lease, batch->secret, batch->json)};
    lease_hash(lease, json, &batch->tree.hashes[batch->count]);
    size_t length = lease_encode(lease, json, batch->leases + start);
    batch->starts[++batch->count] = start + length;
    assert(start + length <= batch->size);
}

void batch_sign(struct batch *batch, const struct signing_key *key, int64_t issued_s) {
    assert(batch->count > 0 && !batch->is_signed);
    merkle_build(&batch->tree, batch->count);
    batch->head_length = lease_head_write(key, &batch->tree, issued_s, batch->head);
    batch->is_signed = true;
}

static struct text lease_at(const struct batch *batch, size_t index) {
    assert(index < batch->count);
    return (struct text){batch->leases + batch->starts[index],
                         batch->starts[index + 1] - batch->starts[index]};
}

size_t batch_envelope_max(const struct batch *batch, size_t index) {
    return ENVELOPE_FIXED_BYTES_MAX + lease_at(batch, index).length;
}

size_t batch_envelope_write(const struct batch *batch, size_t index, char *out) {
    assert(batch->is_signed);
    struct text head = {batch->head, batch->head_length};
    return envelope_write(lease_at(batch, index), &batch->tree, index, head, out);
}

void batch_clear(struct batch *batch) {
    batch->count = 0;
    batch->is_signed = false;
}
