/* Problem: a fault as an RFC 9457 problem document: the one place where enum status becomes HTTP. */
#ifndef SEATMETER_WEB_PROBLEM_H
#define SEATMETER_WEB_PROBLEM_H

#include "web/request.h"

/* Replaces whatever the response holds. A failure inside is logged and not told. */
void problem_respond(struct request *request, const struct fault *fault);

/* A problem found before the request reached a handler. */
void problem_respond_now(struct request *request, int http_status, enum status status, const char *code,
                         const char *field, struct text value, const char *message);

#endif
