#include "core/licence/decision.h"

#include <assert.h>

static const struct lease_code_row ROWS[LEASE_CODE_COUNT] = {
#define X(name, word, http, words) [LEASE_CODE_##name] = {word, http, words},
    SEATMETER_CODES(X)
#undef X
};

const struct lease_code_row *lease_code_row(enum lease_code answer) {
    assert((unsigned)answer < LEASE_CODE_COUNT);
    return &ROWS[answer];
}

static struct text print_part(struct arena *arena, struct text page, const char *heading,
                              const enum lease_code *answers, size_t count) {
    page = text_format(arena, "%.*s\n## %s\n\n| code | HTTP | words |\n| --- | --- | --- |\n",
                       TEXT_ARGS(page), heading);
    for (size_t i = 0; i < count; i++) {
        const struct lease_code_row *row = lease_code_row(answers[i]);
        struct text status = row->http_status == 0 ? TEXT("") : text_format(arena, "%d", row->http_status);
        page = text_format(arena, "%.*s| `%s` | %.*s | %s |\n", TEXT_ARGS(page), row->word, TEXT_ARGS(status),
                           row->words);
    }
    return page;
}

static const char PRECEDENCE[] =
    "\nOf several reasons the first of this list is given, always the same:\n\n"
    "1. `retired`\n"
    "2. a suspension: of several, that of the party nearest to the customer (`suspended-by-provider`, "
    "`-distributor`, `-vendor`)\n"
    "3. `not-on-yet`, `off`\n"
    "4. `replaced`, `clone-seen`, `released`, `dropped`: what is wrong with the device comes after what is "
    "wrong with its licence\n"
    "5. `no-seat-left`\n\n"
    "`clock-wrong` is advice in a lease and stops nothing. `version-withdrawn` answers whoever asks for the "
    "file of a withdrawn\nversion; a machine on which that version runs is offered the newest one there is "
    "when "
    "it looks for updates.\n";

struct text lease_codes_print_markdown(struct arena *arena) {
#define X(name, word, http, words) LEASE_CODE_##name,
    static const enum lease_code SIGNED[] = {SEATMETER_CODES_SIGNED(X)};
    static const enum lease_code ANSWERS[] = {SEATMETER_CODES_ANSWERS(X)};
    static const enum lease_code FOUND[] = {SEATMETER_CODES_FOUND(X)};
#undef X
    struct text page = TEXT(
        "# Codes\n\nWhy a product may not work, or a request was not answered with a lease. Printed by "
        "`seatmeter codes` from the table\n`sdk/include/seatmeter_codes.h`, which the server and the SDK "
        "are built from. HTTP is the status where the code is an answer by\nitself.\n");
    page = print_part(arena, page, "In a signed lease", SIGNED, sizeof SIGNED / sizeof SIGNED[0]);
    page = text_format(arena, "%.*s%s", TEXT_ARGS(page), PRECEDENCE);
    page = print_part(arena, page, "Answers by themselves, not signed: they never stop a product", ANSWERS,
                      sizeof ANSWERS / sizeof ANSWERS[0]);
    return print_part(arena, page, "What the SDK finds by itself", FOUND, sizeof FOUND / sizeof FOUND[0]);
}

static const char *const STATE_NAMES[] = {"active", "released", "dropped"};

const char *device_state_name(enum device_state state) {
    assert((unsigned)state < sizeof STATE_NAMES / sizeof STATE_NAMES[0]);
    return STATE_NAMES[state];
}

enum status device_state_parse(struct text word, enum device_state *state, struct fault *fault) {
    for (size_t i = 0; i < sizeof STATE_NAMES / sizeof STATE_NAMES[0]; i++) {
        if (text_is(word, STATE_NAMES[i])) {
            *state = (enum device_state)i;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unknown-state", "state", word,
                     "A device is active, released or dropped.");
}

static enum lease_code suspended_by(enum suspender suspender) {
    switch (suspender) {
    case SUSPENDER_PROVIDER:
        return LEASE_CODE_SUSPENDED_BY_PROVIDER;
    case SUSPENDER_DISTRIBUTOR:
        return LEASE_CODE_SUSPENDED_BY_DISTRIBUTOR;
    case SUSPENDER_VENDOR:
        return LEASE_CODE_SUSPENDED_BY_VENDOR;
    case SUSPENDER_NONE:
        break;
    }
    return LEASE_CODE_OK;
}

static enum lease_code decide_licence(const struct device_facts *facts) {
    if (facts->licence_state == LICENCE_RETIRED) {
        return LEASE_CODE_RETIRED;
    }
    if (facts->suspender != SUSPENDER_NONE) {
        return suspended_by(facts->suspender);
    }
    if (facts->licence_state == LICENCE_ISSUED) {
        return LEASE_CODE_NOT_ON_YET;
    }
    return facts->licence_state == LICENCE_OFF ? LEASE_CODE_OFF : LEASE_CODE_OK;
}

enum lease_code device_decide(const struct device_facts *facts) {
    enum lease_code answer = decide_licence(facts);
    if (answer != LEASE_CODE_OK) {
        return answer;
    }
    if (facts->is_replaced) {
        return LEASE_CODE_REPLACED;
    }
    if (facts->is_clone) {
        return LEASE_CODE_CLONE_SEEN;
    }
    if (facts->device_state == DEVICE_RELEASED) {
        return LEASE_CODE_RELEASED;
    }
    if (facts->device_state == DEVICE_DROPPED) {
        return LEASE_CODE_DROPPED;
    }
    return facts->seat >= 1 && facts->seat <= facts->counted_seats ? LEASE_CODE_OK : LEASE_CODE_NO_SEAT_LEFT;
}
