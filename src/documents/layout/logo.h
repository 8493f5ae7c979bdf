/* Logo: the seller's picture, from bytes that anybody may have sent to something that can be drawn. */
#ifndef SEATMETER_DOCUMENTS_LAYOUT_LOGO_H
#define SEATMETER_DOCUMENTS_LAYOUT_LOGO_H

#include "core/base/fault.h"

struct _cairo_surface; /* cairo's cairo_surface_t: who only asks for a check needs no cairo */

enum { DOCUMENT_LOGO_MAX_BYTES = 512 * 1024, DOCUMENT_LOGO_MAX_PIXELS = 2048 /* each way */ };

/* Whether `png` can be printed on invoices: a PNG within these limits whose picture can be decoded. Fault
 * "malformed-logo" on field "logo". */
enum status document_logo_check(struct text png, struct fault *fault) MUST_CHECK;

/* The decoded picture, to be freed with cairo_surface_destroy. Faults as document_logo_check. */
enum status logo_read(struct text png, struct _cairo_surface **picture, struct fault *fault) MUST_CHECK;

#endif
