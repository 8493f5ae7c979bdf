/* Represent: what use cases return, as JSON. One function per thing, so that the REST API and the command's
 * --json tell one story: the same names, identifiers and instants as text, amounts as decimal text with the
 * currency beside them, absent things null.
 *
 * `name` is the member's name, NULL in a list or at the top. A list is {"items": […], "next": …}. */
#ifndef SEATMETER_JSON_REPRESENT_H
#define SEATMETER_JSON_REPRESENT_H

#include "programme/access/invitations.h"
#include "programme/access/list_audit.h"
#include "programme/access/tokens.h"
#include "programme/access/users.h"
#include "programme/audit/audit_store.h"
#include "programme/billing/corrections.h"
#include "programme/billing/explain_line.h"
#include "programme/billing/margins.h"
#include "programme/billing/one_off_charges.h"
#include "programme/billing/show_invoices.h"
#include "programme/catalogue/catalogue.h"
#include "programme/catalogue/import_catalogue.h"
#include "programme/catalogue/import_prices.h"
#include "programme/catalogue/lease_terms.h"
#include "programme/catalogue/prices.h"
#include "programme/delivery/install_links.h"
#include "programme/delivery/products.h"
#include "programme/delivery/releases.h"
#include "programme/delivery/verify_updates.h"
#include "programme/devices/deployment.h"
#include "programme/devices/devices.h"
#include "programme/devices/offline_lease.h"
#include "programme/jobs/jobs.h"
#include "programme/keys/signing_keys.h"
#include "programme/licensing/blocks.h"
#include "programme/licensing/issue_licence.h"
#include "programme/licensing/licences.h"
#include "programme/licensing/moves.h"
#include "programme/licensing/undo_licence.h"
#include "programme/parties/accounts.h"
#include "programme/parties/agreements.h"
#include "programme/parties/amend_agreement.h"
#include "programme/parties/suspend_agreement.h"
#include "programme/preview/preview.h"
#include "programme/usage/reports.h"
#include "json/json_write.h"

/* represent_parties.c: accounts, agreements, SKUs, prices, users, tokens, the audit trail */
void represent_account(struct json_writer *out, const char *name, const struct account_view *account);
void represent_agreement(struct json_writer *out, const char *name, const struct agreement_view *agreement);
void represent_terms(struct json_writer *out, const char *name, const struct terms_view *terms);
void represent_cascade(struct json_writer *out, const char *name, const struct cascade_result *cascade);
void represent_sku(struct json_writer *out, const char *name, const struct sku_view *sku); /* in a list */
void represent_sku_in_full(struct json_writer *out, const char *name, const struct sku_view *sku);
void represent_catalogue_import(struct json_writer *out, const char *name,
                                const struct import_catalogue_result *result);
void represent_price(struct json_writer *out, const char *name, const struct price_view *price);
void represent_price_import(struct json_writer *out, const char *name,
                            const struct import_prices_result *result);
void represent_import_problems(struct json_writer *out, const char *name,
                               const struct import_problems *problems);
void represent_user(struct json_writer *out, const char *name, const struct user_view *user);
void represent_invitation(struct json_writer *out, const char *name,
                          const struct invitation_view *invitation);
void represent_token(struct json_writer *out, const char *name, const struct token_view *token);
void represent_audit_entry(struct json_writer *out, const char *name, const struct audit_view *entry);

/* represent_licences.c: blocks, licences, reports */
void represent_move(struct json_writer *out, const char *name, const struct move_view *move);
void represent_block(struct json_writer *out, const char *name, const struct block_view *block);
void represent_licence(struct json_writer *out, const char *name, const struct licence_view *licence);
void represent_licence_in_full(struct json_writer *out, const char *name,
                               const struct licence_detail *detail);
void represent_issued_licence(struct json_writer *out, const char *name, const struct issued_licence *issued);
void represent_licence_event(struct json_writer *out, const char *name,
                             const struct licence_event_view *event);
void represent_undone_licence(struct json_writer *out, const char *name, const struct undone_licence *undone);
void represent_undone_customer(struct json_writer *out, const char *name,
                               const struct undone_customer *undone);
void represent_report(struct json_writer *out, const char *name, const struct report_view *report);
void represent_report_in_full(struct json_writer *out, const char *name, const struct report_detail *detail);

/* represent_delivery.c: what is delivered */
void represent_product(struct json_writer *out, const char *name, const struct product_view *product);
void represent_release(struct json_writer *out, const char *name, const struct release_view *release);
void represent_install_link(struct json_writer *out, const char *name, const struct install_link_view *link);
void represent_made_install_link(struct json_writer *out, const char *name,
                                 const struct install_link_view *link, struct text token);
void represent_update_repository(struct json_writer *out, const char *name,
                                 const struct update_repository_view *repository);
void represent_verified_updates(struct json_writer *out, const char *name,
                                const struct verify_updates_result *result);
/* represent_keys.c: signing keys; an offline lease with its file, or without */
void represent_signing_key(struct json_writer *out, const char *name, const struct signing_key_view *key);
void represent_root_key(struct json_writer *out, const char *name, const struct signing_key_view *key);
void represent_offline_lease(struct json_writer *out, const char *name, const struct offline_lease *lease,
                             bool with_file);

/* represent_devices.c: devices, lease terms, deployment */
void represent_device(struct json_writer *out, const char *name, const struct device_view *device);
void represent_licence_devices(struct json_writer *out, const char *name,
                               const struct licence_devices *devices);
void represent_lease_terms(struct json_writer *out, const char *name, const struct lease_terms_view *terms);
void represent_snippet(struct json_writer *out, const char *name, const struct snippet *snippet);

/* represent_billing.c: what is owed */
void represent_close(struct json_writer *out, const char *name, const struct close_month_result *result);
void represent_job(struct json_writer *out, const char *name, const struct job_view *job);
void represent_invoice(struct json_writer *out, const char *name, const struct invoice_view *invoice);
void represent_invoice_in_full(struct json_writer *out, const char *name, const struct invoice_detail *view);
void represent_explanation(struct json_writer *out, const char *name,
                           const struct line_explanation *explanation);
void represent_one_off_charge(struct json_writer *out, const char *name,
                              const struct one_off_charge_view *charge);
void represent_correction(struct json_writer *out, const char *name,
                          const struct correction_view *correction);
void represent_balance(struct json_writer *out, const char *name, const struct ledger_balance *balance);
/* The whole of it; its rows alone, each with its edge and month, inside an array. */
void represent_preview(struct json_writer *out, const char *name, const struct preview *preview);
void represent_preview_rows(struct json_writer *out, const struct preview *preview);
void represent_margins(struct json_writer *out, const char *name, const struct show_margins_result *result);
void represent_check(struct json_writer *out, const char *name, const struct audit_store_result *result);

#endif
