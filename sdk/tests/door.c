#include "door.h"

const char KEY[] = "00000-00000-00000-00000-00000";
const char SECOND_KEY[] = "00000-00000-00000-00000-01EXA";
const char OTHER_KEY[] = "o1ooo ooooo ooooo ooooo ooooo";

void append(char *out, const char *text) {
    memcpy(out + strlen(out), text, strlen(text) + 1);
}

void base64(const void *bytes, size_t size, char *out) {
    sodium_bin2base64(out, sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_URLSAFE_NO_PADDING), bytes,
                      size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

size_t unbase64(const char *text, size_t length, void *out) {
    size_t size;
    assert_int_equal(sodium_base642bin(out, length, text, length, NULL, &size, NULL,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                     0);
    return size;
}

void pair_make(struct pair *pair, unsigned char seed) {
    unsigned char bytes[32];
    unsigned char digest[32];
    char text[128];
    char encoded[64];
    memset(bytes, seed, sizeof bytes);
    crypto_sign_seed_keypair(pair->public_key, pair->secret_key, bytes);
    base64(pair->public_key, 32, pair->x);
    snprintf(text, sizeof text, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", pair->x);
    crypto_hash_sha256(digest, (const unsigned char *)text, strlen(text));
    base64(digest, 32, encoded);
    snprintf(pair->kid, sizeof pair->kid, "%.16s", encoded);
}

void jws_make(const struct pair *pair, const char *typ, const char *payload, char *out) {
    char head[200];
    unsigned char signature[64];
    snprintf(head, sizeof head, "{\"alg\":\"EdDSA\",\"typ\":\"%s\",\"kid\":\"%s\"}", typ, pair->kid);
    base64(head, strlen(head), out);
    append(out, ".");
    base64(payload, strlen(payload), out + strlen(out));
    crypto_sign_detached(signature, NULL, (const unsigned char *)out, strlen(out), pair->secret_key);
    append(out, ".");
    base64(signature, 64, out + strlen(out));
}

void key_set_make(const struct door *door, char *out) {
    char payload[4000];
    int length = snprintf(payload, sizeof payload, "{\"version\":%d,\"issued\":%lld,\"keys\":[",
                          door->set_version, (long long)door->now_s);
    bool is_first = true;
    for (int i = 0; i < DOOR_KEYS; i++) {
        if (door->is_in_set[i]) {
            length += snprintf(payload + length, sizeof payload - (size_t)length,
                               "%s{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"alg\":\"EdDSA\","
                               "\"kid\":\"%s\",\"x\":\"%s\"}",
                               is_first ? "" : ",", door->lease_keys[i].kid, door->lease_keys[i].x);
            is_first = false;
        }
    }
    length += snprintf(payload + length, sizeof payload - (size_t)length, "],\"roots\":[");
    if (door->root_in_set) {
        length += snprintf(payload + length, sizeof payload - (size_t)length, "\"%s\"%s", door->root.x,
                           door->next_root_in_set ? "," : "");
    }
    if (door->next_root_in_set) {
        length += snprintf(payload + length, sizeof payload - (size_t)length, "\"%s\"", door->next_root.x);
    }
    snprintf(payload + length, sizeof payload - (size_t)length, "]}");
    jws_make(door->signs_sets, "seatmeter-keys", payload, out);
}

/* RFC 6962 section 2.1, as it is written there. */
typedef unsigned char hash[32];

static void tree_hash(hash *leaves, int count, hash out) {
    unsigned char node[65] = {1};
    int split = 1;
    if (count == 1) {
        memcpy(out, leaves[0], 32);
        return;
    }
    while (split * 2 < count) {
        split *= 2;
    }
    tree_hash(leaves, split, node + 1);
    tree_hash(leaves + split, count - split, node + 33);
    crypto_hash_sha256(out, node, sizeof node);
}

static int tree_path(hash *leaves, int count, int leaf, hash *path) {
    int split = 1;
    if (count == 1) {
        return 0;
    }
    while (split * 2 < count) {
        split *= 2;
    }
    if (leaf < split) {
        int length = tree_path(leaves, split, leaf, path);
        tree_hash(leaves + split, count - split, path[length]);
        return length + 1;
    }
    int length = tree_path(leaves + split, count - split, leaf - split, path);
    tree_hash(leaves, split, path[length]);
    return length + 1;
}

static void lease_make(const struct door *door, const char *link, int64_t sequence, char *out, size_t size) {
    bool is_work = strcmp(door->decision, "work") == 0;
    int64_t expires = is_work ? door->now_s + door->ttl_s + door->grace_s : door->now_s + door->grace_s;
    int64_t named = door->other_sequence ? sequence + 1 : sequence;
    int64_t renew_after = door->now_s + door->ttl_s / 2;
    int64_t warn_after = door->now_s + door->ttl_s;
    snprintf(out, size,
             "{\"decision\":\"%s\",\"code\":\"%s\"%s%s%s,\"device\":\"%s\",\"fingerprint\":\"%s\","
             "\"sequence\":%lld,\"link\":\"%s\",\"issued\":%lld,\"renew_after\":%lld,\"warn_after\":%lld,"
             "\"expires\":%lld,\"keys\":%lld,\"licence\":\"lic_1\",\"seats\":10,\"sku\":\"EDR-1\","
             "\"components\":%s,\"advice\":[%s],\"added_later\":{\"a\":[1,null]}}",
             door->decision, door->code, door->words != NULL ? ",\"words\":\"" : "",
             door->words != NULL ? door->words : "", door->words != NULL ? "\"" : "",
             door->other_device ? "dev_OTHER" : door->device,
             door->other_fingerprint ? "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" : door->fingerprint,
             (long long)named, door->other_link ? "AAAAAAAAAAA" : link, (long long)door->now_s,
             (long long)renew_after, (long long)warn_after, (long long)expires,
             (long long)(door->keys_named != 0 ? door->keys_named : door->set_version), door->components,
             door->advice);
}

void envelope_make(const struct door *door, const char *link, int64_t sequence, char *out) {
    static hash leaves[300];
    hash path[16];
    hash root;
    char lease[4000];
    unsigned char prefixed[4001] = {0}; /* a leaf's bytes begin with 0 */
    char encoded[8000];
    char root_text[44];
    char payload[300];
    char head[1000];
    lease_make(door, link, sequence, lease, sizeof lease);
    size_t lease_size = strlen(lease);
    memcpy(prefixed + 1, lease, lease_size + 1);
    for (int i = 0; i < door->leaves; i++) {
        unsigned char other[2] = {0, (unsigned char)i};
        crypto_hash_sha256(leaves[i], other, sizeof other);
    }
    crypto_hash_sha256(leaves[door->leaf], prefixed, lease_size + 1);
    tree_hash(leaves, door->leaves, root);
    int length = tree_path(leaves, door->leaves, door->leaf, path);
    base64(root, 32, root_text);
    snprintf(payload, sizeof payload, "{\"root\":\"%s\",\"size\":%d,\"issued\":%lld}", root_text,
             door->leaves, (long long)door->now_s);
    jws_make(door->signs_leases, "seatmeter-head", payload, head);
    base64(lease, strlen(lease), encoded);
    out += sprintf(out, "\"lease\":\"%s\",\"index\":%d,\"size\":%d,\"path\":[", encoded, door->leaf,
                   door->leaves);
    for (int i = 0; i < length; i++) {
        base64(path[i], 32, encoded);
        out += sprintf(out, "%s\"%s\"", i == 0 ? "" : ",", encoded);
    }
    sprintf(out, "],\"head\":\"%s\"}", head);
}

void body_value(const char *body, const char *name, char *out, size_t capacity) {
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\"%s\":", name);
    const char *at = strstr(body, wanted);
    assert_non_null(at);
    at += strlen(wanted);
    at += *at == '"';
    size_t length = strcspn(at, "\",}");
    assert_true(length < capacity);
    memcpy(out, at, length);
    out[length] = '\0';
}

/* The signature of an activation covers what the document says. */
static void verify_activation(const char *body) {
    static const char *const names[] = {"key", "device_key", "fingerprint", "link", "time"};
    char covered[600] = "seatmeter-activate-1";
    char value[128];
    unsigned char key[32];
    unsigned char signature[64];
    for (size_t i = 0; i < 5; i++) {
        body_value(body, names[i], value, sizeof value);
        append(covered, "\n");
        append(covered, value);
    }
    body_value(body, "device_key", value, sizeof value);
    assert_int_equal(unbase64(value, strlen(value), key), 32);
    body_value(body, "signature", value, sizeof value);
    assert_int_equal(unbase64(value, strlen(value), signature), 64);
    assert_int_equal(
        crypto_sign_verify_detached(signature, (const unsigned char *)covered, strlen(covered), key), 0);
}

static void verify_mac(const char *body, const unsigned char key[32]) {
    unsigned char mac[32];
    unsigned char given[32];
    char value[64];
    const char *comma = strstr(body, ",\"mac\":\"");
    assert_non_null(comma);
    body_value(body, "mac", value, sizeof value);
    assert_int_equal(unbase64(value, strlen(value), given), 32);
    crypto_generichash(mac, 32, (const unsigned char *)body, (size_t)(comma - body), key, 32);
    assert_memory_equal(mac, given, 32);
}

static void answer_activation(struct door *door, char *answer) {
    char link[32];
    char key[64];
    verify_activation(door->last_body);
    body_value(door->last_body, "fingerprint", door->fingerprint, sizeof door->fingerprint);
    body_value(door->last_body, "link", link, sizeof link);
    copy_text(door->former_device, door->device);
    copy_text(door->former_link, door->chain_link);
    door->former_sequence = door->chain_sequence;
    door->chain_sequence = 0;
    copy_text(door->chain_link, link);
    snprintf(door->device, sizeof door->device, "dev_%d", ++door->generation);
    memset(door->check_in_key, door->generation, 32);
    base64(door->check_in_key, 32, key);
    answer += sprintf(answer, "{\"device\":\"%s\",\"check_in_key\":\"%s\",", door->device, key);
    envelope_make(door, link, 0, answer);
}

static void answer_check_in(struct door *door, char *answer) {
    char link[32];
    char text[32];
    char previous[32];
    verify_mac(door->last_body, door->check_in_key);
    body_value(door->last_body, "link", link, sizeof link);
    body_value(door->last_body, "sequence", text, sizeof text);
    long sequence = strtol(text, NULL, 10);
    /* The law of the chain: a retry of the last request, or the next one. Else a clone would be seen. */
    body_value(door->last_body, "previous", previous, sizeof previous);
    if (sequence != door->chain_sequence || strcmp(link, door->chain_link) != 0) {
        assert_int_equal(sequence, door->chain_sequence + 1);
        assert_string_equal(previous, door->chain_link);
    }
    door->chain_sequence = sequence;
    copy_text(door->chain_link, link);
    *answer++ = '{';
    envelope_make(door, link, sequence, answer);
}

/* The device before this one is given back, with its own credential, where its chain had come to. */
static bool answer_former_release(struct door *door, char *answer) {
    char text[64];
    unsigned char key[32];
    body_value(door->last_body, "device", text, sizeof text);
    if (strcmp(door->last_path, "/v1/release") != 0 || strcmp(text, door->former_device) != 0) {
        return false;
    }
    memset(key, door->generation - 1, sizeof key);
    verify_mac(door->last_body, key);
    body_value(door->last_body, "action", text, sizeof text);
    assert_string_equal(text, "release");
    body_value(door->last_body, "sequence", text, sizeof text);
    long sequence = strtol(text, NULL, 10);
    body_value(door->last_body, "link", text, sizeof text);
    if (sequence != door->former_sequence || strcmp(text, door->former_link) != 0) {
        assert_int_equal(sequence, door->former_sequence + 1);
        body_value(door->last_body, "previous", text, sizeof text);
        assert_string_equal(text, door->former_link);
    }
    door->former_releases++;
    sprintf(answer, "{}");
    return true;
}

static void answer(struct door *door, const struct sm_request *request, char *out) {
    char set[6000];
    if (strcmp(door->last_path, "/v1/keys") == 0) {
        door->key_requests++;
        key_set_make(door, set);
        sprintf(out, "{\"keys\":\"%s\"}", door->raw_keys != NULL ? door->raw_keys : set);
        return;
    }
    door->requests++;
    assert_true(request->body_size < DOOR_TEXT);
    memcpy(door->last_body, request->body, request->body_size);
    door->last_body[request->body_size] = '\0';
    if (door->raw_answer != NULL) {
        memcpy(out, door->raw_answer, strlen(door->raw_answer) + 1);
    } else if (door->status != 200) {
        sprintf(out, "{\"code\":\"%s\",\"words\":\"…\"}", door->refusal);
    } else if (strcmp(door->last_path, "/v1/activate") == 0) {
        answer_activation(door, out);
    } else if (!answer_former_release(door, out)) {
        answer_check_in(door, out);
    }
    copy_text(door->last_answer, out);
}

static int perform(void *context, const struct sm_request *request, struct sm_response *response,
                   sm_sink sink, void *sink_context) {
    struct computer *computer = context;
    struct door *door = &computer->door;
    char out[DOOR_TEXT];
    assert_int_equal(request->size, sizeof *request);
    assert_memory_equal(request->url, "https://door.test/", 18);
    snprintf(door->last_path, sizeof door->last_path, "%s", request->url + 17);
    if (door->is_unreachable ||
        (door->fails_path != NULL && strcmp(door->last_path, door->fails_path) == 0)) {
        return -1;
    }
    answer(door, request, out);
    if (door->lose_answers > 0 && request->body != NULL) {
        door->lose_answers--;
        return -1;
    }
    response->status = request->body != NULL ? door->status : 200;
    response->retry_after_s = door->retry_after_s;
    size_t half = strlen(out) / 2;
    return sink(sink_context, response, out, half) != 0 ||
                   sink(sink_context, response, out + half, strlen(out) - half) != 0
               ? -1
               : 0;
}

/* The disk. */
static struct disk_file *find(struct disk_file *files, const char *name, bool may_make) {
    for (int i = 0; i < DISK_FILES; i++) {
        if (files[i].bytes != NULL && strcmp(files[i].name, name) == 0) {
            return &files[i];
        }
    }
    for (int i = 0; may_make && i < DISK_FILES; i++) {
        if (files[i].bytes == NULL) {
            snprintf(files[i].name, sizeof files[i].name, "%s", name);
            return &files[i];
        }
    }
    assert_false(may_make);
    return NULL;
}

static void put(struct disk_file *file, const void *bytes, size_t size) {
    free(file->bytes);
    file->bytes = calloc(1, size + 1); /* not the malloc that tests let fail */
    assert_non_null(file->bytes);
    memcpy(file->bytes, bytes, size);
    file->bytes[size] = '\0';
    file->size = size;
}

static void copy_files(const struct disk_file *from, struct disk_file *to) {
    for (int i = 0; i < DISK_FILES; i++) {
        free(to[i].bytes);
        to[i].bytes = NULL;
        if (from[i].bytes != NULL) {
            memcpy(to[i].name, from[i].name, sizeof to[i].name);
            put(&to[i], from[i].bytes, from[i].size);
        }
    }
}

static bool step_fails(struct disk *disk) {
    disk->steps++;
    disk->changes++;
    return disk->fails_at != 0 && disk->steps >= disk->fails_at;
}

static int disk_make_directory(void *context, const char *path) {
    (void)context;
    (void)path;
    return 0;
}

static enum sm_read disk_read(void *context, const char *path, size_t limit, char **bytes, size_t *size) {
    struct disk *disk = context;
    struct disk_file *file = find(disk->now, path, false);
    if (disk->cannot_read || (file != NULL && file->size > limit)) {
        return SM_READ_FAILED;
    }
    if (file == NULL) {
        return SM_READ_ABSENT;
    }
    *bytes = malloc(file->size + 1);
    if (*bytes == NULL) {
        return SM_READ_NO_MEMORY;
    }
    memcpy(*bytes, file->bytes, file->size);
    *size = file->size;
    return SM_READ_WHOLE;
}

static bool has_room(const struct disk *disk, const char *path, size_t size) {
    size_t sum = size;
    for (int i = 0; i < DISK_FILES; i++) {
        if (disk->now[i].bytes != NULL && strcmp(disk->now[i].name, path) != 0) {
            sum += disk->now[i].size;
        }
    }
    return disk->room == 0 || sum <= disk->room;
}

static int disk_write(void *context, const char *path, const void *bytes, size_t size) {
    struct disk *disk = context;
    bool is_dead = disk->fails_at != 0 && disk->steps >= disk->fails_at;
    if (step_fails(disk)) {
        if (!is_dead) {
            put(find(disk->now, path, true), bytes, disk->partial < size ? disk->partial : size);
        }
        return -1;
    }
    if (!has_room(disk, path, size)) {
        struct disk_file *file = find(disk->now, path, false);
        if (file != NULL) {
            free(file->bytes);
            file->bytes = NULL;
        }
        return SM_NO_ROOM;
    }
    put(find(disk->now, path, true), bytes, size);
    return 0;
}

static int disk_rename(void *context, const char *from, const char *to) {
    struct disk *disk = context;
    struct disk_file *file = find(disk->now, from, false);
    if (step_fails(disk) || file == NULL) {
        return -1;
    }
    struct disk_file *target = find(disk->now, to, true);
    put(target, file->bytes, file->size);
    free(file->bytes);
    file->bytes = NULL;
    return 0;
}

static int disk_sync(void *context, const char *path) {
    struct disk *disk = context;
    (void)path;
    if (step_fails(disk)) {
        return -1;
    }
    copy_files(disk->now, disk->durable);
    return 0;
}

static void disk_stamp(void *context, const char *path, struct sm_stamp *stamp) {
    struct disk *disk = context;
    memset(stamp, 0, sizeof *stamp);
    if (find(disk->now, path, false) != NULL) {
        stamp->parts[0] = disk->changes + 1;
    }
}

static enum sm_locked disk_lock(void *context, const char *path, struct sm_lock *lock) {
    struct disk *disk = context;
    (void)path;
    (void)lock;
    if (disk->is_locked_by_other) {
        return SM_LOCK_BUSY;
    }
    assert_false(disk->is_locked);
    disk->is_locked = true;
    return SM_LOCKED;
}

static void disk_unlock(void *context, struct sm_lock *lock) {
    struct disk *disk = context;
    (void)lock;
    assert_true(disk->is_locked);
    disk->is_locked = false;
}

void disk_lose_power(struct disk *disk, bool is_unsynced_lost) {
    if (is_unsynced_lost) {
        copy_files(disk->durable, disk->now);
    } else {
        copy_files(disk->now, disk->durable);
    }
    disk->fails_at = 0;
    disk->steps = 0;
    disk->changes++;
    disk->is_locked = false;
}

struct disk_file *disk_find(struct disk *disk, const char *ending) {
    for (int i = 0; i < DISK_FILES; i++) {
        size_t length = strlen(disk->now[i].name);
        if (disk->now[i].bytes != NULL && length >= strlen(ending) &&
            strcmp(disk->now[i].name + length - strlen(ending), ending) == 0) {
            return &disk->now[i];
        }
    }
    return NULL;
}

/* The clocks. */
static int64_t wall_s(void *context) {
    return ((struct computer *)context)->wall_s;
}

static int64_t boot_ms(void *context) {
    return ((struct computer *)context)->boot_ms;
}

static int boot_id(void *context, unsigned char id[16]) {
    const struct computer *computer = context;
    memset(id, computer->boot, 16);
    return computer->has_boot_id ? 0 : -1;
}

void time_passes(struct computer *computer, int64_t seconds) {
    computer->wall_s += seconds;
    computer->door.now_s += seconds;
    computer->boot_ms += seconds * 1000;
}

void computer_make(struct computer *computer) {
    struct door *door = &computer->door;
    assert_true(sodium_init() >= 0);
    memset(computer, 0, sizeof *computer);
    pair_make(&door->root, 1);
    pair_make(&door->next_root, 2);
    for (int i = 0; i < DOOR_KEYS; i++) {
        pair_make(&door->lease_keys[i], (unsigned char)(10 + i));
    }
    door->signs_sets = &door->root;
    door->signs_leases = &door->lease_keys[0];
    door->is_in_set[0] = true;
    door->root_in_set = true;
    door->set_version = 3;
    door->now_s = 1764000000;
    door->decision = "work";
    door->code = "ok";
    door->advice = "";
    door->components = "[\"firewall\",\"m\\u0061il\"]";
    door->ttl_s = 86400;
    door->leaves = 7;
    door->leaf = 4;
    door->status = 200;
    door->retry_after_s = -1;
    computer->wall_s = door->now_s + 2;
    computer->boot_ms = 1000000;
    computer->boot = 1;
    computer->has_boot_id = true;
    computer->source = SM_FINGERPRINT_GIVEN;
    copy_text(computer->machine, "machine one");
    struct sm_files files = {&computer->disk, disk_make_directory, disk_read, disk_write, disk_rename,
                             disk_sync,       disk_stamp,          disk_lock, disk_unlock};
    computer->files = files;
}

void computer_stop(struct computer *computer) {
    if (computer->client != NULL) {
        struct disk *disk = &computer->disk;
        disk->fails_at = 1;
        disk->steps = 1;
        disk->partial = 0;
        sm_client_close(computer->client);
        disk->fails_at = 0;
        disk->steps = 0;
        computer->client = NULL;
    }
}

void computer_options(struct computer *computer, struct sm_options *options) {
    static const char *const components[] = {"firewall", "mail"};
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->server = "https://door.test/";
    options->roots[0] = computer->pins_next_root ? computer->door.next_root.x : computer->door.root.x;
    options->root_count = 1;
    options->product = "EDR";
    options->directory = "store";
    options->fingerprint_source = computer->source;
    options->machine_id = computer->machine;
    options->machine_id_size = strlen(computer->machine);
    options->name = "PC \"17\"";
    options->version = "4.2.0";
    options->components = components;
    options->component_count = 2;
    options->transport.context = computer;
    options->transport.perform = perform;
    options->clock.context = computer;
    options->clock.wall_s = wall_s;
    options->clock.boot_ms = boot_ms;
    options->clock.boot_id = boot_id;
}

void computer_start(struct computer *computer) {
    struct sm_options options;
    computer_stop(computer);
    computer_options(computer, &options);
    assert_code(sm_client_open_with(&options, &computer->files, &computer->client), SM_OK);
}

void computer_boot(struct computer *computer, int64_t off_s) {
    computer_stop(computer);
    computer->wall_s += off_s;
    computer->door.now_s += off_s;
    computer->boot_ms = 5000;
    computer->boot++;
    computer_start(computer);
}

void computer_free(struct computer *computer) {
    computer_stop(computer);
    for (int i = 0; i < DISK_FILES; i++) {
        free(computer->disk.now[i].bytes);
        free(computer->disk.durable[i].bytes);
    }
}

struct sm_answer check_now(struct computer *computer) {
    struct sm_answer answer;
    memset(&answer, 0, sizeof answer);
    answer.size = sizeof answer;
    sm_check(computer->client, &answer);
    assert_true(strlen(answer.words) > 0 && strlen(answer.word) > 0);
    return answer;
}
