/* Cursor: where a page of a list ended, as the client carries it back.
 *
 * Inside it is a small integer that would tell how many things others have, so it is sealed. It is bound to
 * the actor's account and the list: a cursor of another list, or of somebody else, is refused. */
#ifndef SEATMETER_WEB_CURSOR_H
#define SEATMETER_WEB_CURSOR_H

#include "web/request.h"

/* The cursor behind the item with this id. */
struct text cursor_make(const struct request *request, int64_t after_id);

/* The id that the cursor stands behind. Fault "malformed-cursor". */
enum status cursor_parse(const struct request *request, struct text cursor, int64_t *after_id,
                         struct fault *fault) MUST_CHECK;

#endif
