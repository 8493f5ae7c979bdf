#include "programme/preview/preview_prices.h"

#include "programme/call/authorise.h"
#include "programme/catalogue/seller_edges.h"
#include "programme/preview/preview_effect.h"

struct trying {
    const struct import_prices_input *input;
    struct import_problems *problems;
};

/* The first month that is rated whole at a price of that day: it holds on the month's first day (R3.8). */
static struct month first_whole_month(struct date from) {
    struct month month = date_month(from);
    return from.day > month_first_day(month).day ? month_plus(month, 1) : month;
}

static enum status preview_prices_body(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    const struct trying *trying = input;
    struct preview *preview = output;
    struct tried_prices tried;
    struct seller_edges edges;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(import_prices_try(call, trying->input, &tried, trying->problems, fault));
    TRY(seller_edges_load(call, tried.seller_id, tried.buyer_id, &edges, fault));
    struct preview_pricing pricing = {.viewer_id = tried.seller_id,
                                      .seller_id = tried.seller_id,
                                      .prices = tried.after,
                                      .sku_ids = tried.sku_ids,
                                      .sku_count = tried.sku_count,
                                      .whole_from = first_whole_month(tried.last)};
    for (size_t i = 0; tried.sku_count > 0 && i < edges.count; i++) {
        pricing.buyer_id = edges.items[i].buyer_id;
        TRY(preview_priced(call, &pricing, preview, fault));
    }
    return STATUS_OK;
}

enum status preview_prices(struct call *call, const struct import_prices_input *input, struct preview *out,
                           struct import_problems *problems, struct fault *fault) {
    const struct trying trying = {input, problems};
    struct preview made = {.at_us = call->now_us};
    TRY(call_run(call, DB_READ, preview_prices_body, &trying, &made, fault));
    *out = made;
    return STATUS_OK;
}
