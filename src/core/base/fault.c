#include "core/base/fault.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* As much of `value` as fits without cutting a UTF-8 sequence in two; control bytes become '?'. */
static void copy_shortened(char *to, size_t size_bytes, struct text value) {
    size_t length = value.length;
    if (length > size_bytes - 1) {
        length = size_bytes - 1;
        while (length > 0 && ((unsigned char)value.at[length] & 0xC0) == 0x80) {
            length--;
        }
    }
    bool valid = text_is_valid_utf8((struct text){value.at, length});
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)value.at[i];
        to[i] = (c < 0x20 || c == 0x7F || (!valid && c >= 0x80)) ? '?' : (char)c;
    }
    to[length] = '\0';
}

enum status(fault_set)(struct fault *fault, enum status status, const char *code, const char *field,
                       struct text value, const char *format, ...) {
    assert(status != STATUS_OK);
    assert(strlen(code) < sizeof fault->code);
    fault->status = status;
    fault->choice_count = 0;
    copy_shortened(fault->code, sizeof fault->code, text_of(code));
    copy_shortened(fault->field, sizeof fault->field, text_of(field));
    copy_shortened(fault->value, sizeof fault->value, value);
    char message[4 * sizeof fault->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    copy_shortened(fault->message, sizeof fault->message, text_of(message));
    return status;
}

void fault_offer(struct fault *fault, struct text identifier, struct text path) {
    assert(fault->status != STATUS_OK);
    if (fault->choice_count == FAULT_CHOICES_MAX) {
        return;
    }
    struct fault_choice *choice = &fault->choices[fault->choice_count++];
    copy_shortened(choice->identifier, sizeof choice->identifier, identifier);
    copy_shortened(choice->path, sizeof choice->path, path);
}

enum status fault_prefix(struct fault *fault, const char *format, ...) {
    assert(fault->status != STATUS_OK);
    char about[sizeof fault->message];
    char message[2 * sizeof fault->message + 4];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(about, sizeof about, format, arguments);
    va_end(arguments);
    snprintf(message, sizeof message, "%s: %s", about, fault->message);
    copy_shortened(fault->message, sizeof fault->message, text_of(message));
    return fault->status;
}
