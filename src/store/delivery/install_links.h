/* Install links: the expiring tokens with which a customer installs by itself, kept as keyed hashes. */
#ifndef SEATMETER_STORE_DELIVERY_INSTALL_LINKS_H
#define SEATMETER_STORE_DELIVERY_INSTALL_LINKS_H

#include "store/engine/db.h"

struct install_link {
    int64_t id;
    int64_t licence_id;
    struct text token_hash; /* bytes; empty when loaded */
    struct text created_by;
    int64_t created_at_us;
    int64_t expires_at_us;
    int64_t revoked_at_us; /* 0: not revoked */
};

enum status install_link_insert(struct db *db, struct install_link *link, struct fault *fault) MUST_CHECK;
enum status install_link_load(struct db *db, struct arena *arena, int64_t id, struct install_link *link,
                              bool *found, struct fault *fault) MUST_CHECK;
/* Expired and revoked ones too. */
enum status install_link_find(struct db *db, struct arena *arena, struct text token_hash,
                              struct install_link *link, bool *found, struct fault *fault) MUST_CHECK;
/* A licence's, newest first, at most 100. */
enum status install_link_list(struct db *db, struct arena *arena, int64_t licence_id,
                              struct install_link **links, size_t *count, struct fault *fault) MUST_CHECK;
enum status install_link_revoke(struct db *db, int64_t id, int64_t at_us, struct fault *fault) MUST_CHECK;

/* Notes that an installer was downloaded by the link; and whether one was by any link of the licence since
 * then. */
enum status install_link_note_download(struct db *db, int64_t id, int64_t at_us,
                                       struct fault *fault) MUST_CHECK;
enum status install_links_used_since(struct db *db, int64_t licence_id, int64_t since_us, bool *used,
                                     struct fault *fault) MUST_CHECK;

#endif
