#include "programme/usage/reports.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/name_cache.h"
#include "programme/usage/find_report.h"
#include "programme/usage/report_rows.h"
#include "store/billing/months.h"

static enum status show_report_body(struct call *call, const void *input, void *output, struct fault *fault) {
    struct edge_report report;
    struct report_times times;
    struct report_rows rows;
    struct report_detail *detail = output;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_report(call, input, &report, &times, fault));
    TRY(measure_report(call, &report, &rows, fault));
    *detail = describe_report(call, &report, &rows);
    return STATUS_OK;
}

enum status show_report(struct call *call, const struct report_name *name, struct report_detail *out,
                        struct fault *fault) {
    struct report_detail made;
    TRY(call_run(call, DB_READ, show_report_body, name, &made, fault));
    *out = made;
    return STATUS_OK;
}

/* ---- listing ---- */

static enum status view_report(struct name_cache *names, const struct report *report, struct report_view *out,
                               struct fault *fault) {
    struct call *call = names->call;
    const struct agreement *agreement = NULL;
    const struct account *seller = NULL;
    const struct account *buyer = NULL;
    TRY(name_cache_agreement(names, report->agreement_id, &agreement, fault));
    TRY(name_cache_account(names, agreement->seller_id, &seller, fault));
    TRY(name_cache_account(names, agreement->buyer_id, &buyer, fault));
    *out = (struct report_view){.id = report->id,
                                .identifier = identifier_text(call, IDENTIFIER_REPORT, report->id),
                                .agreement = identifier_text(call, IDENTIFIER_AGREEMENT, agreement->id),
                                .seller_code = seller->code,
                                .provider_code = buyer->code,
                                .provider_name = buyer->name,
                                .month = report->month,
                                .state = report->state,
                                .submitted_at_us = report->submitted_at_us,
                                .submitted_by = report->submitted_by,
                                .decided_at_us = report->decided_at_us,
                                .decided_by = report->decided_by,
                                .rejection_reason = report->reason,
                                .version = report->version};
    return STATUS_OK;
}

/* Reports are seen by the two parties of their edge. */
static enum status make_filter(const struct call *call, const struct list_reports_input *input,
                               struct report_filter *filter, struct fault *fault) {
    struct account buyer = {0};
    struct month month = {-1};
    int state = -1;
    TRY(require_any_right(call, RIGHT_READ, fault));
    if (input->provider.length > 0) {
        TRY(find_account(call, input->provider, "provider", &buyer, fault));
    }
    if (input->month.length > 0) {
        TRY(month_parse(input->month, "month", &month, fault));
    }
    if (input->state.length > 0) {
        TRY(machine_state_parse(&report_machine, input->state, &state, fault));
    }
    *filter = (struct report_filter){
        .party_id = call->actor.account_id, .buyer_id = buyer.id, .month = month.index, .state = state};
    return STATUS_OK;
}

static enum status list_reports_body(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct list_reports_input *asked = input;
    struct report_page *page = output;
    struct report_filter filter;
    struct report *reports = NULL;
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(make_filter(call, asked, &filter, fault));
    TRY(report_list(call->db, call->arena, &filter, asked->page, &reports, &page->count, &page->next_after,
                    fault));
    page->items = ARENA_NEW(call->arena, struct report_view, page->count);
    for (size_t i = 0; i < page->count; i++) {
        TRY(view_report(&names, &reports[i], &page->items[i], fault));
    }
    return STATUS_OK;
}

enum status list_reports(struct call *call, const struct list_reports_input *input, struct report_page *out,
                         struct fault *fault) {
    struct report_page made = {0};
    TRY(call_run(call, DB_READ, list_reports_body, input, &made, fault));
    *out = made;
    return STATUS_OK;
}
