/* Account listing: the input of a list of what one account has: its users, its tokens, its audit trail. */
#ifndef SEATMETER_PROGRAMME_ACCESS_ACCOUNT_LISTING_H
#define SEATMETER_PROGRAMME_ACCESS_ACCOUNT_LISTING_H

#include "core/base/text.h"
#include "store/engine/page.h"

struct account_listing {
    struct text account; /* as it was given; empty: the actor's */
    struct page page;
};

#endif
