/* Client limits: how often one client's address may ask, and how often it may try to sign in.
 *
 * An address counts where it is known to be the client's, and not that of a proxy on this machine. */
#ifndef SEATMETER_WEB_CLIENT_LIMITS_H
#define SEATMETER_WEB_CLIENT_LIMITS_H

#include "web/request.h"

/* The client's address as it is counted, an IPv6 client's being its /64; empty where it is not known. */
struct text client_address(const struct request *request);

/* Counts the request against its client. Fault "too-many-requests". */
enum status client_limits_take_request(struct request *request, struct fault *fault) MUST_CHECK;

/* Counts an attempt to sign in against its client. Fault "sign-in-limited". */
enum status client_limits_take_sign_in(struct request *request, struct fault *fault) MUST_CHECK;

#endif
