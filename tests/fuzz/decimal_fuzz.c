/* Decimals: what is taken is digits with at most one point, and its canonical form reads back as the same
 * number. The first byte chooses how many decimals there may be. */
#include "core/money/money.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size == 0) {
        return 0;
    }
    int digits = bytes[0] % 7;
    struct text text = fuzz_text(bytes + 1, size - 1);
    struct fault fault;
    int64_t value, again;
    if (decimal_parse(text, digits, "price", &value, &fault) != STATUS_OK) {
        assert(fault.status == STATUS_INVALID && strcmp(fault.field, "price") == 0);
        return 0;
    }
    size_t points = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        points += c == '.';
        assert((c >= '0' && c <= '9') || c == '.' || (c == '-' && i == 0));
    }
    assert(points <= 1);
    struct arena arena;
    arena_init(&arena);
    enum status status =
        decimal_parse(decimal_format(&arena, value, digits), digits, "price", &again, &fault);
    assert(status == STATUS_OK && again == value);
    status = decimal_parse(decimal_format_short(&arena, value, digits), digits, "price", &again, &fault);
    assert(status == STATUS_OK && again == value);
    arena_clean_up(&arena);
    return 0;
}
