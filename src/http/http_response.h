/* HTTP response: a response as bytes, the head in front of the body in one piece of memory, so that one call
 * sends both. The head that all good responses of a second share is made once in that second. */
#ifndef SEATMETER_HTTP_HTTP_RESPONSE_H
#define SEATMETER_HTTP_HTTP_RESPONSE_H

#include "http/http_turn.h"

/* Writes the response into http->out and returns its bytes there, which hold until the next one is written.
 * `closes`: the connection closes behind it. */
struct text http_response_write(struct http *http, const struct http_response *response, bool closes);

/* Writes the refusal that a connection gets that is not taken in. */
struct text http_refusal_write(struct http *http, int http_status);

#endif
