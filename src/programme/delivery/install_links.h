/* Install links: a customer installs by itself, with a link that its provider sends it.
 *
 * The link's token (256 random bits, kept as a keyed hash) opens one page: the product, the licence key, the
 * installers of the newest stable release for each platform. It expires, at the latest after 90 days, and the
 * provider can revoke it. Installers are given while the licence counts, as everywhere; the page itself says
 * so while it does not. Whoever has the link has the key: it is to be sent as one would send the key. */
#ifndef SEATMETER_PROGRAMME_DELIVERY_INSTALL_LINKS_H
#define SEATMETER_PROGRAMME_DELIVERY_INSTALL_LINKS_H

#include "programme/delivery/releases.h"

enum { INSTALL_LINK_DAYS_DEFAULT = 14, INSTALL_LINK_DAYS_MAX = 90 };

struct install_link_view {
    struct text identifier; /* lnk_… */
    struct text licence;    /* lic_… */
    struct text state;      /* "open", "expired", "revoked" */
    struct text created_by;
    int64_t created_at_us;
    int64_t expires_at_us;
    int64_t revoked_at_us; /* 0: not revoked */
};

struct make_install_link_input {
    struct text licence; /* identifier or key */
    int64_t days;        /* from 1 to INSTALL_LINK_DAYS_MAX */
};
/* The provider's, with licences:write. `*token` is told this once. Faults: "part-of-bundle", "wrong-state"
 * (retired), "no-product", "number-out-of-range". */
enum status make_install_link(struct call *call, const struct make_install_link_input *input,
                              struct install_link_view *out, struct text *token,
                              struct fault *fault) MUST_CHECK;

struct install_link_list {
    struct install_link_view *items;
    size_t count;
};
enum status list_install_links(struct call *call, struct text licence, struct install_link_list *out,
                               struct fault *fault) MUST_CHECK;

/* Revoking what is revoked changes nothing. "unknown-install-link". */
enum status revoke_install_link(struct call *call, struct text link, struct install_link_view *out,
                                struct fault *fault) MUST_CHECK;

struct install_choice {
    struct text product; /* its update name */
    struct text product_name;
    struct text platform;
    struct text version;
    struct text file_name;
    struct text sha256;
    int64_t size_bytes;
    bool may_be_had; /* the licence counts */
};
struct install_page {
    struct text key;
    struct text sku_name;
    struct text provider_name;
    struct text customer_name;
    int64_t seats;
    bool counts;
    int64_t expires_at_us;
    struct install_choice *choices;
    size_t choice_count;
};
/* The page that the link shows, to whoever has the token. Faults "link-unknown" (STATUS_NOT_FOUND),
 * "link-expired", "link-revoked" (STATUS_CONFLICT). */
enum status open_install_page(struct call *call, struct text token, struct install_page *out,
                              struct fault *fault) MUST_CHECK;

/* One of its installers; `product` may be empty where one product alone has the platform. Besides those
 * faults "unknown-platform", "ambiguous-product", "not-entitled". The caller closes `fd`. */
enum status open_install_artifact(struct call *call, struct text token, struct text platform,
                                  struct text product, struct opened_artifact *out,
                                  struct fault *fault) MUST_CHECK;

#endif
