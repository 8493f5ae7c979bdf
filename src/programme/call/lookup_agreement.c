#include "programme/call/lookup_agreement.h"

#include "programme/call/lookup_account.h"
#include "programme/call/open_zone.h"
#include "store/billing/months.h"
#include "store/parties/amendments.h"

static enum status unknown_agreement(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-agreement", "agreement", word,
                     "There is no such agreement: give its identifier, or its seller and its buyer.");
}

static enum status find_parties(const struct call *call, struct agreement_words words, int64_t *seller_id,
                                int64_t *buyer_id, struct fault *fault) {
    struct account buyer;
    TRY(find_account_or_own(call, words.buyer, "buyer", &buyer, fault));
    struct account seller = {.id = buyer.seller_id};
    if (words.seller.length > 0 || buyer.seller_id == 0) {
        TRY(find_account(call, words.seller, "seller", &seller, fault));
    }
    *seller_id = seller.id;
    *buyer_id = buyer.id;
    return STATUS_OK;
}

enum status find_pair(const struct call *call, int64_t seller_id, int64_t buyer_id,
                      struct agreement **agreements, size_t *count, struct fault *fault) {
    struct agreement_filter filter = {.seller_id = seller_id, .buyer_id = buyer_id};
    int64_t next_after = 0;
    return agreement_list(call->db, call->arena, &filter, (struct page){.limit = PAGE_LIMIT_MAX}, agreements,
                          count, &next_after, fault);
}

enum status find_last_of_pair(const struct call *call, int64_t seller_id, int64_t buyer_id, bool *found,
                              struct agreement *agreement, struct fault *fault) {
    struct agreement *ended = NULL;
    size_t count = 0;
    TRY(agreement_find_edge(call->db, call->arena, seller_id, buyer_id, found, agreement, fault));
    if (*found) {
        return STATUS_OK;
    }
    TRY(find_pair(call, seller_id, buyer_id, &ended, &count, fault));
    *found = count > 0;
    if (*found) {
        *agreement = ended[count - 1];
    }
    return STATUS_OK;
}

static enum status find_by_parties(const struct call *call, struct agreement_words words, bool *found,
                                   struct agreement *agreement, struct fault *fault) {
    int64_t seller_id = 0;
    int64_t buyer_id = 0;
    TRY(find_parties(call, words, &seller_id, &buyer_id, fault));
    return words.or_ended
               ? find_last_of_pair(call, seller_id, buyer_id, found, agreement, fault)
               : agreement_find_edge(call->db, call->arena, seller_id, buyer_id, found, agreement, fault);
}

static enum status find_by_identifier(const struct call *call, struct text identifier, bool *found,
                                      struct agreement *agreement, struct fault *fault) {
    int64_t id = 0;
    *found = false;
    if (!identifier_decode(call->secret, IDENTIFIER_AGREEMENT, identifier, &id)) {
        return STATUS_OK;
    }
    enum status status = agreement_load(call->db, call->arena, id, agreement, fault);
    *found = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status find_agreement(const struct call *call, struct agreement_words words, struct agreement *agreement,
                           struct fault *fault) {
    struct agreement loaded;
    bool found = false;
    if (words.identifier.length == 0) {
        TRY(find_by_parties(call, words, &found, &loaded, fault));
    } else {
        TRY(find_by_identifier(call, words.identifier, &found, &loaded, fault));
    }
    if (!found || !actor_is_party(call, &loaded)) {
        return unknown_agreement(words.identifier, fault);
    }
    *agreement = loaded;
    return STATUS_OK;
}

static struct agreement_words own_words(const struct call *call, struct text seller, struct text buyer) {
    struct agreement_words words = {.seller = seller, .buyer = buyer, .or_ended = true};
    if (seller.length == 0 && call->actor.account_id > 0) {
        words.seller = identifier_text(call, IDENTIFIER_ACCOUNT, call->actor.account_id);
    }
    return words;
}

/* How an agreement stands to a month, the better the higher. */
enum answer {
    ANSWERS_UNSIGNED,
    ANSWERS_BEFORE,
    ANSWERS_AFTER,
    ANSWERS_IN_FORCE,
    ANSWERS_CLOSING,
    ANSWERS_CLOSED
};

static enum status ask_agreement(const struct call *call, struct month month, struct agreement *agreement,
                                 enum answer *answer, struct fault *fault) {
    enum month_state state = MONTH_OPEN;
    struct zone *zone = NULL;
    TRY(agreement_in_month(call->db, call->arena, month, agreement, fault));
    TRY(month_state_load(call->db, agreement->id, month, &state, fault));
    TRY(open_zone(call, agreement->time_zone, &zone, fault));
    int64_t start_us = zone_midnight_us(zone, month_first_day(month));
    int64_t end_us = zone_midnight_us(zone, month_first_day(month_plus(month, 1)));
    zone_close(zone);
    if (state == MONTH_CLOSED) {
        *answer = ANSWERS_CLOSED;
    } else if (state == MONTH_CLOSING) {
        *answer = ANSWERS_CLOSING;
    } else if (agreement->signed_at_us == 0) {
        *answer = ANSWERS_UNSIGNED;
    } else if (agreement->signed_at_us >= end_us) {
        *answer = ANSWERS_AFTER;
    } else {
        bool in_force = agreement_was_in_force(agreement, start_us, end_us);
        *answer = in_force ? ANSWERS_IN_FORCE : ANSWERS_BEFORE;
    }
    return STATUS_OK;
}

/* Of several that answer alike the last counts, and of those that came after the first. */
static enum status choose_for_month(const struct call *call, struct month month, struct agreement *agreements,
                                    size_t count, struct month_edge *edge, struct fault *fault) {
    enum answer best = ANSWERS_UNSIGNED;
    for (size_t i = 0; i < count; i++) {
        enum answer answer = ANSWERS_UNSIGNED;
        TRY(ask_agreement(call, month, &agreements[i], &answer, fault));
        if (i == 0 || answer > best || (answer == best && answer != ANSWERS_AFTER)) {
            best = answer;
            edge->agreement = agreements[i];
        }
    }
    edge->is_closed = best == ANSWERS_CLOSED;
    edge->is_closing = best == ANSWERS_CLOSING;
    edge->came_after = best == ANSWERS_AFTER;
    return STATUS_OK;
}

enum status find_own_edge_in(const struct call *call, struct text seller, struct text buyer,
                             struct month month, enum right right, struct month_edge *edge,
                             struct fault *fault) {
    struct agreement found;
    struct agreement *agreements = NULL;
    struct month_edge made = {0};
    size_t count = 0;
    TRY(find_agreement(call, own_words(call, seller, buyer), &found, fault));
    TRY(require_right(call, found.seller_id, right, fault));
    TRY(find_pair(call, found.seller_id, found.buyer_id, &agreements, &count, fault));
    TRY(choose_for_month(call, month, agreements, count, &made, fault));
    *edge = made;
    return STATUS_OK;
}

enum status find_edge_choice(const struct call *call, const struct edge_words *words,
                             struct edge_choice *choice, struct fault *fault) {
    struct edge_choice found = {.party_id = actor_viewer_id(call), .month = -1};
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_account_condition(call, words->seller, "seller", &found.seller_id, fault));
    TRY(find_account_condition(call, words->buyer, "buyer", &found.buyer_id, fault));
    if (words->month.length > 0) {
        struct month month;
        TRY(month_parse(words->month, "month", &month, fault));
        found.month = month.index;
    }
    *choice = found;
    return STATUS_OK;
}
