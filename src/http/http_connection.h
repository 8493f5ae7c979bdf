/* HTTP connection: bytes in, requests out of them, responses back.
 *
 * Bytes are read into the turn's room, which all connections share. Only what is not a whole request, or
 * comes behind one, goes to a buffer of the connection's own. So an idle connection holds none. */
#ifndef SEATMETER_HTTP_HTTP_CONNECTION_H
#define SEATMETER_HTTP_HTTP_CONNECTION_H

#include "http/http_turn.h"

/* Takes the connection in; there must be a free slot. */
void exchange_open(struct http *http, int fd, const struct client_address *peer, uint32_t address_count);
/* Reads and parses what there is, one request at most, so that a client that sends many ahead holds up
 * nobody. */
void exchange_work(struct http_exchange *exchange);
/* Does what epoll's event asks for in the exchange's phase. */
void exchange_event(struct http_exchange *exchange, uint32_t events);
void exchange_close(struct http_exchange *exchange);
/* Closes it with a reset, whatever is under way, if that is the client's to do: to send a request, or to read
 * an answer. False where it is not, and nothing is done. */
bool exchange_evict(struct http_exchange *exchange);
/* Ends a step whose deadline has passed. A request half come is told why (RFC 9110 section 15.5.9); an idle
 * connection is closed in silence. */
void exchange_expire(struct http_exchange *exchange);

#endif
