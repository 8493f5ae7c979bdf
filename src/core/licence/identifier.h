/* Identifiers: the names by which things are known outside.
 *
 * Inside, a thing is a small integer. Outside, that would tell every provider how many licences and
 * invoices the others have, so the integer is put through a keyed permutation of 64 bits (a
 * four-round Feistel network over SipHash-2-4: Luby and Rackoff 1988) and written as a prefix and 13
 * Crockford base 32 digits: "lic_4D0Q9GZ2X1M7K". Nothing is stored, nothing can collide. The permutation
 * is for privacy alone; every door authorises as if identifiers were public. */
#ifndef SEATMETER_CORE_LICENCE_IDENTIFIER_H
#define SEATMETER_CORE_LICENCE_IDENTIFIER_H

#include "core/licence/keyed_hash.h"

#include <stdbool.h>
#include <stdint.h>

enum identifier_kind {
    IDENTIFIER_ACCOUNT,      /* acc_ */
    IDENTIFIER_AGREEMENT,    /* agr_ */
    IDENTIFIER_SKU,          /* sku_ */
    IDENTIFIER_BLOCK,        /* blk_ */
    IDENTIFIER_LICENCE,      /* lic_ */
    IDENTIFIER_REPORT,       /* rep_ */
    IDENTIFIER_INVOICE,      /* inv_ */
    IDENTIFIER_USER,         /* usr_ */
    IDENTIFIER_TOKEN,        /* tok_ */
    IDENTIFIER_CHARGE,       /* chg_ */
    IDENTIFIER_CORRECTION,   /* cor_ */
    IDENTIFIER_AUDIT,        /* aud_ */
    IDENTIFIER_DEVICE,       /* dev_ */
    IDENTIFIER_PRODUCT,      /* prd_ */
    IDENTIFIER_RELEASE,      /* rel_ */
    IDENTIFIER_INSTALL_LINK, /* lnk_ */
    IDENTIFIER_MOVE,         /* mov_ */
    IDENTIFIER_INVITATION,   /* ivt_ */
    IDENTIFIER_JOB           /* job_ */
};

/* 4 for the prefix, 13 digits, and the zero. */
enum { IDENTIFIER_BYTES = 18 };

/* `id` is above zero; of another, which only a damaged store has, it makes a word that identifier_decode
 * refuses. */
void identifier_encode(const unsigned char secret[PROGRAMME_SECRET_BYTES], enum identifier_kind kind,
                       int64_t id, char out[IDENTIFIER_BYTES]);

/* True and `*id` where `word` is an identifier of that kind (either case; O as 0, I and L as 1), else false.
 */
bool identifier_decode(const unsigned char secret[PROGRAMME_SECRET_BYTES], enum identifier_kind kind,
                       struct text word, int64_t *id);

/* Whether a word begins as identifiers of any kind do, whatever comes behind: acc_, sku_, … */
bool identifier_has_prefix(struct text word);

/* Whether a word that decodes is written as identifier_encode writes it. */
bool identifier_is_canonical(struct text word);

#endif
