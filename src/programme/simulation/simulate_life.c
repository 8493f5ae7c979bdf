#include "programme/simulation/simulate_life.h"

#include "core/time/instant.h"
#include "programme/billing/corrections.h"
#include "programme/billing/credit_invoice.h"
#include "programme/billing/one_off_charges.h"
#include "programme/billing/show_invoices.h"
#include "programme/jobs/close_month.h"
#include "programme/licensing/blocks.h"
#include "programme/licensing/issue_licence.h"
#include "programme/licensing/turn_licence.h"
#include "programme/licensing/undo_licence.h"
#include "programme/parties/suspend_agreement.h"
#include "programme/receivables/settle_invoice.h"
#include "programme/simulation/simulate_changes.h"
#include "programme/simulation/simulate_world.h"
#include "programme/usage/decide_report.h"
#include "programme/usage/reports.h"
#include "store/licensing/events.h"

#include <assert.h>

static const int64_t MINUTE_US = INT64_C(60000000);
static const int64_t LATE_US = INT64_C(21600000000);
static const int64_t DAY_US = INT64_C(86400000000);
enum { BATCH_MAX = 400, CLOSE_AFTER_DAYS = 7, REPORT_WITHIN_DAYS = 4, CORRECTIONS_A_MONTH = 3 };

enum act {
    ACT_ISSUE,            /* subject: licence */
    ACT_TURN_ON,          /* licence */
    ACT_CHURN,            /* whatever licence chance picks */
    ACT_DROP_OUT,         /* whatever customer chance picks */
    ACT_SUSPEND_PROVIDER, /* whatever provider chance picks */
    ACT_RESUME_PROVIDER,  /* provider */
    ACT_SUSPEND_CUSTOMER,
    ACT_RESUME_CUSTOMER, /* customer */
    ACT_CHARGE,
    ACT_REPORT, /* provider, in its month */
    ACT_CLOSE,
    ACT_PAY,
    ACT_CORRECT,
    ACT_AMEND_CUSTOMER, /* customer, from the month behind on; so also below */
    ACT_AMEND_PROVIDER, /* provider */
    ACT_AGREE_MOVE,     /* customer */
    ACT_CARRY_OUT_MOVE, /* customer */
    ACT_TELL_LATE       /* whatever licence chance picks */
};

struct planned {
    int64_t at_us;
    int64_t order;
    enum act act;
    int64_t subject;
    int32_t month; /* from the first, from 0 */
};

struct life {
    struct sim *sim;
    struct planned *heap;
    size_t count;
    size_t capacity;
    int64_t planned; /* ever: the next order */
    size_t issued_licences;
};

static bool is_before(const struct planned *a, const struct planned *b) {
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void plan_act(struct life *life, int64_t at_us, enum act act, int64_t subject, int32_t month) {
    if (at_us > life->sim->until_us) {
        return;
    }
    life->heap = arena_grow(&life->sim->arena, life->heap, life->count, &life->capacity, sizeof *life->heap);
    struct planned added = {at_us, life->planned++, act, subject, month};
    size_t at = life->count++;
    while (at > 0 && is_before(&added, &life->heap[(at - 1) / 2])) {
        life->heap[at] = life->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    life->heap[at] = added;
}

static struct planned take_next(struct life *life) {
    assert(life->count > 0);
    struct planned first = life->heap[0];
    struct planned last = life->heap[--life->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= life->count) {
            break;
        }
        if (child + 1 < life->count && is_before(&life->heap[child + 1], &life->heap[child])) {
            child++;
        }
        if (!is_before(&life->heap[child], &last)) {
            break;
        }
        life->heap[at] = life->heap[child];
        at = child;
    }
    life->heap[at] = last;
    return first;
}

static int64_t month_start_us(const struct sim *sim, int32_t month) {
    return zone_midnight_us(sim->zone, month_first_day(month_plus(sim->first_month, month)));
}

/* An instant from `from_us` within `length_us`, to the microsecond. */
static int64_t some_time(struct sim *sim, int64_t from_us, int64_t length_us) {
    return from_us + (int64_t)rng_below(&sim->rng, (uint64_t)length_us);
}

/* An instant of the month, by the chance of changes. */
static int64_t some_time_to_change(struct sim *sim, int64_t from_us, int64_t length_us) {
    return from_us + (int64_t)rng_below(&sim->changes, (uint64_t)length_us);
}

/* What a rich world has beside its daily life. New terms and moves begin with the next month. */
static void plan_changes(struct life *life, int32_t month, int64_t from_us, int64_t length_us) {
    struct sim *sim = life->sim;
    const struct simulate_input *input = sim->input;
    for (int64_t i = 0; i < input->licences / 8; i++) {
        plan_act(life, some_time_to_change(sim, from_us, length_us), ACT_TELL_LATE, 0, month);
    }
    if (month + 1 >= input->months) {
        return;
    }
    for (int64_t i = 0; i < input->customers; i++) {
        if (rng_chance(&sim->changes, 1, 6)) {
            plan_act(life, some_time_to_change(sim, from_us, length_us), ACT_AMEND_CUSTOMER, i, month);
        }
        if (rng_chance(&sim->changes, 1, 12)) {
            plan_act(life, some_time_to_change(sim, from_us, length_us), ACT_AGREE_MOVE, i, month);
        }
    }
    for (int64_t i = 0; i < input->providers; i++) {
        if (rng_chance(&sim->changes, 1, 4)) {
            plan_act(life, some_time_to_change(sim, from_us, length_us), ACT_AMEND_PROVIDER, i, month);
        }
    }
}

static void plan_month(struct life *life, int32_t month) {
    struct sim *sim = life->sim;
    const struct simulate_input *input = sim->input;
    int64_t m0 = month_start_us(sim, month);
    int64_t m1 = month_start_us(sim, month + 1);
    int64_t length = m1 - m0;
    for (int64_t i = 0; i < input->licences * 3 / 10; i++) {
        plan_act(life, some_time(sim, m0, length), ACT_CHURN, 0, month);
    }
    for (int64_t i = 0; i < input->customers; i++) {
        if (rng_chance(&sim->rng, 1, 150)) {
            plan_act(life, some_time(sim, m0, length), ACT_DROP_OUT, 0, month);
        }
        if (rng_chance(&sim->rng, 1, 80)) {
            plan_act(life, some_time(sim, m0, length), ACT_SUSPEND_CUSTOMER, 0, month);
        }
        if (input->rich && rng_chance(&sim->rng, 1, 10)) {
            plan_act(life, some_time(sim, m0, length), ACT_CHARGE, i, month);
        }
    }
    for (int64_t i = 0; i < input->providers; i++) {
        if (rng_chance(&sim->rng, 1, 50)) {
            plan_act(life, some_time(sim, m0, length), ACT_SUSPEND_PROVIDER, 0, month);
        }
    }
    if (input->rich) {
        plan_changes(life, month, m0, length);
    }
    bool last = month + 1 == input->months;
    bool running = last && input->until_now;
    int64_t close_at = m1 + CLOSE_AFTER_DAYS * DAY_US;
    if (running) {
        return;
    }
    /* In a programme that runs until now the last closed month may have ended yesterday. */
    close_at = close_at > sim->until_us && input->until_now ? sim->until_us : close_at;
    int64_t report_from = m1 + DAY_US;
    int64_t report_until = m1 + (REPORT_WITHIN_DAYS + 1) * DAY_US;
    report_from = report_from < close_at ? report_from : close_at;
    report_until = report_until < close_at ? report_until : close_at;
    for (int64_t i = 0; i < input->providers; i++) {
        /* One in twenty forgets, and the system reports for it at its deadline. */
        bool forgets = rng_chance(&sim->rng, 1, 20) && !(last && input->no_close) && !input->until_now;
        if (!forgets) {
            plan_act(life, some_time(sim, report_from, report_until - report_from + 1), ACT_REPORT, i, month);
        }
    }
    if (!(last && input->no_close)) {
        plan_act(life, close_at, ACT_CLOSE, 0, month);
        plan_act(life, close_at + 14 * DAY_US, ACT_PAY, 0, month);
        if (input->rich) {
            plan_act(life, close_at + 2 * DAY_US, ACT_CORRECT, 0, month);
        }
    }
}

static void plan_everything(struct life *life) {
    struct sim *sim = life->sim;
    int64_t begin = sim->begins_at_us;
    int64_t end = month_start_us(sim, (int32_t)sim->input->months);
    end = end < sim->until_us ? end : sim->until_us;
    for (int64_t i = 0; i < sim->input->licences; i++) {
        /* Six in ten are there from the first two days; the programme grows by the rest. */
        int64_t span = rng_chance(&sim->rng, 6, 10) ? 2 * DAY_US : end - begin - 2 * MINUTE_US;
        span = span < end - begin ? span : end - begin;
        plan_act(life, some_time(sim, begin, span), ACT_ISSUE, i, 0);
    }
    for (int32_t month = 0; month < sim->input->months; month++) {
        plan_month(life, month);
    }
}

static struct sim_provider *provider_of(struct sim *sim, const struct sim_licence *licence) {
    return &sim->providers[sim->customers[licence->customer].provider];
}

/* A customer that can be sold to and that nobody has suspended. */
static bool is_active(const struct sim *sim, int64_t customer) {
    return !sim->customers[customer].gone && !sim->customers[customer].suspended &&
           !sim->providers[sim->customers[customer].provider].suspended;
}

/* Makes room in the block for so many seats more. */
static enum status enlarge_for(struct sim *sim, struct sim_block *block, int64_t seats, struct fault *fault) {
    if (block->issued + seats <= block->size) {
        return STATUS_OK;
    }
    const struct enlarge_block_input enlarge = {.block = block->identifier,
                                                .size = (block->issued + seats) * 2};
    struct block_view view;
    TRY(enlarge_block(sim->call, &enlarge, &view, fault));
    block->size = enlarge.size;
    assert(block->issued + seats <= block->size);
    return STATUS_OK;
}

static enum status issue_one(struct sim *sim, struct sim_licence *licence, struct sim_block *block,
                             struct fault *fault) {
    const struct issue_licence_input input = {.block = block->identifier,
                                              .customer = sim->customers[licence->customer].code,
                                              .seats = licence->seats};
    struct issued_licences issued;
    TRY(issue_licence(sim->call, &input, &issued, fault));
    block->issued += licence->seats;
    licence->identifier = text_copy(&sim->arena, issued.items[0].licence.identifier);
    licence->state = LICENCE_ISSUED;
    licence->issued = true;
    simulate_note_change(licence, sim->call->now_us);
    licence->before = licence->last;
    sim->result->licences++;
    return STATUS_OK;
}

static enum status sell_licence(struct life *life, const struct planned *planned, struct fault *fault) {
    struct sim *sim = life->sim;
    struct sim_licence *licence = &sim->licences[planned->subject];
    licence->customer = (int64_t)rng_below(&sim->rng, (uint64_t)sim->input->customers);
    if (!is_active(sim, licence->customer)) {
        return STATUS_OK; /* this one is never sold */
    }
    struct sim_provider *provider = provider_of(sim, licence);
    licence->block = (int32_t)rng_below(&sim->rng, (uint64_t)provider->block_count);
    licence->seats = (int32_t)(rng_chance(&sim->rng, 1, 10) ? rng_between(&sim->rng, 6, 60)
                                                            : rng_between(&sim->rng, 1, 5));
    struct sim_block *block = &provider->blocks[licence->block];
    TRY(enlarge_for(sim, block, licence->seats, fault));
    TRY(issue_one(sim, licence, block, fault));
    /* Most are installed within two days, some never. */
    if (rng_chance(&sim->rng, 19, 20)) {
        plan_act(life, some_time(sim, planned->at_us + 1, 2 * DAY_US), ACT_TURN_ON, planned->subject, 0);
    }
    return STATUS_OK;
}

typedef enum status licence_change(struct call *call, const struct turn_licence_input *input,
                                   struct licence_view *out, struct fault *fault);

/* One change in twenty is entered late: at an instant up to six hours ago. */
static enum status change_licence(struct sim *sim, struct sim_licence *licence, licence_change *do_it,
                                  int64_t seats, struct fault *fault) {
    int64_t now_us = sim->call->now_us;
    int64_t at_us = now_us;
    int64_t month_start = zone_midnight_us(sim->zone, month_first_day(zone_month_at(sim->zone, now_us)));
    struct turn_licence_input input = {.licence = licence->identifier, .seats = seats};
    if (rng_chance(&sim->rng, 1, 20)) {
        int64_t late_us = some_time(sim, now_us - LATE_US, LATE_US);
        /* A day's distance from the month's start is inside the month in every zone. */
        if (late_us > licence->last_at_us && late_us > month_start + DAY_US) {
            at_us = late_us;
            input.at = instant_format(sim->call->arena, at_us);
        }
    }
    struct licence_view view;
    TRY(do_it(sim->call, &input, &view, fault));
    simulate_note_change(licence, at_us);
    return STATUS_OK;
}

static enum status turn_on(struct sim *sim, struct sim_licence *licence, struct fault *fault) {
    if (!licence->issued || !is_active(sim, licence->customer) ||
        (licence->state != LICENCE_ISSUED && licence->state != LICENCE_OFF)) {
        return STATUS_OK;
    }
    licence->state = LICENCE_ON;
    return change_licence(sim, licence, turn_licence_on, 0, fault);
}

static enum status turn_off(struct sim *sim, struct sim_licence *licence, struct fault *fault) {
    licence->state = LICENCE_OFF;
    return change_licence(sim, licence, turn_licence_off, 0, fault);
}

static enum status retire_one(struct sim *sim, struct sim_licence *licence, struct fault *fault) {
    provider_of(sim, licence)->blocks[licence->block].issued -= licence->seats;
    licence->state = LICENCE_RETIRED;
    return change_licence(sim, licence, retire_licence, 0, fault);
}

static enum status resize_one(struct sim *sim, struct sim_licence *licence, struct fault *fault) {
    struct sim_block *block = &provider_of(sim, licence)->blocks[licence->block];
    int32_t seats = (int32_t)rng_between(&sim->rng, 1, licence->seats * 2 + 2);
    if (seats == licence->seats || block->issued - licence->seats + seats > block->size) {
        return STATUS_OK;
    }
    block->issued += seats - licence->seats;
    licence->seats = seats;
    return change_licence(sim, licence, resize_licence, seats, fault);
}

/* Somebody of a rich world takes the wrong licence, and undoes it at once. */
static enum status slip(struct sim *sim, struct fault *fault) {
    struct sim_licence *licence = &sim->licences[rng_below(&sim->slips, (uint64_t)sim->input->licences)];
    struct turn_licence_input turn = {.licence = licence->identifier};
    struct undo_licence_input undo = {.licence = licence->identifier};
    struct licence_view view;
    struct undone_licence undone;
    if (!rng_chance(&sim->slips, 1, 2) || !licence->issued || licence->state == LICENCE_RETIRED ||
        !is_active(sim, licence->customer)) {
        return STATUS_OK;
    }
    TRY(licence->state == LICENCE_ON ? turn_licence_off(sim->call, &turn, &view, fault)
                                     : turn_licence_on(sim->call, &turn, &view, fault));
    return undo_licence(sim->call, &undo, &undone, fault);
}

static enum status change_some_licence(struct life *life, const struct planned *planned,
                                       struct fault *fault) {
    struct sim *sim = life->sim;
    int64_t index = (int64_t)rng_below(&sim->rng, (uint64_t)sim->input->licences);
    struct sim_licence *licence = &sim->licences[index];
    if (!licence->issued || !is_active(sim, licence->customer)) {
        return STATUS_OK;
    }
    uint64_t dice = rng_below(&sim->rng, 100);
    switch (licence->state) {
    case LICENCE_ON:
        if (dice < 45) {
            /* One in five was a mistake, or a restart, and comes back within the hour. */
            if (dice < 9) {
                plan_act(life, some_time(sim, planned->at_us + 1, 60 * MINUTE_US), ACT_TURN_ON, index, 0);
            }
            return turn_off(sim, licence, fault);
        }
        return dice < 93 ? resize_one(sim, licence, fault) : retire_one(sim, licence, fault);
    case LICENCE_OFF:
        return dice < 85 ? turn_on(sim, licence, fault) : retire_one(sim, licence, fault);
    case LICENCE_ISSUED:
        return turn_on(sim, licence, fault);
    case LICENCE_RETIRED:
    default:
        return STATUS_OK;
    }
}

static enum status drop_customer(struct sim *sim, struct fault *fault) {
    int64_t index = (int64_t)rng_below(&sim->rng, (uint64_t)sim->input->customers);
    if (!is_active(sim, index)) {
        return STATUS_OK;
    }
    sim->customers[index].gone = true;
    for (int64_t i = 0; i < sim->input->licences; i++) {
        if (sim->licences[i].issued && sim->licences[i].customer == index &&
            sim->licences[i].state == LICENCE_ON) {
            sim->licences[i].state = LICENCE_OFF;
            simulate_note_change(&sim->licences[i], sim->call->now_us);
        }
    }
    struct turn_customer_off_input input = {.customer = sim->customers[index].code};
    int64_t turned;
    return turn_off_customer(sim->call, &input, &turned, fault);
}

/* Every licence at or below has an event now. */
static void touch_licences(struct sim *sim, int64_t provider, int64_t customer) {
    for (int64_t i = 0; i < sim->input->licences; i++) {
        struct sim_licence *licence = &sim->licences[i];
        if (licence->issued && (licence->customer == customer ||
                                (customer < 0 && sim->customers[licence->customer].provider == provider))) {
            simulate_note_change(licence, sim->call->now_us);
            licence->before = licence->last; /* no late change reaches behind it */
        }
    }
}

static enum status suspend_or_resume_provider(struct sim *sim, int64_t index, bool suspended,
                                              struct fault *fault) {
    struct sim_provider *provider = &sim->providers[index];
    struct suspend_agreement_input input = {
        .seller = provider->seller, .buyer = provider->code, .reason = TEXT("an overdue invoice")};
    struct cascade_result cascade;
    provider->suspended = suspended;
    touch_licences(sim, index, -1);
    return suspended ? suspend_agreement(sim->call, &input, &cascade, fault)
                     : resume_agreement(sim->call, &input, &cascade, fault);
}

static enum status suspend_or_resume_customer(struct sim *sim, int64_t index, bool suspended,
                                              struct fault *fault) {
    struct sim_customer *customer = &sim->customers[index];
    struct suspend_agreement_input input = {.seller = sim->providers[customer->provider].code,
                                            .buyer = customer->code,
                                            .reason = TEXT("an overdue invoice")};
    struct cascade_result cascade;
    customer->suspended = suspended;
    touch_licences(sim, customer->provider, index);
    return suspended ? suspend_agreement(sim->call, &input, &cascade, fault)
                     : resume_agreement(sim->call, &input, &cascade, fault);
}

static enum status suspend_provider(struct life *life, const struct planned *planned, struct fault *fault) {
    struct sim *sim = life->sim;
    int64_t index = (int64_t)rng_below(&sim->rng, (uint64_t)sim->input->providers);
    if (sim->providers[index].suspended) {
        return STATUS_OK;
    }
    plan_act(life, some_time(sim, planned->at_us + DAY_US, 4 * DAY_US), ACT_RESUME_PROVIDER, index, 0);
    return suspend_or_resume_provider(sim, index, true, fault);
}

static enum status suspend_customer(struct life *life, const struct planned *planned, struct fault *fault) {
    struct sim *sim = life->sim;
    int64_t index = (int64_t)rng_below(&sim->rng, (uint64_t)sim->input->customers);
    if (!is_active(sim, index)) {
        return STATUS_OK;
    }
    plan_act(life, some_time(sim, planned->at_us + DAY_US, 4 * DAY_US), ACT_RESUME_CUSTOMER, index, 0);
    return suspend_or_resume_customer(sim, index, true, fault);
}

static enum status charge_customer(struct sim *sim, const struct planned *planned, struct fault *fault) {
    static const char *const WORK[] = {"Installation on site", "Migration", "Training, half a day",
                                       "Emergency support"};
    const struct sim_customer *customer = &sim->customers[planned->subject];
    if (customer->gone) {
        return STATUS_OK;
    }
    struct add_one_off_charge_input input = {
        .seller = sim->providers[customer->provider].code,
        .buyer = customer->code,
        .customer = customer->code,
        .month = month_format(sim->call->arena, month_plus(sim->first_month, planned->month)),
        .description = text_of(WORK[rng_below(&sim->rng, 4)]),
        .quantity = rng_between(&sim->rng, 1, 8),
        .unit_price = decimal_format_short(sim->call->arena, rng_between(&sim->rng, 40, 400) * 500000, 6)};
    struct one_off_charge_view view;
    return add_one_off_charge(sim->call, &input, &view, fault);
}

/* A provider looks its report over, changes one number in ten reports of a rich world, and submits; its
 * seller approves, of a rich world's reports one in fifteen at the second try. */
static enum status report_month(struct sim *sim, const struct planned *planned, struct fault *fault) {
    const struct sim_provider *provider = &sim->providers[planned->subject];
    bool rich = sim->input->rich;
    struct report_name name = {
        .provider = provider->code,
        .month = month_format(sim->call->arena, month_plus(sim->first_month, planned->month))};
    struct decide_report_input decision = {.name = name, .reason = TEXT("please check the numbers again")};
    struct report_detail detail;
    TRY(show_report(sim->call, &name, &detail, fault));
    if (rich && detail.report.row_count > 0 && rng_chance(&sim->rng, 1, 10)) {
        const struct usage_report_row *row =
            &detail.report.rows[rng_below(&sim->rng, detail.report.row_count)];
        struct adjust_report_input adjust = {.name = name,
                                             .customer = row->customer_code,
                                             .sku = row->sku,
                                             .units = rng_between(&sim->rng, 0, 12),
                                             .reason = TEXT("agreed with the customer")};
        /* Where a customer came from another provider its code is two accounts', and is not adjusted. */
        enum status status = adjust_report(sim->call, &adjust, &detail, fault);
        if (status != STATUS_OK && status != STATUS_INVALID) {
            return status;
        }
    }
    TRY(submit_report(sim->call, &decision, &detail, fault));
    if (rich && rng_chance(&sim->rng, 1, 15)) {
        TRY(reject_report(sim->call, &decision, &detail, fault));
        TRY(submit_report(sim->call, &decision, &detail, fault));
    }
    return approve_report(sim->call, &decision, &detail, fault);
}

static enum status close_one_month(struct sim *sim, const struct planned *planned, struct fault *fault) {
    struct close_month_input input = {
        .month = month_format(sim->call->arena, month_plus(sim->first_month, planned->month))};
    struct close_month_result result;
    size_t approved = 0;
    TRY(close_month(sim->call, &input, &result, fault));
    sim->result->months_closed++;
    sim->result->invoices += result.invoice_count;
    sim->result->lines += result.line_count;
    if (!sim->input->rich) {
        return STATUS_OK;
    }
    /* What late changes took away waits for its seller. */
    TRY(simulate_approve_waiting(sim, &result, &approved, fault));
    if (approved > 0) {
        TRY(close_month(sim->call, &input, &result, fault));
        sim->result->invoices += result.invoice_count;
        sim->result->lines += result.line_count;
    }
    return STATUS_OK;
}

/* A seller credits an invoice: whole, or a line of it. What a correction took back before is refused. */
static enum status credit_some(struct sim *sim, const struct invoice_view *invoice, bool whole,
                               struct fault *fault) {
    int64_t line = rng_between(&sim->rng, 1, 3);
    struct credit_invoice_input input = {.invoice = invoice->identifier,
                                         .positions = whole ? NULL : &line,
                                         .position_count = whole ? 0 : 1,
                                         .reason = TEXT("goodwill")};
    struct invoice_view note;
    enum status status = credit_invoice(sim->call, &input, &note, fault);
    return status == STATUS_CONFLICT || status == STATUS_INVALID ? STATUS_OK : status;
}

/* Four invoices in five are paid; of a rich world's, one in fifteen is credited, of which a third whole. */
static enum status settle_one(struct sim *sim, const struct invoice_view *invoice, struct fault *fault) {
    const struct settle_invoice_input settle = {.invoice = invoice->identifier};
    struct invoice_view settled;
    if (invoice->gross_minor <= 0) {
        return STATUS_OK;
    }
    if (sim->input->rich && rng_chance(&sim->rng, 1, 15)) {
        return credit_some(sim, invoice, rng_chance(&sim->rng, 1, 3), fault);
    }
    return rng_chance(&sim->rng, 4, 5) ? pay_invoice(sim->call, &settle, &settled, fault) : STATUS_OK;
}

static enum status pay_invoices(struct sim *sim, const struct planned *planned, struct fault *fault) {
    struct list_invoices_input input = {
        .month = month_format(sim->call->arena, month_plus(sim->first_month, planned->month)),
        .state = TEXT("issued"),
        .page = {.limit = PAGE_LIMIT_MAX}};
    struct invoice_page page;
    do {
        TRY(list_invoices(sim->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            TRY(settle_one(sim, &page.items[i], fault));
        }
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    return STATUS_OK;
}

/* Somebody finds out after the close that a customer was charged for too much. */
static bool is_correctable(const struct invoice_line *line) {
    return line->policy.length > 0 && line->customer_code.length > 0 && line->note.length == 0;
}

/* A customer that moved leaves its code with two accounts: where it is the buyer, that is known. */
static struct text customer_of_line(const struct invoice *invoice, const struct invoice_line *line) {
    bool is_buyer = text_equal(line->customer_code, invoice->buyer.code);
    return is_buyer ? invoice->buyer.identifier : line->customer_code;
}

/* Gives a correction; every second seller whom it waits for accepts it. It is refused where its month is not
 * closed, nothing bills it, the edge is billed in another currency by now, the code is two customers', or the
 * customer has moved. */
static enum status give_correction(struct sim *sim, const struct add_correction_input *input,
                                   struct fault *fault) {
    struct correction_page given;
    enum status status = add_correction(sim->call, input, &given, fault);
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT || status == STATUS_INVALID || status == STATUS_NOT_FOUND ? STATUS_OK
                                                                                                   : status;
    }
    for (size_t i = 0; i < given.count; i++) {
        struct decide_correction_input accept = {.correction = given.items[i].identifier};
        struct correction_view view;
        if (text_is(given.items[i].state, "waiting") && rng_chance(&sim->slips, 1, 2)) {
            TRY(accept_correction(sim->call, &accept, &view, fault));
        }
    }
    return STATUS_OK;
}

/* A provider finds out after the close that it never told of a change of a licence. */
static enum status correct_late(struct sim *sim, const struct planned *planned, struct fault *fault) {
    const struct sim_licence *licence =
        &sim->licences[rng_below(&sim->slips, (uint64_t)sim->input->licences)];
    int32_t which = (int32_t)rng_between(&sim->slips, 0, planned->month);
    struct month month = month_plus(sim->first_month, which);
    int64_t from_us = zone_midnight_us(sim->zone, month_first_day(month));
    int64_t to_us = zone_midnight_us(sim->zone, month_first_day(month_plus(month, 1)));
    int64_t at_us = rng_between(&sim->slips, from_us, to_us - 1);
    int64_t seats = rng_between(&sim->slips, 0, 8);
    if (!licence->issued) {
        return STATUS_OK;
    }
    struct add_correction_input correction = {
        .giver = sim->providers[sim->customers[licence->customer].provider].code,
        .licence = licence->identifier,
        .at = instant_format(sim->call->arena, at_us),
        .has_seats = true,
        .seats = seats,
        .reason = TEXT("told late")};
    return give_correction(sim, &correction, fault);
}

/* Of the month that was closed, or of any before it. */
static enum status correct_invoice(struct sim *sim, const struct planned *planned, struct fault *fault) {
    int32_t which = (int32_t)rng_between(&sim->rng, 0, planned->month);
    struct text month = month_format(sim->call->arena, month_plus(sim->first_month, which));
    TRY(correct_late(sim, planned, fault));
    struct list_invoices_input input = {.month = month, .kind = TEXT("invoice"), .page = {.limit = 20}};
    struct invoice_page page;
    TRY(list_invoices(sim->call, &input, &page, fault));
    if (page.count == 0) {
        return STATUS_OK;
    }
    const struct invoice_view *chosen = &page.items[rng_below(&sim->rng, page.count)];
    struct show_invoice_input show = {.invoice = chosen->identifier};
    struct invoice_detail detail;
    TRY(show_invoice(sim->call, &show, &detail, fault));
    for (size_t i = 0; i < detail.invoice.line_count; i++) {
        const struct invoice_line *line = &detail.invoice.lines[i];
        if (is_correctable(line)) {
            struct add_correction_input correction = {.giver = detail.invoice.seller.identifier,
                                                      .month = month,
                                                      .customer = customer_of_line(&detail.invoice, line),
                                                      .sku = line->sku,
                                                      .has_units = true,
                                                      .units = rng_between(&sim->rng, 0, 5),
                                                      .reason = TEXT("counted twice")};
            return give_correction(sim, &correction, fault);
        }
    }
    return STATUS_OK;
}

static enum status agree_to_move(struct life *life, const struct planned *planned, struct fault *fault) {
    int64_t at_us = 0;
    if (planned->at_us > month_start_us(life->sim, planned->month + 1) - DAY_US) {
        return STATUS_OK; /* the month may have begun there already */
    }
    TRY(simulate_agree_move(life->sim, planned->subject, planned->month + 1, &at_us, fault));
    if (at_us != 0) {
        plan_act(life, at_us, ACT_CARRY_OUT_MOVE, planned->subject, planned->month + 1);
    }
    return STATUS_OK;
}

static enum status tell_late(struct sim *sim, const struct planned *planned, struct fault *fault) {
    struct sim_licence *licence = &sim->licences[rng_below(&sim->changes, (uint64_t)sim->input->licences)];
    if (!licence->issued || licence->state == LICENCE_RETIRED || !is_active(sim, licence->customer)) {
        return STATUS_OK;
    }
    struct sim_block *block = &provider_of(sim, licence)->blocks[licence->block];
    int64_t others = block->issued - licence->seats;
    if (others + licence->before.seats > block->size) {
        return STATUS_OK; /* the seats of before are given to others */
    }
    TRY(simulate_late_change(sim, licence, month_start_us(sim, planned->month),
                             month_start_us(sim, planned->month + 1), fault));
    block->issued = others + licence->seats;
    return STATUS_OK;
}

static enum status perform_act(struct life *life, const struct planned *planned, struct fault *fault) {
    struct sim *sim = life->sim;
    switch (planned->act) {
    case ACT_ISSUE:
        return sell_licence(life, planned, fault);
    case ACT_TURN_ON:
        return turn_on(sim, &sim->licences[planned->subject], fault);
    case ACT_CHURN:
        if (sim->input->rich) {
            TRY(slip(sim, fault));
        }
        return change_some_licence(life, planned, fault);
    case ACT_DROP_OUT:
        return drop_customer(sim, fault);
    case ACT_SUSPEND_PROVIDER:
        return suspend_provider(life, planned, fault);
    case ACT_RESUME_PROVIDER:
        return suspend_or_resume_provider(sim, planned->subject, false, fault);
    case ACT_SUSPEND_CUSTOMER:
        return suspend_customer(life, planned, fault);
    case ACT_RESUME_CUSTOMER:
        return suspend_or_resume_customer(sim, planned->subject, false, fault);
    case ACT_CHARGE:
        return charge_customer(sim, planned, fault);
    case ACT_REPORT:
        return report_month(sim, planned, fault);
    case ACT_CLOSE:
        return close_one_month(sim, planned, fault);
    case ACT_PAY:
        return pay_invoices(sim, planned, fault);
    case ACT_AMEND_CUSTOMER:
        return simulate_amend_customer(sim, planned->subject, planned->month + 1, fault);
    case ACT_AMEND_PROVIDER:
        return simulate_amend_provider(sim, planned->subject, planned->month + 1, fault);
    case ACT_AGREE_MOVE:
        return agree_to_move(life, planned, fault);
    case ACT_CARRY_OUT_MOVE:
        return simulate_carry_out_move(sim, planned->subject, fault);
    case ACT_TELL_LATE:
        return tell_late(sim, planned, fault);
    case ACT_CORRECT:
    default:
        for (int i = 0; i < CORRECTIONS_A_MONTH; i++) {
            TRY(correct_invoice(sim, planned, fault));
        }
        return STATUS_OK;
    }
}

/* Does up to BATCH_MAX things. */
static enum status do_batch(struct call *call, const void *input, void *output, struct fault *fault) {
    struct life *life = output;
    (void)input;
    for (int done = 0; done < BATCH_MAX && life->count > 0; done++) {
        struct planned planned = take_next(life);
        assert(planned.at_us >= call->now_us && planned.at_us <= life->sim->until_us);
        call->now_us = planned.at_us;
        TRY(perform_act(life, &planned, fault));
        arena_clean_up(call->arena);
    }
    return STATUS_OK;
}

static void tell_progress(const struct life *life) {
    struct progress *progress = life->sim->call->progress;
    if (progress != NULL) {
        progress->step(progress, "simulating", life->planned - (int64_t)life->count, life->planned);
    }
}

enum status simulate_life(struct sim *sim, struct fault *fault) {
    struct life life = {.sim = sim};
    plan_everything(&life);
    while (life.count > 0) {
        tell_progress(&life);
        TRY(call_run(sim->call, DB_WRITE, do_batch, NULL, &life, fault));
    }
    return licence_events_count(sim->call->db, &sim->result->events, fault);
}
