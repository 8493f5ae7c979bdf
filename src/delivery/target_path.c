#include "delivery/target_path.h"

#include <string.h>
#include <strings.h>

static bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The rule of every segment, with what it may have besides letters and digits. */
static bool is_segment(struct text given, const char *others, size_t most_bytes) {
    if (given.length == 0 || given.length > most_bytes || !is_letter_or_digit(given.at[0])) {
        return false;
    }
    for (size_t i = 1; i < given.length; i++) {
        char c = given.at[i];
        bool is_other = c != '\0' && strchr(others, c) != NULL;
        if ((!is_letter_or_digit(c) && !is_other) || (c == '.' && given.at[i - 1] == '.')) {
            return false;
        }
    }
    return given.at[given.length - 1] != '.';
}

static const char OTHERS_OF_CODE[] = "._-";
static const char OTHERS_OF_FILE[] = "._-+";

static enum status refuse_segment(struct fault *fault, const char *code, const char *field, struct text given,
                                  const char *what, int most_bytes) {
    return fault_set(fault, STATUS_INVALID, code, field, given,
                     "%s: at most %d bytes, beginning with a letter or digit, without \"..\" and no \".\" at "
                     "the end.",
                     what, most_bytes);
}

enum status product_code_check(struct text given, const char *field, struct fault *fault) {
    if (is_segment(given, OTHERS_OF_CODE, PRODUCT_CODE_MAX_BYTES)) {
        return STATUS_OK;
    }
    return refuse_segment(fault, "malformed-code", field, given,
                          "A product's code has ASCII letters, digits, \".\", \"_\" and \"-\"",
                          PRODUCT_CODE_MAX_BYTES);
}

enum status version_check(struct text given, const char *field, struct fault *fault) {
    if (is_segment(given, OTHERS_OF_FILE, VERSION_MAX_BYTES)) {
        return STATUS_OK;
    }
    return refuse_segment(fault, "malformed-version", field, given,
                          "A version has ASCII letters, digits, \".\", \"_\", \"-\" and \"+\", such as 4.2.0",
                          VERSION_MAX_BYTES);
}

enum status platform_check(struct text given, const char *field, struct fault *fault) {
    bool is_lower = true;
    for (size_t i = 0; i < given.length; i++) {
        is_lower = is_lower && !(given.at[i] >= 'A' && given.at[i] <= 'Z');
    }
    if (is_lower && is_segment(given, "_-", PLATFORM_MAX_BYTES)) {
        return STATUS_OK;
    }
    return refuse_segment(
        fault, "malformed-platform", field, given,
        "A platform has lower-case ASCII letters, digits, \"_\" and \"-\", such as linux-amd64",
        PLATFORM_MAX_BYTES);
}

/* Windows opens a device whatever stands behind the first dot. */
static bool is_device_name(struct text name) {
    static const char *const DEVICES[] = {"con",  "prn",  "aux",  "nul",  "com1", "com2", "com3", "com4",
                                          "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2", "lpt3",
                                          "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"};
    const char *dot = memchr(name.at, '.', name.length);
    size_t length = dot == NULL ? name.length : (size_t)(dot - name.at);
    for (size_t i = 0; i < sizeof DEVICES / sizeof DEVICES[0]; i++) {
        if (strlen(DEVICES[i]) == length && strncasecmp(DEVICES[i], name.at, length) == 0) {
            return true;
        }
    }
    return false;
}

enum status file_name_check(struct text given, const char *field, struct fault *fault) {
    if (is_segment(given, OTHERS_OF_FILE, FILE_NAME_MAX_BYTES) && !is_device_name(given)) {
        return STATUS_OK;
    }
    return refuse_segment(
        fault, "malformed-file-name", field, given,
        "A file name has ASCII letters, digits, \".\", \"_\", \"-\" and \"+\", and is none that "
        "Windows keeps for a device",
        FILE_NAME_MAX_BYTES);
}

enum { SHA256_DIGITS = 64 };

static bool is_sha256(struct text given) {
    if (given.length != SHA256_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < given.length; i++) {
        if (!(given.at[i] >= '0' && given.at[i] <= '9') && !(given.at[i] >= 'a' && given.at[i] <= 'f')) {
            return false;
        }
    }
    return true;
}

enum status sha256_check(struct text given, const char *field, struct fault *fault) {
    if (is_sha256(given)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "malformed-sha256", field, given,
                     "A SHA-256 is given as 64 lower-case hexadecimal digits.");
}

struct text target_path_make(struct arena *arena, const struct target_path *path) {
    return text_format(arena, "%.*s/%.*s/%.*s/%.*s/%.*s", TEXT_ARGS(path->product), TEXT_ARGS(path->channel),
                       TEXT_ARGS(path->platform), TEXT_ARGS(path->version), TEXT_ARGS(path->file_name));
}

/* The segment up to the next "/", which is dropped; false where there is none. */
static bool take_segment(struct text *rest, struct text *segment) {
    const char *slash = rest->length == 0 ? NULL : memchr(rest->at, '/', rest->length);
    if (slash == NULL) {
        return false;
    }
    size_t length = (size_t)(slash - rest->at);
    *segment = (struct text){rest->at, length};
    *rest = (struct text){slash + 1, rest->length - length - 1};
    return true;
}

bool target_path_parse(struct text whole, bool is_hashed, struct target_path *path) {
    struct target_path made = {.sha256 = TEXT("")};
    struct fault fault;
    if (!take_segment(&whole, &made.product) || !take_segment(&whole, &made.channel) ||
        !take_segment(&whole, &made.platform) || !take_segment(&whole, &made.version)) {
        return false;
    }
    if (is_hashed) {
        if (whole.length <= SHA256_DIGITS || whole.at[SHA256_DIGITS] != '.') {
            return false;
        }
        made.sha256 = (struct text){whole.at, SHA256_DIGITS};
        whole = (struct text){whole.at + SHA256_DIGITS + 1, whole.length - SHA256_DIGITS - 1};
        if (!is_sha256(made.sha256)) {
            return false;
        }
    }
    made.file_name = whole;
    if (product_code_check(made.product, "product", &fault) != STATUS_OK ||
        platform_check(made.platform, "platform", &fault) != STATUS_OK ||
        version_check(made.version, "version", &fault) != STATUS_OK ||
        file_name_check(made.file_name, "file_name", &fault) != STATUS_OK ||
        (!text_is(made.channel, "stable") && !text_is(made.channel, "beta"))) {
        return false;
    }
    *path = made;
    return true;
}
