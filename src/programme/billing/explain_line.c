#include "programme/billing/explain_line.h"

#include "core/rating/corrections.h"
#include "programme/billing/explain_usage.h"
#include "programme/billing/invoice_view.h"
#include "programme/call/lookup_invoice.h"
#include "store/billing/one_off_charges.h"

#include <assert.h>

const char *explained_kind_name(enum explained_kind kind) {
    static const char *const names[] = {"usage",    "minimum",       "charge", "correction",
                                        "reversal", "no-difference", "credit"};
    assert((size_t)kind < sizeof names / sizeof *names);
    return names[kind];
}

/* A line on its way to its explanation. */
struct explaining {
    struct call *call;
    struct invoice_head head;
    struct billed_line *lines; /* of the document */
    size_t line_count;
    size_t at; /* the line's place among them */
    struct line_explanation *result;
};

static const struct billed_line *line_of(const struct explaining *explaining) {
    return &explaining->lines[explaining->at];
}

static enum status find_line(struct explaining *explaining, int64_t line, struct fault *fault) {
    struct call *call = explaining->call;
    TRY(invoice_lines_load(call->db, call->arena, explaining->head.id, &explaining->lines,
                           &explaining->line_count, fault));
    for (size_t i = 0; i < explaining->line_count; i++) {
        if (explaining->lines[i].position == line) {
            explaining->at = i;
            return STATUS_OK;
        }
    }
    size_t last = explaining->line_count;
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-line", "line",
                     text_format(call->arena, "%lld", (long long)line),
                     "Name a line by its number on the document. It has %zu, from %lld to %lld.", last,
                     (long long)(last == 0 ? 0 : explaining->lines[0].position),
                     (long long)(last == 0 ? 0 : explaining->lines[last - 1].position));
}

/* Reversals of before lines said what they take back are known by their sign. */
static bool takes_back(const struct billed_line *line) {
    return line->takes_invoice_id != 0 || line->quantity_parts < 0;
}

static enum explained_kind kind_of(const struct invoice_head *head, const struct billed_line *line) {
    bool corrects = line->corrects_month.index != INVOICE_NO_MONTH;
    if (head->kind == INVOICE_KIND_CREDIT_NOTE && !corrects) {
        return EXPLAINED_CREDIT;
    }
    if (line->price_id == 0) {
        return corrects ? EXPLAINED_NO_DIFFERENCE : EXPLAINED_CHARGE;
    }
    if (corrects) {
        return takes_back(line) ? EXPLAINED_REVERSAL : EXPLAINED_CORRECTION;
    }
    return line->customer_id == 0 ? EXPLAINED_MINIMUM : EXPLAINED_USAGE;
}

static enum status describe_line(struct explaining *explaining, struct fault *fault) {
    struct call *call = explaining->call;
    const struct invoice_head *head = &explaining->head;
    const struct billed_line *line = line_of(explaining);
    struct line_explanation *result = explaining->result;
    const struct account *seller = NULL;
    const struct account *buyer = NULL;
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(name_cache_account(&names, head->seller_id, &seller, fault));
    TRY(name_cache_account(&names, head->buyer_id, &buyer, fault));
    TRY(currency_find(head->currency, "currency", &result->currency, fault));
    TRY(invoice_line_fill(&names, line, &result->billed, fault));
    result->kind = kind_of(head, line);
    result->invoice = identifier_text(call, IDENTIFIER_INVOICE, head->id);
    result->number = head->number;
    result->line = line->position;
    result->agreement = identifier_text(call, IDENTIFIER_AGREEMENT, head->agreement_id);
    result->seller_code = seller->code;
    result->buyer_code = buyer->code;
    result->month = line->corrects_month.index == INVOICE_NO_MONTH ? head->month : line->corrects_month;
    result->adjustment.reason = result->correction.reason = TEXT("");
    return STATUS_OK;
}

/* ---- usage, minimums and corrections ---- */

/* Whether two lines of a document are of one customer, SKU and month of use. */
static bool is_same_place(const struct billed_line *a, const struct billed_line *b) {
    return a->customer_id == b->customer_id && a->sku_id == b->sku_id &&
           a->corrects_month.index == b->corrects_month.index && (a->price_id == 0) == (b->price_id == 0);
}

/* How many lines of that place stand before it on the document; reversals are no lines of what is charged. */
static size_t ordinal_of(const struct explaining *explaining) {
    size_t ordinal = 0;
    for (size_t i = 0; i < explaining->at; i++) {
        const struct billed_line *before = &explaining->lines[i];
        ordinal += is_same_place(before, line_of(explaining)) && !takes_back(before);
    }
    return ordinal;
}

/* The reversals on this document that a correction's line stands in place of. */
static void find_replaced(struct explaining *explaining) {
    int64_t *replaced = ARENA_NEW(explaining->call->arena, int64_t, explaining->line_count);
    struct line_explanation *result = explaining->result;
    for (size_t i = 0; i < explaining->line_count; i++) {
        const struct billed_line *line = &explaining->lines[i];
        if (is_same_place(line, line_of(explaining)) && takes_back(line)) {
            replaced[result->replaced_count++] = line->position;
        }
    }
    result->replaces = replaced;
}

static enum status explain_rated_line(struct explaining *explaining, struct fault *fault) {
    bool is_correction = explaining->result->kind == EXPLAINED_CORRECTION;
    struct usage_to_explain usage = {.head = &explaining->head,
                                     .line = line_of(explaining),
                                     .ordinal = ordinal_of(explaining),
                                     .with_corrections = is_correction};
    if (is_correction) {
        find_replaced(explaining);
    }
    return explain_usage(explaining->call, &usage, explaining->result, fault);
}

/* ---- what turns another line round ---- */

static enum status refer_to(struct explaining *explaining, int64_t invoice_id, int64_t line,
                            struct fault *fault) {
    struct call *call = explaining->call;
    struct invoice_head head;
    TRY(invoice_load(call->db, call->arena, invoice_id, &head, fault));
    explaining->result->reference = (struct explained_reference){
        identifier_text(call, IDENTIFIER_INVOICE, invoice_id), head.number, line};
    return STATUS_OK;
}

/* Whether one line takes back what the other charges. */
static bool turns_round(const struct billed_line *line, const struct billed_line *charged) {
    struct billed_line turned = line_turned(*line);
    return lines_charge_the_same(&turned, charged);
}

/* The line at a position of another document. */
static enum status explain_taken(struct explaining *explaining, int64_t invoice_id, int64_t position,
                                 struct fault *fault) {
    struct call *call = explaining->call;
    struct billed_line *lines = NULL;
    size_t count = 0;
    TRY(invoice_lines_load(call->db, call->arena, invoice_id, &lines, &count, fault));
    for (size_t i = 0; i < count; i++) {
        if (lines[i].position == position) {
            explaining->result->agrees = turns_round(line_of(explaining), &lines[i]);
        }
    }
    return refer_to(explaining, invoice_id, position, fault);
}

/* A reversal of before lines said what they take back: what was in effect then. */
static enum status explain_unsaid_reversal(struct explaining *explaining, struct fault *fault) {
    struct call *call = explaining->call;
    const struct billed_line *line = line_of(explaining);
    struct issued_line *issued = NULL;
    size_t count = 0;
    TRY(invoice_lines_of_place(call->db, call->arena, explaining->head.agreement_id, line->corrects_month,
                               line->sku_id, &issued, &count, fault));
    struct line_effects effects = line_effects_of(call->arena, issued, count);
    for (size_t i = 0; i < count; i++) {
        bool is_it =
            issued[i].line.invoice_id == line->invoice_id && issued[i].line.position == line->position;
        if (is_it && effects.takes[i] >= 0) {
            const struct billed_line *taken = &issued[effects.takes[i]].line;
            return explain_taken(explaining, taken->invoice_id, taken->position, fault);
        }
    }
    return STATUS_OK;
}

static enum status explain_reversal(struct explaining *explaining, struct fault *fault) {
    const struct billed_line *line = line_of(explaining);
    return line->takes_invoice_id == 0
               ? explain_unsaid_reversal(explaining, fault)
               : explain_taken(explaining, line->takes_invoice_id, line->takes_position, fault);
}

/* A line of a credit note of before kept the position of the line that it credits, and said no more. */
static enum status explain_credit(struct explaining *explaining, struct fault *fault) {
    const struct billed_line *line = line_of(explaining);
    return line->takes_invoice_id == 0
               ? explain_taken(explaining, explaining->head.corrects_id, line->position, fault)
               : explain_taken(explaining, line->takes_invoice_id, line->takes_position, fault);
}

/* ---- one-off charges ---- */

/* Charges stand on a document in their own order, behind everything else. */
static enum status explain_charge(struct explaining *explaining, struct fault *fault) {
    struct call *call = explaining->call;
    struct line_explanation *result = explaining->result;
    const struct billed_line *line = line_of(explaining);
    struct one_off_charge *charges = NULL;
    size_t count = 0;
    size_t ordinal = 0;
    int64_t amount_minor = 0;
    TRY(one_off_charges_billed(call->db, call->arena, explaining->head.month, explaining->head.agreement_id,
                               &charges, &count, fault));
    for (size_t i = 0; i < explaining->at; i++) {
        ordinal += kind_of(&explaining->head, &explaining->lines[i]) == EXPLAINED_CHARGE;
    }
    if (ordinal >= count) {
        return STATUS_OK; /* the charge is gone, which agrees is false of */
    }
    const struct one_off_charge *charge = &charges[ordinal];
    TRY(one_off_charge_amount(charge, result->currency, &amount_minor, fault));
    result->charge = identifier_text(call, IDENTIFIER_CHARGE, charge->id);
    result->charge_added_at_us = charge->created_at_us;
    result->agrees = amount_minor == line->amount_minor && charge->quantity == line->quantity_parts &&
                     charge->unit_price_millionths == line->unit_price_millionths &&
                     charge->customer_id == line->customer_id;
    struct billed_line computed = *line;
    computed.amount_minor = amount_minor;
    computed.quantity_parts = charge->quantity;
    computed.unit_price_millionths = charge->unit_price_millionths;
    result->sum.is_rounded = explained_is_rounded(&computed, result->currency);
    result->sum.words =
        text_format(call->arena, "%lld × %.*s = %.*s%s.", (long long)charge->quantity,
                    TEXT_ARGS(decimal_format_short(call->arena, charge->unit_price_millionths, 6)),
                    TEXT_ARGS(money_format(call->arena, amount_minor, result->currency)),
                    result->sum.is_rounded ? EXPLAINED_ROUNDING : "");
    return STATUS_OK;
}

/* ---- the use case ---- */

static enum status explain_by_kind(struct explaining *explaining, struct fault *fault) {
    switch (explaining->result->kind) {
    case EXPLAINED_USAGE:
    case EXPLAINED_MINIMUM:
    case EXPLAINED_CORRECTION:
        return explain_rated_line(explaining, fault);
    case EXPLAINED_CHARGE:
        return explain_charge(explaining, fault);
    case EXPLAINED_REVERSAL:
        return explain_reversal(explaining, fault);
    case EXPLAINED_CREDIT:
        return explain_credit(explaining, fault);
    case EXPLAINED_NO_DIFFERENCE:
        break;
    }
    explaining->result->agrees = line_of(explaining)->amount_minor == 0;
    return STATUS_OK;
}

static enum status explain_line_body(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct explain_line_input *asked = input;
    struct explaining explaining = {.call = call, .result = output};
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_invoice(call, asked->invoice, &explaining.head, fault));
    TRY(find_line(&explaining, asked->line, fault));
    TRY(describe_line(&explaining, fault));
    return explain_by_kind(&explaining, fault);
}

enum status explain_line(struct call *call, const struct explain_line_input *input,
                         struct line_explanation *result, struct fault *fault) {
    struct line_explanation made = {0};
    TRY(call_run(call, DB_READ, explain_line_body, input, &made, fault));
    *result = made;
    return STATUS_OK;
}
