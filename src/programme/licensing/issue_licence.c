#include "programme/licensing/issue_licence.h"

#include "programme/call/agreement_chain.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_licence.h"
#include "programme/call/parts.h"
#include "programme/catalogue/bundle_parts.h"
#include "programme/keys/licence_keys.h"
#include "programme/licensing/blocks.h"
#include "programme/licensing/event_time.h"
#include "store/catalogue/skus.h"

#include <assert.h>

/* Everything that is the same for each licence of one issue. */
struct issue {
    struct block block;
    struct account provider;
    struct account customer;
    struct sku sku;
    struct sku_part *parts;
    size_t part_count;
    int64_t seats;
    int64_t count;
};

static struct text number_text(const struct call *call, int64_t number) {
    return text_format(call->arena, "%lld", (long long)number);
}

/* Seats, count and what they come to, of the licences and of every part of theirs. */
static enum status check_seats(const struct call *call, const struct issue *issue, struct fault *fault) {
    if (issue->count < 1 || issue->count > LICENCE_ISSUE_COUNT_MAX) {
        return fault_set(fault, STATUS_INVALID, "count-out-of-range", "count",
                         number_text(call, issue->count), "Issue from 1 to %d licences at once.",
                         LICENCE_ISSUE_COUNT_MAX);
    }
    if (issue->seats < 1 || issue->seats > BLOCK_SIZE_MAX) {
        return fault_set(fault, STATUS_INVALID, "seats-out-of-range", "seats",
                         number_text(call, issue->seats), "A licence has from 1 to %d seats.",
                         BLOCK_SIZE_MAX);
    }
    int64_t free_seats = issue->block.size - issue->block.issued_seats;
    if (issue->seats * issue->count > free_seats) {
        return fault_set(
            fault, STATUS_CONFLICT, "seats-beyond-block", "seats", number_text(call, issue->seats),
            "The block has %lld free seats of %lld, and %lld are asked for: enlarge the block first.",
            (long long)free_seats, (long long)issue->block.size, (long long)(issue->seats * issue->count));
    }
    return STATUS_OK;
}

static enum status check_parts(const struct call *call, const struct issue *issue, struct fault *fault) {
    for (size_t i = 0; i < issue->part_count; i++) {
        int64_t seats = 0;
        if (__builtin_mul_overflow(issue->seats, issue->parts[i].quantity, &seats) || seats > INT32_MAX) {
            return fault_set(fault, STATUS_INVALID, "seats-out-of-range", "seats",
                             number_text(call, issue->seats),
                             "Give fewer seats: a part of the bundle would get more than %d.", INT32_MAX);
        }
        TRY(agreement_chain_require_vendor(call, issue->parts[i].owner_id, issue->customer.id, fault));
    }
    return STATUS_OK;
}

static enum status prepare_issue(struct call *call, const struct issue_licence_input *input, enum right right,
                                 struct issue *issue, struct fault *fault) {
    *issue = (struct issue){.seats = input->seats, .count = input->count == 0 ? 1 : input->count};
    TRY(find_block(call, input->block, &issue->block, fault));
    TRY(require_right(call, issue->block.provider_id, right, fault));
    if (issue->block.state != BLOCK_OPEN) {
        return fault_set(fault, STATUS_CONFLICT, "block-closed", "block", input->block,
                         "The block is closed: issue from another one.");
    }
    TRY(find_customer_of(call, issue->block.provider_id, input->customer, &issue->customer, fault));
    TRY(check_seats(call, issue, fault));
    TRY(agreement_chain_require(call, issue->customer.id, fault));
    TRY(account_load(call->db, call->arena, issue->block.provider_id, &issue->provider, fault));
    TRY(sku_load(call->db, call->arena, issue->block.sku_id, &issue->sku, fault));
    TRY(bundle_expand(call, &issue->sku, &issue->parts, &issue->part_count, fault));
    return check_parts(call, issue, fault);
}

static struct licence licence_of(const struct call *call, const struct issue *issue,
                                 const struct sku_part *part) {
    return (struct licence){.block_id = issue->block.id,
                            .provider_id = issue->provider.id,
                            .customer_id = issue->customer.id,
                            .sku_id = part->sku_id,
                            .part_quantity = part->quantity,
                            .first_edge = part->first_edge,
                            .last_edge = part->last_edge,
                            .key_hint = TEXT(""),
                            .state = LICENCE_ISSUED,
                            .seats = (int32_t)(issue->seats * part->quantity), /* checked by check_parts */
                            .issued_at_us = call->now_us};
}

/* A licence and, where it is a bundle's, its parts. */
static enum status issue_one(struct call *call, const struct issue *issue, struct licence_row *made,
                             struct issued_licence *out, struct fault *fault) {
    assert(issue->parts != NULL && issue->part_count >= 1); /* what is issued is the first */
    struct licence_row row = {.licence = licence_of(call, issue, &issue->parts[0]),
                              .provider_code = issue->provider.code,
                              .customer_code = issue->customer.code,
                              .customer_name = issue->customer.name,
                              .sku_code = issue->sku.code,
                              .sku_name = issue->sku.name,
                              .sku_owner_id = issue->sku.owner_id};
    out->key = licence_key_new(call, &row.licence);
    TRY(licence_insert(call->db, &row.licence, fault));
    for (size_t i = 1; i < issue->part_count; i++) {
        struct licence part = licence_of(call, issue, &issue->parts[i]);
        part.parent_id = row.licence.id;
        assert(part.seats == row.licence.seats * part.part_quantity && part.counted_seats == 0);
        TRY(licence_insert(call->db, &part, fault));
    }
    TRY(licence_view_fill(call, &row, true, &out->licence, fault));
    *made = row;
    return audit_write(call, "licence.issue", out->licence.identifier, issue->provider.id,
                       text_format(call->arena, "%lld seats of %.*s to %.*s", (long long)issue->seats,
                                   TEXT_ARGS(issue->sku.code), TEXT_ARGS(issue->customer.code)),
                       fault);
}

static enum status do_issue_licence(struct call *call, const void *input, void *output, struct fault *fault) {
    struct issue issue;
    TRY(prepare_issue(call, input, RIGHT_LICENCES, &issue, fault));
    assert(issue.parts[0].quantity == 1); /* the SKU itself */
    int64_t taken = issue.seats * issue.count;
    TRY(block_add_issued(call->db, issue.block.id, taken, fault));
    struct issued_licences issued = {.items =
                                         ARENA_NEW(call->arena, struct issued_licence, (size_t)issue.count)};
    int64_t given = 0;
    while (issued.count < (size_t)issue.count) {
        struct issued_licence *one = &issued.items[issued.count++];
        struct licence_row row;
        TRY(issue_one(call, &issue, &row, one, fault));
        given += one->licence.seats;
    }
    /* The block's issued seats grew by what its new licences have. */
    assert(given == taken && taken <= issue.block.size - issue.block.issued_seats);
    *(struct issued_licences *)output = issued;
    return STATUS_OK;
}

enum status issue_to_customer(struct call *call, const struct issue_to *to, int64_t seats,
                              struct licence_row *row, struct fault *fault) {
    struct issued_licence issued;
    struct issue issue = {.block = *to->block,
                          .provider = *to->provider,
                          .customer = *to->customer,
                          .sku = *to->sku,
                          .seats = seats,
                          .count = 1};
    TRY(bundle_expand(call, &issue.sku, &issue.parts, &issue.part_count, fault));
    TRY(check_seats(call, &issue, fault));
    TRY(check_parts(call, &issue, fault));
    TRY(block_add_issued(call->db, to->block->id, seats, fault));
    to->block->issued_seats += seats;
    return issue_one(call, &issue, row, &issued, fault);
}

static enum status find_parts(struct call *call, const void *input, struct call_parts *parts,
                              struct fault *fault) {
    const struct issue_licence_input *issue = input;
    return parts_of_block(call, issue->block, &parts->provider_id, fault);
}

enum status issue_licence(struct call *call, const struct issue_licence_input *input,
                          struct issued_licences *out, struct fault *fault) {
    return call_run_parts(call, find_parts, do_issue_licence, input, out, fault);
}

static enum status do_try_issue(struct call *call, const struct issue *issue, struct tried_issue *tried,
                                struct fault *fault) {
    size_t licences = (size_t)issue->count;
    struct tried_issue made = {
        .block = issue->block,
        .customer_id = issue->customer.id,
        .changes = ARENA_NEW(call->arena, struct planned_change, licences * issue->part_count)};
    for (size_t i = 0; i < licences; i++) {
        for (size_t k = 0; k < issue->part_count; k++) {
            const struct sku_part *part = &issue->parts[k];
            made.changes[made.count] =
                (struct planned_change){.customer_id = issue->customer.id,
                                        .sku_id = part->sku_id,
                                        .licence_id = -1 - (int64_t)made.count,
                                        .at_us = call->now_us,
                                        .seats = (int32_t)(issue->seats * part->quantity),
                                        .first_edge = (int8_t)part->first_edge,
                                        .last_edge = (int8_t)part->last_edge};
            made.count++;
        }
    }
    /* As turning on would ask. */
    const struct licence first = licence_of(call, issue, &issue->parts[0]);
    int64_t at_us = 0;
    TRY(event_time_settle(call, (struct event_time){.at_us = call->now_us}, &first, 0, &at_us, fault));
    *tried = made;
    return STATUS_OK;
}

enum status issue_licence_try(struct call *call, const struct issue_licence_input *input,
                              struct tried_issue *tried, struct fault *fault) {
    struct issue issue;
    assert(call->depth > 0);
    TRY(prepare_issue(call, input, RIGHT_READ, &issue, fault));
    return do_try_issue(call, &issue, tried, fault);
}
