#include "programme/parties/init_programme.h"

#include "core/money/money.h"
#include "core/time/date.h"
#include "core/time/zone.h"
#include "programme/call/authorise.h"
#include "programme/parties/account_create.h"
#include "store/parties/accounts.h"
#include "store/parties/programme.h"

struct new_programme {
    const struct init_programme_input *input;
    struct account_details details; /* of the distributor */
};

static enum status require_new(struct call *call, struct fault *fault) {
    struct programme existing;
    bool exists = false;
    if (!actor_is_operator(call)) {
        return fault_set(fault, STATUS_FORBIDDEN, "right-missing", NULL, TEXT(""),
                         "Only the operator begins a programme.");
    }
    TRY(programme_find(call->db, call->arena, &exists, &existing, fault));
    if (exists) {
        return fault_set(fault, STATUS_CONFLICT, "already-initialised", NULL, existing.name,
                         "This store has a programme already, that of %.*s.", TEXT_ARGS(existing.name));
    }
    return STATUS_OK;
}

static enum status check_currency_and_zone(const struct init_programme_input *input, struct fault *fault) {
    struct currency currency;
    struct zone *zone = NULL;
    TRY(currency_find(input->currency, "currency", &currency, fault));
    enum status status = zone_open(input->time_zone, "time_zone", &zone, fault);
    zone_close(zone);
    return status;
}

static enum status insert_programme(struct call *call, const struct new_programme *begun,
                                    int64_t distributor_id, struct fault *fault) {
    unsigned char check[PROGRAMME_SECRET_CHECK_BYTES];
    programme_secret_check(call->secret, check);
    const struct programme programme = {.name = begun->details.name,
                                        .currency = begun->input->currency,
                                        .time_zone = begun->input->time_zone,
                                        .distributor_id = distributor_id,
                                        .secret_check = {(const char *)check, sizeof check},
                                        .undo_window_s = PROGRAMME_UNDO_WINDOW_S,
                                        .invitation_days = PROGRAMME_INVITATION_DAYS,
                                        .created_at_us = call->now_us};
    return programme_insert(call->db, &programme, fault);
}

static enum status do_init_programme(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct init_programme_input *wanted = input;
    struct new_programme begun = {.input = wanted,
                                  .details = {wanted->distributor, wanted->code, wanted->address,
                                              wanted->country, wanted->tax_number, wanted->email}};
    struct account distributor;
    TRY(require_new(call, fault));
    TRY(check_currency_and_zone(wanted, fault));
    TRY(account_details_check(call, &begun.details, fault));
    TRY(account_create(call, ACCOUNT_DISTRIBUTOR, NULL, begun.details, &distributor, fault));
    TRY(insert_programme(call, &begun, distributor.id, fault));
    return show_account(call, identifier_text(call, IDENTIFIER_ACCOUNT, distributor.id), output, fault);
}

enum status init_programme(struct call *call, const struct init_programme_input *input,
                           struct account_view *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_init_programme, input, out, fault);
}
