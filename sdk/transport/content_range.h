/* Content-Range, which both transports read. */
#ifndef SEATMETER_CONTENT_RANGE_H
#define SEATMETER_CONTENT_RANGE_H

#include "seatmeter.h"

/* "bytes 500-999/1234" (RFC 9110 section 14.4), spaces around it: sets range_first and range_total; anything
 * else sets nothing. */
void content_range_take(struct sm_response *response, const char *value, size_t length);

#endif
