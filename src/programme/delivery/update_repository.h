/* The update repository: its keys and signed metadata (The Update Framework), kept in the store.
 *
 * It comes into being with the first release. Root has three keys of which two must sign, the other roles one
 * each; all private halves are sealed under the programme's secret. Whatever changes what is released signs
 * targets, snapshot and timestamp anew in the same transaction, so a client sees the one state or the other.
 *
 * Versions of those three count on from the clock (seconds), not by one: a store that was restored from a
 * backup goes on above what clients have seen (docs/decisions/tuf-versions.md). */
#ifndef SEATMETER_PROGRAMME_DELIVERY_UPDATE_REPOSITORY_H
#define SEATMETER_PROGRAMME_DELIVERY_UPDATE_REPOSITORY_H

#include "programme/call/call.h"
#include "store/delivery/tuf_metadata.h"

/* For the use cases that change what is released, in their transaction: signs the present releases. */
enum status update_repository_publish(struct call *call, struct fault *fault) MUST_CHECK;

struct update_role_view {
    struct text role;
    int64_t threshold;
    struct text *key_ids; /* active ones */
    size_t key_count;
    int64_t version;
    int64_t expires_at_us;
};
struct update_repository_view {
    bool exists; /* false before the first release */
    struct update_role_view roles[TUF_ROLE_COUNT];
};

/* Inside a call that has begun. */
enum status update_repository_view_fill(struct call *call, struct update_repository_view *out,
                                        struct fault *fault) MUST_CHECK;

/* The first root, with which a client begins (TUF, "Trusted root"): what a vendor builds into its product,
 * and its hash. It is no secret. Fault "no-releases" before the first release. */
struct first_root {
    struct text bytes;
    struct text sha256; /* hexadecimal */
};
enum status show_first_root(struct call *call, struct first_root *out, struct fault *fault) MUST_CHECK;
/* Loads the first root inside a call that has begun; `*found` is false before the first release. */
enum status first_root_load(struct call *call, struct first_root *out, bool *found,
                            struct fault *fault) MUST_CHECK;

struct renew_updates_input {
    bool all; /* after a restore: every role is signed anew, whether it is due or not */
};
/* Signs anew what has lived half its time; `*renewed` (may be NULL) counts the files. Does nothing where
 * nothing is due: it may be called as often as one likes, also by several processes. The operator's and the
 * system's. */
enum status renew_updates(struct call *call, const struct renew_updates_input *input, int64_t *renewed,
                          struct fault *fault) MUST_CHECK;

struct rotate_update_key_input {
    struct text role;
    int64_t keys;      /* how many the role then has; 0: as many as now */
    int64_t threshold; /* how many must sign; 0: as many as now */
};
/* The role's oldest key is retired and its private half forgotten; a new root names the new one, signed by
 * the old root's keys and the new one's. The operator's. Faults "unknown-tuf-role", "no-releases",
 * "threshold-out-of-range". */
enum status rotate_update_key(struct call *call, const struct rotate_update_key_input *input,
                              struct update_repository_view *out, struct fault *fault) MUST_CHECK;

#endif
