/* Network: the transport that the platform has: libcurl's on POSIX, WinHTTP's on Windows. */
#ifndef SEATMETER_AGENT_NETWORK_H
#define SEATMETER_AGENT_NETWORK_H

#include "seatmeter.h"
#include "signals.h"

struct network;

/* SM_OK and `*network`, to be closed after the clients that use it. An exchange ends as soon as
 * `is_interrupted` answers other than 0, which is asked every second and when a signal has come. */
enum sm_code network_open(const struct signals *signals, int (*is_interrupted)(void *context), void *context,
                          struct network **network);
void network_close(struct network *network);

struct sm_transport network_transport(struct network *network);

/* Why the last exchange failed; empty where it did not. */
const char *network_words(const struct network *network);

#endif
