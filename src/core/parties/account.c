#include "core/parties/account.h"

#include <assert.h>

static const char *const KINDS[] = {
    [ACCOUNT_VENDOR] = "vendor",
    [ACCOUNT_DISTRIBUTOR] = "distributor",
    [ACCOUNT_PROVIDER] = "provider",
    [ACCOUNT_CUSTOMER] = "customer",
};
enum { KIND_COUNT = sizeof KINDS / sizeof KINDS[0] };

const char *account_kind_name(enum account_kind kind) {
    assert((unsigned)kind < KIND_COUNT);
    return KINDS[kind];
}

enum status account_kind_parse(struct text word, const char *field, enum account_kind *kind,
                               struct fault *fault) {
    for (int i = 0; i < KIND_COUNT; i++) {
        if (text_is(word, KINDS[i])) {
            *kind = (enum account_kind)i;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unknown-account-kind", field, word,
                     "\"%.*s\" is no kind of account. Say vendor, distributor, provider or customer.",
                     TEXT_ARGS(word));
}
