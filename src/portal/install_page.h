/* The self-install page: one HTML document that needs nothing else, readable with any browser and without
 * scripts: the licence key, the installers, three steps. */
#ifndef SEATMETER_PORTAL_INSTALL_PAGE_H
#define SEATMETER_PORTAL_INSTALL_PAGE_H

#include "programme/delivery/install_links.h"

/* `token` is the link's, for the addresses of the installers. */
struct text install_page_format(struct arena *arena, const struct install_page *page, struct text token);

/* The page that says why there is nothing to install. */
struct text install_problem_format(struct arena *arena, struct text message);

#endif
