#include "state.h"

#include "licence_key.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void sm_pending_clear(struct sm_pending *pending) {
    free(pending->body);
    if (pending->key != NULL) {
        sodium_memzero(pending->key, strlen(pending->key));
    }
    free(pending->key);
    sodium_memzero(pending, sizeof *pending);
}

void sm_state_free(struct sm_state *state) {
    sm_pending_clear(&state->pending);
    sm_pending_clear(&state->enrolment);
    sm_pending_clear(&state->offline);
    free(state->leaving);
    free(state->device);
    free(state->envelope);
    for (size_t i = 0; i < state->key_set_count; i++) {
        free(state->key_sets[i]);
    }
    sodium_memzero(state, sizeof *state);
}

/* Writing. A member begins with its comma; an object's first one is therefore written by hand. */
static void write_name(struct sm_buffer *out, const char *name) {
    if (out->length > 0 && out->at[out->length - 1] != '{') {
        sm_buffer_text(out, ",");
    }
    sm_buffer_text(out, "\"");
    sm_buffer_text(out, name);
    sm_buffer_text(out, "\":");
}

static void write_number(struct sm_buffer *out, const char *name, int64_t number) {
    write_name(out, name);
    sm_buffer_number(out, number);
}

static void write_bytes(struct sm_buffer *out, const char *name, const void *bytes, size_t size) {
    write_name(out, name);
    sm_buffer_text(out, "\"");
    sm_buffer_base64(out, bytes, size);
    sm_buffer_text(out, "\"");
}

static void write_raw(struct sm_buffer *out, const char *name, const char *json) {
    if (json != NULL) {
        write_name(out, name);
        sm_buffer_text(out, json);
    }
}

static void write_identity(struct sm_buffer *out, const struct sm_identity *identity) {
    if (identity->has_random) {
        write_bytes(out, "random", identity->random, sizeof identity->random);
    }
    if (identity->has_salt) {
        write_bytes(out, "salt", identity->salt, sizeof identity->salt);
    }
}

static void write_boot(struct sm_buffer *out, const struct sm_boot *boot) {
    if (boot->has_id) {
        write_bytes(out, "boot", boot->id, sizeof boot->id);
    }
    write_number(out, "boot_ms", boot->ms);
}

static void write_pending(struct sm_buffer *out, const char *name, const struct sm_pending *pending) {
    if (pending->kind == SM_PENDING_NONE) {
        return;
    }
    write_name(out, name);
    sm_buffer_text(out, "{");
    write_number(out, "kind", pending->kind);
    write_number(out, "sequence", pending->sequence);
    write_bytes(out, "link", pending->link, sizeof pending->link);
    write_number(out, "time", pending->time_s);
    write_boot(out, &pending->asked);
    write_raw(out, "body", pending->body);
    if (pending->has_name) {
        write_bytes(out, "name_hash", pending->name_hash, sizeof pending->name_hash);
    }
    if (pending->kind == SM_PENDING_ENROLMENT) {
        write_bytes(out, "seed", pending->seed, sizeof pending->seed);
        write_bytes(out, "key_hash", pending->key_hash, sizeof pending->key_hash);
        write_bytes(out, "fingerprint", pending->fingerprint, sizeof pending->fingerprint);
        write_identity(out, &pending->identity);
    }
    if (pending->key != NULL) {
        write_name(out, "key");
        sm_buffer_string(out, sm_span_of(pending->key));
        write_name(out, "refused");
        sm_buffer_string(out, sm_span_of(sm_code_word(pending->refused)));
    }
    sm_buffer_text(out, "}");
}

static void write_device(struct sm_buffer *out, const struct sm_state *state) {
    write_name(out, "device");
    sm_buffer_text(out, "{");
    write_name(out, "id");
    sm_buffer_string(out, sm_span_of(state->device));
    write_bytes(out, "seed", state->seed, sizeof state->seed);
    write_bytes(out, "check_in_key", state->check_in_key, sizeof state->check_in_key);
    write_bytes(out, "key_hash", state->key_hash, sizeof state->key_hash);
    write_bytes(out, "fingerprint", state->fingerprint, sizeof state->fingerprint);
    write_identity(out, &state->identity);
    write_number(out, "sequence", state->sequence);
    write_bytes(out, "link", state->link, sizeof state->link);
    write_name(out, "trouble");
    sm_buffer_string(out, sm_span_of(sm_code_word(state->trouble)));
    if (state->has_told_name) {
        write_bytes(out, "told_name", state->told_name, sizeof state->told_name);
    }
    write_raw(out, "envelope", state->envelope);
    sm_buffer_text(out, "}");
}

static void write_marks(struct sm_buffer *out, const struct sm_marks *marks) {
    write_name(out, "marks");
    sm_buffer_text(out, "{");
    write_number(out, "floor", marks->floor_s);
    write_number(out, "anchor", marks->anchor_s);
    if (marks->upper_s != 0) {
        write_number(out, "upper", marks->upper_s);
    }
    write_number(out, "signed", marks->is_signed ? 1 : 0);
    write_boot(out, &marks->anchor);
    sm_buffer_text(out, "}");
}

void sm_state_write(const struct sm_state *state, struct sm_buffer *out) {
    sm_buffer_text(out, "{");
    if (state->device != NULL) {
        write_device(out, state);
    }
    write_pending(out, "pending", &state->pending);
    write_pending(out, "enrolment", &state->enrolment);
    write_pending(out, "offline", &state->offline);
    write_raw(out, "leaving", state->leaving);
    write_name(out, "key_sets");
    sm_buffer_text(out, "[");
    for (size_t i = 0; i < state->key_set_count; i++) {
        sm_buffer_text(out, i == 0 ? "" : ",");
        sm_buffer_string(out, sm_span_of(state->key_sets[i]));
    }
    sm_buffer_text(out, "]");
    write_marks(out, &state->marks);
    sm_buffer_text(out, "}");
}

/* Reading. A reader that met something wrong says so in `code`; the rest then reads nothing. */
struct reader {
    enum sm_code code;
};

static void expect(struct reader *reader, bool is_right) {
    if (reader->code == SM_OK && !is_right) {
        reader->code = SM_STORE_BROKEN;
    }
}

/* A copy of the text as it stands in the JSON; for strings only where nothing in it is escaped. */
static char *read_raw(struct reader *reader, const struct sm_json_value *value, enum sm_json_kind kind) {
    expect(reader, value->kind == kind && (kind != SM_JSON_STRING || value->text.length == 0 ||
                                           memchr(value->text.at, '\\', value->text.length) == NULL));
    if (reader->code != SM_OK) {
        return NULL;
    }
    char *copy = sm_text_duplicate(value->text);
    if (copy == NULL) {
        reader->code = SM_NO_MEMORY;
    }
    return copy;
}

static bool read_optional_bytes(struct reader *reader, const struct sm_json_value *value, void *out,
                                size_t size) {
    if (value->kind == SM_JSON_ABSENT) {
        return false;
    }
    expect(reader, sm_json_bytes(value, out, size));
    return true;
}

static void read_boot(struct reader *reader, const struct sm_json_value *id, const struct sm_json_value *ms,
                      struct sm_boot *boot) {
    boot->has_id = read_optional_bytes(reader, id, boot->id, sizeof boot->id);
    expect(reader, sm_json_integer(ms, 0, SM_TIME_MAX * 1000, &boot->ms));
}

#define MEMBER(name)                                                                                         \
    {                                                                                                        \
        name, {                                                                                              \
            SM_JSON_ABSENT, {                                                                                \
                NULL, 0                                                                                      \
            }                                                                                                \
        }                                                                                                    \
    }

static void read_code(struct reader *reader, const struct sm_json_value *value, enum sm_code *code) {
    char word[SM_WORD_BYTES];
    expect(reader, sm_json_text(value, word, sizeof word));
    if (reader->code == SM_OK) {
        *code = sm_code_of_word(word, strlen(word));
    }
}

/* A licence key as it was written: canonical, so it goes into a request as it stands. */
static void read_key(struct reader *reader, const struct sm_json_value *value, struct sm_pending *pending) {
    char key[SM_LICENCE_KEY_BYTES];
    pending->key = read_raw(reader, value, SM_JSON_STRING);
    expect(reader,
           pending->key != NULL && sm_licence_key_read(pending->key, key) && strcmp(key, pending->key) == 0);
    sodium_memzero(key, sizeof key);
}

static void read_pending(struct reader *reader, const struct sm_json_value *value,
                         struct sm_pending *pending) {
    enum {
        KIND,
        SEQUENCE,
        LINK,
        TIME,
        BOOT,
        BOOT_MS,
        BODY,
        SEED,
        KEY_HASH,
        FINGERPRINT,
        RANDOM,
        SALT,
        KEY,
        REFUSED,
        NAME_HASH,
        COUNT
    };
    struct sm_json_member members[COUNT] = {
        MEMBER("kind"),    MEMBER("sequence"), MEMBER("link"), MEMBER("time"),     MEMBER("boot"),
        MEMBER("boot_ms"), MEMBER("body"),     MEMBER("seed"), MEMBER("key_hash"), MEMBER("fingerprint"),
        MEMBER("random"),  MEMBER("salt"),     MEMBER("key"),  MEMBER("refused"),  MEMBER("name_hash")};
    int64_t kind = SM_PENDING_NONE;
    if (value->kind == SM_JSON_ABSENT || reader->code != SM_OK) {
        return;
    }
    expect(reader,
           sm_json_object(value->text, members, COUNT) &&
               sm_json_integer(&members[KIND].value, SM_PENDING_ENROLMENT, SM_PENDING_RELEASE, &kind) &&
               sm_json_integer(&members[SEQUENCE].value, 0, INT32_MAX, &pending->sequence) &&
               sm_json_bytes(&members[LINK].value, pending->link, sizeof pending->link) &&
               sm_json_integer(&members[TIME].value, 0, SM_TIME_MAX, &pending->time_s));
    read_boot(reader, &members[BOOT].value, &members[BOOT_MS].value, &pending->asked);
    pending->kind = (enum sm_pending_kind)kind;
    pending->has_name =
        read_optional_bytes(reader, &members[NAME_HASH].value, pending->name_hash, sizeof pending->name_hash);
    if (kind != SM_PENDING_ENROLMENT) {
        if (members[BODY].value.kind != SM_JSON_ABSENT) {
            pending->body = read_raw(reader, &members[BODY].value, SM_JSON_OBJECT);
        }
        return;
    }
    expect(reader,
           sm_json_bytes(&members[SEED].value, pending->seed, sizeof pending->seed) &&
               sm_json_bytes(&members[KEY_HASH].value, pending->key_hash, sizeof pending->key_hash) &&
               sm_json_bytes(&members[FINGERPRINT].value, pending->fingerprint, sizeof pending->fingerprint));
    struct sm_identity *identity = &pending->identity;
    identity->has_random =
        read_optional_bytes(reader, &members[RANDOM].value, identity->random, sizeof identity->random);
    identity->has_salt =
        read_optional_bytes(reader, &members[SALT].value, identity->salt, sizeof identity->salt);
    if (members[KEY].value.kind != SM_JSON_ABSENT) {
        read_key(reader, &members[KEY].value, pending);
        read_code(reader, &members[REFUSED].value, &pending->refused);
    }
}

static void read_device(struct reader *reader, const struct sm_json_value *value, struct sm_state *state) {
    enum {
        ID,
        SEED,
        CHECK_IN_KEY,
        KEY_HASH,
        FINGERPRINT,
        RANDOM,
        SALT,
        SEQUENCE,
        LINK,
        TROUBLE,
        ENVELOPE,
        TOLD_NAME,
        COUNT
    };
    struct sm_json_member members[COUNT] = {MEMBER("id"),       MEMBER("seed"),        MEMBER("check_in_key"),
                                            MEMBER("key_hash"), MEMBER("fingerprint"), MEMBER("random"),
                                            MEMBER("salt"),     MEMBER("sequence"),    MEMBER("link"),
                                            MEMBER("trouble"),  MEMBER("envelope"),    MEMBER("told_name")};
    if (value->kind == SM_JSON_ABSENT) {
        return;
    }
    expect(reader,
           sm_json_object(value->text, members, COUNT) &&
               sm_json_bytes(&members[SEED].value, state->seed, sizeof state->seed) &&
               sm_json_bytes(&members[CHECK_IN_KEY].value, state->check_in_key, sizeof state->check_in_key) &&
               sm_json_bytes(&members[KEY_HASH].value, state->key_hash, sizeof state->key_hash) &&
               sm_json_bytes(&members[FINGERPRINT].value, state->fingerprint, sizeof state->fingerprint) &&
               sm_json_integer(&members[SEQUENCE].value, 0, INT32_MAX, &state->sequence) &&
               sm_json_bytes(&members[LINK].value, state->link, sizeof state->link));
    struct sm_identity *identity = &state->identity;
    identity->has_random =
        read_optional_bytes(reader, &members[RANDOM].value, identity->random, sizeof identity->random);
    identity->has_salt =
        read_optional_bytes(reader, &members[SALT].value, identity->salt, sizeof identity->salt);
    read_code(reader, &members[TROUBLE].value, &state->trouble);
    state->has_told_name =
        read_optional_bytes(reader, &members[TOLD_NAME].value, state->told_name, sizeof state->told_name);
    state->device = read_raw(reader, &members[ID].value, SM_JSON_STRING);
    if (members[ENVELOPE].value.kind != SM_JSON_ABSENT) {
        state->envelope = read_raw(reader, &members[ENVELOPE].value, SM_JSON_OBJECT);
    }
}

static void read_key_sets(struct reader *reader, const struct sm_json_value *value, struct sm_state *state) {
    struct sm_json json;
    struct sm_json_value element;
    bool is_open = false;
    expect(reader, value->kind == SM_JSON_ARRAY);
    if (reader->code != SM_OK) {
        return;
    }
    sm_json_begin(&json, value->text);
    while (sm_json_element(&json, &is_open, &element)) {
        expect(reader, state->key_set_count < SM_KEY_CHAIN_MAX);
        char *set = read_raw(reader, &element, SM_JSON_STRING);
        if (set == NULL) {
            return;
        }
        state->key_sets[state->key_set_count++] = set;
    }
    expect(reader, !json.has_failed);
}

static void read_marks(struct reader *reader, const struct sm_json_value *value, struct sm_marks *marks) {
    enum { FLOOR, ANCHOR, UPPER, SIGNED, BOOT, BOOT_MS, COUNT };
    struct sm_json_member members[COUNT] = {MEMBER("floor"),  MEMBER("anchor"), MEMBER("upper"),
                                            MEMBER("signed"), MEMBER("boot"),   MEMBER("boot_ms")};
    int64_t is_signed = 0;
    expect(reader, value->kind == SM_JSON_OBJECT && sm_json_object(value->text, members, COUNT) &&
                       sm_json_integer(&members[FLOOR].value, 0, SM_TIME_MAX, &marks->floor_s) &&
                       sm_json_integer(&members[ANCHOR].value, 0, SM_TIME_MAX, &marks->anchor_s) &&
                       sm_json_integer(&members[SIGNED].value, 0, 1, &is_signed));
    if (members[UPPER].value.kind != SM_JSON_ABSENT) {
        expect(reader, sm_json_integer(&members[UPPER].value, 0, SM_TIME_MAX, &marks->upper_s));
    }
    marks->is_signed = is_signed == 1;
    read_boot(reader, &members[BOOT].value, &members[BOOT_MS].value, &marks->anchor);
}

enum sm_code sm_state_read(struct sm_span text, struct sm_state *state) {
    enum { DEVICE, PENDING, ENROLMENT, OFFLINE, LEAVING, KEY_SETS, MARKS, COUNT };
    struct sm_json_member members[COUNT] = {MEMBER("device"),  MEMBER("pending"), MEMBER("enrolment"),
                                            MEMBER("offline"), MEMBER("leaving"), MEMBER("key_sets"),
                                            MEMBER("marks")};
    struct reader reader = {SM_OK};
    memset(state, 0, sizeof *state);
    expect(&reader, sm_json_object(text, members, COUNT));
    read_device(&reader, &members[DEVICE].value, state);
    read_pending(&reader, &members[PENDING].value, &state->pending);
    read_pending(&reader, &members[ENROLMENT].value, &state->enrolment);
    read_pending(&reader, &members[OFFLINE].value, &state->offline);
    if (members[LEAVING].value.kind != SM_JSON_ABSENT) {
        state->leaving = read_raw(&reader, &members[LEAVING].value, SM_JSON_OBJECT);
    }
    if (state->pending.kind == SM_PENDING_ENROLMENT) { /* as versions up to 1.0.0 kept it */
        sm_pending_clear(&state->enrolment);
        state->enrolment = state->pending;
        memset(&state->pending, 0, sizeof state->pending);
    }
    read_key_sets(&reader, &members[KEY_SETS].value, state);
    read_marks(&reader, &members[MARKS].value, &state->marks);
    if (reader.code != SM_OK) {
        sm_state_free(state);
    }
    return reader.code;
}

enum sm_code sm_state_copy(const struct sm_state *from, struct sm_state *to) {
    struct sm_buffer text = SM_BUFFER_EMPTY;
    struct sm_span span;
    sm_state_write(from, &text);
    span.at = text.at;
    span.length = text.length;
    enum sm_code code = text.has_failed ? SM_NO_MEMORY : sm_state_read(span, to);
    if (code != SM_OK) {
        memset(to, 0, sizeof *to);
    }
    sm_buffer_free(&text);
    return code;
}
