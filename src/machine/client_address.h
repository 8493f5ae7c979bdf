/* Client address: who is at the other end, in one normal form, so that whoever is counted, limited or logged
 * is one client everywhere.
 *
 * A port, brackets and an IPv6 zone are no part of it, and an IPv4 address that came mapped into IPv6 is
 * IPv4. An IPv6 client owns a /64, so that is what is counted. */
#ifndef SEATMETER_MACHINE_CLIENT_ADDRESS_H
#define SEATMETER_MACHINE_CLIENT_ADDRESS_H

#include "core/base/text.h"

struct sockaddr;

enum { CLIENT_ADDRESS_BYTES = 16 };

struct client_address {
    enum { CLIENT_UNKNOWN, CLIENT_UNIX, CLIENT_IPV4, CLIENT_IPV6 } kind;
    unsigned char bytes[CLIENT_ADDRESS_BYTES]; /* of IPv6; IPv4 as ::ffff:a.b.c.d */
};

/* The address of a socket's peer; NULL or another family gives CLIENT_UNIX. */
struct client_address client_address_of(const struct sockaddr *peer);

/* "198.51.100.1", "198.51.100.1:4000", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4000". False, and
 * CLIENT_UNKNOWN, where it is no address. */
bool client_address_parse(struct text text, struct client_address *address);

/* The last address of a list with commas between (X-Forwarded-For), all of its lines joined: the one that our
 * own proxy has seen. False where the last element is no address. */
bool client_address_parse_last(struct text list, struct client_address *address);

/* "198.51.100.1", "2001:db8::1", "unix"; "unknown" for none. */
struct text client_address_text(struct arena *arena, const struct client_address *address);

/* What is counted: the address, and of IPv6 its /64. */
struct client_address client_address_owner(const struct client_address *address);

/* The counted address as text: "198.51.100.1", "2001:db8:1:2::/64". */
struct text client_address_owner_text(struct arena *arena, const struct client_address *address);

/* Its network as text, which is most often one owner's: "198.51.100.0/24", "2001:db8:1::/48". */
struct text client_address_network_text(struct arena *arena, const struct client_address *address);

/* This machine itself: loopback, or a Unix socket. */
bool client_address_is_local(const struct client_address *address);

/* Whether a Host header names this machine by a loopback address or as "localhost", with a port or without. A
 * page of another site whose name was made to point here comes with that name. */
bool host_names_this_machine(struct text host);

#endif
