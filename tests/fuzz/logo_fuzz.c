/* Logos: whatever the check accepts is within its limits and can be decoded again, and nothing else is.
 *
 * A PNG's chunks carry CRCs, which no mutation hits by chance: they are put right first, unless the input
 * begins with an even byte, which no PNG does: then what follows that byte is taken as it is. */
#include "documents/invoice/document.h"
#include "documents/layout/logo.h"
#include "fuzz.h"

#include <cairo.h>

enum { SIGNATURE_BYTES = 8, LENGTH_BYTES = 4, CHUNK_FRAME_BYTES = 12 };

/* ISO/IEC 15948, annex D. */
static uint32_t crc_of(const uint8_t *at, size_t length) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < length; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
        }
    }
    return ~crc;
}

static uint32_t read_u32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void mend_crcs(uint8_t *bytes, size_t size) {
    size_t at = SIGNATURE_BYTES;
    while (at + CHUNK_FRAME_BYTES <= size && read_u32(bytes + at) <= size - at - CHUNK_FRAME_BYTES) {
        size_t length = read_u32(bytes + at);
        uint32_t crc = crc_of(bytes + at + LENGTH_BYTES, length + 4);
        uint8_t *end = bytes + at + LENGTH_BYTES + 4 + length;
        for (int i = 0; i < 4; i++) {
            end[i] = (uint8_t)(crc >> (24 - 8 * i));
        }
        at += length + CHUNK_FRAME_BYTES;
    }
}

static void check(const uint8_t *bytes, size_t size) {
    struct fault fault = {0};
    cairo_surface_t *picture = NULL;
    enum status status = document_logo_check(fuzz_text(bytes, size), &fault);
    enum status read = logo_read(fuzz_text(bytes, size), &picture, &fault);
    assert(status == read);
    if (status == STATUS_OK) {
        int width = cairo_image_surface_get_width(picture);
        int height = cairo_image_surface_get_height(picture);
        assert(size <= DOCUMENT_LOGO_MAX_BYTES);
        assert(width >= 1 && width <= DOCUMENT_LOGO_MAX_PIXELS && (uint32_t)width == read_u32(bytes + 16));
        assert(height >= 1 && height <= DOCUMENT_LOGO_MAX_PIXELS && (uint32_t)height == read_u32(bytes + 20));
        cairo_surface_destroy(picture);
    } else {
        assert(picture == NULL && strcmp(fault.code, "malformed-logo") == 0);
    }
}

static void check_mended(const uint8_t *bytes, size_t size) {
    struct arena arena;
    arena_init(&arena);
    uint8_t *mended = ARENA_NEW(&arena, uint8_t, size + 1);
    memcpy(mended, bytes, size);
    mend_crcs(mended, size);
    check(mended, size);
    arena_clean_up(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size > 0 && bytes[0] % 2 == 0) {
        check(bytes + 1, size - 1);
    } else if (size > 0) {
        check_mended(bytes, size);
    }
    return 0;
}
