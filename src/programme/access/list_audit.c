#include "programme/access/list_audit.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "store/access/audit.h"

/* Another account's people are its own business: its entry says the account alone, if the reader may know of
 * it. */
static enum status fill_actor(struct call *call, const struct audit_entry *entry, struct audit_view *view,
                              struct fault *fault) {
    bool known = true;
    view->actor = entry->actor;
    view->account = TEXT("");
    if (entry->account_id == 0) {
        return STATUS_OK;
    }
    if (!actor_is(call, entry->account_id)) {
        enum status status = actor_may_see_account(call, entry->account_id, &known, fault);
        if (status != STATUS_OK) {
            return status;
        }
        view->actor = TEXT("another account");
    }
    if (known) {
        view->account = identifier_text(call, IDENTIFIER_ACCOUNT, entry->account_id);
    }
    return STATUS_OK;
}

static enum status fill_view(struct call *call, const struct audit_entry *entry, struct audit_view *view,
                             struct fault *fault) {
    *view = (struct audit_view){.id = entry->id,
                                .identifier = identifier_text(call, IDENTIFIER_AUDIT, entry->id),
                                .at_us = entry->at_us,
                                .action = entry->action,
                                .subject = entry->subject,
                                .detail = entry->detail};
    return fill_actor(call, entry, view, fault);
}

static enum status find_reader(struct call *call, struct text account, int64_t *reader_id,
                               struct fault *fault) {
    struct account found;
    *reader_id = actor_is_operator(call) ? 0 : call->actor.account_id;
    if (account.length == 0) {
        return STATUS_OK;
    }
    enum status status = find_account_with_right(call, account, "account", RIGHT_READ, &found, fault);
    if (status == STATUS_OK) {
        *reader_id = found.id;
    }
    return status;
}

enum status list_audit(struct call *call, struct text account, struct page page, struct audit_page *out,
                       struct fault *fault) {
    int64_t reader_id = 0;
    struct audit_entry *entries = NULL;
    struct audit_page made = {0};
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = find_reader(call, account, &reader_id, fault);
    }
    if (status == STATUS_OK) {
        status = audit_list(call->db, call->arena, reader_id, page, &entries, &made.count, &made.next_after,
                            fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    made.items = ARENA_NEW(call->arena, struct audit_view, made.count);
    for (size_t i = 0; i < made.count && status == STATUS_OK; i++) {
        status = fill_view(call, &entries[i], &made.items[i], fault);
    }
    if (status == STATUS_OK) {
        *out = made;
    }
done:
    return call_end(call, status, fault);
}
