/* Previewing a change of licences, or of an agreement: what it would do to the bills (preview.h).
 *
 * Whoever may see a licence may ask what its change would do, and is told of its own edges alone. What would
 * be refused when the change is made is refused here, with the same words. */
#ifndef SEATMETER_PROGRAMME_PREVIEW_PREVIEW_CHANGE_H
#define SEATMETER_PROGRAMME_PREVIEW_PREVIEW_CHANGE_H

#include "programme/preview/preview.h"

enum { PREVIEW_LICENCES_MAX = 10000 };

/* Licences by name, or all of a customer's, or, for "issue", what a block is to give. */
struct preview_change_input {
    struct text account; /* whose edges; empty: the actor's, and for the operator all */
    struct text change;  /* "on", "off", "seats", "retire" or "issue" */
    const struct text *licences;
    size_t licence_count;
    struct text customer; /* of the licences, or whom they are issued to */
    struct text sku;      /* of a customer's licences only those of this one */
    int64_t seats;        /* of "seats" and "issue", each */
    struct text block;    /* of "issue", as the next */
    int64_t count;        /* so many licences alike; 0: one. They are turned on at once */
};

/* Faults: "unknown-change", "missing-field", "unexpected-field", "too-many-licences", those of the lookups,
 * and those of the change itself. */
enum status preview_change(struct call *call, const struct preview_change_input *input, struct preview *out,
                           struct fault *fault) MUST_CHECK;

struct preview_agreement_input {
    struct text account;   /* as above */
    struct text agreement; /* agr_…; empty: by the parties */
    struct text seller;
    struct text buyer;
    struct text change; /* "suspend", "resume" or "terminate" */
};

/* The seller's, with the right `read`. */
enum status preview_agreement(struct call *call, const struct preview_agreement_input *input,
                              struct preview *out, struct fault *fault) MUST_CHECK;

#endif
