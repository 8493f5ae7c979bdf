#include "programme/delivery/install_links.h"

#include "programme/call/authorise.h"
#include "programme/call/credential.h"
#include "programme/call/lookup_licence.h"
#include "programme/keys/licence_keys.h"
#include "store/delivery/install_links.h"
#include "store/delivery/products.h"
#include "store/parties/accounts.h"

#define DAY_US (INT64_C(86400) * 1000000)

/* ---- the provider's side ---- */

static void fill_link_view(const struct call *call, const struct install_link *link,
                           struct install_link_view *out) {
    const char *state = link->revoked_at_us != 0              ? "revoked"
                        : link->expires_at_us <= call->now_us ? "expired"
                                                              : "open";
    *out = (struct install_link_view){.identifier = identifier_text(call, IDENTIFIER_INSTALL_LINK, link->id),
                                      .licence = identifier_text(call, IDENTIFIER_LICENCE, link->licence_id),
                                      .state = text_of(state),
                                      .created_by = link->created_by,
                                      .created_at_us = link->created_at_us,
                                      .expires_at_us = link->expires_at_us,
                                      .revoked_at_us = link->revoked_at_us};
}

static enum status check_linkable(const struct call *call, const struct licence *licence,
                                  struct fault *fault) {
    struct product *products = NULL;
    size_t count = 0;
    if (licence->parent_id != 0) {
        return fault_set(fault, STATUS_CONFLICT, "part-of-bundle", "licence",
                         identifier_text(call, IDENTIFIER_LICENCE, licence->id),
                         "This licence is a part of a bundle, whose key is its key: make a link for %s.",
                         identifier_text(call, IDENTIFIER_LICENCE, licence->parent_id).at);
    }
    if (licence->state == LICENCE_RETIRED) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", TEXT("retired"),
                         "The licence is retired; nothing can be installed with it.");
    }
    TRY(product_load_of_licence(call->db, call->arena, licence->id, &products, &count, fault));
    if (count == 0) {
        return fault_set(fault, STATUS_CONFLICT, "no-product", "licence",
                         identifier_text(call, IDENTIFIER_LICENCE, licence->id),
                         "No product is delivered for this licence's SKU, so there is nothing to install.");
    }
    return STATUS_OK;
}

struct made_install_link {
    struct install_link_view view;
    struct text token;
};

static enum status do_make_install_link(struct call *call, const void *input, void *output,
                                        struct fault *fault) {
    const struct make_install_link_input *make = input;
    struct licence_row row;
    int64_t days = make->days;
    struct text token = credential_make(call, "sml_");
    TRY(find_licence_to_change(call, make->licence, &row, fault));
    if (days < 1 || days > INSTALL_LINK_DAYS_MAX) {
        return fault_set(fault, STATUS_INVALID, "number-out-of-range", "days",
                         text_format(call->arena, "%lld", (long long)days),
                         "A link is good for 1 to %d days.", INSTALL_LINK_DAYS_MAX);
    }
    TRY(check_linkable(call, &row.licence, fault));
    struct install_link link = {.licence_id = row.licence.id,
                                .token_hash = credential_hash(call, token),
                                .created_by = actor_text(call),
                                .created_at_us = call->now_us,
                                .expires_at_us = call->now_us + days * DAY_US};
    TRY(install_link_insert(call->db, &link, fault));
    struct made_install_link *made = output;
    fill_link_view(call, &link, &made->view);
    made->token = token;
    return audit_write(
        call, "install-link.make", identifier_text(call, IDENTIFIER_LICENCE, row.licence.id),
        row.licence.provider_id,
        text_format(call->arena, "%s for %lld days", made->view.identifier.at, (long long)days), fault);
}

enum status make_install_link(struct call *call, const struct make_install_link_input *input,
                              struct install_link_view *out, struct text *token, struct fault *fault) {
    struct made_install_link made;
    TRY(call_run(call, DB_WRITE, do_make_install_link, input, &made, fault));
    *out = made.view;
    *token = made.token;
    return STATUS_OK;
}

static enum status do_list_install_links(struct call *call, const void *input, void *output,
                                         struct fault *fault) {
    const struct text *word = input;
    struct licence_row row;
    struct install_link *links = NULL;
    struct install_link_list list = {0};
    TRY(find_licence_to_change(call, *word, &row, fault));
    TRY(install_link_list(call->db, call->arena, row.licence.id, &links, &list.count, fault));
    list.items = ARENA_NEW(call->arena, struct install_link_view, list.count);
    for (size_t i = 0; i < list.count; i++) {
        fill_link_view(call, &links[i], &list.items[i]);
    }
    *(struct install_link_list *)output = list;
    return STATUS_OK;
}

enum status list_install_links(struct call *call, struct text licence, struct install_link_list *out,
                               struct fault *fault) {
    return call_run(call, DB_READ, do_list_install_links, &licence, out, fault);
}

/* A link that is not of the actor's licences is not there. */
static enum status find_link(struct call *call, struct text word, struct install_link *link,
                             struct licence_row *row, struct fault *fault) {
    int64_t id = 0;
    bool found = false;
    if (identifier_decode(call->secret, IDENTIFIER_INSTALL_LINK, text_trim(word), &id)) {
        TRY(install_link_load(call->db, call->arena, id, link, &found, fault));
    }
    if (found) {
        TRY(licence_load(call->db, call->arena, link->licence_id, row, &found, fault));
    }
    if (!found || !actor_is(call, row->licence.provider_id)) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-install-link", "link", word,
                         "There is no such install link: give its identifier (lnk_…).");
    }
    return require_right(call, row->licence.provider_id, RIGHT_LICENCES, fault);
}

static enum status do_revoke_install_link(struct call *call, const void *input, void *output,
                                          struct fault *fault) {
    const struct text *word = input;
    struct install_link link;
    struct licence_row row;
    TRY(find_link(call, *word, &link, &row, fault));
    if (link.revoked_at_us == 0) {
        link.revoked_at_us = call->now_us;
        TRY(install_link_revoke(call->db, link.id, call->now_us, fault));
        TRY(audit_write(call, "install-link.revoke",
                        identifier_text(call, IDENTIFIER_LICENCE, row.licence.id), row.licence.provider_id,
                        identifier_text(call, IDENTIFIER_INSTALL_LINK, link.id), fault));
    }
    fill_link_view(call, &link, output);
    return STATUS_OK;
}

enum status revoke_install_link(struct call *call, struct text link, struct install_link_view *out,
                                struct fault *fault) {
    return call_run(call, DB_WRITE, do_revoke_install_link, &link, out, fault);
}

/* ---- the customer's side: no actor, the token alone ---- */

static enum status open_link(struct call *call, struct text token, struct install_link *link,
                             struct licence_row *row, struct fault *fault) {
    bool found = false;
    if (token.length > 0 && token.length <= CREDENTIAL_MAX_BYTES) {
        TRY(install_link_find(call->db, call->arena, credential_hash(call, token), link, &found, fault));
    }
    if (found) {
        TRY(licence_load(call->db, call->arena, link->licence_id, row, &found, fault));
    }
    if (!found) {
        return fault_set(fault, STATUS_NOT_FOUND, "link-unknown", NULL, TEXT(""),
                         "This link is not known. Look whether all of it was copied.");
    }
    if (link->revoked_at_us != 0) {
        return fault_set(fault, STATUS_CONFLICT, "link-revoked", NULL, TEXT(""),
                         "This link was taken back. Ask your provider for a new one.");
    }
    if (link->expires_at_us <= call->now_us || row->licence.state == LICENCE_RETIRED) {
        return fault_set(fault, STATUS_CONFLICT, "link-expired", NULL, TEXT(""),
                         "This link has expired. Ask your provider for a new one.");
    }
    return STATUS_OK;
}

/* The installers of one product, added to the page. */
static enum status add_choices(struct call *call, const struct product *product, int64_t licence_id,
                               struct install_page *page, size_t *capacity, struct fault *fault) {
    struct release_installer *installers = NULL;
    size_t count = 0;
    bool entitled = false;
    TRY(product_entitled_by_licence(call->db, product->id, licence_id, &entitled, fault));
    TRY(release_installer_load(call->db, call->arena, product->id, &installers, &count, fault));
    for (size_t i = 0; i < count; i++) {
        const struct release_artifact *artifact = &installers[i].artifact;
        page->choices =
            arena_grow(call->arena, page->choices, page->choice_count, capacity, sizeof page->choices[0]);
        page->choices[page->choice_count++] = (struct install_choice){.product = product->update_name,
                                                                      .product_name = product->name,
                                                                      .platform = artifact->platform,
                                                                      .version = installers[i].version,
                                                                      .file_name = artifact->file_name,
                                                                      .sha256 = artifact->sha256,
                                                                      .size_bytes = artifact->size_bytes,
                                                                      .may_be_had = entitled};
    }
    return STATUS_OK;
}

static enum status fill_page(struct call *call, const struct install_link *link,
                             const struct licence_row *row, struct install_page *page, struct fault *fault) {
    struct account provider;
    struct product *products = NULL;
    size_t count = 0;
    size_t capacity = 0;
    TRY(account_load(call->db, call->arena, row->licence.provider_id, &provider, fault));
    TRY(product_load_of_licence(call->db, call->arena, row->licence.id, &products, &count, fault));
    *page = (struct install_page){.sku_name = row->sku_name,
                                  .provider_name = provider.name,
                                  .customer_name = row->customer_name,
                                  .seats = row->licence.seats,
                                  .counts = row->licence.counted_seats > 0,
                                  .expires_at_us = link->expires_at_us};
    TRY(licence_key_open(call, &row->licence, &page->key, fault));
    for (size_t i = 0; i < count; i++) {
        TRY(add_choices(call, &products[i], row->licence.id, page, &capacity, fault));
    }
    return STATUS_OK;
}

static enum status do_open_install_page(struct call *call, const void *input, void *output,
                                        struct fault *fault) {
    const struct text *token = input;
    struct install_link link;
    struct licence_row row;
    struct install_page page = {0};
    TRY(open_link(call, *token, &link, &row, fault));
    TRY(fill_page(call, &link, &row, &page, fault));
    *(struct install_page *)output = page;
    return STATUS_OK;
}

enum status open_install_page(struct call *call, struct text token, struct install_page *out,
                              struct fault *fault) {
    return call_run(call, DB_READ, do_open_install_page, &token, out, fault);
}

static enum status choose_installer(const struct install_page *page, struct text platform,
                                    struct text product, const struct install_choice **choice,
                                    struct fault *fault) {
    *choice = NULL;
    for (size_t i = 0; i < page->choice_count; i++) {
        const struct install_choice *one = &page->choices[i];
        if (!text_equal(one->platform, platform) ||
            (product.length > 0 && !text_equal(one->product, product))) {
            continue;
        }
        if (*choice != NULL) {
            return fault_set(fault, STATUS_CONFLICT, "ambiguous-product", "product", platform,
                             "Several products have an installer for this platform: say which is meant.");
        }
        *choice = one;
    }
    if (*choice == NULL) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-platform", "platform", platform,
                         "There is no installer for this platform.");
    }
    if (!(*choice)->may_be_had) {
        return fault_set(fault, STATUS_FORBIDDEN, "not-entitled", NULL, TEXT(""),
                         "The licence is not turned on. Ask your provider to turn it on.");
    }
    return STATUS_OK;
}

static enum status do_note_download(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *token = input;
    struct install_link link;
    struct licence_row row;
    (void)output;
    TRY(open_link(call, *token, &link, &row, fault));
    return install_link_note_download(call->db, link.id, call->now_us, fault);
}

/* What was downloaded under a rise of seats cannot be taken back, so the rise cannot (R4.16). A customer
 * downloads by any clock. */
static enum status note_download(struct call *call, struct text token, struct fault *fault) {
    bool any_clock = call->any_clock;
    call->any_clock = true;
    enum status status = call_run(call, DB_WRITE, do_note_download, &token, NULL, fault);
    call->any_clock = any_clock;
    return status;
}

enum status open_install_artifact(struct call *call, struct text token, struct text platform,
                                  struct text product, struct opened_artifact *out, struct fault *fault) {
    struct install_page page = {0};
    const struct install_choice *choice = NULL;
    TRY(open_install_page(call, token, &page, fault));
    TRY(choose_installer(&page, platform, product, &choice, fault));
    TRY(note_download(call, token, fault));
    return open_artifact(call, choice->file_name, choice->sha256, out, fault);
}
