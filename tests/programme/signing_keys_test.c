/* Signing keys: made at first use, rotated without an outage, revoked at once; the set says so, signed. */
#include "channel.h"
#include "computer.h"

#include "core/base/base64url.h"
#include "programme/keys/signing_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

static struct key_set load(struct world *world) {
    struct call call = world_call(world);
    struct key_set set;
    WORLD_OK(world, load_key_set(&call, &set, &world->fault));
    return set;
}

static struct signing_key_list list(struct world *world) {
    struct call call = world_call(world);
    struct signing_key_list keys;
    WORLD_OK(world, list_signing_keys(&call, &keys, &world->fault));
    return keys;
}

static struct signing_key_list rotate(struct world *world, enum signing_purpose purpose, int64_t after_s) {
    struct call call = world_call(world);
    struct signing_key_list keys;
    struct rotate_signing_key_input input = {purpose, after_s};
    WORLD_OK(world, rotate_signing_key(&call, &input, &keys, &world->fault));
    return keys;
}

static struct signing_key_list revoke(struct world *world, struct text kid) {
    struct call call = world_call(world);
    struct signing_key_list keys;
    WORLD_OK(world, revoke_signing_key(&call, kid, &keys, &world->fault));
    return keys;
}

static struct text first_of(const struct signing_key_list *keys, enum signing_purpose purpose,
                            enum signing_state state) {
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->items[i].purpose == purpose && keys->items[i].state == state) {
            return keys->items[i].kid;
        }
    }
    return TEXT("");
}

static bool mentions(struct text whole, struct text part) {
    return part.length > 0 && memmem(whole.at, whole.length, part.at, part.length) != NULL;
}

/* The payload of the set's JWS, verified with a root key given as base64url. */
static struct text verified(struct world *world, const struct key_set *set, struct text root) {
    unsigned char public_key[32], signature[64];
    struct text jws = set->keys_jws;
    const char *second = memrchr(jws.at, '.', jws.length);
    const char *first = memchr(jws.at, '.', jws.length);
    assert_true(base64url_decode(root, public_key, sizeof public_key));
    assert_true(base64url_decode((struct text){second + 1, (size_t)(jws.at + jws.length - second - 1)},
                                 signature, sizeof signature));
    assert_int_equal(crypto_sign_verify_detached(signature, (const unsigned char *)jws.at,
                                                 (size_t)(second - jws.at), public_key),
                     0);
    size_t size = (size_t)(second - first - 1) * 3 / 4;
    char *payload = ARENA_NEW(&world->arena, char, size + 1);
    assert_true(base64url_decode((struct text){first + 1, (size_t)(second - first - 1)}, payload, size));
    return (struct text){payload, size};
}

static struct text root_of(struct world *world, size_t index) {
    struct call call = call_of(world, "ACME");
    struct signing_key_list roots;
    WORLD_OK(world, list_root_keys(&call, &roots, &world->fault));
    assert_true(index < roots.count);
    return roots.items[index].public_key;
}

static void the_first_use_makes_a_root_and_a_lease_key(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct key_set set = load(world);
    assert_int_equal(set.version, 1);
    assert_true(set.next_change_us == INT64_MAX);
    struct key_set again = load(world);
    assert_int_equal(again.version, 1);
    assert_memory_equal(set.active.public_key, again.active.public_key, 32);
    struct text payload = verified(world, &set, root_of(world, 0));
    assert_non_null(strstr(payload.at,
                           "{\"version\":1,\"issued\":1795521600,\"keys\":[{\"kty\":\"OKP\",\"crv\":"
                           "\"Ed25519\",\"use\":\"sig\",\"alg\":\"EdDSA\",\"kid\":\""));
    assert_true(mentions(payload, text_of(set.active.kid)));
    assert_true(mentions(payload, root_of(world, 0)));
    assert_true(mentions(set.jwks_body, text_of(set.active.kid)));
    assert_false(mentions(set.jwks_body, root_of(world, 0)));
    assert_true(text_starts_with(set.keys_body, TEXT("{\"keys\":\"")));
    assert_int_equal(ask(world, "select count(*) from audit where action = 'key.make' and actor = 'system'"),
                     2);
    assert_int_equal(ask(world, "select count(*) from device_changes where kind = 'keys'"), 1);
}

static void a_rotation_shows_the_next_key_before_it_signs_and_keeps_the_last_while_it_counts(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct key_set before = load(world);
    int64_t began_us = world->now_us;
    struct signing_key_list keys = rotate(world, SIGNING_LEASE, 3600);
    struct text next = first_of(&keys, SIGNING_LEASE, SIGNING_NEXT);
    struct key_set shown = load(world);
    assert_int_equal(shown.version, 2);
    assert_string_equal(shown.active.kid, before.active.kid);
    assert_true(mentions(shown.jwks_body, next));
    assert_true(shown.next_change_us == began_us + INT64_C(3600000000));

    world->now_us = shown.next_change_us - 1;
    assert_string_equal(load(world).active.kid, before.active.kid);
    world->now_us++;
    struct key_set after = load(world);
    assert_int_equal(after.version, 3);
    assert_true(text_equal(text_of(after.active.kid), next));
    assert_true(mentions(after.jwks_body, text_of(before.active.kid))); /* its leases still count */
    assert_true(after.next_change_us == world->now_us + INT64_C(30) * 86400 * 1000000);

    world->now_us = after.next_change_us;
    struct key_set last = load(world);
    assert_int_equal(last.version, 4);
    assert_false(mentions(last.jwks_body, text_of(before.active.kid)));
    assert_true(last.next_change_us == INT64_MAX);
    assert_int_equal(load(world).version, 4);
    keys = list(world);
    assert_true(text_equal(first_of(&keys, SIGNING_LEASE, SIGNING_RETIRED), text_of(before.active.kid)));
}

static void a_key_may_sign_at_once(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct key_set before = load(world);
    struct signing_key_list keys = rotate(world, SIGNING_LEASE, 0);
    assert_true(text_equal(first_of(&keys, SIGNING_LEASE, SIGNING_RETIRED), text_of(before.active.kid)));
    assert_string_not_equal(load(world).active.kid, before.active.kid);
}

static void one_rotation_runs_at_a_time(void **state) {
    struct world *world = *state;
    a_channel(world);
    rotate(world, SIGNING_LEASE, 3600);
    struct call call = world_call(world);
    struct signing_key_list keys;
    WORLD_FAULT(world, "rotation-runs",
                rotate_signing_key(&call, &(struct rotate_signing_key_input){SIGNING_LEASE, 7200}, &keys,
                                   &world->fault));
    WORLD_FAULT(world, "after-out-of-range",
                rotate_signing_key(&call, &(struct rotate_signing_key_input){SIGNING_LEASE, -1}, &keys,
                                   &world->fault));
    WORLD_FAULT(world, "after-out-of-range",
                rotate_signing_key(&call, &(struct rotate_signing_key_input){SIGNING_LEASE, INT64_MAX}, &keys,
                                   &world->fault));
}

static void a_revoked_key_is_out_of_the_set_at_once_and_another_signs(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct key_set before = load(world);
    revoke(world, text_of(before.active.kid));
    struct key_set after = load(world);
    assert_true(after.version > before.version);
    assert_string_not_equal(after.active.kid, before.active.kid);
    assert_false(mentions(after.jwks_body, text_of(before.active.kid)));
    assert_false(mentions(verified(world, &after, root_of(world, 0)), text_of(before.active.kid)));
    struct call call = world_call(world);
    struct signing_key_list keys;
    WORLD_FAULT(world, "wrong-state",
                revoke_signing_key(&call, text_of(before.active.kid), &keys, &world->fault));
    WORLD_FAULT(world, "unknown-signing-key", revoke_signing_key(&call, TEXT("x"), &keys, &world->fault));
}

static void the_next_key_signs_at_once_where_the_active_one_is_revoked(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct key_set before = load(world);
    struct signing_key_list keys = rotate(world, SIGNING_LEASE, 3600);
    struct text next = first_of(&keys, SIGNING_LEASE, SIGNING_NEXT);
    keys = revoke(world, text_of(before.active.kid));
    assert_true(text_equal(first_of(&keys, SIGNING_LEASE, SIGNING_ACTIVE), next));
    assert_true(load(world).next_change_us == INT64_MAX);
}

static void a_next_key_can_be_revoked_before_it_signs(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct key_set before = load(world);
    struct signing_key_list keys = rotate(world, SIGNING_LEASE, 3600);
    revoke(world, first_of(&keys, SIGNING_LEASE, SIGNING_NEXT));
    world->now_us += INT64_C(7200) * 1000000;
    assert_string_equal(load(world).active.kid, before.active.kid);
}

static void a_new_root_is_told_by_the_old_one_and_takes_over_when_that_is_revoked(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct key_set first = load(world);
    struct text old_root = root_of(world, 0);
    rotate(world, SIGNING_ROOT, 0);
    struct text new_root = root_of(world, 1);
    struct key_set both = load(world);
    assert_true(both.version > first.version);
    struct text payload = verified(world, &both, old_root);
    assert_true(mentions(payload, old_root) && mentions(payload, new_root));
    struct signing_key_list keys = list(world);
    keys = revoke(world, first_of(&keys, SIGNING_ROOT, SIGNING_ACTIVE));
    struct key_set after = load(world);
    payload = verified(world, &after, new_root);
    assert_false(mentions(payload, old_root));
    struct call call = world_call(world);
    WORLD_FAULT(
        world, "last-root",
        revoke_signing_key(&call, first_of(&keys, SIGNING_ROOT, SIGNING_ACTIVE), &keys, &world->fault));
}

static void the_keys_are_the_operators_and_the_roots_everybodys(void **state) {
    struct world *world = *state;
    a_channel(world);
    load(world);
    struct call call = call_of(world, "DIST");
    struct signing_key_list keys;
    WORLD_FAULT(world, "right-missing", list_signing_keys(&call, &keys, &world->fault));
    WORLD_FAULT(
        world, "right-missing",
        rotate_signing_key(&call, &(struct rotate_signing_key_input){SIGNING_ROOT, 0}, &keys, &world->fault));
    WORLD_FAULT(world, "right-missing", revoke_signing_key(&call, TEXT("x"), &keys, &world->fault));
    call = call_of(world, "C1");
    call.actor.rights = RIGHT_READ;
    WORLD_OK(world, list_root_keys(&call, &keys, &world->fault));
    assert_int_equal(keys.count, 1);
}

static void under_another_secret_no_key_opens(void **state) {
    struct world *world = *state;
    a_channel(world);
    load(world);
    unsigned char other[PROGRAMME_SECRET_BYTES] = {9};
    struct call call = world_call(world);
    call.secret = other;
    struct key_set set;
    WORLD_FAULT(world, "key-unreadable", load_key_set(&call, &set, &world->fault));
}

static void a_private_half_is_nowhere_in_clear(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct key_set set = load(world);
    struct signing_key_row *rows = NULL;
    size_t count = 0;
    WORLD_OK(world, signing_key_list(world->db, &world->arena, &rows, &count, &world->fault));
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        assert_null(
            memmem(rows[i].secret_sealed.at, rows[i].secret_sealed.length, set.active.secret_key, 16));
    }
}

int main(void) {
    if (sodium_init() < 0) {
        return 1;
    }
    static const struct world_test tests[] = {
        WORLD_TEST(the_first_use_makes_a_root_and_a_lease_key),
        WORLD_TEST(a_rotation_shows_the_next_key_before_it_signs_and_keeps_the_last_while_it_counts),
        WORLD_TEST(a_key_may_sign_at_once),
        WORLD_TEST(one_rotation_runs_at_a_time),
        WORLD_TEST(a_revoked_key_is_out_of_the_set_at_once_and_another_signs),
        WORLD_TEST(the_next_key_signs_at_once_where_the_active_one_is_revoked),
        WORLD_TEST(a_next_key_can_be_revoked_before_it_signs),
        WORLD_TEST(a_new_root_is_told_by_the_old_one_and_takes_over_when_that_is_revoked),
        WORLD_TEST(the_keys_are_the_operators_and_the_roots_everybodys),
        WORLD_TEST(under_another_secret_no_key_opens),
        WORLD_TEST(a_private_half_is_nowhere_in_clear),
    };
    return world_run_tests("signing keys", tests, sizeof tests / sizeof tests[0]);
}
