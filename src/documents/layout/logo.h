/* Logo: the seller's picture, from bytes that anybody may have sent to something that can be drawn. */
#ifndef SEATMETER_DOCUMENTS_LAYOUT_LOGO_H
#define SEATMETER_DOCUMENTS_LAYOUT_LOGO_H

#include "core/base/fault.h"

#include <cairo.h>

/* The decoded picture, to be freed with cairo_surface_destroy. Fault "malformed-logo", as document_logo_check
 * has it. */
enum status logo_read(struct text png, cairo_surface_t **picture, struct fault *fault) MUST_CHECK;

#endif
