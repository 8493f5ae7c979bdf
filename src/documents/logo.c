/* Logos are outside input: a PNG is looked at before a decoder sees it, so that no small file can claim a
 * huge image. */
#include "documents/document.h"

#include <string.h>

enum { LOGO_MAX_BYTES = 512 * 1024, LOGO_MAX_PIXELS = 2048, IHDR_END = 33 };

static uint32_t big_endian(const char *at) {
    const unsigned char *bytes = (const unsigned char *)at;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static enum status refuse(const char *what, struct fault *fault) {
    return fault_set(fault, STATUS_INVALID, "malformed-logo", "logo", TEXT(""),
                     "%s; a logo is a PNG of at most 512 KiB and %d × %d pixels", what, LOGO_MAX_PIXELS,
                     LOGO_MAX_PIXELS);
}

enum status document_logo_check(struct text png, struct fault *fault) {
    /* PNG (ISO/IEC 15948): the signature, then the IHDR chunk with width and height; IEND is the last chunk.
     */
    static const char SIGNATURE[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    static const char END[] = "\0\0\0\0IEND\xae\x42\x60\x82";
    enum { SIGNATURE_BYTES = sizeof SIGNATURE - 1, END_BYTES = sizeof END - 1 };
    if (png.length > LOGO_MAX_BYTES) {
        return refuse("it is too large", fault);
    }
    if (png.length < IHDR_END + END_BYTES || memcmp(png.at, SIGNATURE, SIGNATURE_BYTES) != 0) {
        return refuse("it is not a PNG", fault);
    }
    if (memcmp(png.at + png.length - END_BYTES, END, END_BYTES) != 0) {
        return refuse("it ends too early, or has something behind its end", fault);
    }
    uint32_t width = big_endian(png.at + SIGNATURE_BYTES);
    uint32_t height = big_endian(png.at + SIGNATURE_BYTES + 4);
    if (width < 1 || height < 1 || width > LOGO_MAX_PIXELS || height > LOGO_MAX_PIXELS) {
        return refuse("it has too many pixels", fault);
    }
    return STATUS_OK;
}
