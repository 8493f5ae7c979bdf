/* HTTP: the loop of the device door. One thread owns the listener and all connections; it waits for events
 * and for nothing else.
 *
 * A turn: epoll names the connections that have something to read. The loop reads and parses each, and hands
 * each complete request to the handler (http_handler.h). The handler answers at once, at the end of the turn
 * (`flush`), or in a later turn. So responses can be made together, in batches that grow with the load by
 * themselves: a request alone is answered alone. A connection has one request under way; what a client sends
 * ahead waits in the connection's buffer.
 *
 * Everything is bounded: connections, the bytes of a request, the time for each step of a request. The loop
 * refuses or drops what goes beyond a bound, and counts it. A turn that runs late has more to do than it can:
 * requests that have waited longer than `late_us` are answered 503, so that the next ones are in time. The
 * loop knows nothing of licences. */
#ifndef SEATMETER_HTTP_HTTP_H
#define SEATMETER_HTTP_HTTP_H

#include "core/base/fault.h"
#include "http/http_handler.h"

/* Fills in the defaults of everything but the listener and the callbacks. */
void http_options_default(struct http_options *options);

/* Fault: "no-descriptors". */
enum status http_make(const struct http_options *options, struct http **http, struct fault *fault) MUST_CHECK;
void http_free(struct http *http);

/* Runs until http_stop. Then it closes idle connections, waits for requests under way (at most `grace_us`),
 * and returns. */
void http_run(struct http *http, int64_t grace_us);
/* May be called on any thread. */
void http_stop(struct http *http);

/* Calls back on the loop thread, after a flush, when `fd` becomes readable (level-triggered). To be called
 * before http_run. Fault: "no-descriptors". */
enum status http_watch(struct http *http, int fd, void (*readable)(void *context), void *context,
                       struct fault *fault) MUST_CHECK;

/* The next turn begins at that monotonic time at the latest, whether there is an event or not; 0: at once. */
void http_turn_by(struct http *http, int64_t at_us);

/* Monotonic time at the beginning of the turn. */
int64_t http_turn_began_us(const struct http *http);
const struct http_counters *http_counters(const struct http *http);

#endif
