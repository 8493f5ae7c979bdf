/* Users, sessions and tokens: who gets in, with which rights, and what the audit trail tells whom. */
#include "cast.h"

#include "programme/access/invitations.h"
#include "programme/access/list_audit.h"
#include "programme/access/sign_in.h"
#include "programme/access/tokens.h"
#include "programme/parties/heartbeat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define assert_text(actual, expected) assert_string_equal(text_copy(&world->arena, (actual)).at, (expected))

static const char PASSWORD[] = "correct horse battery";

static enum status try_add(struct world *world, struct call *call, const char *account, const char *email,
                           const char *role, struct user_view *user) {
    const struct add_user_input input = {.account = text_of(account),
                                         .email = text_of(email),
                                         .name = TEXT("Some Body"),
                                         .role = text_of(role),
                                         .password = text_of(PASSWORD)};
    return add_user(call, &input, user, &world->fault);
}

static enum status try_invite(struct world *world, struct call *call, const char *account, const char *email,
                              const char *role) {
    const struct invite_user_input input = {.account = text_of(account),
                                            .email = text_of(email),
                                            .name = TEXT("Some Body"),
                                            .role = text_of(role)};
    struct invitation_view invitation;
    return invite_user(call, &input, &invitation, &world->fault);
}

static struct user_view a_user(struct world *world, const char *account, const char *email,
                               const char *role) {
    struct call call = world_call(world);
    struct user_view user;
    WORLD_OK(world, try_add(world, &call, account, email, role, &user));
    return user;
}

/* The call of a door before anybody has signed in. */
static struct call nobodys_call(struct world *world) {
    struct call call = world_call(world);
    call.actor = (struct actor){.kind = ACTOR_USER};
    return call;
}

static enum status try_sign_in(struct world *world, const char *email, const char *password,
                               const char *address, struct sign_in_result *result) {
    struct call call = nobodys_call(world);
    const struct sign_in_input input = {
        .email = text_of(email), .password = text_of(password), .address = text_of(address)};
    return sign_in(&call, &input, result, &world->fault);
}

static enum status try_session(struct world *world, struct text token, struct actor *actor) {
    struct call call = nobodys_call(world);
    struct user_view user;
    return find_session(&call, token, actor, &user, &world->fault);
}

static struct call call_of_session(struct world *world, struct text token) {
    struct call call = nobodys_call(world);
    struct user_view user;
    WORLD_OK(world, find_session(&call, token, &call.actor, &user, &world->fault));
    return call;
}

/* ---- users ---- */

static void the_operator_adds_the_first_owner_who_invites_the_rest(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    a_user(world, "ALPHA", "Owner@Alpha.Example", "owner");
    struct sign_in_result signed_in;
    WORLD_OK(world, try_sign_in(world, "owner@alpha.example", PASSWORD, "192.0.2.1", &signed_in));
    struct call owner = call_of_session(world, signed_in.token);
    struct user_view user;
    WORLD_FAULT(world, "operator-only", try_add(world, &owner, "", "x@alpha.example", "viewer", &user));
    WORLD_OK(world, try_invite(world, &owner, "", "tech@alpha.example", "technician"));
    WORLD_FAULT(world, "already-a-user", try_invite(world, &owner, "", "OWNER@alpha.example", "viewer"));
    WORLD_FAULT(world, "not-yours", try_invite(world, &owner, "A1", "x@a1.example", "owner"));
    WORLD_FAULT(world, "not-yours", try_invite(world, &owner, "DIST", "x@dist.example", "owner"));
    WORLD_FAULT(world, "unknown-account", try_invite(world, &owner, "BETA", "x@beta.example", "owner"));
    WORLD_FAULT(world, "unknown-role", try_invite(world, &owner, "", "x@alpha.example", "admin"));
    WORLD_FAULT(world, "malformed-email", try_invite(world, &owner, "", "x", "viewer"));
    WORLD_FAULT(world, "missing-field", try_invite(world, &owner, "", " ", "viewer"));

    user = a_user(world, "ALPHA", "tech@alpha.example", "technician");
    assert_text(user.account_code, "ALPHA");

    WORLD_OK(world, try_sign_in(world, "tech@alpha.example", PASSWORD, "192.0.2.1", &signed_in));
    struct call technician = call_of_session(world, signed_in.token);
    WORLD_FAULT(world, "right-missing", try_invite(world, &technician, "", "y@alpha.example", "viewer"));
    assert_int_equal(technician.actor.rights, RIGHT_READ | RIGHT_ACCOUNTS | RIGHT_LICENCES);
}

static void a_weak_password_is_refused(void **state) {
    struct world *world = *state;
    a_programme(world);
    struct call call = world_call(world);
    struct user_view user;
    const struct add_user_input input = {.email = TEXT("a@b.example"),
                                         .name = TEXT("A"),
                                         .role = TEXT("owner"),
                                         .password = TEXT("elevenbytes")};
    WORLD_FAULT(world, "weak-password", add_user(&call, &input, &user, &world->fault));
}

static void nobody_gives_or_takes_over_more_rights_than_it_has(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct user_view owner = a_user(world, "ALPHA", "owner@alpha.example", "owner");
    struct call limited = call_of(world, "ALPHA", RIGHT_USERS | RIGHT_READ);
    struct user_view user;
    WORLD_FAULT(world, "role-beyond-rights", try_invite(world, &limited, "", "new@alpha.example", "owner"));
    WORLD_OK(world, try_invite(world, &limited, "", "new@alpha.example", "viewer"));
    user = a_user(world, "ALPHA", "viewer@alpha.example", "viewer");
    const struct text role = TEXT("owner");
    const struct text name = TEXT("Another");
    const struct edit_user_input raise = {.user = user.identifier, .role = &role};
    WORLD_FAULT(world, "role-beyond-rights", edit_user(&limited, &raise, &user, &world->fault));
    const struct edit_user_input take_over = {.user = owner.identifier, .name = &name};
    WORLD_FAULT(world, "role-beyond-rights", edit_user(&limited, &take_over, &user, &world->fault));
}

static void an_account_keeps_its_last_owner(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct user_view first = a_user(world, "ALPHA", "first@alpha.example", "owner");
    struct call call = world_call(world);
    struct user_view user;
    const struct text viewer = TEXT("viewer");
    const bool inactive = false;
    const struct edit_user_input demote = {.user = first.identifier, .role = &viewer};
    const struct edit_user_input deactivate = {.user = first.identifier, .active = &inactive};
    WORLD_FAULT(world, "last-owner", edit_user(&call, &demote, &user, &world->fault));
    WORLD_FAULT(world, "last-owner", edit_user(&call, &deactivate, &user, &world->fault));
    a_user(world, "ALPHA", "second@alpha.example", "owner");
    a_user(world, "BETA", "other@beta.example", "owner");
    WORLD_OK(world, edit_user(&call, &deactivate, &user, &world->fault));
    assert_false(user.active);
    const struct edit_user_input second = {.user = TEXT("second@alpha.example"), .role = &viewer};
    WORLD_FAULT(world, "last-owner", edit_user(&call, &second, &user, &world->fault));
}

static void users_of_others_are_not_there(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct user_view owner = a_user(world, "ALPHA", "owner@alpha.example", "owner");
    static const char *const others[] = {"DIST", "BETA", "A1", "VENDOR"};
    for (size_t i = 0; i < 4; i++) {
        struct call call = call_of(world, others[i], RIGHT_ALL);
        struct user_view user;
        struct user_page page;
        const struct text words[] = {owner.identifier, owner.email, TEXT("nobody@alpha.example")};
        for (int word = 0; word < 3; word++) {
            WORLD_FAULT(world, "unknown-user", show_user(&call, words[word], &user, &world->fault));
        }
        WORLD_OK(world, list_users(&call, TEXT(""), (struct page){0}, &page, &world->fault));
        assert_int_equal(page.count, 0);
        assert_int_not_equal(list_users(&call, TEXT("ALPHA"), (struct page){0}, &page, &world->fault),
                             STATUS_OK);
    }
}

/* ---- signing in ---- */

static void a_wrong_password_and_an_unknown_address_get_the_same_answer(void **state) {
    struct world *world = *state;
    a_programme(world);
    a_user(world, "DIST", "owner@dist.example", "owner");
    struct sign_in_result result;
    WORLD_FAULT(world, "sign-in-failed",
                try_sign_in(world, "owner@dist.example", "wrong password", "192.0.2.1", &result));
    struct fault first = world->fault;
    WORLD_FAULT(world, "sign-in-failed",
                try_sign_in(world, "nobody@dist.example", PASSWORD, "192.0.2.1", &result));
    assert_string_equal(first.message, world->fault.message);
    WORLD_FAULT(world, "sign-in-failed", try_sign_in(world, "no address", PASSWORD, "192.0.2.1", &result));
    WORLD_FAULT(world, "sign-in-failed", try_sign_in(world, "owner@dist.example", "", "192.0.2.1", &result));
}

static void a_stored_hash_that_is_none_lets_nobody_in(void **state) {
    struct world *world = *state;
    a_programme(world);
    a_user(world, "DIST", "owner@dist.example", "owner");
    struct sign_in_result result;
    char none[300];
    memset(none, 'x', sizeof none);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, "update persons set password_hash = $1",
                           DB_ARGS(db_string((struct text){none, sizeof none})), NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    WORLD_FAULT(world, "password-hash-broken",
                try_sign_in(world, "owner@dist.example", PASSWORD, "", &result));
}

static void ten_failures_make_an_address_wait_even_with_the_right_password(void **state) {
    struct world *world = *state;
    a_programme(world);
    a_user(world, "DIST", "owner@dist.example", "owner");
    struct sign_in_result result;
    for (int i = 0; i < SIGN_IN_FAILURES_MAX; i++) {
        WORLD_FAULT(world, "sign-in-failed",
                    try_sign_in(world, "owner@dist.example", "wrong password", "", &result));
    }
    WORLD_FAULT(world, "sign-in-limited", try_sign_in(world, "owner@dist.example", PASSWORD, "", &result));
    world->now_us += SIGN_IN_WINDOW_US;
    WORLD_OK(world, try_sign_in(world, "owner@dist.example", PASSWORD, "", &result));
}

static void one_network_address_cannot_try_many_users(void **state) {
    struct world *world = *state;
    a_programme(world);
    a_user(world, "DIST", "owner@dist.example", "owner");
    struct sign_in_result result;
    char email[40];
    for (int i = 0; i < SIGN_IN_FAILURES_MAX - 1; i++) {
        snprintf(email, sizeof email, "nobody%d@dist.example", i);
        WORLD_FAULT(world, "sign-in-failed", try_sign_in(world, email, PASSWORD, "192.0.2.7", &result));
    }
    /* Signing in oneself takes back one's own try and no more. */
    WORLD_OK(world, try_sign_in(world, "owner@dist.example", PASSWORD, "192.0.2.7", &result));
    WORLD_FAULT(world, "sign-in-failed",
                try_sign_in(world, "last@dist.example", PASSWORD, "192.0.2.7", &result));
    WORLD_FAULT(world, "sign-in-limited",
                try_sign_in(world, "owner@dist.example", PASSWORD, "192.0.2.7", &result));
    WORLD_OK(world, try_sign_in(world, "owner@dist.example", PASSWORD, "192.0.2.8", &result));
}

static enum status try_known(struct world *world, const char *email, const char *password, struct text mark,
                             struct sign_in_result *result) {
    struct call call = nobodys_call(world);
    const struct sign_in_input input = {
        .email = text_of(email), .password = text_of(password), .address = TEXT("192.0.2.66"), .known = mark};
    return sign_in(&call, &input, result, &world->fault);
}

/* Locks the user and the network address 192.0.2.66 out. */
static void strangers_guess(struct world *world, const char *email) {
    struct sign_in_result result;
    for (int i = 0; i < SIGN_IN_FAILURES_MAX; i++) {
        WORLD_FAULT(world, "sign-in-failed", try_known(world, email, "wrong password", TEXT(""), &result));
    }
    WORLD_FAULT(world, "sign-in-limited", try_known(world, email, PASSWORD, TEXT(""), &result));
}

static void who_signed_in_before_is_not_locked_out_by_strangers(void **state) {
    struct world *world = *state;
    a_programme(world);
    a_user(world, "DIST", "owner@dist.example", "owner");
    a_user(world, "DIST", "second@dist.example", "owner");
    struct sign_in_result result;
    WORLD_OK(world, try_sign_in(world, "owner@dist.example", PASSWORD, "192.0.2.1", &result));
    struct text mark = result.known;
    strangers_guess(world, "owner@dist.example");
    WORLD_OK(world, try_known(world, "owner@dist.example", PASSWORD, mark, &result));
    /* which helps nobody else: not without the mark, nor with it for another, nor with one that is made up */
    WORLD_FAULT(world, "sign-in-limited",
                try_known(world, "owner@dist.example", PASSWORD, TEXT(""), &result));
    WORLD_FAULT(world, "sign-in-limited", try_known(world, "second@dist.example", PASSWORD, mark, &result));
    char forged[200] = "";
    assert_true(mark.length < sizeof forged);
    memcpy(forged, mark.at, mark.length);
    forged[10] = forged[10] == 'A' ? 'B' : 'A';
    WORLD_FAULT(world, "sign-in-limited",
                try_known(world, "owner@dist.example", PASSWORD, text_of(forged), &result));
    WORLD_FAULT(
        world, "sign-in-limited",
        try_known(world, "owner@dist.example", PASSWORD, (struct text){mark.at, mark.length - 1}, &result));
}

static void who_signed_in_before_has_ten_guesses_too(void **state) {
    struct world *world = *state;
    a_programme(world);
    a_user(world, "DIST", "owner@dist.example", "owner");
    struct sign_in_result result;
    WORLD_OK(world, try_sign_in(world, "owner@dist.example", PASSWORD, "192.0.2.1", &result));
    struct text mark = result.known;
    for (int i = 0; i < SIGN_IN_FAILURES_MAX; i++) {
        WORLD_FAULT(world, "sign-in-failed",
                    try_known(world, "owner@dist.example", "wrong password", mark, &result));
    }
    WORLD_FAULT(world, "sign-in-limited", try_known(world, "owner@dist.example", PASSWORD, mark, &result));
    world->now_us += SIGN_IN_WINDOW_US;
    WORLD_OK(world, try_known(world, "owner@dist.example", PASSWORD, mark, &result));
}

static void a_user_who_is_locked_out_can_be_let_in(void **state) {
    struct world *world = *state;
    a_programme(world);
    a_user(world, "DIST", "owner@dist.example", "owner");
    struct sign_in_result result;
    struct user_view user;
    strangers_guess(world, "owner@dist.example");
    WORLD_FAULT(world, "sign-in-limited",
                try_sign_in(world, "owner@dist.example", PASSWORD, "192.0.2.1", &result));
    struct call nobody = nobodys_call(world);
    WORLD_FAULT(world, "right-missing",
                unlock_user(&nobody, TEXT("owner@dist.example"), &user, &world->fault));
    struct call call = world_call(world);
    WORLD_FAULT(world, "unknown-user", unlock_user(&call, TEXT("nobody@dist.example"), &user, &world->fault));
    WORLD_OK(world, unlock_user(&call, TEXT("owner@dist.example"), &user, &world->fault));
    WORLD_OK(world, try_sign_in(world, "owner@dist.example", PASSWORD, "192.0.2.1", &result));
}

static void a_session_lives_while_it_is_used_and_not_for_ever(void **state) {
    struct world *world = *state;
    a_programme(world);
    a_user(world, "DIST", "owner@dist.example", "owner");
    struct sign_in_result result;
    struct actor actor;
    WORLD_OK(world, try_sign_in(world, "owner@dist.example", PASSWORD, "", &result));
    int64_t start = world->now_us;
    while (world->now_us < start + SESSION_LIFE_US - SESSION_IDLE_US) {
        world->now_us += SESSION_IDLE_US - 1000000;
        WORLD_OK(world, try_session(world, result.token, &actor));
    }
    assert_int_equal(actor.account_id, the_account(world, "DIST").id);
    world->now_us = start + SESSION_LIFE_US;
    WORLD_FAULT(world, "session-unknown", try_session(world, result.token, &actor));

    WORLD_OK(world, try_sign_in(world, "owner@dist.example", PASSWORD, "", &result));
    world->now_us += SESSION_IDLE_US;
    WORLD_FAULT(world, "session-unknown", try_session(world, result.token, &actor));
    WORLD_FAULT(world, "session-unknown", try_session(world, TEXT(""), &actor));
    WORLD_FAULT(world, "session-unknown", try_session(world, TEXT("sms_forged"), &actor));
}

static void signing_out_and_deactivating_end_sessions(void **state) {
    struct world *world = *state;
    a_programme(world);
    struct user_view owner = a_user(world, "DIST", "owner@dist.example", "owner");
    a_user(world, "DIST", "second@dist.example", "owner");
    struct sign_in_result one;
    struct sign_in_result two;
    struct actor actor;
    WORLD_OK(world, try_sign_in(world, "owner@dist.example", PASSWORD, "", &one));
    WORLD_OK(world, try_sign_in(world, "owner@dist.example", PASSWORD, "", &two));
    assert_false(text_equal(one.token, two.token));
    struct call call = world_call(world);
    WORLD_OK(world, sign_out(&call, one.token, &world->fault));
    WORLD_FAULT(world, "session-unknown", try_session(world, one.token, &actor));
    WORLD_OK(world, try_session(world, two.token, &actor));
    const bool inactive = false;
    const struct edit_user_input edit = {.user = owner.identifier, .active = &inactive};
    WORLD_OK(world, edit_user(&call, &edit, &owner, &world->fault));
    WORLD_FAULT(world, "session-unknown", try_session(world, two.token, &actor));
    WORLD_FAULT(world, "sign-in-failed", try_sign_in(world, "owner@dist.example", PASSWORD, "", &one));
}

static void a_new_password_ends_the_other_sessions(void **state) {
    struct world *world = *state;
    a_programme(world);
    a_user(world, "DIST", "owner@dist.example", "owner");
    struct sign_in_result here;
    struct sign_in_result there;
    struct actor actor;
    WORLD_OK(world, try_sign_in(world, "owner@dist.example", PASSWORD, "", &here));
    WORLD_OK(world, try_sign_in(world, "owner@dist.example", PASSWORD, "", &there));
    struct call call = call_of_session(world, here.token);
    struct change_password_input input = {.old_password = TEXT("wrong password"),
                                          .new_password = TEXT("another good password"),
                                          .session_token = here.token};
    WORLD_FAULT(world, "sign-in-failed", change_password(&call, &input, &world->fault));
    input.old_password = text_of(PASSWORD);
    WORLD_OK(world, change_password(&call, &input, &world->fault));
    WORLD_OK(world, try_session(world, here.token, &actor));
    WORLD_FAULT(world, "session-unknown", try_session(world, there.token, &actor));
    WORLD_FAULT(world, "sign-in-failed", try_sign_in(world, "owner@dist.example", PASSWORD, "", &there));
    WORLD_OK(world, try_sign_in(world, "owner@dist.example", "another good password", "", &there));
}

/* ---- tokens ---- */

static void a_token_does_what_its_scopes_say_until_it_is_revoked(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call owner = call_of(world, "ALPHA", RIGHT_ALL);
    struct token_view view;
    struct text token;
    const struct create_token_input input = {.name = TEXT("Our ERP"), .scopes = TEXT("licences:write  read")};
    WORLD_OK(world, create_token(&owner, &input, &view, &token, &world->fault));
    assert_text(view.scopes, "read licences:write");
    assert_true(text_starts_with(token, TEXT("smt_")));
    struct call call = nobodys_call(world);
    struct actor actor;
    WORLD_OK(world, find_token(&call, token, &actor, &world->fault));
    assert_int_equal(actor.kind, ACTOR_TOKEN);
    assert_int_equal(actor.rights, RIGHT_READ | RIGHT_LICENCES);
    assert_int_equal(actor.account_id, the_account(world, "ALPHA").id);

    struct call stranger = call_of(world, "DIST", RIGHT_ALL);
    WORLD_FAULT(world, "unknown-token", revoke_token(&stranger, view.identifier, &view, &world->fault));
    WORLD_OK(world, revoke_token(&owner, view.identifier, &view, &world->fault));
    WORLD_OK(world, revoke_token(&owner, view.identifier, &view, &world->fault));
    WORLD_FAULT(world, "token-unknown", find_token(&call, token, &actor, &world->fault));
}

static void a_token_ends_when_it_was_said_to(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call owner = call_of(world, "ALPHA", RIGHT_ALL);
    struct token_view view;
    struct text token;
    struct create_token_input input = {
        .name = TEXT("T"), .scopes = TEXT("read"), .expires_at = TEXT("2020-01-01T00:00:00Z")};
    WORLD_FAULT(world, "already-over", create_token(&owner, &input, &view, &token, &world->fault));
    input.expires_at = TEXT("2026-11-25T00:00:00Z");
    WORLD_OK(world, create_token(&owner, &input, &view, &token, &world->fault));
    struct call call = nobodys_call(world);
    struct actor actor;
    WORLD_OK(world, find_token(&call, token, &actor, &world->fault));
    call.now_us = view.expires_at_us;
    WORLD_FAULT(world, "token-unknown", find_token(&call, token, &actor, &world->fault));
}

static void no_token_can_do_more_than_who_made_it(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call limited = call_of(world, "ALPHA", RIGHT_READ | RIGHT_USERS);
    struct token_view view;
    struct text token;
    struct create_token_input input = {.name = TEXT("T"), .scopes = TEXT("read billing:write")};
    WORLD_FAULT(world, "scope-beyond-rights", create_token(&limited, &input, &view, &token, &world->fault));
    input.scopes = TEXT("everything");
    WORLD_FAULT(world, "unknown-scope", create_token(&limited, &input, &view, &token, &world->fault));
    input.scopes = TEXT(" ");
    WORLD_FAULT(world, "missing-field", create_token(&limited, &input, &view, &token, &world->fault));
    struct call viewer = call_of(world, "ALPHA", RIGHT_READ);
    input.scopes = TEXT("read");
    WORLD_FAULT(world, "right-missing", create_token(&viewer, &input, &view, &token, &world->fault));
    input.account = TEXT("A1");
    struct call owner = call_of(world, "ALPHA", RIGHT_ALL);
    WORLD_FAULT(world, "not-yours", create_token(&owner, &input, &view, &token, &world->fault));
}

/* ---- the audit trail ---- */

static bool trail_has(struct world *world, const char *who, const char *action, struct text subject) {
    struct call call = call_of(world, who, RIGHT_READ);
    struct audit_page page;
    WORLD_OK(world,
             list_audit(&call, TEXT(""), (struct page){.limit = PAGE_LIMIT_MAX}, &page, &world->fault));
    for (size_t i = 0; i < page.count; i++) {
        if (text_is(page.items[i].action, action) && text_equal(page.items[i].subject, subject)) {
            return true;
        }
    }
    return false;
}

static struct text trail_detail(struct world *world, unsigned rights, const char *action) {
    struct call call = call_of(world, "ALPHA", rights);
    struct audit_page page;
    WORLD_OK(world,
             list_audit(&call, TEXT(""), (struct page){.limit = PAGE_LIMIT_MAX}, &page, &world->fault));
    for (size_t i = 0; i < page.count; i++) {
        if (text_is(page.items[i].action, action)) {
            return page.items[i].detail;
        }
    }
    fail_msg("the trail has no %s", action);
    return TEXT("");
}

static void the_trail_tells_addresses_and_roles_to_who_may_see_users(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    a_user(world, "ALPHA", "temp@alpha.example", "finance");
    assert_true(trail_detail(world, RIGHT_READ | RIGHT_USERS, "user.add").length > 0);
    assert_int_equal(trail_detail(world, RIGHT_READ, "user.add").length, 0);
    assert_int_equal(trail_detail(world, RIGHT_ALL & ~(unsigned)RIGHT_USERS, "user.add").length, 0);
}

static void the_trail_is_read_by_who_acted_and_whose_thing_it_is(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call alpha = call_of(world, "ALPHA", RIGHT_ALL);
    struct account_view customer;
    const struct text name = TEXT("A new name");
    const struct edit_account_input edit = {.account = TEXT("A1"), .name = &name};
    WORLD_OK(world, edit_account(&alpha, &edit, &customer, &world->fault));
    assert_true(trail_has(world, "ALPHA", "account.edit", customer.identifier));
    assert_true(trail_has(world, "A1", "account.edit", customer.identifier));
    assert_false(trail_has(world, "DIST", "account.edit", customer.identifier));
    assert_false(trail_has(world, "BETA", "account.edit", customer.identifier));

    struct call reader = call_of(world, "A1", RIGHT_READ);
    struct audit_page page;
    WORLD_OK(world, list_audit(&reader, TEXT(""), (struct page){.limit = 1}, &page, &world->fault));
    assert_int_equal(page.count, 1);
    assert_text(page.items[0].action, "account.edit"); /* the newest */
    assert_text(page.items[0].actor, "another account");
    assert_true(page.next_after > 0);
    WORLD_FAULT(world, "not-yours",
                list_audit(&reader, TEXT("ALPHA"), (struct page){0}, &page, &world->fault));
}

static void the_trail_comes_newest_first_in_pages(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call call = world_call(world);
    struct page page = {.limit = 1};
    int64_t last = INT64_MAX;
    size_t all = 0;
    do {
        struct audit_page entries;
        WORLD_OK(world, list_audit(&call, TEXT("DIST"), page, &entries, &world->fault));
        for (size_t i = 0; i < entries.count; i++) {
            assert_true(entries.items[i].id < last);
            last = entries.items[i].id;
        }
        all += entries.count;
        page.after_id = entries.next_after;
    } while (page.after_id != 0);
    assert_true(all >= 2);
}

/* Keeps what the clock shows, as the service does. */
static void the_service_beats(struct world *world) {
    struct call call = world_call(world);
    WORLD_OK(world, keep_heartbeat(&call, &(struct keep_heartbeat_input){0}, &world->fault));
}

static enum status find(struct world *world, struct text token) {
    struct call call = nobodys_call(world);
    struct actor actor;
    struct user_view user;
    return find_session(&call, token, &actor, &user, &world->fault);
}

static void a_clock_that_is_wrong_keeps_nobody_out_and_ends_no_session(void **state) {
    struct world *world = *state;
    struct sign_in_result before;
    struct sign_in_result ahead;
    struct sign_in_result behind;
    a_whole_cast(world);
    a_user(world, "ALPHA", "clock@alpha.example", "owner");
    int64_t right_us = world->now_us;
    the_service_beats(world);
    WORLD_OK(world, try_sign_in(world, "clock@alpha.example", PASSWORD, "192.0.2.9", &before));
    world->now_us = right_us + INT64_C(40) * 86400 * 1000000;
    WORLD_OK(world, try_sign_in(world, "clock@alpha.example", PASSWORD, "192.0.2.9", &ahead));
    WORLD_OK(world, find(world, ahead.token));
    world->now_us = right_us + 1000000;
    WORLD_OK(world, find(world, before.token));
    WORLD_FAULT(world, "session-unknown", find(world, ahead.token));
    world->now_us = right_us - INT64_C(40) * 86400 * 1000000;
    WORLD_OK(world, try_sign_in(world, "clock@alpha.example", PASSWORD, "192.0.2.9", &behind));
    WORLD_OK(world, find(world, behind.token));
    world->now_us = right_us + 1000000;
    WORLD_OK(world, find(world, before.token));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(the_operator_adds_the_first_owner_who_invites_the_rest),
        WORLD_TEST(a_weak_password_is_refused),
        WORLD_TEST(nobody_gives_or_takes_over_more_rights_than_it_has),
        WORLD_TEST(an_account_keeps_its_last_owner),
        WORLD_TEST(users_of_others_are_not_there),
        WORLD_TEST(a_wrong_password_and_an_unknown_address_get_the_same_answer),
        WORLD_TEST(a_stored_hash_that_is_none_lets_nobody_in),
        WORLD_TEST(ten_failures_make_an_address_wait_even_with_the_right_password),
        WORLD_TEST(one_network_address_cannot_try_many_users),
        WORLD_TEST(who_signed_in_before_is_not_locked_out_by_strangers),
        WORLD_TEST(who_signed_in_before_has_ten_guesses_too),
        WORLD_TEST(a_user_who_is_locked_out_can_be_let_in),
        WORLD_TEST(a_session_lives_while_it_is_used_and_not_for_ever),
        WORLD_TEST(signing_out_and_deactivating_end_sessions),
        WORLD_TEST(a_new_password_ends_the_other_sessions),
        WORLD_TEST(a_token_does_what_its_scopes_say_until_it_is_revoked),
        WORLD_TEST(a_token_ends_when_it_was_said_to),
        WORLD_TEST(no_token_can_do_more_than_who_made_it),
        WORLD_TEST(the_trail_tells_addresses_and_roles_to_who_may_see_users),
        WORLD_TEST(the_trail_is_read_by_who_acted_and_whose_thing_it_is),
        WORLD_TEST(the_trail_comes_newest_first_in_pages),
        WORLD_TEST(a_clock_that_is_wrong_keeps_nobody_out_and_ends_no_session),
    };
    return world_run_tests("users", tests, sizeof tests / sizeof tests[0]);
}
