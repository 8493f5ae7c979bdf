/* Tokens are looked up by their hash; comparing them with anything here would only add a clock to read. */
#include "web/authenticate.h"

#include "programme/access/guess.h"
#include "programme/access/sign_in.h"
#include "programme/access/tokens.h"
#include "programme/call/authorise.h"
#include "web/web_private.h"

#include <strings.h>

struct text bearer_token(const struct request *request) {
    struct text header = request->headers.authorization;
    static const char SCHEME[] = "Bearer ";
    size_t length = sizeof SCHEME - 1;
    if (header.length <= length || strncasecmp(header.at, SCHEME, length) != 0) {
        return TEXT("");
    }
    return text_trim((struct text){header.at + length, header.length - length});
}

/* The value of a cookie of ours in a Cookie header. */
static struct text cookie_value(struct text header, const char *name) {
    while (header.length > 0) {
        struct text value = text_trim(text_take_until(&header, ';'));
        if (text_is(text_take_until(&value, '='), name)) {
            return value;
        }
    }
    return TEXT("");
}

static bool is_own_origin(const struct request *request) {
    const char *scheme = request->server->options->behind_https ? "https" : "http";
    struct text own = text_format(request->call.arena, "%s://%.*s", scheme, TEXT_ARGS(request->headers.host));
    return request->headers.host.length > 0 && text_equal(own, request->headers.origin);
}

enum status require_same_site(struct request *request, struct fault *fault) {
    struct text site = request->headers.fetch_site;
    bool is_foreign = (request->headers.origin.length > 0 && !is_own_origin(request)) ||
                      (site.length > 0 && !text_is(site, "same-origin") && !text_is(site, "none"));
    if (is_foreign) {
        return fault_set(fault, STATUS_FORBIDDEN, "cross-site", "Origin", request->headers.origin,
                         "A page of another site may not ask this.");
    }
    return STATUS_OK;
}

/* A change by cookie needs a sign that our own page asks for it. */
static enum status require_own_page(struct request *request, struct fault *fault) {
    if (request->method == METHOD_GET) {
        return STATUS_OK;
    }
    TRY(require_same_site(request, fault));
    if (request->headers.origin.length == 0 && request->headers.csrf.length == 0) {
        return fault_set(fault, STATUS_FORBIDDEN, "cross-site", CSRF_HEADER, TEXT(""),
                         "A change with the session's cookie needs the header " CSRF_HEADER ": 1.");
    }
    return STATUS_OK;
}

enum status authenticate(struct request *request, struct fault *fault) {
    struct text token = bearer_token(request);
    if (token.length > 0) {
        return find_token(&request->call, token, &request->call.actor, fault);
    }
    struct text session = cookie_value(request->headers.cookie, SESSION_COOKIE);
    if (session.length == 0) {
        return fault_set(fault, STATUS_UNAUTHENTICATED, "not-signed-in", "Authorization", TEXT(""),
                         "Sign in at /v1/session, or send \"Authorization: Bearer TOKEN\".");
    }
    TRY(require_own_page(request, fault));
    request->by_cookie = true;
    request->session_token = session;
    struct user_view user;
    return find_session(&request->call, session, &request->call.actor, &user, fault);
}

struct text session_cookie(struct request *request, struct text token, int64_t expires_at_us) {
    int64_t life_s = token.length == 0 ? 0 : (expires_at_us - request->call.now_us) / 1000000;
    return text_format(
        &request->arena, SESSION_COOKIE "=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s",
        TEXT_ARGS(token), (long long)life_s, request->server->options->behind_https ? "; Secure" : "");
}

struct text known_mark(const struct request *request) {
    return cookie_value(request->headers.cookie, KNOWN_COOKIE);
}

struct text known_email(struct request *request) {
    struct json_document document;
    struct json_object body;
    struct fault ignored;
    struct text mark = known_mark(request);
    struct text text = {request->body_at == NULL ? "" : request->body_at, request->body_length};
    if (mark.length == 0 || json_parse(&request->arena, text, &document, &body, &ignored) != STATUS_OK) {
        return TEXT("");
    }
    struct text email = json_read_text(&body, "email", JSON_OPTIONAL);
    struct guess guess = guess_make(&request->call, email, TEXT(""), mark);
    json_free(&document);
    return guess.known.length > 0 ? guess.email : TEXT("");
}

struct text known_cookie(struct request *request, struct text mark) {
    return text_format(&request->arena,
                       KNOWN_COOKIE "=%.*s; Path=/v1/session; Max-Age=31536000; HttpOnly; SameSite=Strict%s",
                       TEXT_ARGS(mark), request->server->options->behind_https ? "; Secure" : "");
}
