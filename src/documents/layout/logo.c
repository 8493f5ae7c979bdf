/* Logos are outside input: a PNG (ISO/IEC 15948) is looked at before a decoder sees it, so that no small file
 * can claim a huge image, and the decoder gets the chunks that make the picture and no others: what else a
 * PNG can carry (compressed texts, colour profiles, whatever comes next) is not needed and not trusted. */
#include "documents/layout/logo.h"

#include "core/base/arena.h"
#include "core/base/buffer.h"

#include <stdint.h>
#include <string.h>

#include <cairo.h>

enum { SIGNATURE_BYTES = 8, CHUNK_FRAME_BYTES = 12 /* length, type and CRC */, IHDR_BYTES = 13 };

static uint32_t big_endian(const char *at) {
    const unsigned char *bytes = (const unsigned char *)at;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static enum status refuse_logo(enum status status, const char *what, struct fault *fault) {
    return fault_set(fault, status, "malformed-logo", "logo", TEXT(""),
                     "The logo %s: it should be a PNG of at most %d KiB and %d × %d pixels.", what,
                     DOCUMENT_LOGO_MAX_BYTES / 1024, DOCUMENT_LOGO_MAX_PIXELS, DOCUMENT_LOGO_MAX_PIXELS);
}

static bool makes_the_picture(const char *type) {
    static const char *const TYPES[] = {"IHDR", "PLTE", "tRNS", "IDAT", "IEND"};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        if (memcmp(type, TYPES[i], 4) == 0) {
            return true;
        }
    }
    return false;
}

static enum status check_header(const char *header, size_t length, struct fault *fault) {
    if (length != IHDR_BYTES) {
        return refuse_logo(STATUS_INVALID, "is not a PNG", fault);
    }
    uint32_t width = big_endian(header);
    uint32_t height = big_endian(header + 4);
    if (width < 1 || height < 1) {
        return refuse_logo(STATUS_INVALID, "has no pixels", fault);
    }
    if (width > DOCUMENT_LOGO_MAX_PIXELS || height > DOCUMENT_LOGO_MAX_PIXELS) {
        return refuse_logo(STATUS_INVALID, "has too many pixels", fault);
    }
    return STATUS_OK;
}

/* From IHDR, once and first, to IEND, once and last. `*kept` is a PNG of the chunks that make the picture. */
static enum status walk_chunks(struct arena *arena, struct text png, struct text *kept, struct fault *fault) {
    struct buffer buffer = {.arena = arena};
    buffer_add(&buffer, (struct text){png.at, SIGNATURE_BYTES});
    bool ended = false;
    for (size_t at = SIGNATURE_BYTES; at < png.length;) {
        size_t left = png.length - at;
        size_t length = left < CHUNK_FRAME_BYTES ? 0 : big_endian(png.at + at);
        if (left < CHUNK_FRAME_BYTES || length > left - CHUNK_FRAME_BYTES || ended) {
            return refuse_logo(STATUS_INVALID, "ends too early, or has something behind its end", fault);
        }
        const char *type = png.at + at + 4;
        bool first = at == SIGNATURE_BYTES;
        if (first != (memcmp(type, "IHDR", 4) == 0)) {
            return refuse_logo(STATUS_INVALID, "is not a PNG", fault);
        }
        if (first && check_header(type + 4, length, fault) != STATUS_OK) {
            return fault->status;
        }
        ended = memcmp(type, "IEND", 4) == 0;
        if (makes_the_picture(type)) {
            buffer_add(&buffer, (struct text){png.at + at, length + CHUNK_FRAME_BYTES});
        }
        at += length + CHUNK_FRAME_BYTES;
    }
    if (!ended) {
        return refuse_logo(STATUS_INVALID, "ends too early", fault);
    }
    *kept = buffer_text(&buffer);
    return STATUS_OK;
}

static cairo_status_t read_bytes(void *closure, unsigned char *bytes, unsigned int length) {
    struct text *left = closure;
    if (left->length < length) {
        return CAIRO_STATUS_READ_ERROR;
    }
    memcpy(bytes, left->at, length);
    *left = (struct text){left->at + length, left->length - length};
    return CAIRO_STATUS_SUCCESS;
}

enum status logo_read(struct text png, cairo_surface_t **picture, struct fault *fault) {
    if (png.length > DOCUMENT_LOGO_MAX_BYTES) {
        return refuse_logo(STATUS_TOO_LARGE, "is too large", fault);
    }
    if (!text_starts_with(png, TEXT("\x89PNG\r\n\x1a\n"))) {
        return refuse_logo(STATUS_INVALID, "is not a PNG", fault);
    }
    struct arena arena;
    arena_init(&arena);
    struct text left;
    enum status status = walk_chunks(&arena, png, &left, fault);
    if (status == STATUS_OK) {
        cairo_surface_t *read = cairo_image_surface_create_from_png_stream(read_bytes, &left);
        if (cairo_surface_status(read) == CAIRO_STATUS_SUCCESS) {
            *picture = read;
        } else {
            cairo_surface_destroy(read);
            status = refuse_logo(STATUS_INVALID, "cannot be decoded", fault);
        }
    }
    arena_clean_up(&arena);
    return status;
}

enum status document_logo_check(struct text png, struct fault *fault) {
    cairo_surface_t *picture = NULL;
    enum status status = logo_read(png, &picture, fault);
    if (status == STATUS_OK) {
        cairo_surface_destroy(picture);
    }
    return status;
}
