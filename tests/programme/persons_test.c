/* Persons and invitations: an e-mail address is one person's, who may belong to several accounts; inviting
 * tells nothing, and nobody but the owner of an address gets in by it. */
#include "cast.h"

#include "programme/access/invitations.h"
#include "programme/access/list_audit.h"
#include "programme/access/sign_in.h"
#include "programme/access/tokens.h"
#include "programme/audit/audit_store.h"
#include "store/engine/db_engine.h" /* db_migrate_to */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define assert_text(actual, expected) assert_string_equal(text_copy(&world->arena, (actual)).at, (expected))

static const char PASSWORD[] = "correct horse battery";
static const char OTHER_PASSWORD[] = "another good password";
#define DAY_US (INT64_C(24) * 3600 * 1000000)

static struct call nobodys_call(struct world *world) {
    struct call call = world_call(world);
    call.actor = (struct actor){.kind = ACTOR_USER};
    return call;
}

/* By the operator, at once. */
static struct user_view a_user(struct world *world, const char *account, const char *email,
                               const char *role) {
    const struct add_user_input input = {.account = text_of(account),
                                         .email = text_of(email),
                                         .name = TEXT("Some Body"),
                                         .role = text_of(role),
                                         .password = text_of(PASSWORD)};
    struct call call = world_call(world);
    struct user_view user;
    WORLD_OK(world, add_user(&call, &input, &user, &world->fault));
    return user;
}

/* The person is there already. */
static struct user_view a_place(struct world *world, const char *account, const char *email,
                                const char *role) {
    const struct add_user_input input = {.account = text_of(account),
                                         .email = text_of(email),
                                         .name = TEXT("Some Body"),
                                         .role = text_of(role),
                                         .is_known = true};
    struct call call = world_call(world);
    struct user_view user;
    WORLD_OK(world, add_user(&call, &input, &user, &world->fault));
    return user;
}

static enum status try_sign_in(struct world *world, const char *email, const char *password,
                               const char *account, struct sign_in_result *result) {
    struct call call = nobodys_call(world);
    const struct sign_in_input input = {
        .email = text_of(email), .password = text_of(password), .account = text_of(account)};
    return sign_in(&call, &input, result, &world->fault);
}

static struct call call_of_session(struct world *world, struct text token) {
    struct call call = nobodys_call(world);
    struct user_view user;
    WORLD_OK(world, find_session(&call, token, &call.actor, &user, &world->fault));
    return call;
}

static struct call call_of_user(struct world *world, const char *email) {
    struct sign_in_result result;
    WORLD_OK(world, try_sign_in(world, email, PASSWORD, "", &result));
    return call_of_session(world, result.token);
}

static enum status try_invite(struct world *world, struct call *call, const char *account, const char *email,
                              const char *role, struct invitation_view *invitation) {
    const struct invite_user_input input = {.account = text_of(account),
                                            .email = text_of(email),
                                            .name = TEXT("New Body"),
                                            .role = text_of(role)};
    return invite_user(call, &input, invitation, &world->fault);
}

/* An invitation of the account, and its link, which the operator makes. */
static struct text a_link(struct world *world, const char *account, const char *email, const char *role) {
    struct call call = world_call(world);
    struct invitation_view invitation;
    struct text link;
    WORLD_OK(world, try_invite(world, &call, account, email, role, &invitation));
    WORLD_OK(world, make_invitation_link(&call, invitation.identifier, &invitation, &link, &world->fault));
    return link;
}

static enum status try_accept(struct world *world, struct text link, const char *password,
                              struct user_view *user) {
    struct call call = nobodys_call(world);
    const struct accept_invitation_input input = {.link = link, .password = text_of(password)};
    return accept_invitation(&call, &input, user, &world->fault);
}

static int64_t count_of(struct world *world, const char *sql) {
    int64_t count = -1;
    WORLD_OK(world, db_query_int(world->db, sql, DB_NO_ARGS, -1, &count, &world->fault));
    return count;
}

/* ---- inviting ---- */

static void inviting_says_the_same_of_addresses_known_elsewhere_and_of_nobodys(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    a_user(world, "BETA", "known@beta.example", "owner");
    struct call owner = call_of(world, "ALPHA", RIGHT_ALL);
    struct invitation_view known;
    struct invitation_view unknown;
    struct invitation_page page;
    WORLD_OK(world, try_invite(world, &owner, "", " Known@Beta.example", "viewer", &known));
    WORLD_OK(world, try_invite(world, &owner, "", "nobody@beta.example", "viewer", &unknown));
    assert_text(known.email, "known@beta.example");
    assert_true(text_equal(known.account, unknown.account) && text_equal(known.role, unknown.role));
    assert_true(text_equal(known.name, unknown.name) && text_equal(known.invited_by, unknown.invited_by));
    assert_int_equal(known.created_at_us, unknown.created_at_us);
    assert_int_equal(known.expires_at_us, unknown.expires_at_us);
    assert_int_equal(known.expires_at_us, world->now_us + 7 * DAY_US);
    /* and leaves both open, and nothing else behind */
    WORLD_OK(world, list_invitations(&owner, TEXT(""), (struct page){0}, &page, &world->fault));
    assert_int_equal(page.count, 2);
    assert_int_equal(count_of(world, "select count(*) from persons"), 1);
    assert_int_equal(count_of(world, "select count(*) from users"), 1);
    struct user_view user;
    WORLD_FAULT(world, "unknown-user", show_user(&owner, TEXT("known@beta.example"), &user, &world->fault));
}

static void an_account_sees_and_takes_back_its_own_invitations_alone(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call alpha = call_of(world, "ALPHA", RIGHT_ALL);
    struct call dist = call_of(world, "DIST", RIGHT_ALL);
    struct call reader = call_of(world, "ALPHA", RIGHT_READ);
    struct call by_operator = world_call(world);
    struct invitation_view made;
    struct invitation_view other;
    struct invitation_page page;
    WORLD_OK(world, try_invite(world, &alpha, "", "x@x.example", "viewer", &made));
    WORLD_FAULT(world, "unknown-invitation",
                revoke_invitation(&dist, made.identifier, &other, &world->fault));
    WORLD_FAULT(world, "right-missing", revoke_invitation(&reader, made.identifier, &other, &world->fault));
    WORLD_FAULT(world, "right-missing",
                list_invitations(&reader, TEXT(""), (struct page){0}, &page, &world->fault));
    WORLD_FAULT(world, "not-yours",
                list_invitations(&dist, TEXT("ALPHA"), (struct page){0}, &page, &world->fault));
    WORLD_OK(world, list_invitations(&dist, TEXT(""), (struct page){0}, &page, &world->fault));
    assert_int_equal(page.count, 0);
    WORLD_OK(world, list_invitations(&by_operator, TEXT(""), (struct page){0}, &page, &world->fault));
    assert_int_equal(page.count, 1);
    WORLD_OK(world, revoke_invitation(&alpha, made.identifier, &other, &world->fault));
    WORLD_FAULT(world, "unknown-invitation",
                revoke_invitation(&alpha, made.identifier, &other, &world->fault));
    WORLD_OK(world, list_invitations(&alpha, TEXT(""), (struct page){0}, &page, &world->fault));
    assert_int_equal(page.count, 0);
}

static void an_account_has_at_most_a_hundred_invitations_open(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call owner = call_of(world, "ALPHA", RIGHT_ALL);
    struct call beta = call_of(world, "BETA", RIGHT_ALL);
    struct invitation_view made;
    char email[40];
    for (int i = 0; i < INVITATIONS_OPEN_MAX; i++) {
        snprintf(email, sizeof email, "p%d@x.example", i);
        WORLD_OK(world, try_invite(world, &owner, "", email, "viewer", &made));
    }
    WORLD_FAULT(world, "too-many-invitations",
                try_invite(world, &owner, "", "more@x.example", "viewer", &made));
    WORLD_OK(world, try_invite(world, &owner, "", email, "viewer", &made)); /* in the place of the last */
    WORLD_OK(world, try_invite(world, &beta, "", "more@x.example", "viewer", &made));
    owner.now_us += 7 * DAY_US; /* what is too old is in nobody's way */
    WORLD_OK(world, try_invite(world, &owner, "", "more@x.example", "viewer", &made));
    assert_int_equal(count_of(world, "select count(*) from invitations"), 1);
}

/* ---- links ---- */

static void the_operator_alone_makes_links(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call owner = call_of(world, "ALPHA", RIGHT_ALL);
    struct invitation_view made;
    struct text link = TEXT("");
    WORLD_OK(world, try_invite(world, &owner, "", "x@x.example", "viewer", &made));
    WORLD_FAULT(world, "operator-only",
                make_invitation_link(&owner, made.identifier, &made, &link, &world->fault));
    assert_int_equal(link.length, 0);
    assert_int_equal(count_of(world, "select count(*) from invitations where token_hash is not null"), 0);
}

static void every_link_that_is_over_is_unknown_alike(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call by_operator = world_call(world);
    struct user_view user;
    struct invitation_view invitation;
    struct text used = a_link(world, "ALPHA", "used@x.example", "viewer");
    struct text replaced = a_link(world, "ALPHA", "again@x.example", "viewer");
    struct text newer = a_link(world, "ALPHA", "again@x.example", "viewer");
    struct text revoked = a_link(world, "ALPHA", "revoked@x.example", "viewer");
    struct text expired = a_link(world, "ALPHA", "late@x.example", "viewer");
    struct invitation_page page;
    WORLD_OK(world, try_accept(world, used, PASSWORD, &user));
    WORLD_OK(world, list_invitations(&by_operator, TEXT(""), (struct page){0}, &page, &world->fault));
    assert_int_equal(page.count, 3);
    assert_text(page.items[1].email, "revoked@x.example");
    WORLD_OK(world, revoke_invitation(&by_operator, page.items[1].identifier, &invitation, &world->fault));
    struct text newest;
    WORLD_OK(world, make_invitation_link(&by_operator, page.items[0].identifier, &invitation, &newest,
                                         &world->fault));
    const struct text over[] = {used, replaced, newer, revoked, TEXT("smi_never"), TEXT("")};
    struct fault first = {0};
    for (size_t i = 0; i < sizeof over / sizeof over[0]; i++) {
        WORLD_FAULT(world, "unknown-invitation", try_accept(world, over[i], PASSWORD, &user));
        first = i == 0 ? world->fault : first;
        assert_string_equal(first.message, world->fault.message);
    }
    WORLD_OK(world, try_accept(world, newest, PASSWORD, &user));
    world->now_us += 7 * DAY_US;
    WORLD_FAULT(world, "unknown-invitation", try_accept(world, expired, PASSWORD, &user));
    assert_string_equal(first.message, world->fault.message);
    assert_int_equal(count_of(world, "select count(*) from persons"), 2);
}

static void a_link_lives_as_long_as_the_programme_says(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call by_operator = world_call(world);
    struct call owner = call_of(world, "DIST", RIGHT_ALL);
    struct user_view user;
    WORLD_FAULT(world, "operator-only", set_invitation_days(&owner, 2, &world->fault));
    WORLD_FAULT(world, "days-out-of-range", set_invitation_days(&by_operator, 0, &world->fault));
    WORLD_FAULT(world, "days-out-of-range", set_invitation_days(&by_operator, 31, &world->fault));
    WORLD_OK(world, set_invitation_days(&by_operator, 2, &world->fault));
    struct text link = a_link(world, "ALPHA", "x@x.example", "viewer");
    struct text late = a_link(world, "ALPHA", "late@x.example", "viewer");
    world->now_us += 2 * DAY_US - 1;
    WORLD_OK(world, try_accept(world, link, PASSWORD, &user));
    world->now_us += 1;
    WORLD_FAULT(world, "unknown-invitation", try_accept(world, late, PASSWORD, &user));
}

/* ---- accepting ---- */

static void the_owner_of_a_new_address_sets_its_password_and_is_a_user(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct text link = a_link(world, "ALPHA", "New@X.example", "finance");
    struct user_view user;
    struct sign_in_result result;
    WORLD_FAULT(world, "weak-password", try_accept(world, link, "short", &user));
    WORLD_OK(world, try_accept(world, link, PASSWORD, &user));
    assert_text(user.account_code, "ALPHA");
    assert_text(user.role, "finance");
    assert_text(user.name, "New Body");
    WORLD_OK(world, try_sign_in(world, "new@x.example", PASSWORD, "", &result));
    assert_true(text_equal(result.user.identifier, user.identifier));
    assert_int_equal(result.users.count, 1);
    struct call call = call_of_session(world, result.token);
    assert_int_equal(call.actor.account_id, the_account(world, "ALPHA").id);
    assert_int_equal(call.actor.rights, RIGHT_READ | RIGHT_PRICES | RIGHT_REPORTS | RIGHT_BILLING);
}

static void a_link_takes_no_person_over(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    a_user(world, "BETA", "known@beta.example", "owner");
    struct text link = a_link(world, "ALPHA", "known@beta.example", "viewer");
    struct user_view user;
    struct sign_in_result result;
    WORLD_FAULT(world, "sign-in-failed", try_accept(world, link, OTHER_PASSWORD, &user));
    WORLD_FAULT(world, "sign-in-failed",
                try_sign_in(world, "known@beta.example", OTHER_PASSWORD, "", &result));
    assert_int_equal(count_of(world, "select count(*) from users"), 1);
    /* its guesses are guesses like others */
    for (int i = 0; i < SIGN_IN_FAILURES_MAX - 2; i++) {
        WORLD_FAULT(world, "sign-in-failed", try_accept(world, link, OTHER_PASSWORD, &user));
    }
    WORLD_FAULT(world, "sign-in-limited", try_accept(world, link, PASSWORD, &user));
    world->now_us += SIGN_IN_WINDOW_US;
    WORLD_OK(world, try_accept(world, link, PASSWORD, &user));
    assert_text(user.account_code, "ALPHA");
    assert_int_equal(count_of(world, "select count(*) from persons"), 1);
    WORLD_OK(world, try_sign_in(world, "known@beta.example", PASSWORD, "", &result));
    assert_int_equal(result.users.count, 2);
}

static void two_accounts_that_invite_a_new_address_get_one_person(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct text first = a_link(world, "ALPHA", "new@x.example", "viewer");
    struct text second = a_link(world, "BETA", "new@x.example", "owner");
    struct user_view user;
    WORLD_OK(world, try_accept(world, first, PASSWORD, &user));
    WORLD_FAULT(world, "sign-in-failed", try_accept(world, second, OTHER_PASSWORD, &user));
    WORLD_OK(world, try_accept(world, second, PASSWORD, &user));
    assert_int_equal(count_of(world, "select count(*) from persons"), 1);
}

static void who_left_can_be_invited_again(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct user_view user = a_user(world, "ALPHA", "x@x.example", "owner");
    a_user(world, "ALPHA", "second@x.example", "owner");
    struct call by_operator = world_call(world);
    struct text identifier = user.identifier;
    const bool inactive = false;
    const struct edit_user_input edit = {.user = identifier, .active = &inactive};
    struct sign_in_result result;
    WORLD_OK(world, edit_user(&by_operator, &edit, &user, &world->fault));
    struct text link = a_link(world, "ALPHA", "x@x.example", "viewer");
    WORLD_FAULT(world, "sign-in-failed", try_sign_in(world, "x@x.example", PASSWORD, "", &result));
    WORLD_OK(world, try_accept(world, link, PASSWORD, &user));
    assert_true(text_equal(user.identifier, identifier));
    assert_text(user.role, "viewer");
    WORLD_OK(world, try_sign_in(world, "x@x.example", PASSWORD, "", &result));
}

static void an_invitation_ends_with_the_rights_of_who_made_it(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    a_user(world, "ALPHA", "owner@alpha.example", "owner");
    struct user_view second = a_user(world, "ALPHA", "second@alpha.example", "owner");
    struct call owner = call_of_user(world, "owner@alpha.example");
    struct call inviter = call_of_user(world, "second@alpha.example");
    struct invitation_view made;
    struct user_view user;
    WORLD_OK(world, try_invite(world, &inviter, "", "one@x.example", "owner", &made));
    WORLD_OK(world, try_invite(world, &owner, "", "stays@x.example", "owner", &made));
    const struct text viewer = TEXT("viewer");
    const struct edit_user_input demote = {.user = second.identifier, .role = &viewer};
    WORLD_OK(world, edit_user(&owner, &demote, &user, &world->fault));
    assert_int_equal(count_of(world, "select count(*) from invitations"), 1);

    struct token_view token;
    struct text secret;
    const struct create_token_input input = {.name = TEXT("T"), .scopes = TEXT("read users:write")};
    WORLD_OK(world, create_token(&owner, &input, &token, &secret, &world->fault));
    struct call program = nobodys_call(world);
    WORLD_OK(world, find_token(&program, secret, &program.actor, &world->fault));
    WORLD_OK(world, try_invite(world, &program, "", "two@x.example", "viewer", &made));
    assert_int_equal(count_of(world, "select count(*) from invitations"), 2);
    WORLD_OK(world, revoke_token(&owner, token.identifier, &token, &world->fault));
    assert_int_equal(count_of(world, "select count(*) from invitations"), 1);
}

/* ---- one person, several accounts ---- */

/* A viewer of ALPHA who owns BETA; ALPHA has another owner. */
static void a_person_of_two_accounts(struct world *world, struct user_view *alpha, struct user_view *beta) {
    a_whole_cast(world);
    a_user(world, "ALPHA", "owner@alpha.example", "owner");
    *alpha = a_user(world, "ALPHA", "both@x.example", "viewer");
    *beta = a_place(world, "BETA", "both@x.example", "owner");
}

static void a_session_acts_for_one_account_at_a_time(void **state) {
    struct world *world = *state;
    struct user_view alpha;
    struct user_view beta;
    struct sign_in_result result;
    struct user_view user;
    struct user_page page;
    a_person_of_two_accounts(world, &alpha, &beta);
    WORLD_OK(world, try_sign_in(world, "both@x.example", PASSWORD, "", &result));
    assert_true(text_equal(result.user.identifier, alpha.identifier)); /* the oldest */
    assert_int_equal(result.users.count, 2);
    struct call call = call_of_session(world, result.token);
    assert_int_equal(call.actor.rights, RIGHT_READ);
    WORLD_FAULT(world, "right-missing", list_users(&call, TEXT(""), (struct page){0}, &page, &world->fault));
    WORLD_FAULT(world, "unknown-account",
                list_users(&call, TEXT("BETA"), (struct page){0}, &page, &world->fault));

    const struct switch_account_input to_beta = {result.token, TEXT("Beta")};
    WORLD_OK(world, switch_account(&call, &to_beta, &user, &world->fault));
    assert_true(text_equal(user.identifier, beta.identifier));
    call = call_of_session(world, result.token);
    assert_int_equal(call.actor.account_id, the_account(world, "BETA").id);
    WORLD_OK(world, list_users(&call, TEXT(""), (struct page){0}, &page, &world->fault));
    assert_int_equal(page.count, 1);
    WORLD_FAULT(world, "unknown-account",
                list_users(&call, TEXT("ALPHA"), (struct page){0}, &page, &world->fault));
    WORLD_FAULT(world, "unknown-user", show_user(&call, alpha.identifier, &user, &world->fault));

    WORLD_OK(world, try_sign_in(world, "both@x.example", PASSWORD, "BETA", &result));
    assert_true(text_equal(result.user.identifier, beta.identifier));
    WORLD_OK(world, try_sign_in(world, "both@x.example", PASSWORD, text_copy(&world->arena, alpha.account).at,
                                &result));
    assert_true(text_equal(result.user.identifier, alpha.identifier));
}

static void an_account_that_is_not_ones_own_is_unknown_whether_it_is_there_or_not(void **state) {
    struct world *world = *state;
    struct user_view alpha;
    struct user_view beta;
    struct sign_in_result result;
    struct sign_in_result other;
    struct user_view user;
    a_person_of_two_accounts(world, &alpha, &beta);
    WORLD_OK(world, try_sign_in(world, "both@x.example", PASSWORD, "", &result));
    struct call call = call_of_session(world, result.token);
    static const char *const words[] = {"DIST", "NONE"};
    for (size_t i = 0; i < 2; i++) {
        const struct switch_account_input wanted = {result.token, text_of(words[i])};
        WORLD_FAULT(world, "unknown-account", switch_account(&call, &wanted, &user, &world->fault));
        WORLD_FAULT(world, "unknown-account",
                    try_sign_in(world, "both@x.example", PASSWORD, words[i], &other));
        /* and nothing at all is told before the password is right */
        WORLD_FAULT(world, "sign-in-failed",
                    try_sign_in(world, "both@x.example", OTHER_PASSWORD, words[i], &other));
    }
    const struct switch_account_input nowhere = {result.token, TEXT(" ")};
    WORLD_FAULT(world, "missing-field", switch_account(&call, &nowhere, &user, &world->fault));
    /* nobody moves another's session */
    WORLD_OK(world, try_sign_in(world, "owner@alpha.example", PASSWORD, "", &other));
    const struct switch_account_input theirs = {other.token, TEXT("BETA")};
    WORLD_FAULT(world, "session-unknown", switch_account(&call, &theirs, &user, &world->fault));
    struct call program = call_of(world, "ALPHA", RIGHT_ALL);
    program.actor.kind = ACTOR_TOKEN;
    const struct switch_account_input by_token = {TEXT(""), TEXT("BETA")};
    WORLD_FAULT(world, "not-a-user", switch_account(&program, &by_token, &user, &world->fault));
}

static void the_end_of_one_place_ends_its_sessions_alone(void **state) {
    struct world *world = *state;
    struct user_view alpha;
    struct user_view beta;
    struct sign_in_result in_alpha;
    struct sign_in_result in_beta;
    struct user_view user;
    struct actor actor;
    a_person_of_two_accounts(world, &alpha, &beta);
    WORLD_OK(world, try_sign_in(world, "both@x.example", PASSWORD, "ALPHA", &in_alpha));
    WORLD_OK(world, try_sign_in(world, "both@x.example", PASSWORD, "BETA", &in_beta));
    struct call owner = call_of_user(world, "owner@alpha.example");
    const bool inactive = false;
    const struct edit_user_input edit = {.user = alpha.identifier, .active = &inactive};
    WORLD_OK(world, edit_user(&owner, &edit, &user, &world->fault));
    struct call nobody = nobodys_call(world);
    WORLD_FAULT(world, "session-unknown",
                find_session(&nobody, in_alpha.token, &actor, &user, &world->fault));
    WORLD_OK(world, find_session(&nobody, in_beta.token, &actor, &user, &world->fault));
    struct call call = call_of_session(world, in_beta.token);
    const struct switch_account_input back = {in_beta.token, TEXT("ALPHA")};
    WORLD_FAULT(world, "unknown-account", switch_account(&call, &back, &user, &world->fault));
    WORLD_FAULT(world, "unknown-account", try_sign_in(world, "both@x.example", PASSWORD, "ALPHA", &in_alpha));
    WORLD_OK(world, try_sign_in(world, "both@x.example", PASSWORD, "", &in_beta));
    assert_true(text_equal(in_beta.user.identifier, beta.identifier));
}

static void a_new_password_is_for_all_accounts_and_ends_all_other_sessions(void **state) {
    struct world *world = *state;
    struct user_view alpha;
    struct user_view beta;
    struct sign_in_result here;
    struct sign_in_result there;
    struct user_view user;
    struct actor actor;
    a_person_of_two_accounts(world, &alpha, &beta);
    WORLD_OK(world, try_sign_in(world, "both@x.example", PASSWORD, "ALPHA", &here));
    WORLD_OK(world, try_sign_in(world, "both@x.example", PASSWORD, "BETA", &there));
    struct call call = call_of_session(world, here.token);
    const struct change_password_input input = {.old_password = text_of(PASSWORD),
                                                .new_password = text_of(OTHER_PASSWORD),
                                                .session_token = here.token};
    WORLD_OK(world, change_password(&call, &input, &world->fault));
    struct call nobody = nobodys_call(world);
    WORLD_OK(world, find_session(&nobody, here.token, &actor, &user, &world->fault));
    WORLD_FAULT(world, "session-unknown", find_session(&nobody, there.token, &actor, &user, &world->fault));
    WORLD_OK(world, try_sign_in(world, "both@x.example", OTHER_PASSWORD, "BETA", &there));
}

static void no_account_sets_a_password_or_asks_for_guess_after_guess(void **state) {
    struct world *world = *state;
    struct user_view alpha;
    struct user_view beta;
    struct user_view user;
    a_person_of_two_accounts(world, &alpha, &beta);
    struct call owner = call_of_user(world, "owner@alpha.example");
    const struct text password = text_of(OTHER_PASSWORD);
    const struct edit_user_input take_over = {.user = alpha.identifier, .password = &password};
    WORLD_FAULT(world, "operator-only", edit_user(&owner, &take_over, &user, &world->fault));
    WORLD_OK(world, unlock_user(&owner, alpha.identifier, &user, &world->fault));
    WORLD_FAULT(world, "unlock-limited", unlock_user(&owner, alpha.identifier, &user, &world->fault));
    WORLD_FAULT(world, "unknown-user", unlock_user(&owner, beta.identifier, &user, &world->fault));
    owner.now_us += SIGN_IN_WINDOW_US;
    WORLD_OK(world, unlock_user(&owner, alpha.identifier, &user, &world->fault));
    struct call by_operator = world_call(world);
    WORLD_OK(world, unlock_user(&by_operator, TEXT("both@x.example"), &user, &world->fault));
    WORLD_OK(world, unlock_user(&by_operator, TEXT("both@x.example"), &user, &world->fault));
}

static void the_operator_says_which_user_where_an_address_is_in_several_accounts(void **state) {
    struct world *world = *state;
    struct user_view alpha;
    struct user_view beta;
    struct user_view user;
    struct sign_in_result result;
    a_person_of_two_accounts(world, &alpha, &beta);
    struct call by_operator = world_call(world);
    const struct text name = TEXT("Both");
    const struct text password = text_of(OTHER_PASSWORD);
    const struct edit_user_input rename = {.user = TEXT("both@x.example"), .name = &name};
    const struct edit_user_input renew = {.user = TEXT("both@x.example"), .password = &password};
    WORLD_FAULT(world, "ambiguous-user", edit_user(&by_operator, &rename, &user, &world->fault));
    assert_non_null(strstr(world->fault.message, text_copy(&world->arena, beta.identifier).at));
    WORLD_OK(world, edit_user(&by_operator, &renew, &user, &world->fault)); /* the person's */
    WORLD_OK(world, try_sign_in(world, "both@x.example", OTHER_PASSWORD, "BETA", &result));
}

static void the_operator_says_whether_a_person_is_known(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    a_user(world, "ALPHA", "x@x.example", "owner");
    struct call by_operator = world_call(world);
    struct user_view user;
    struct add_user_input input = {.account = TEXT("BETA"),
                                   .email = TEXT("x@x.example"),
                                   .name = TEXT("X"),
                                   .role = TEXT("owner"),
                                   .password = text_of(OTHER_PASSWORD)};
    WORLD_FAULT(world, "email-taken", add_user(&by_operator, &input, &user, &world->fault));
    input.is_known = true;
    WORLD_OK(world, add_user(&by_operator, &input, &user, &world->fault));
    WORLD_FAULT(world, "already-a-user", add_user(&by_operator, &input, &user, &world->fault));
    input.email = TEXT("y@x.example");
    WORLD_FAULT(world, "unknown-person", add_user(&by_operator, &input, &user, &world->fault));
}

static void the_trail_names_the_user_of_the_account_that_was_acted_for(void **state) {
    struct world *world = *state;
    struct user_view alpha;
    struct user_view beta;
    struct user_view user;
    struct sign_in_result result;
    struct audit_page page;
    a_person_of_two_accounts(world, &alpha, &beta);
    WORLD_OK(world, try_sign_in(world, "both@x.example", PASSWORD, "ALPHA", &result));
    struct call call = call_of_session(world, result.token);
    const struct switch_account_input to_beta = {result.token, TEXT("BETA")};
    WORLD_OK(world, switch_account(&call, &to_beta, &user, &world->fault));
    struct call reader = call_of(world, "BETA", RIGHT_ALL);
    WORLD_OK(world, list_audit(&reader, TEXT(""), (struct page){.limit = 1}, &page, &world->fault));
    assert_text(page.items[0].action, "user.sign-in");
    assert_true(text_equal(page.items[0].subject, beta.identifier));
    assert_text(page.items[0].actor, text_format(&world->arena, "user %.*s", TEXT_ARGS(beta.identifier)).at);
}

/* ---- the store ---- */

static void takes(struct world *world, const char *sql) {
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, sql, DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

/* Migration 019 makes a person of every user. */
static void users_of_before_are_persons_with_their_passwords_and_sessions(void **state) {
    struct world *world = world_empty(((struct world *)*state)->engine);
    WORLD_OK(world, db_migrate_to(world->db, 18, &world->fault));
    takes(world, "insert into accounts (id, kind, code, label, name, seller_id, depth, created_at_us) values "
                 "(1, 'distributor', 'D', 'D', 'D', null, 1, 0), (2, 'provider', 'P', 'P', 'P', 1, 2, 0)");
    takes(world, "insert into users (id, account_id, email, name, role, password_hash, active, "
                 "created_at_us, version) values (3, 1, 'a@x.example', 'A', 'owner', 'hash a', 1, 5, 7), "
                 "(4, 2, 'b@x.example', 'B', 'viewer', 'hash b', 0, 6, 8)");
    takes(world, "insert into counters (name, taken) values ('users', 4)");
    takes(world, world->engine == DB_SQLITE
                     ? "insert into sessions (token_hash, user_id, created_at_us, seen_at_us, expires_at_us) "
                       "values (x'aa', 3, 1, 2, 3)"
                     : "insert into sessions (token_hash, user_id, created_at_us, seen_at_us, expires_at_us) "
                       "values ('\\xaa', 3, 1, 2, 3)");
    WORLD_OK(world, db_migrate(world->db, &world->fault));
    assert_int_equal(count_of(world,
                              "select count(*) from users u join persons p on p.id = u.person_id where "
                              "u.id = 3 and u.account_id = 1 and p.email = 'a@x.example' and u.name = "
                              "'A' and u.role = 'owner' and p.password_hash = 'hash a' and u.active = "
                              "1 and u.version = 7 and p.created_at_us = 5"),
                     1);
    assert_int_equal(count_of(world,
                              "select count(*) from users u join persons p on p.id = u.person_id where "
                              "u.id = 4 and u.account_id = 2 and p.email = 'b@x.example' and u.active "
                              "= 0"),
                     1);
    assert_int_equal(count_of(world, "select count(*) from sessions where user_id = 3 and expires_at_us = 3"),
                     1);
    assert_int_equal(count_of(world, "select taken from counters where name = 'persons'"), 4);
    world_drop(world);
}

static bool finds(struct world *world, const char *rule) {
    struct call call = world_call(world);
    struct audit_store_result result;
    bool found = false;
    WORLD_OK(world, audit_store(&call, &result, &world->fault));
    for (size_t i = 0; i < result.count; i++) {
        found = found || text_is(result.violations[i].rule, rule);
    }
    return found;
}

static void the_check_finds_persons_that_share_an_address_and_users_who_are_nobody(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    a_user(world, "ALPHA", "owner@alpha.example", "owner");
    assert_false(finds(world, "person-address") || finds(world, "person-password") ||
                 finds(world, "user-person"));
    takes(world, "insert into persons (id, email, password_hash, created_at_us) select 900, "
                 "'Owner@alpha.example', password_hash, 0 from persons");
    assert_true(finds(world, "person-address"));
    takes(world, "update persons set email = 'second@alpha.example', password_hash = 'x' where id = 900");
    assert_false(finds(world, "person-address"));
    assert_true(finds(world, "person-password"));
    takes(world, "delete from persons where id = 900");
    assert_false(finds(world, "person-password"));
    /* what no engine lets anybody commit */
    struct call call = world_call(world);
    struct audit_store_result result = {0};
    struct fault ignored;
    const char *unguarded = world->engine == DB_SQLITE
                                ? "pragma defer_foreign_keys = on"
                                : "alter table users drop constraint users_of_persons_person_id_fkey";
    WORLD_OK(world, call_begin(&call, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, unguarded, DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_run(world->db, "update users set person_id = 901", DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, audit_store(&call, &result, &world->fault));
    assert_int_equal(call_end(&call, STATUS_INTERNAL, &ignored), STATUS_INTERNAL);
    assert_int_equal(result.violation_total, 1);
    assert_text(result.violations[0].rule, "user-person");
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(inviting_says_the_same_of_addresses_known_elsewhere_and_of_nobodys),
        WORLD_TEST(an_account_sees_and_takes_back_its_own_invitations_alone),
        WORLD_TEST(an_account_has_at_most_a_hundred_invitations_open),
        WORLD_TEST(the_operator_alone_makes_links),
        WORLD_TEST(every_link_that_is_over_is_unknown_alike),
        WORLD_TEST(a_link_lives_as_long_as_the_programme_says),
        WORLD_TEST(the_owner_of_a_new_address_sets_its_password_and_is_a_user),
        WORLD_TEST(a_link_takes_no_person_over),
        WORLD_TEST(two_accounts_that_invite_a_new_address_get_one_person),
        WORLD_TEST(who_left_can_be_invited_again),
        WORLD_TEST(an_invitation_ends_with_the_rights_of_who_made_it),
        WORLD_TEST(a_session_acts_for_one_account_at_a_time),
        WORLD_TEST(an_account_that_is_not_ones_own_is_unknown_whether_it_is_there_or_not),
        WORLD_TEST(the_end_of_one_place_ends_its_sessions_alone),
        WORLD_TEST(a_new_password_is_for_all_accounts_and_ends_all_other_sessions),
        WORLD_TEST(no_account_sets_a_password_or_asks_for_guess_after_guess),
        WORLD_TEST(the_operator_says_which_user_where_an_address_is_in_several_accounts),
        WORLD_TEST(the_operator_says_whether_a_person_is_known),
        WORLD_TEST(the_trail_names_the_user_of_the_account_that_was_acted_for),
        WORLD_TEST(users_of_before_are_persons_with_their_passwords_and_sessions),
        WORLD_TEST(the_check_finds_persons_that_share_an_address_and_users_who_are_nobody),
    };
    return world_run_tests("persons", tests, sizeof tests / sizeof tests[0]);
}
