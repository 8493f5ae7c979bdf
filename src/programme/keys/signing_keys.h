/* The keys that sign leases: made, rotated without an outage, revoked at once.
 *
 * There is one active lease key. A rotation makes the next one, which the key set shows at once and which
 * signs from `active_from` on, when every client has had the time to fetch the set; the one before is retired
 * and stays in the set until the last lease it signed has expired. Revoking takes a key out of the set now.
 * Root keys sign the set; their public halves are built into products. Every change counts the set's version
 * up (the counter "key_set"). */
#ifndef SEATMETER_PROGRAMME_KEYS_SIGNING_KEYS_H
#define SEATMETER_PROGRAMME_KEYS_SIGNING_KEYS_H

#include "core/licence/lease.h"
#include "programme/call/call.h"
#include "store/keys/signing_keys.h"

/* The keys that the doors need: which one signs now, and the key set as GET /v1/keys and
 * /.well-known/jwks.json give it. The secret half of `active` is to be wiped (sodium_memzero) when it is no
 * longer used. */
struct key_set {
    int64_t version;
    struct signing_key active;
    int64_t next_change_us; /* when another key becomes active or one leaves the set: load again then;
                               INT64_MAX: never */
    struct text keys_jws;   /* the signed set itself */
    struct text keys_body;  /* {"keys":"JWS"} */
    struct text jwks_body;  /* {"keys":[…]} */
};
/* Makes the first root and lease key where there are none, and steps what is due (a next key that becomes
 * active, a retired one that leaves). For the doors; checks no rights. Not inside a reading call, as it may
 * have to write. */
enum status load_key_set(struct call *call, struct key_set *out, struct fault *fault) MUST_CHECK;

struct signing_key_view {
    struct text kid;
    enum signing_purpose purpose;
    enum signing_state state;
    struct text public_key; /* base64url */
    bool is_in_set;         /* clients take it */
    int64_t created_at_us;
    int64_t active_from_us;
    int64_t retired_at_us;
    int64_t revoked_at_us;
};
struct signing_key_list {
    struct signing_key_view *items;
    size_t count;
    int64_t version;
};
/* The operator's alone, as are the next two. */
enum status list_signing_keys(struct call *call, struct signing_key_list *out,
                              struct fault *fault) MUST_CHECK;

enum { ROTATE_AFTER_S_DEFAULT = 2 * 86400, ROTATE_AFTER_S_MAX = 400 * 86400 };
struct rotate_signing_key_input {
    enum signing_purpose purpose;
    int64_t after_s; /* until the next one signs; a root is valid at once, beside the one before */
};
enum status rotate_signing_key(struct call *call, const struct rotate_signing_key_input *input,
                               struct signing_key_list *out, struct fault *fault) MUST_CHECK;

/* The key leaves the set now. An active lease key's successor becomes active at once (made where there is
 * none). The last root cannot be revoked. */
enum status revoke_signing_key(struct call *call, struct text kid, struct signing_key_list *out,
                               struct fault *fault) MUST_CHECK;

/* The roots that are valid, for whoever is signed in: what a vendor builds into its products. */
enum status list_root_keys(struct call *call, struct signing_key_list *out, struct fault *fault) MUST_CHECK;

#endif
