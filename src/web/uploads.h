/* Uploads: artifacts of any size, streamed to the artifact store and never held in memory.
 *
 * A route with ROUTE_UPLOAD is handled twice on a worker: first, before a byte of the body is taken, to ask
 * who sends it and whether that one may (so that a client with Expect: 100-continue is refused before it
 * sends, and nobody unknown fills the disk); then, when the body has come, to make it durable. In between the
 * I/O thread writes each piece as it comes. */
#ifndef SEATMETER_WEB_UPLOADS_H
#define SEATMETER_WEB_UPLOADS_H

#include "web/request.h"

/* PUT /v1/artifacts/{sha256}: opens request->upload. After authentication. */
enum status upload_admit(struct request *request, struct fault *fault) MUST_CHECK;

/* A piece of the body. */
enum status upload_take(struct request *request, struct text bytes, struct fault *fault) MUST_CHECK;

/* The handler of the route. */
enum status upload_finish(struct request *request, struct response *response, struct fault *fault) MUST_CHECK;

#endif
