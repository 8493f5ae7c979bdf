/* Negotiate: which of its representations a thing is wanted in: `?format=`, else the Accept header. */
#ifndef SEATMETER_WEB_NEGOTIATE_H
#define SEATMETER_WEB_NEGOTIATE_H

#include "web/request.h"

enum format { FORMAT_JSON, FORMAT_TEXT, FORMAT_CSV, FORMAT_PDF, FORMAT_COUNT };

/* The best of the formats (bits 1 << FORMAT_…). Faults "unknown-format" (422), "not-acceptable" (406). The
 * route's query must name "format". */
enum status negotiate(struct request *request, unsigned formats, enum format *format,
                      struct fault *fault) MUST_CHECK;

/* "text/csv; charset=utf-8" */
struct text format_content_type(enum format format);

/* "csv" */
const char *format_name(enum format format);

#endif
