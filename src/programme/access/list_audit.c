#include "programme/access/list_audit.h"

#include "programme/access/account_listing.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "store/access/audit.h"

/* The people of another account are its own business: its entry names the account alone, if the reader may
 * know of it. */
static enum status fill_actor(struct call *call, const struct audit_entry *entry, struct audit_view *view,
                              struct fault *fault) {
    bool known = true;
    view->actor = entry->actor;
    view->account = TEXT("");
    if (entry->account_id == 0) {
        return STATUS_OK;
    }
    if (!actor_is(call, entry->account_id)) {
        TRY(actor_may_see_account(call, entry->account_id, &known, fault));
        view->actor = TEXT("another account");
    }
    if (known) {
        view->account = identifier_text(call, IDENTIFIER_ACCOUNT, entry->account_id);
    }
    return STATUS_OK;
}

/* Who is a user of an account, with which e-mail address and role, and what its tokens may do, is told to
 * whoever may see its users and tokens. */
static struct text detail_for_reader(const struct call *call, const struct audit_entry *entry) {
    bool of_people = text_starts_with(entry->action, TEXT("user.")) ||
                     text_starts_with(entry->action, TEXT("token.")) ||
                     text_starts_with(entry->action, TEXT("person."));
    bool may_see_people = actor_is_operator(call) || (call->actor.rights & RIGHT_USERS) != 0;
    return of_people && !may_see_people ? TEXT("") : entry->detail;
}

static enum status fill_view(struct call *call, const struct audit_entry *entry, struct audit_view *view,
                             struct fault *fault) {
    *view = (struct audit_view){.id = entry->id,
                                .identifier = identifier_text(call, IDENTIFIER_AUDIT, entry->id),
                                .at_us = entry->at_us,
                                .action = entry->action,
                                .subject = entry->subject,
                                .detail = detail_for_reader(call, entry)};
    return fill_actor(call, entry, view, fault);
}

static enum status find_reader(struct call *call, struct text account, int64_t *reader_id,
                               struct fault *fault) {
    struct account found = {.id = actor_viewer_id(call)};
    TRY(require_any_right(call, RIGHT_READ, fault));
    if (account.length > 0) {
        TRY(find_account_with_right(call, account, "account", RIGHT_READ, &found, fault));
    }
    *reader_id = found.id;
    return STATUS_OK;
}

static enum status do_list_audit(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct account_listing *wanted = input;
    int64_t reader_id = 0;
    struct audit_entry *entries = NULL;
    struct audit_page page = {0};
    TRY(find_reader(call, wanted->account, &reader_id, fault));
    TRY(audit_list(call->db, call->arena, reader_id, wanted->page, &entries, &page.count, &page.next_after,
                   fault));
    page.items = ARENA_NEW(call->arena, struct audit_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        TRY(fill_view(call, &entries[i], &page.items[i], fault));
    }
    *(struct audit_page *)output = page;
    return STATUS_OK;
}

enum status list_audit(struct call *call, struct text account, struct page page, struct audit_page *out,
                       struct fault *fault) {
    const struct account_listing wanted = {account, page};
    return call_run(call, DB_READ, do_list_audit, &wanted, out, fault);
}
