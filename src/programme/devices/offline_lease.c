#include "programme/devices/offline_lease.h"

#include "core/base/base64url.h"
#include "programme/call/authorise.h"
#include "programme/call/parts.h"
#include "programme/catalogue/lease_terms.h"
#include "programme/devices/activate_device.h"
#include "programme/keys/signing_keys.h"

#include <sodium.h>
#include <string.h>

/* `words` stand for the code's own, unless they are NULL: they are about the request's time. */
static enum status refuse_code(enum lease_code answer, const char *words, struct fault *fault) {
    const struct lease_code_row *row = lease_code_row(answer);
    enum status status = row->http_status == 404 ? STATUS_NOT_FOUND : STATUS_CONFLICT;
    return fault_set(fault, status, row->word, words == NULL ? "request" : "time", TEXT(""), "%s",
                     words == NULL ? row->words : words);
}

/* A signature that is wrong is the file's fault here, and says nothing of who brings it. */
static enum status parse_request(struct call *call, struct text file, struct activation_request *request,
                                 struct fault *fault) {
    struct fault why;
    enum status status = activation_request_parse(call->arena, text_trim(file), request, &why);
    if (status == STATUS_OK) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, why.code, why.field, TEXT(""), "%s", why.message);
}

/* The licence is its provider's to issue for; to anybody else its key is unknown. */
static enum status check_licence(struct call *call, const struct activation_request *request,
                                 struct fault *fault) {
    unsigned char hash[LICENCE_KEY_HASH_BYTES];
    struct door_licence_row licence;
    struct lease_terms terms;
    bool found = false;
    licence_key_hash(call->secret, request->key, hash);
    TRY(door_licence_load_by_key(call->db, hash, &licence, &terms, &found, fault));
    if (!found || !actor_is(call, licence.provider_id)) {
        return refuse_code(LEASE_CODE_UNKNOWN_KEY, NULL, fault);
    }
    return require_right(call, licence.provider_id, RIGHT_LICENCES, fault);
}

static enum status write_lease(struct call *call, const struct activation *activation,
                               const struct key_set *keys, struct lease *lease, struct text *json,
                               struct fault *fault) {
    struct lease_terms terms;
    int64_t version = 0;
    struct lease made = {.code = LEASE_CODE_OK,
                         .device_id = activation->device.id,
                         .fingerprint = (const unsigned char *)activation->device.fingerprint.at,
                         .sequence = activation->seen.sequence,
                         .link = activation->seen.link,
                         .keys_version = keys->version,
                         .licence_id = activation->licence.id,
                         .seats = activation->licence.seats};
    TRY(lease_opening_load(call->db, call->arena, activation->licence.sku_id, &made.opening, fault));
    TRY(lease_terms_load(call->db, activation->licence.sku_id, &terms, &version, fault));
    lease_set_times(&made, &terms, true, call->now_us / 1000000, 0);
    char *out = ARENA_NEW(call->arena, char, lease_bytes_max(&made));
    *json = (struct text){out, lease_write(&made, call->secret, out)};
    *lease = made;
    return STATUS_OK;
}

/* A batch of one: its leaf is the root. */
static struct text envelope_of(struct call *call, const struct lease *lease, struct text json,
                               const struct key_set *keys) {
    struct merkle_tree *tree = ARENA_NEW(call->arena, struct merkle_tree, 1);
    lease_hash(lease, json, &tree->hashes[0]);
    merkle_build(tree, 1);
    char head[LEASE_HEAD_BYTES_MAX];
    size_t head_length = lease_head_write(&keys->active, tree, call->now_us / 1000000, head);
    char *encoded = ARENA_NEW(call->arena, char, BASE64URL_LENGTH(json.length));
    struct text encoded_lease = {encoded, lease_encode(lease, json, encoded)};
    char *out = ARENA_NEW(call->arena, char, ENVELOPE_FIXED_BYTES_MAX + encoded_lease.length);
    return (struct text){out, envelope_write(encoded_lease, tree, 0, (struct text){head, head_length}, out)};
}

static struct text check_in_key_text(struct call *call, const struct device *device) {
    unsigned char master[DEVICE_MASTER_BYTES];
    unsigned char key[CHECK_IN_KEY_BYTES];
    device_master_key(call->secret, master);
    device_check_in_key(master, device->id, device->generation, key);
    char *encoded = ARENA_NEW(call->arena, char, BASE64URL_LENGTH(sizeof key));
    size_t length = base64url_encode(key, sizeof key, encoded);
    sodium_memzero(master, sizeof master);
    sodium_memzero(key, sizeof key);
    return (struct text){encoded, length};
}

static enum status write_file(struct call *call, const struct activation *activation,
                              const struct key_set *keys, struct offline_lease *out, struct fault *fault) {
    struct lease lease;
    struct text json;
    TRY(write_lease(call, activation, keys, &lease, &json, fault));
    struct text device = identifier_text(call, IDENTIFIER_DEVICE, activation->device.id);
    struct text check_in_key = check_in_key_text(call, &activation->device);
    struct text envelope = envelope_of(call, &lease, json, keys);
    *out = (struct offline_lease){
        .device = device,
        .licence = identifier_text(call, IDENTIFIER_LICENCE, activation->licence.id),
        .expires_s = lease.expires_s,
        .file = text_format(
            call->arena, "{\"key_set\":\"%.*s\",\"device\":\"%.*s\",\"check_in_key\":\"%.*s\",%.*s",
            TEXT_ARGS(keys->keys_jws), TEXT_ARGS(device), TEXT_ARGS(check_in_key), TEXT_ARGS(envelope))};
    return STATUS_OK;
}

/* Wipes the signing key that it loads, on every way out. */
static enum status sign_file(struct call *call, const struct activation *activation,
                             struct offline_lease *out, struct fault *fault) {
    struct key_set keys = {0};
    enum status status = load_key_set(call, &keys, fault);
    if (status == STATUS_OK) {
        status = write_file(call, activation, &keys, out, fault);
    }
    sodium_memzero(&keys.active, sizeof keys.active);
    return status;
}

static enum status do_issue_offline_lease(struct call *call, const void *input, void *output,
                                          struct fault *fault) {
    const struct activation_request *request = input;
    struct activation activation = {0};
    TRY(check_licence(call, request, fault));
    TRY(activate_device(call, request, true, NULL, &activation, fault));
    if (activation.answer != LEASE_CODE_OK) {
        return refuse_code(activation.answer, activation.words, fault);
    }
    return sign_file(call, &activation, output, fault);
}

static enum status find_parts(struct call *call, const void *input, struct call_parts *parts,
                              struct fault *fault) {
    const struct activation_request *request = input;
    parts->devices = true;
    return parts_of_key(call, request->key, &parts->provider_id, fault);
}

/* Keys that are due are the programme's to change, so that is done before. */
static enum status prepare_keys(struct call *call, struct fault *fault) {
    struct key_set keys = {0};
    enum status status = load_key_set(call, &keys, fault);
    sodium_memzero(&keys.active, sizeof keys.active);
    return status;
}

enum status issue_offline_lease(struct call *call, const struct issue_offline_lease_input *input,
                                struct offline_lease *out, struct fault *fault) {
    struct activation_request request;
    TRY(parse_request(call, input->request, &request, fault));
    TRY(prepare_keys(call, fault));
    return call_run_parts(call, find_parts, do_issue_offline_lease, &request, out, fault);
}
