/* Cursor: where a page of a list ended, as the client carries it back.
 *
 * Inside it is a small integer that would tell how many things others have, so it is sealed; it is bound to
 * the actor's account and the list, so that one of another list, or of somebody else, is refused. */
#ifndef SEATMETER_WEB_CURSOR_H
#define SEATMETER_WEB_CURSOR_H

#include "web/request.h"

struct text cursor_make(const struct request *request, int64_t after_id);
enum status cursor_parse(const struct request *request, struct text cursor, int64_t *after_id,
                         struct fault *fault) MUST_CHECK;

#endif
