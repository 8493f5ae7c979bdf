#include "core/catalogue/sku.h"

#include <assert.h>

static const char *const KINDS[] = {
    [SKU_PRODUCT] = "product",
    [SKU_BUNDLE] = "bundle",
    [SKU_SERVICE] = "service",
};
enum { KIND_COUNT = sizeof KINDS / sizeof KINDS[0] };

const char *sku_kind_name(enum sku_kind kind) {
    assert((unsigned)kind < KIND_COUNT);
    return KINDS[kind];
}

enum status sku_kind_parse(struct text word, const char *field, enum sku_kind *kind, struct fault *fault) {
    for (int i = 0; i < KIND_COUNT; i++) {
        if (text_is(word, KINDS[i])) {
            *kind = (enum sku_kind)i;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unknown-sku-kind", field, word,
                     "\"%.*s\" is no kind of SKU. Say product, bundle or service.", TEXT_ARGS(word));
}
