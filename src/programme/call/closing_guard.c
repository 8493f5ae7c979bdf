#include "programme/call/closing_guard.h"

#include "store/billing/months.h"

enum status month_is_closing(const struct call *call, struct month month, const char *field,
                             struct fault *fault) {
    struct text word = month_format(call->arena, month);
    return fault_set(
        fault, STATUS_CONFLICT, "month-closing", field, word,
        "%.*s is being closed on this edge, and nothing of its bill changes meanwhile. Try again "
        "when the close is done or paused.",
        TEXT_ARGS(word));
}

enum status refuse_while_closing(const struct call *call, int64_t seller_id, int64_t buyer_id,
                                 const char *field, struct fault *fault) {
    struct month month = {MONTH_NONE};
    TRY(month_closing_of_pair(call->db, seller_id, buyer_id, &month, fault));
    return month.index == MONTH_NONE ? STATUS_OK : month_is_closing(call, month, field, fault);
}
