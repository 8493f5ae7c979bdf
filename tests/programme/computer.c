#include "computer.h"

#include "core/base/base64url.h"
#include "programme/call/authorise.h"
#include "programme/licensing/licences.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

struct computer a_machine(const char *name) {
    struct computer machine = {.link = 1};
    unsigned char seed[crypto_sign_SEEDBYTES];
    crypto_generichash(machine.fingerprint, sizeof machine.fingerprint, (const unsigned char *)name,
                       strlen(name), NULL, 0);
    crypto_hash_sha256(seed, machine.fingerprint, sizeof machine.fingerprint);
    crypto_sign_seed_keypair(machine.public_key, machine.secret_key, seed);
    return machine;
}

void enrol_again(struct computer *machine) {
    unsigned char seed[crypto_sign_SEEDBYTES];
    crypto_hash_sha256(seed, machine->secret_key, sizeof machine->secret_key);
    crypto_sign_seed_keypair(machine->public_key, machine->secret_key, seed);
}

struct text key_of(struct world *world, struct text licence) {
    struct call call = world_call(world);
    struct text key;
    WORLD_OK(world, reveal_licence_key(&call, licence, &key, &world->fault));
    return key;
}

struct activation_request request_of(const struct computer *machine, struct text key) {
    struct activation_request request = {
        .link = machine->link, .name = TEXT("PC"), .version = TEXT(""), .components = TEXT("")};
    assert_int_equal(key.length, LICENCE_KEY_BYTES - 1);
    memcpy(request.key, key.at, key.length);
    memcpy(request.device_key, machine->public_key, sizeof request.device_key);
    memcpy(request.fingerprint, machine->fingerprint, sizeof request.fingerprint);
    return request;
}

static struct text encoded(struct world *world, const void *bytes, size_t size) {
    char *out = ARENA_NEW(&world->arena, char, BASE64URL_LENGTH(size) + 1);
    return (struct text){out, base64url_encode(bytes, size, out)};
}

struct text request_file(struct world *world, const struct computer *machine, struct text key) {
    unsigned char signature[crypto_sign_BYTES];
    unsigned char link[DEVICE_LINK_BYTES];
    for (size_t i = 0; i < sizeof link; i++) {
        link[i] = (unsigned char)(machine->link >> (56 - 8 * i));
    }
    struct text device_key = encoded(world, machine->public_key, DEVICE_KEY_BYTES);
    struct text fingerprint = encoded(world, machine->fingerprint, DEVICE_FINGERPRINT_BYTES);
    struct text link_text = encoded(world, link, sizeof link);
    long long time_s = world->now_us / 1000000;
    struct text text =
        text_format(&world->arena, "seatmeter-activate-1\n%.*s\n%.*s\n%.*s\n%.*s\n%lld", TEXT_ARGS(key),
                    TEXT_ARGS(device_key), TEXT_ARGS(fingerprint), TEXT_ARGS(link_text), time_s);
    crypto_sign_detached(signature, NULL, (const unsigned char *)text.at, text.length, machine->secret_key);
    return text_format(&world->arena,
                       "{\"key\":\"%.*s\",\"device_key\":\"%.*s\",\"fingerprint\":\"%.*s\",\"link\":\"%.*s\","
                       "\"time\":%lld,\"name\":\"PC\",\"version\":\"1.0\",\"signature\":\"%.*s\"}\n",
                       TEXT_ARGS(key), TEXT_ARGS(device_key), TEXT_ARGS(fingerprint), TEXT_ARGS(link_text),
                       time_s, TEXT_ARGS(encoded(world, signature, sizeof signature)));
}

static struct activation activate_as(struct world *world, const struct computer *machine, struct text licence,
                                     bool is_offline) {
    struct activation_request request = request_of(machine, key_of(world, licence));
    struct call call = world_call(world);
    call.actor = (struct actor){.kind = ACTOR_SYSTEM};
    struct activation activation;
    WORLD_OK(world, call_begin(&call, DB_WRITE, &world->fault));
    enum status status = activate_device(&call, &request, is_offline, NULL, &activation, &world->fault);
    WORLD_OK(world, call_end(&call, status, &world->fault));
    return activation;
}

struct activation activate(struct world *world, const struct computer *machine, struct text licence) {
    return activate_as(world, machine, licence, false);
}

struct activation activate_offline(struct world *world, const struct computer *machine, struct text licence) {
    return activate_as(world, machine, licence, true);
}

enum status release(struct world *world, struct call call, int64_t device_id, struct released_device *out) {
    struct release_device_input input = {.device = identifier_text(&call, IDENTIFIER_DEVICE, device_id)};
    return release_device(&call, &input, out, &world->fault);
}
