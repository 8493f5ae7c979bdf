/* Network: the transport that the platform has: libcurl's on POSIX, WinHTTP's on Windows. */
#ifndef SEATMETER_AGENT_NETWORK_H
#define SEATMETER_AGENT_NETWORK_H

#include "seatmeter.h"
#include "settings.h"
#include "signals.h"

#include <stdbool.h>

struct network;

/* Where an address leads, as the transport reads it. */
struct network_address {
    bool is_tls;
    char host[256]; /* in brackets where it is an IPv6 address */
};

/* False where the transport can make nothing of the address. */
bool network_read_address(const char *url, struct network_address *address);

/* SM_OK and `*network`, to be closed after the clients that use it; else with a message on standard error
 * where a setting is to blame. Takes proxy and ca-file from the settings. An exchange ends as soon as
 * `is_interrupted` answers other than 0, which is asked every second and when a signal has come. */
enum sm_code network_open(const struct settings *settings, const struct signals *signals,
                          int (*is_interrupted)(void *context), void *context, struct network **network);
void network_close(struct network *network);

struct sm_transport network_transport(struct network *network);

/* Whether the last exchange failed for a reason that trying again does not mend. */
bool network_failed_for_good(const struct network *network);

/* Why the last exchange failed; empty where it did not. */
const char *network_words(const struct network *network);

#endif
