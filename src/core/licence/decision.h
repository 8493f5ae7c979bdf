/* Decision: whether a device may work, and if not, why.
 *
 * The one effective-state function. Activation, check-in, offline lease, update and download all come through
 * device_decide, so no two of them can disagree. The codes are the protocol's
 * (sdk/include/seatmeter_codes.h), the same table for server, SDK and docs. */
#ifndef SEATMETER_CORE_LICENCE_DECISION_H
#define SEATMETER_CORE_LICENCE_DECISION_H

#include "core/base/text.h"
#include "core/licence/licence_state.h"
#include "seatmeter_codes.h"

enum lease_code {
#define X(name, word, http, words) LEASE_CODE_##name,
    SEATMETER_CODES(X)
#undef X
        LEASE_CODE_COUNT
};

/* Its word on the wire, its HTTP status (0: none of its own) and its sentence. */
struct lease_code_row {
    const char *word;
    int http_status;
    const char *words;
};
const struct lease_code_row *lease_code_row(enum lease_code answer);

/* The table as Markdown: docs/codes.md. */
struct text lease_codes_print_markdown(struct arena *arena);

/* The party that has suspended an agreement above a licence; of several, the one nearest to the customer. */
enum suspender { SUSPENDER_NONE, SUSPENDER_PROVIDER, SUSPENDER_DISTRIBUTOR, SUSPENDER_VENDOR };

enum device_state { DEVICE_ACTIVE, DEVICE_RELEASED, DEVICE_DROPPED };
const char *device_state_name(enum device_state state);
enum status device_state_parse(struct text word, enum device_state *state, struct fault *fault) MUST_CHECK;

/* All that a decision depends on. */
struct device_facts {
    enum licence_state licence_state;
    enum suspender suspender;
    int32_t counted_seats; /* of the licence: 0 unless on and nothing above is suspended */
    enum device_state device_state;
    int32_t seat;     /* the number of the seat that it holds, from 1; 0: none */
    bool is_replaced; /* its generation is not the present one */
    bool is_clone;    /* its link is not the chain's last */
};

/* LEASE_CODE_OK, or why not. What is wrong with the licence goes before what is wrong with the device. A seat
 * whose number is beyond the licence's counted seats is no seat: LEASE_CODE_NO_SEAT_LEFT. */
enum lease_code device_decide(const struct device_facts *facts);

#endif
