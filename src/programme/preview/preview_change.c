#include "programme/preview/preview_change.h"

#include "core/parties/agreement.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_agreement.h"
#include "programme/call/lookup_licence.h"
#include "programme/call/lookup_sku.h"
#include "programme/licensing/issue_licence.h"
#include "programme/licensing/turn_licence.h"
#include "programme/preview/preview_effect.h"
#include "store/parties/cascade.h"

#include <stdlib.h>

enum change { CHANGE_ON, CHANGE_OFF, CHANGE_SEATS, CHANGE_RETIRE, CHANGE_ISSUE, CHANGES };
static const char *const CHANGE_WORDS[CHANGES] = {"on", "off", "seats", "retire", "issue"};
static const enum turn TURNS[] = {TURN_ON, TURN_OFF, TURN_RESIZE, TURN_RETIRE};

/* Changes while they are gathered. */
struct gathering {
    struct call *call;
    const struct preview_change_input *asked;
    enum change change;
    struct preview *preview;
    struct preview_plan plan;
    size_t capacity;
    struct id_map known; /* the licences that were named */
    int64_t sku_id;      /* of all licences so far; 0: of several */
    struct preview_block *blocks;
    size_t block_capacity;
    struct id_map block_index;
};

/* ---- what is asked ---- */

/* Whose edges are told of. */
static enum status find_viewer(struct call *call, struct text word, int64_t *viewer_id, struct fault *fault) {
    struct account account;
    if (word.length == 0) {
        *viewer_id = actor_viewer_id(call);
        return require_any_right(call, RIGHT_READ, fault);
    }
    TRY(find_account_with_right(call, word, "account", RIGHT_READ, &account, fault));
    *viewer_id = account.id;
    return STATUS_OK;
}

static enum status parse_change(struct text word, enum change *change, struct fault *fault) {
    for (int i = 0; i < CHANGES; i++) {
        if (text_is(word, CHANGE_WORDS[i])) {
            *change = (enum change)i;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unknown-change", "change", word,
                     "Say which change: on, off, seats, retire or issue.");
}

static enum status refuse_field(const char *field, const char *sentence, struct fault *fault) {
    return fault_set(fault, STATUS_INVALID, "unexpected-field", field, TEXT(""), "%s", sentence);
}

static enum status check_input(const struct preview_change_input *input, enum change change,
                               struct fault *fault) {
    bool is_issue = change == CHANGE_ISSUE;
    if (input->licence_count > PREVIEW_LICENCES_MAX) {
        return fault_set(fault, STATUS_INVALID, "too-many-licences", "licences", TEXT(""),
                         "Name at most %d licences.", PREVIEW_LICENCES_MAX);
    }
    if (is_issue ? input->licence_count > 0 : input->licence_count > 0 && input->customer.length > 0) {
        return refuse_field(
            "licences", "Name licences, or a customer whose licences are meant, or what to issue.", fault);
    }
    if (input->sku.length > 0 && (is_issue || input->customer.length == 0)) {
        return refuse_field("sku", "A SKU says which of a customer's licences are meant.", fault);
    }
    if (!is_issue && (input->block.length > 0 || input->count != 0)) {
        return refuse_field("block", "A block and a count are of what is issued.", fault);
    }
    if ((change == CHANGE_SEATS || is_issue) != (input->seats != 0)) {
        return input->seats != 0
                   ? refuse_field("seats", "Only a change of seats and an issue have seats.", fault)
                   : fault_set(fault, STATUS_INVALID, "missing-field", "seats", TEXT(""),
                               "Say how many seats each licence would have.");
    }
    if (!is_issue && input->licence_count == 0 && input->customer.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "licences", TEXT(""),
                         "Name the licences, or the customer whose licences are meant.");
    }
    return STATUS_OK;
}

/* ---- gathering ---- */

static void add_planned(struct gathering *gathering, const struct planned_change *changes, size_t count) {
    struct preview_plan *plan = &gathering->plan;
    for (size_t i = 0; i < count; i++) {
        plan->changes = arena_grow(gathering->call->arena, plan->changes, plan->count, &gathering->capacity,
                                   sizeof *plan->changes);
        plan->changes[plan->count++] = changes[i];
    }
}

/* Notes what a block gives or gets back; its provider alone is told. */
static enum status take_from_block(struct gathering *gathering, int64_t block_id, int64_t taken,
                                   struct fault *fault) {
    struct preview *preview = gathering->preview;
    struct call *call = gathering->call;
    uint32_t next = (uint32_t)preview->block_count;
    uint32_t at = id_map_put(&gathering->block_index, block_id, 0, next);
    if (at == next) {
        struct block block;
        bool found = false;
        TRY(block_load(call->db, block_id, &block, &found, fault));
        gathering->blocks = arena_grow(call->arena, gathering->blocks, preview->block_count,
                                       &gathering->block_capacity, sizeof *gathering->blocks);
        gathering->blocks[preview->block_count++] = (struct preview_block){
            identifier_text(call, IDENTIFIER_BLOCK, block_id), found ? block.size - block.issued_seats : 0};
        preview->blocks = gathering->blocks;
    }
    gathering->blocks[at].free_seats -= taken;
    if (gathering->blocks[at].free_seats >= 0) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "seats-beyond-block", "seats",
                     text_format(call->arena, "%lld", (long long)gathering->asked->seats),
                     "The block %.*s has %lld seats too few for all of these licences: enlarge it first.",
                     TEXT_ARGS(gathering->blocks[at].block), (long long)-gathering->blocks[at].free_seats);
}

/* To its vendor, who does not know of the bundle (R2.6), a part is a licence like any other. */
static void settle_part(const struct call *call, struct licence_row *row) {
    if (!actor_is_operator(call) && actor_is(call, row->sku_owner_id)) {
        row->licence.parent_id = 0;
    }
}

/* Lets the change happen to one licence, in memory. */
static enum status gather_row(struct gathering *gathering, struct licence_row *row, struct fault *fault) {
    struct call *call = gathering->call;
    const struct turning_of_row turning = {
        .turn = TURNS[gathering->change], .seats = gathering->asked->seats, .time = {.at_us = call->now_us}};
    bool is_own = actor_is(call, row->licence.provider_id);
    int64_t block_id = row->licence.block_id;
    struct turned turned;
    settle_part(call, row);
    TRY(turn_licence_try(call, row, &turning, is_own, &turned, fault));
    if (is_own && turned.taken_seats != 0) {
        TRY(take_from_block(gathering, block_id, turned.taken_seats, fault));
    }
    add_planned(gathering, turned.changes, turned.count);
    gathering->sku_id = gathering->preview->licences == 0 || gathering->sku_id == row->licence.sku_id
                            ? row->licence.sku_id
                            : 0;
    gathering->preview->licences++;
    return STATUS_OK;
}

static enum status gather_named(struct gathering *gathering, struct fault *fault) {
    const struct preview_change_input *asked = gathering->asked;
    for (size_t i = 0; i < asked->licence_count; i++) {
        struct licence_row row;
        TRY(find_licence(gathering->call, asked->licences[i], &row, fault));
        if (id_map_put(&gathering->known, row.licence.id, 0, (uint32_t)i) == (uint32_t)i) {
            TRY(gather_row(gathering, &row, fault));
        }
    }
    return STATUS_OK;
}

/* Of a customer's licences those that the change fits; the others are passed over. */
static enum status gather_customer(struct gathering *gathering, struct fault *fault) {
    struct call *call = gathering->call;
    struct account customer;
    struct sku sku = {0};
    TRY(find_account_below(call, gathering->asked->customer, "customer", &customer, fault));
    if (customer.kind != ACCOUNT_CUSTOMER) {
        return fault_set(fault, STATUS_INVALID, "not-a-customer", "customer", gathering->asked->customer,
                         "Name a customer: licences are an end customer's.");
    }
    if (gathering->asked->sku.length > 0) {
        TRY(find_sku(call, gathering->asked->sku, "sku", &sku, fault));
    }
    struct licence_filter filter = {.below_id = customer.id, .sku_id = sku.id, .state = -1, .suspended = -1};
    struct page page = {.limit = PAGE_LIMIT_MAX};
    do {
        struct licence_row *rows = NULL;
        size_t count = 0;
        TRY(licence_list(call->db, call->arena, &filter, page, &rows, &count, &page.after_id, fault));
        for (size_t i = 0; i < count; i++) {
            struct fault unfit;
            enum status status = gather_row(gathering, &rows[i], &unfit);
            if (status == STATUS_CONFLICT) {
                gathering->preview->passed++;
            } else if (status != STATUS_OK) {
                *fault = unfit;
                return status;
            }
        }
    } while (page.after_id != 0);
    return STATUS_OK;
}

static enum status gather_issue(struct gathering *gathering, struct fault *fault) {
    const struct preview_change_input *asked = gathering->asked;
    const struct issue_licence_input input = {
        .block = asked->block, .customer = asked->customer, .seats = asked->seats, .count = asked->count};
    struct tried_issue tried;
    TRY(issue_licence_try(gathering->call, &input, &tried, fault));
    add_planned(gathering, tried.changes, tried.count);
    gathering->sku_id = tried.block.sku_id;
    gathering->preview->licences = asked->count == 0 ? 1 : asked->count;
    return take_from_block(gathering, tried.block.id, asked->seats * gathering->preview->licences, fault);
}

/* ---- the account around which all of it lies ---- */

static int compare_customers(const void *left, const void *right) {
    int64_t a = ((const struct planned_change *)left)->customer_id;
    int64_t b = ((const struct planned_change *)right)->customer_id;
    return a < b ? -1 : a > b;
}

/* Counts the customers, and finds the lowest account that is each of them or above it. */
static enum status find_around(struct call *call, struct preview_plan *plan, struct preview *preview,
                               struct fault *fault) {
    int64_t *common = NULL;
    size_t common_count = 0;
    qsort(plan->changes, plan->count, sizeof *plan->changes, compare_customers);
    for (size_t i = 0; i < plan->count; i++) {
        int64_t *path = NULL;
        size_t count = 0;
        size_t same = 0;
        if (i > 0 && plan->changes[i].customer_id == plan->changes[i - 1].customer_id) {
            continue;
        }
        TRY(account_path(call->db, call->arena, plan->changes[i].customer_id, &path, &count, fault));
        common_count = preview->customers == 0 ? count : common_count;
        common = preview->customers == 0 ? path : common;
        while (same < count && same < common_count && path[same] == common[same]) {
            same++;
        }
        common_count = same;
        preview->customers++;
    }
    plan->around_id = common_count == 0 ? 0 : common[common_count - 1];
    return STATUS_OK;
}

static enum status preview_change_body(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    struct gathering gathering = {.call = call, .asked = input, .preview = output};
    const struct preview_change_input *asked = input;
    TRY(find_viewer(call, asked->account, &gathering.plan.viewer_id, fault));
    TRY(parse_change(asked->change, &gathering.change, fault));
    TRY(check_input(asked, gathering.change, fault));
    id_map_init(&gathering.known, call->arena, asked->licence_count);
    id_map_init(&gathering.block_index, call->arena, 4);
    if (gathering.change == CHANGE_ISSUE) {
        TRY(gather_issue(&gathering, fault));
    } else {
        TRY(asked->licence_count > 0 ? gather_named(&gathering, fault) : gather_customer(&gathering, fault));
    }
    if (gathering.plan.count == 0) {
        return STATUS_OK;
    }
    gathering.plan.sku_id = gathering.sku_id;
    TRY(find_around(call, &gathering.plan, gathering.preview, fault));
    return preview_planned(call, &gathering.plan, gathering.preview, fault);
}

enum status preview_change(struct call *call, const struct preview_change_input *input, struct preview *out,
                           struct fault *fault) {
    struct preview made = {.at_us = call->now_us};
    TRY(call_run(call, DB_READ, preview_change_body, input, &made, fault));
    *out = made;
    return STATUS_OK;
}

/* ---- an agreement ---- */

/* What the step would make count; nothing where all of it counts already what it will. */
static enum status plan_step(struct call *call, const struct agreement *agreement, struct licence_scope scope,
                             enum scope_step step, struct preview_plan *plan, struct fault *fault) {
    struct scope_licence *licences = NULL;
    TRY(licence_scope_counts(call->db, call->arena, scope, step, &licences, &plan->count, fault));
    plan->around_id = agreement->buyer_id;
    plan->changes = ARENA_NEW(call->arena, struct planned_change, plan->count);
    for (size_t i = 0; i < plan->count; i++) {
        const struct scope_licence *licence = &licences[i];
        plan->changes[i] = (struct planned_change){
            .customer_id = licence->customer_id,
            .sku_id = licence->sku_id,
            .licence_id = licence->id,
            .at_us = licence->last_event_at_us > call->now_us ? licence->last_event_at_us : call->now_us,
            .seats = (int32_t)licence->seats,
            .first_edge = (int8_t)licence->first_edge,
            .last_edge = (int8_t)licence->last_edge};
    }
    return STATUS_OK;
}

static int64_t count_customers(const struct preview_plan *plan) {
    int64_t count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        count += i == 0 || plan->changes[i].customer_id != plan->changes[i - 1].customer_id ? 1 : 0;
    }
    return count;
}

static enum status preview_agreement_body(struct call *call, const void *input, void *output,
                                          struct fault *fault) {
    const struct preview_agreement_input *asked = input;
    struct preview *preview = output;
    struct preview_plan plan = {0};
    struct agreement agreement;
    struct account seller;
    int state = 0;
    bool resumes = text_is(asked->change, "resume");
    TRY(find_viewer(call, asked->account, &plan.viewer_id, fault));
    TRY(find_agreement(call, (struct agreement_words){asked->agreement, asked->seller, asked->buyer, false},
                       &agreement, fault));
    TRY(require_right(call, agreement.seller_id, RIGHT_READ, fault));
    if (!resumes && !text_is(asked->change, "suspend") && !text_is(asked->change, "terminate")) {
        return fault_set(fault, STATUS_INVALID, "unknown-change", "change", asked->change,
                         "Say which change: suspend, resume or terminate.");
    }
    TRY(machine_step(&agreement_machine, (int)agreement.state, text_copy(call->arena, asked->change).at,
                     &state, fault));
    TRY(account_load(call->db, call->arena, agreement.seller_id, &seller, fault));
    struct licence_scope scope = {.account_id = agreement.buyer_id,
                                  .vendor_id = seller.kind == ACCOUNT_VENDOR ? seller.id : 0};
    TRY(licence_scope_size(call->db, scope, &preview->licences, fault));
    TRY(plan_step(call, &agreement, scope, resumes ? SCOPE_RESUMES : SCOPE_STOPS, &plan, fault));
    preview->customers = count_customers(&plan);
    return preview_planned(call, &plan, preview, fault);
}

enum status preview_agreement(struct call *call, const struct preview_agreement_input *input,
                              struct preview *out, struct fault *fault) {
    struct preview made = {.at_us = call->now_us};
    TRY(call_run(call, DB_READ, preview_agreement_body, input, &made, fault));
    *out = made;
    return STATUS_OK;
}
