/* Sending artifacts: whole, or the part that a Range asks for (RFC 9110, 14), so that a download that broke
 * off goes on where it was. The ETag is the artifact's SHA-256, so If-Range never glues two files together.
 */
#ifndef SEATMETER_WEB_SEND_FILE_H
#define SEATMETER_WEB_SEND_FILE_H

#include "programme/delivery/releases.h"
#include "web/request.h"

/* Answers with the artifact and takes its `fd`. Fault "range-unsatisfiable" (416). */
enum status send_artifact(struct request *request, struct response *response,
                          const struct opened_artifact *artifact, struct fault *fault) MUST_CHECK;

#endif
