/* Hook: the facts, and what is the same on all platforms; hook_posix.c and hook_windows.c start it. */
#include "hook.h"

#include <inttypes.h>
#include <stdio.h>

void hook_fact(struct hook_facts *facts, const char *name, const char *value) {
    if (facts->count < HOOK_FACTS_MAX) {
        snprintf(facts->facts[facts->count++], HOOK_FACT_BYTES, "SEATMETER_%s=%s", name, value);
    }
}

void hook_fact_number(struct hook_facts *facts, const char *name, int64_t value) {
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    hook_fact(facts, name, digits);
}

enum hook_end hook_timed_out(const char *program, int64_t time_limit_s) {
    fprintf(stderr, "seatmeter-agent: the hook %s took longer than %" PRId64 " s and was ended\n", program,
            time_limit_s);
    return HOOK_TIMED_OUT;
}
