#include "core/licence/device_request.h"

#include "core/base/base64url.h"
#include "core/base/json_scan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

enum {
    IDENTIFIER_LENGTH_MAX = 32,
    KEY_LENGTH_MAX = 100, /* as typed, with blanks */
    COMPONENT_BYTES_MAX = 50,
    ACTIVATE_TEXT_BYTES_MAX = 400 /* what an activation signs */
};

static const int64_t TIME_MAX_S = 253402300799; /* the end of the year 9999 */

/* Eight bytes as a big-endian number. */
static bool read_link(struct text raw, uint64_t *link) {
    unsigned char bytes[DEVICE_LINK_BYTES];
    if (!base64url_decode(raw, bytes, sizeof bytes)) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        value = value << 8 | bytes[i];
    }
    *link = value;
    return true;
}

static bool scan_bytes(struct json_scan *scan, void *bytes, size_t size_bytes, struct text *raw) {
    return json_scan_string(scan, raw) && base64url_decode(*raw, bytes, size_bytes);
}

static bool scan_link(struct json_scan *scan, uint64_t *link, struct text *raw) {
    return json_scan_string(scan, raw) && read_link(*raw, link);
}

static bool scan_time(struct json_scan *scan, int64_t *time_s, struct text *digits) {
    return json_scan_whole(scan, time_s, digits) && *time_s <= TIME_MAX_S;
}

/* The members of a check-in, as bits: each may come once. */
enum {
    HAS_DEVICE = 1,
    HAS_SEQUENCE = 2,
    HAS_PREVIOUS = 4,
    HAS_LINK = 8,
    HAS_TIME = 16,
    HAS_MAC = 32,
    NEEDED = 63,
    HAS_ACTION = 64,
    HAS_VERSION = 128,
    HAS_COMPONENTS = 256,
    HAS_NAME = 512
};

/* By the name's length, and then its letters. */
static unsigned check_in_member(struct text name) {
    switch (name.length) {
    case 3:
        return memcmp(name.at, "mac", 3) == 0 ? HAS_MAC : 0;
    case 4:
        return memcmp(name.at, "link", 4) == 0   ? HAS_LINK
               : memcmp(name.at, "time", 4) == 0 ? HAS_TIME
               : memcmp(name.at, "name", 4) == 0 ? HAS_NAME
                                                 : 0;
    case 6:
        return memcmp(name.at, "device", 6) == 0   ? HAS_DEVICE
               : memcmp(name.at, "action", 6) == 0 ? HAS_ACTION
                                                   : 0;
    case 7:
        return memcmp(name.at, "version", 7) == 0 ? HAS_VERSION : 0;
    case 8:
        return memcmp(name.at, "sequence", 8) == 0   ? HAS_SEQUENCE
               : memcmp(name.at, "previous", 8) == 0 ? HAS_PREVIOUS
                                                     : 0;
    case 10:
        return memcmp(name.at, "components", 10) == 0 ? HAS_COMPONENTS : 0;
    default:
        return 0;
    }
}

static bool scan_action(struct json_scan *scan, bool *is_release) {
    struct text raw;
    *is_release = true;
    return json_scan_string(scan, &raw) && text_equal(raw, TEXT("release"));
}

static bool scan_check_in_value(struct json_scan *scan, unsigned member, struct check_in_request *request) {
    struct text raw;
    switch (member) {
    case HAS_DEVICE:
        return json_scan_string(scan, &request->device) && request->device.length <= IDENTIFIER_LENGTH_MAX;
    case HAS_SEQUENCE:
        return json_scan_whole(scan, &request->sequence, &raw) && request->sequence >= 1 &&
               request->sequence <= INT32_MAX;
    case HAS_PREVIOUS:
        return scan_link(scan, &request->previous, &raw);
    case HAS_LINK:
        return scan_link(scan, &request->link, &raw);
    case HAS_TIME:
        return scan_time(scan, &request->time_s, &raw);
    case HAS_ACTION:
        return scan_action(scan, &request->is_release);
    case HAS_VERSION:
        return json_scan_string(scan, &request->version);
    case HAS_COMPONENTS:
        return json_scan_list(scan, &request->components);
    case HAS_NAME:
        return json_scan_string(scan, &request->name);
    case HAS_MAC:
        return scan->comma != NULL && scan_bytes(scan, request->mac, sizeof request->mac, &raw);
    default:
        return json_scan_skip(scan);
    }
}

bool check_in_request_parse(struct text body, struct check_in_request *request) {
    struct json_scan scan;
    if (!json_scan_open(&scan, body)) {
        return false;
    }
    memset(request, 0, sizeof *request);
    request->version = request->components = request->name = TEXT("");
    unsigned seen = 0;
    struct text name;
    enum json_member next;
    while ((next = json_scan_member(&scan, &name)) == JSON_MEMBER) {
        unsigned member = check_in_member(name);
        if ((seen & (member | HAS_MAC)) != 0) { /* twice, or behind the MAC, which is the last */
            return false;
        }
        if (!scan_check_in_value(&scan, member, request)) {
            return false;
        }
        seen |= member;
        if (member == HAS_MAC) {
            request->signed_part = (struct text){body.at, (size_t)(scan.comma - body.at)};
        }
    }
    request->has_version = (seen & (HAS_VERSION | HAS_COMPONENTS)) != 0;
    return next == JSON_LAST && (seen & NEEDED) == NEEDED;
}

bool device_version_canonical(struct arena *arena, struct text raw, struct text *version) {
    struct text decoded;
    if (!json_text_decode(arena, raw, &decoded) || decoded.length > DEVICE_VERSION_BYTES_MAX) {
        return false;
    }
    *version = decoded;
    return true;
}

bool device_name_canonical(struct arena *arena, struct text raw, struct text *name) {
    struct text decoded;
    if (!json_text_decode(arena, raw, &decoded) || decoded.length > DEVICE_NAME_BYTES_MAX) {
        return false;
    }
    *name = decoded;
    return true;
}

static int compare_components(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* Sorted, each once, with commas between. */
static struct text join_components(struct arena *arena, struct text *names, size_t count) {
    if (count == 0) {
        return TEXT("");
    }
    qsort(names, count, sizeof names[0], compare_components);
    char *joined = ARENA_NEW(arena, char, count *(COMPONENT_BYTES_MAX + 1));
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && text_equal(names[i], names[i - 1])) {
            continue;
        }
        if (i > 0) {
            joined[length++] = ',';
        }
        memcpy(joined + length, names[i].at, names[i].length);
        length += names[i].length;
    }
    return (struct text){joined, length};
}

bool device_components_canonical(struct arena *arena, struct text raw, struct text *components) {
    struct text names[DEVICE_COMPONENTS_MAX];
    size_t count = 0;
    struct text item;
    while (json_list_next(&raw, &item)) {
        if (count == DEVICE_COMPONENTS_MAX || !json_text_decode(arena, item, &names[count])) {
            return false;
        }
        struct text name = names[count++];
        if (name.length == 0 || name.length > COMPONENT_BYTES_MAX ||
            memchr(name.at, ',', name.length) != NULL) {
            return false;
        }
    }
    *components = join_components(arena, names, count);
    return true;
}

/* An activation, as it stands: what is signed is the members' own text. */
struct activation_texts {
    struct text key;
    struct text device_key;
    struct text fingerprint;
    struct text link;
    struct text time;
    bool has_name;
    bool has_signature;
    unsigned char signature[SIGNATURE_BYTES];
};

static enum status refuse_member(struct fault *fault, struct text member, const char *should_be) {
    char field[24];
    size_t length = member.length < sizeof field - 1 ? member.length : sizeof field - 1;
    memcpy(field, member.at, length);
    field[length] = '\0';
    return fault_set(fault, STATUS_INVALID, "malformed-request", field, TEXT(""),
                     "The member \"%s\" should be %s.", field, should_be);
}

static enum status refuse_body(struct fault *fault) {
    return fault_set(fault, STATUS_INVALID, "malformed-request", "body", TEXT(""),
                     "The request should be one JSON object.");
}

static enum status require_once(bool is_first, struct text member, struct fault *fault) {
    return is_first ? STATUS_OK : refuse_member(fault, member, "given once");
}

static enum status read_name(struct arena *arena, struct json_scan *scan, struct activation_request *request,
                             struct fault *fault) {
    struct text raw;
    if (!json_scan_string(scan, &raw) || !json_text_decode(arena, raw, &request->name) ||
        request->name.length > DEVICE_NAME_BYTES_MAX) {
        return refuse_member(fault, TEXT("name"), "a text of at most 100 bytes without control characters");
    }
    return STATUS_OK;
}

static enum status read_version(struct arena *arena, struct json_scan *scan,
                                struct activation_request *request, struct fault *fault) {
    struct text raw;
    request->has_version = true;
    if (!json_scan_string(scan, &raw) || !device_version_canonical(arena, raw, &request->version)) {
        return refuse_member(fault, TEXT("version"), "a text of at most 50 bytes without control characters");
    }
    return STATUS_OK;
}

static enum status read_components(struct arena *arena, struct json_scan *scan,
                                   struct activation_request *request, struct fault *fault) {
    struct text raw;
    request->has_components = true;
    if (!json_scan_list(scan, &raw) || !device_components_canonical(arena, raw, &request->components)) {
        return refuse_member(fault, TEXT("components"),
                             "a list of at most 32 names of at most 50 bytes each, without commas");
    }
    return STATUS_OK;
}

static enum status read_signature(struct json_scan *scan, struct activation_texts *texts,
                                  struct fault *fault) {
    struct text raw;
    if (!scan_bytes(scan, texts->signature, SIGNATURE_BYTES, &raw)) {
        return refuse_member(fault, TEXT("signature"), "64 bytes as base64url without padding");
    }
    return STATUS_OK;
}

/* One member that must be there and is signed as it stands. */
static enum status read_signed_member(struct json_scan *scan, struct text name,
                                      struct activation_request *request, struct activation_texts *texts,
                                      bool *is_known, struct fault *fault) {
    *is_known = true;
    if (text_equal(name, TEXT("key"))) {
        bool good = json_scan_string(scan, &texts->key) && texts->key.length <= KEY_LENGTH_MAX;
        return good ? STATUS_OK : refuse_member(fault, name, "the licence key");
    }
    if (text_equal(name, TEXT("device_key"))) {
        bool good = scan_bytes(scan, request->device_key, DEVICE_KEY_BYTES, &texts->device_key);
        return good ? STATUS_OK : refuse_member(fault, name, "32 bytes as base64url without padding");
    }
    if (text_equal(name, TEXT("fingerprint"))) {
        bool good = scan_bytes(scan, request->fingerprint, DEVICE_FINGERPRINT_BYTES, &texts->fingerprint);
        return good ? STATUS_OK : refuse_member(fault, name, "32 bytes as base64url without padding");
    }
    if (text_equal(name, TEXT("link"))) {
        bool good = scan_link(scan, &request->link, &texts->link);
        return good ? STATUS_OK : refuse_member(fault, name, "8 bytes as base64url without padding");
    }
    if (text_equal(name, TEXT("time"))) {
        bool good = scan_time(scan, &request->time_s, &texts->time);
        return good ? STATUS_OK : refuse_member(fault, name, "the seconds since 1970");
    }
    *is_known = false;
    return STATUS_OK;
}

static const struct text *signed_text(const struct activation_texts *texts, struct text name) {
    return text_equal(name, TEXT("key"))           ? &texts->key
           : text_equal(name, TEXT("device_key"))  ? &texts->device_key
           : text_equal(name, TEXT("fingerprint")) ? &texts->fingerprint
           : text_equal(name, TEXT("link"))        ? &texts->link
           : text_equal(name, TEXT("time"))        ? &texts->time
                                                   : NULL;
}

static enum status read_member(struct arena *arena, struct json_scan *scan, struct text name,
                               struct activation_request *request, struct activation_texts *texts,
                               struct fault *fault) {
    const struct text *before = signed_text(texts, name);
    bool is_known = false;
    TRY(require_once(before == NULL || before->at == NULL, name, fault));
    TRY(read_signed_member(scan, name, request, texts, &is_known, fault));
    if (is_known) {
        return STATUS_OK;
    }
    if (text_equal(name, TEXT("name"))) {
        TRY(require_once(!texts->has_name, name, fault));
        texts->has_name = true;
        return read_name(arena, scan, request, fault);
    }
    if (text_equal(name, TEXT("version"))) {
        TRY(require_once(!request->has_version, name, fault));
        return read_version(arena, scan, request, fault);
    }
    if (text_equal(name, TEXT("components"))) {
        TRY(require_once(!request->has_components, name, fault));
        return read_components(arena, scan, request, fault);
    }
    if (text_equal(name, TEXT("signature"))) {
        TRY(require_once(!texts->has_signature, name, fault));
        texts->has_signature = true;
        return read_signature(scan, texts, fault);
    }
    return json_scan_skip(scan) ? STATUS_OK : refuse_body(fault);
}

static enum status require_members(const struct activation_texts *texts, struct fault *fault) {
    static const char *const NAMES[] = {"key", "device_key", "fingerprint", "link", "time"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        struct text name = text_of(NAMES[i]);
        if (signed_text(texts, name)->at == NULL) {
            return refuse_member(fault, name, "given");
        }
    }
    return texts->has_signature ? STATUS_OK : refuse_member(fault, TEXT("signature"), "given");
}

static size_t append(char *text, size_t length, struct text part) {
    assert(length + part.length < ACTIVATE_TEXT_BYTES_MAX);
    memcpy(text + length, part.at, part.length);
    return length + part.length;
}

static enum status verify_activation(const struct activation_request *request,
                                     const struct activation_texts *texts, struct fault *fault) {
    const struct text parts[] = {texts->key, texts->device_key, texts->fingerprint, texts->link, texts->time};
    char text[ACTIVATE_TEXT_BYTES_MAX];
    size_t length = append(text, 0, TEXT("seatmeter-activate-1"));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        text[length++] = '\n';
        length = append(text, length, parts[i]);
    }
    if (crypto_sign_verify_detached(texts->signature, (const unsigned char *)text, length,
                                    request->device_key) != 0) {
        return fault_set(fault, STATUS_UNAUTHENTICATED, "credential-wrong", "signature", TEXT(""),
                         "The signature should be device_key's over the activation, and is not.");
    }
    return STATUS_OK;
}

/* The canonical key; the fault never repeats what was typed. */
static enum status read_key(struct text typed, char key[LICENCE_KEY_BYTES], struct fault *fault) {
    struct fault why;
    if (licence_key_parse(typed, key, &why) == STATUS_OK) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "malformed-key", "key", TEXT(""), "%s", why.message);
}

enum status activation_request_parse(struct arena *arena, struct text body,
                                     struct activation_request *request, struct fault *fault) {
    struct activation_request made = {.name = TEXT(""), .version = TEXT(""), .components = TEXT("")};
    struct activation_texts texts = {0};
    struct json_scan scan;
    if (!json_scan_open(&scan, body)) {
        return refuse_body(fault);
    }
    struct text name;
    enum json_member next;
    while ((next = json_scan_member(&scan, &name)) == JSON_MEMBER) {
        TRY(read_member(arena, &scan, name, &made, &texts, fault));
    }
    if (next != JSON_LAST) {
        return refuse_body(fault);
    }
    TRY(require_members(&texts, fault));
    TRY(read_key(texts.key, made.key, fault));
    TRY(verify_activation(&made, &texts, fault));
    *request = made;
    return STATUS_OK;
}
