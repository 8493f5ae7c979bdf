/* Sight: what of a thing that a reader may see is not the reader's to know (R2.14 to R2.17).
 *
 * Whether a thing is there at all for an actor is asked by the lookups. These questions are about what stands
 * on it: who is named, which parts a bundle has, which agreement suspended it. Every reader asks here and
 * nowhere else. */
#ifndef SEATMETER_PROGRAMME_CALL_SIGHT_H
#define SEATMETER_PROGRAMME_CALL_SIGHT_H

#include "core/base/id_map.h"
#include "programme/call/authorise.h"
#include "store/licensing/licences.h"
#include "store/parties/accounts.h"

/* What decides who reads whose code and name. */
struct sight_facts {
    enum account_kind viewer;
    enum account_kind account;
    bool is_below;    /* the viewer is the account or stands above it */
    bool is_above;    /* the account stands above the viewer, which buys from its catalogue */
    bool are_parties; /* of one agreement */
    bool shows_names; /* the account is a provider that lets this vendor read names, or a customer of one */
};

/* Whether the viewer reads the account's code and name: of those below and above it, of the parties of its
 * agreements and, unless it is a vendor itself, of vendors. A vendor is not told who is in the channel, as
 * codes are made of names, unless the distributor and the provider let it (R2.17). */
bool sight_rule(const struct sight_facts *facts);

/* Who looks. Opened once for everything that a call shows, with three questions at most. */
struct sight {
    const struct call *call;
    struct account own;      /* empty for the operator */
    bool is_let_read;        /* it is one of `vendors` */
    bool has_naming;         /* the rest is loaded */
    struct account *vendors; /* whom the distributor lets read names */
    size_t vendor_count;
    struct id_map providers; /* who lets them */
};
enum status sight_open(const struct call *call, struct sight *sight, struct fault *fault) MUST_CHECK;

/* Whether the one who looks is a vendor that may name the provider and its customers. */
bool sight_shows_names(const struct sight *sight, int64_t provider_id);

/* The vendors that may name the account, a provider or a customer. */
enum status sight_named_to(struct sight *sight, const struct account *account, const struct account **vendors,
                           size_t *count, struct fault *fault) MUST_CHECK;

/* The account as the actor reads it: where it is not named, its code is its identifier, and it has no name,
 * address or anything else that tells who it is. */
enum status sight_limit_account(const struct sight *sight, struct account *account,
                                struct fault *fault) MUST_CHECK;

/* The same of the provider and customer of a licence that the actor sees. It asks nothing. */
void sight_limit_licence(const struct sight *sight, struct licence_row *row);

/* Whether the actor knows that the licence is a part of a bundle, and of which: its vendor does not, and who
 * is sold the bundle does not. */
enum status sight_parts(const struct call *call, const struct licence *part, bool *yes,
                        struct fault *fault) MUST_CHECK;

/* How far down the chain exports to the account show parts: those whose last edge is at least this deep; -1:
 * all. */
enum status sight_parts_from_edge(const struct call *call, int64_t *last_edge,
                                  struct fault *fault) MUST_CHECK;

/* An agreement that acts on something of the actor's: its identifier where the actor is a party, else
 * "other". */
enum status sight_agreement(const struct call *call, int64_t agreement_id, struct text *shown,
                            struct fault *fault) MUST_CHECK;

#endif
