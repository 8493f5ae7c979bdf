/* Address: where a door listens, from its text to a listening socket. */
#ifndef SEATMETER_MACHINE_ADDRESS_H
#define SEATMETER_MACHINE_ADDRESS_H

#include "core/base/fault.h"

#include <stdbool.h>
#include <sys/socket.h>

struct address {
    struct sockaddr_storage socket_address;
    socklen_t length;
};

/* "HOST:PORT" with HOST an IPv4 address, an IPv6 address in brackets or "localhost"; "PORT" alone is on
 * 127.0.0.1; "unix:PATH". Names are not looked up. Fault "malformed-address". */
enum status address_parse(struct text text, struct address *address, struct fault *fault) MUST_CHECK;

/* A non-blocking listening socket. A socket file that nobody listens on any more is replaced. Faults
 * "address-in-use", "address-refused". */
enum status address_listen(const struct address *address, int *fd, struct fault *fault) MUST_CHECK;

/* "http://127.0.0.1:7077" of a listening socket, with the port it was really given; "unix:PATH". */
struct text address_url(struct arena *arena, int fd);

/* The peer's numeric address without its port; "unix" for a local socket. */
struct text address_peer(struct arena *arena, const struct sockaddr *peer);

bool address_is_loopback(const struct sockaddr *peer);

/* Removes the socket file of a "unix:" address. */
void address_unlink(const struct address *address);

#endif
