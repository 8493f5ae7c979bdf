/* Uploads: artifacts of any size, streamed to the artifact store and never held in memory.
 *
 * A route with ROUTE_UPLOAD is handled twice on a worker, and request->upload_phase tells its handler which
 * time it is. With UPLOAD_ADMITTING no byte of the body has been taken: the handler says whether it may come,
 * and opens request->upload. So a client with Expect: 100-continue is refused before it sends, and nobody
 * unknown fills the disk. With UPLOAD_RECEIVING the body has come: the handler makes it durable. In between,
 * the I/O thread writes each piece as it comes. */
#ifndef SEATMETER_WEB_UPLOADS_H
#define SEATMETER_WEB_UPLOADS_H

#include "web/request.h"

struct artifact;

/* Opens request->upload, which takes the body from then on. Faults: of artifact_write_begin. */
enum status upload_open(struct request *request, struct fault *fault) MUST_CHECK;

/* Writes a piece of the body; a fault ends the upload. */
enum status upload_write(struct request *request, struct text bytes, struct fault *fault) MUST_CHECK;

/* Closes the upload. The artifact is kept where its bytes have the hash. Faults: of artifact_write_finish. */
enum status upload_close(struct request *request, struct text sha256, struct artifact *artifact,
                         struct fault *fault) MUST_CHECK;

#endif
