#include "programme/parties/init_programme.h"

#include "core/money/money.h"
#include "core/time/date.h"
#include "core/time/zone.h"
#include "programme/call/authorise.h"
#include "programme/parties/account_create.h"
#include "store/parties/accounts.h"
#include "store/parties/programme.h"

/* The new programme's row and distributor, inside a write call. */
static enum status make(struct call *call, const struct init_programme_input *input,
                        struct account_details details, struct account *account, struct fault *fault) {
    enum status status = account_make(call, ACCOUNT_DISTRIBUTOR, NULL, details, account, fault);
    if (status != STATUS_OK) {
        return status;
    }
    unsigned char check[PROGRAMME_SECRET_CHECK_BYTES];
    programme_secret_check(call->secret, check);
    const struct programme programme = {.name = details.name,
                                        .currency = input->currency,
                                        .time_zone = input->time_zone,
                                        .distributor_id = account->id,
                                        .secret_check = {(const char *)check, sizeof check},
                                        .created_at_us = call->now_us};
    return programme_insert(call->db, &programme, fault);
}

static enum status check(struct call *call, const struct init_programme_input *input,
                         struct account_details *details, struct fault *fault) {
    struct currency currency;
    struct zone *zone = NULL;
    enum status status = currency_find(input->currency, "currency", &currency, fault);
    if (status == STATUS_OK) {
        status = zone_open(input->time_zone, "time_zone", &zone, fault);
    }
    zone_close(zone);
    if (status == STATUS_OK) {
        status = account_details_check(call, details, fault);
    }
    return status;
}

enum status init_programme(struct call *call, const struct init_programme_input *input,
                           struct account_view *out, struct fault *fault) {
    struct account_details details = {input->distributor, input->code,       input->address,
                                      input->country,     input->tax_number, input->email};
    struct programme existing;
    struct account account;
    bool exists = false;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (!actor_is_operator(call)) {
        status = fault_set(fault, STATUS_FORBIDDEN, "right-missing", NULL, TEXT(""),
                           "Only the operator begins a programme.");
        goto done;
    }
    status = programme_find(call->db, call->arena, &exists, &existing, fault);
    if (status == STATUS_OK && exists) {
        status = fault_set(fault, STATUS_CONFLICT, "already-initialised", NULL, existing.name,
                           "This store has a programme already, that of %.*s.", TEXT_ARGS(existing.name));
    }
    if (status == STATUS_OK) {
        status = check(call, input, &details, fault);
    }
    if (status == STATUS_OK) {
        status = make(call, input, details, &account, fault);
    }
    if (status == STATUS_OK) {
        status = show_account(call, identifier_text(call, IDENTIFIER_ACCOUNT, account.id), out, fault);
    }
done:
    return call_end(call, status, fault);
}
