/* Authenticate: who is asking, from a bearer token or the session's cookie, and whether a browser was tricked
 * into asking.
 *
 * A cookie goes along with every request that a browser makes to us, so a change that it vouches for must
 * also come from our own pages: its Origin is ours, or it carries the header Seatmeter-CSRF, which no foreign
 * page can set without our leave (there is no CORS here). */
#ifndef SEATMETER_WEB_AUTHENTICATE_H
#define SEATMETER_WEB_AUTHENTICATE_H

#include "web/request.h"

#define SESSION_COOKIE "seatmeter_session"
#define KNOWN_COOKIE "seatmeter_known"
#define CSRF_HEADER "Seatmeter-CSRF"

/* Fills request->call.actor. Faults: "not-signed-in", "session-unknown", "token-unknown", "cross-site". */
enum status authenticate(struct request *request, struct fault *fault) MUST_CHECK;

/* For signing in, where there is no cookie yet: "cross-site" where a foreign page asks. */
enum status require_same_site(struct request *request, struct fault *fault) MUST_CHECK;

/* The token in an "Authorization: Bearer …" header; empty where there is none. */
struct text bearer_token(const struct request *request);

/* The mark that an earlier sign-in left in the browser, empty where there is none; and Set-Cookie for a new
 * one. */
/* The e-mail address in the body, in its normal form, where the browser has the mark of who signed in with it
 * before; else empty. */
struct text known_email(struct request *request);
struct text known_mark(const struct request *request);
struct text known_cookie(struct request *request, struct text mark);

/* Set-Cookie for a session that has begun, or (empty token) ended. */
struct text session_cookie(struct request *request, struct text token, int64_t expires_at_us);

#endif
