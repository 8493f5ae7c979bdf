/* Device request: what agents send, from bytes to fields; bytes from outside, so nothing here trusts them.
 *
 * The bodies are flat JSON objects of strings, whole numbers and lists of strings. Texts point into the body
 * (a body with escapes in a string that is kept is decoded into the arena). */
#ifndef SEATMETER_CORE_LICENCE_DEVICE_REQUEST_H
#define SEATMETER_CORE_LICENCE_DEVICE_REQUEST_H

#include "core/base/fault.h"
#include "core/licence/lease.h"
#include "core/licence/licence_key.h"

struct activation_request {
    char key[LICENCE_KEY_BYTES]; /* canonical */
    unsigned char device_key[DEVICE_KEY_BYTES];
    unsigned char fingerprint[DEVICE_FINGERPRINT_BYTES];
    uint64_t link;
    int64_t time_s;
    struct text name;       /* empty where not given */
    struct text version;    /* the same */
    struct text components; /* sorted, with commas between; empty where none */
    bool has_version;
    bool has_components;
};

/* Parses and verifies the signature. Faults (field names the member): "malformed-request" (400),
 * "malformed-key", "credential-wrong" where the signature is not the device key's. */
enum status activation_request_parse(struct arena *arena, struct text body,
                                     struct activation_request *request, struct fault *fault) MUST_CHECK;

struct check_in_request {
    struct text device; /* "dev_…" as it came */
    int64_t sequence;   /* from 1 to INT32_MAX */
    uint64_t previous;
    uint64_t link;
    int64_t time_s;
    bool is_release;         /* "action":"release" */
    bool has_version;        /* version or components were given */
    struct text version;     /* raw, as in the body: device_version_canonical decodes it */
    struct text components;  /* the same, between the brackets: device_components_canonical */
    struct text name;        /* raw; empty where not given: device_name_canonical */
    struct text signed_part; /* what the MAC covers */
    unsigned char mac[CHECK_IN_MAC_BYTES];
};

/* No arena, no fault: the hot path. False where the body is anything else than the protocol says. */
bool check_in_request_parse(struct text body, struct check_in_request *request);

/* Unescaped; false where it is too long, not UTF-8 or has a control character. */
bool device_version_canonical(struct arena *arena, struct text raw, struct text *version);

/* The same for a name. */
bool device_name_canonical(struct arena *arena, struct text raw, struct text *name);

/* Sorted, unescaped, with commas between; false where a name is empty, too long, or has a comma or control
 * character. */
bool device_components_canonical(struct arena *arena, struct text raw, struct text *components);

#endif
