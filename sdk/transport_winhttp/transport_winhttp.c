/* A transport over WinHTTP's asynchronous half: each step of an exchange is begun, and then waited for
 * together with the caller's event and our own limits of time.
 *
 * What WinHTTP may touch behind our back (the buffer, the body, the event) lives in an exchange of its own,
 * which is held twice: by us, and by WinHTTP until it says that the request's handle is gone. So an exchange
 * that is given up is left behind at once, and nothing is freed under anybody's hands. */
#include "seatmeter_winhttp.h"

#ifdef _WIN32

#include "content_range.h"
#include "wide.h"

#include <windows.h>

#include <winhttp.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY
#define WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY 4
#endif
#ifndef WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3
#define WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3 0x00002000
#endif

enum { ASKED_MS = 1000, URL_BYTES_MAX = 8192, BLOCK_BYTES = 16384, HEADER_CHARACTERS = 80 };

struct sm_winhttp {
    HINTERNET session;
    int64_t connect_limit_s;
    int64_t silence_limit_s;
    int64_t post_limit_s;
    int64_t get_limit_s;
    int64_t body_bytes_limit;
    int (*is_interrupted)(void *context);
    void *interrupt_context;
    HANDLE interrupt_event;
    bool has_failed_for_good;
    char words[256];
};

/* What is shared with WinHTTP. `error`, `bytes` and `secure_failure` are written before `step` is set. */
struct exchange {
    LONG holders;
    HANDLE step; /* set when a step has ended */
    DWORD error; /* of the step; 0: it went well */
    DWORD bytes; /* that are there, or were read */
    DWORD secure_failure;
    int64_t silence_limit_s; /* of the next step */
    void *body;
    unsigned char block[BLOCK_BYTES];
};

/* Where an address leads. */
struct place {
    wchar_t *url;
    wchar_t host[256];
    const wchar_t *path;
    INTERNET_PORT port;
    bool is_secure;
};

static int64_t limit_or(int64_t given, int64_t fallback) {
    return given > 0 ? given : fallback;
}

static int64_t now_ms(void) {
    return (int64_t)GetTickCount64();
}

static int milliseconds_of(int64_t seconds) {
    return seconds > INT32_MAX / 1000 ? INT32_MAX : (int)(seconds * 1000);
}

/* ---- exchanges ---- */

static void let_go(struct exchange *exchange) {
    if (InterlockedDecrement(&exchange->holders) == 0) {
        (void)CloseHandle(exchange->step);
        free(exchange->body);
        free(exchange);
    }
}

static struct exchange *make_exchange(const struct sm_request *request) {
    struct exchange *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    made->holders = 1;
    made->step = CreateEventW(NULL, FALSE, FALSE, NULL);
    made->body = request->body_size > 0 ? malloc(request->body_size) : NULL;
    if (made->step == NULL || (request->body_size > 0 && made->body == NULL)) {
        if (made->step != NULL) {
            (void)CloseHandle(made->step);
        }
        free(made->body);
        free(made);
        return NULL;
    }
    if (made->body != NULL) {
        memcpy(made->body, request->body, request->body_size);
    }
    return made;
}

static void end_step(struct exchange *exchange, DWORD error, DWORD bytes) {
    exchange->error = error;
    exchange->bytes = bytes;
    (void)SetEvent(exchange->step);
}

/* On a thread of WinHTTP's, or within a call of ours. */
static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, void *information,
                               DWORD size) {
    struct exchange *exchange = (struct exchange *)context;
    (void)handle;
    if (exchange == NULL) {
        return;
    }
    switch (status) {
    case WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE:
        end_step(exchange, 0, 0);
        break;
    case WINHTTP_CALLBACK_STATUS_DATA_AVAILABLE:
        end_step(exchange, 0, *(const DWORD *)information);
        break;
    case WINHTTP_CALLBACK_STATUS_READ_COMPLETE:
        end_step(exchange, 0, size);
        break;
    case WINHTTP_CALLBACK_STATUS_SECURE_FAILURE:
        exchange->secure_failure = *(const DWORD *)information;
        break;
    case WINHTTP_CALLBACK_STATUS_REQUEST_ERROR:
        end_step(exchange, ((const WINHTTP_ASYNC_RESULT *)information)->dwError, 0);
        break;
    case WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING:
        let_go(exchange);
        break;
    default:
        break;
    }
}

/* ---- words ---- */

static const char *words_of_certificate(DWORD failure) {
    static const struct {
        DWORD flag;
        const char *words;
    } ROWS[] = {
        {WINHTTP_CALLBACK_STATUS_FLAG_INVALID_CA, "the certificate is of an authority that is not trusted"},
        {WINHTTP_CALLBACK_STATUS_FLAG_CERT_CN_INVALID, "the certificate is of another host"},
        {WINHTTP_CALLBACK_STATUS_FLAG_CERT_DATE_INVALID, "the certificate has expired or is not valid yet"},
        {WINHTTP_CALLBACK_STATUS_FLAG_CERT_REVOKED, "the certificate was revoked"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        if ((failure & ROWS[i].flag) != 0) {
            return ROWS[i].words;
        }
    }
    return "the TLS connection failed";
}

static bool is_about_the_certificate(DWORD failure) {
    return (failure &
            (WINHTTP_CALLBACK_STATUS_FLAG_INVALID_CA | WINHTTP_CALLBACK_STATUS_FLAG_CERT_CN_INVALID |
             WINHTTP_CALLBACK_STATUS_FLAG_CERT_DATE_INVALID | WINHTTP_CALLBACK_STATUS_FLAG_CERT_REVOKED)) !=
           0;
}

static const char *words_of(DWORD error) {
    switch (error) {
    case ERROR_WINHTTP_NAME_NOT_RESOLVED:
        return "the server's name is not known";
    case ERROR_WINHTTP_CANNOT_CONNECT:
        return "the server cannot be connected to";
    case ERROR_WINHTTP_TIMEOUT:
        return "it took too long";
    case ERROR_WINHTTP_CONNECTION_ERROR:
        return "the connection was lost";
    case ERROR_WINHTTP_INVALID_SERVER_RESPONSE:
        return "the answer is not HTTP";
    default:
        return NULL;
    }
}

static bool fail(struct sm_winhttp *winhttp, const char *words) {
    snprintf(winhttp->words, sizeof winhttp->words, "%s", words);
    return false;
}

static bool fail_of(struct sm_winhttp *winhttp, const struct exchange *exchange, DWORD error) {
    const char *words = error == ERROR_WINHTTP_SECURE_FAILURE ? words_of_certificate(exchange->secure_failure)
                                                              : words_of(error);
    winhttp->has_failed_for_good =
        (error == ERROR_WINHTTP_SECURE_FAILURE && is_about_the_certificate(exchange->secure_failure)) ||
        error == ERROR_WINHTTP_INVALID_URL || error == ERROR_WINHTTP_UNRECOGNIZED_SCHEME;
    if (words != NULL) {
        return fail(winhttp, words);
    }
    snprintf(winhttp->words, sizeof winhttp->words, "WinHTTP failed with error %lu", error);
    return false;
}

/* ---- one exchange ---- */

/* Waits for the step that was begun; false with words where it failed, was interrupted or took too long. */
static bool wait_for_step(struct sm_winhttp *winhttp, struct exchange *exchange, int64_t ends_at_ms) {
    HANDLE handles[] = {exchange->step, winhttp->interrupt_event};
    DWORD count = winhttp->interrupt_event == NULL || winhttp->is_interrupted == NULL ? 1 : 2;
    int64_t silent_at_ms = now_ms() + exchange->silence_limit_s * 1000;
    int64_t until_ms = silent_at_ms < ends_at_ms ? silent_at_ms : ends_at_ms;
    for (;;) {
        int64_t left_ms = until_ms - now_ms();
        if (left_ms <= 0) {
            return fail(winhttp, "it took too long");
        }
        DWORD found =
            WaitForMultipleObjects(count, handles, FALSE, left_ms < ASKED_MS ? (DWORD)left_ms : ASKED_MS);
        if (found == WAIT_OBJECT_0) {
            return exchange->error == 0 || fail_of(winhttp, exchange, exchange->error);
        }
        if (found == WAIT_FAILED) {
            return fail_of(winhttp, exchange, GetLastError());
        }
        if (winhttp->is_interrupted != NULL && winhttp->is_interrupted(winhttp->interrupt_context) != 0) {
            return fail(winhttp, "it was interrupted");
        }
        count = 1; /* an event that is set and means nothing yet is asked about once a second */
    }
}

static bool step(struct sm_winhttp *winhttp, struct exchange *exchange, int64_t ends_at_ms, BOOL is_begun) {
    if (!is_begun) {
        return fail_of(winhttp, exchange, GetLastError());
    }
    return wait_for_step(winhttp, exchange, ends_at_ms);
}

/* The value of a header in ASCII, empty where it is not there. */
static size_t header(HINTERNET handle, DWORD which, char value[HEADER_CHARACTERS]) {
    wchar_t wide[HEADER_CHARACTERS] = L"";
    DWORD size = sizeof wide - sizeof wide[0];
    value[0] = '\0';
    if (WinHttpQueryHeaders(handle, which, WINHTTP_HEADER_NAME_BY_INDEX, wide, &size,
                            WINHTTP_NO_HEADER_INDEX)) {
        (void)sm_wide_to_text(wide, value, HEADER_CHARACTERS);
    }
    return strlen(value);
}

/* Seconds, or a date turned into seconds from now; -1: neither. */
static int64_t retry_after(const char *value) {
    char *end = NULL;
    long long seconds = strtoll(value, &end, 10);
    wchar_t wide[HEADER_CHARACTERS];
    SYSTEMTIME date;
    FILETIME then;
    FILETIME now;
    if (end != value && *end == '\0') {
        return seconds >= 0 ? seconds : -1;
    }
    for (size_t i = 0; i < HEADER_CHARACTERS; i++) {
        wide[i] = (wchar_t)(unsigned char)value[i];
        if (value[i] == '\0') {
            break;
        }
    }
    if (value[0] == '\0' || !WinHttpTimeToSystemTime(wide, &date) || !SystemTimeToFileTime(&date, &then)) {
        return -1;
    }
    GetSystemTimeAsFileTime(&now);
    int64_t ticks = ((int64_t)then.dwHighDateTime << 32 | (int64_t)then.dwLowDateTime) -
                    ((int64_t)now.dwHighDateTime << 32 | (int64_t)now.dwLowDateTime);
    return ticks > 0 ? ticks / 10000000 : 0;
}

static bool take_facts(HINTERNET handle, struct sm_response *response) {
    char value[HEADER_CHARACTERS];
    DWORD status = 0;
    DWORD size = sizeof status;
    if (!WinHttpQueryHeaders(handle, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER,
                             WINHTTP_HEADER_NAME_BY_INDEX, &status, &size, WINHTTP_NO_HEADER_INDEX)) {
        return false;
    }
    response->status = (int)status;
    if (header(handle, WINHTTP_QUERY_RETRY_AFTER, value) > 0) {
        response->retry_after_s = retry_after(value);
    }
    if (header(handle, WINHTTP_QUERY_CONTENT_LENGTH, value) > 0 && value[0] >= '0' && value[0] <= '9') {
        response->content_length = strtoll(value, NULL, 10);
    }
    size_t length = header(handle, WINHTTP_QUERY_CONTENT_RANGE, value);
    content_range_take(response, value, length);
    return true;
}

/* Hands over the body as it comes. */
static bool read_body(struct sm_winhttp *winhttp, struct exchange *exchange, HINTERNET handle,
                      int64_t ends_at_ms, struct sm_response *response, sm_sink sink, void *sink_context) {
    int64_t whole = 0;
    for (;;) {
        if (!step(winhttp, exchange, ends_at_ms, WinHttpQueryDataAvailable(handle, NULL))) {
            return false;
        }
        DWORD wanted = exchange->bytes < BLOCK_BYTES ? exchange->bytes : BLOCK_BYTES;
        if (wanted == 0) {
            break;
        }
        if (!step(winhttp, exchange, ends_at_ms, WinHttpReadData(handle, exchange->block, wanted, NULL))) {
            return false;
        }
        if (exchange->bytes == 0) {
            break;
        }
        whole += exchange->bytes;
        if (whole > winhttp->body_bytes_limit) {
            return fail(winhttp, "the answer is larger than it may be");
        }
        if (sink(sink_context, response, exchange->block, exchange->bytes) != 0) {
            return fail(winhttp, "the answer was not wanted");
        }
    }
    bool has_body = response->status >= 200 && response->status != 204 && response->status != 304;
    if (has_body && response->content_length >= 0 && whole != response->content_length) {
        return fail(winhttp, "the connection was lost");
    }
    return true;
}

static bool add_headers(HINTERNET handle, const char *const *headers) {
    for (size_t i = 0; headers != NULL && headers[i] != NULL; i++) {
        wchar_t *line = sm_wide_of(headers[i]);
        bool is_good =
            line != NULL && WinHttpAddRequestHeaders(handle, line, (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
        free(line);
        if (!is_good) {
            return false;
        }
    }
    return true;
}

/* From here on WinHTTP holds the exchange too. */
static bool lend(HINTERNET handle, struct exchange *exchange) {
    DWORD_PTR context = (DWORD_PTR)exchange;
    (void)InterlockedIncrement(&exchange->holders);
    if (WinHttpSetOption(handle, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof context)) {
        return true;
    }
    (void)InterlockedDecrement(&exchange->holders);
    return false;
}

static bool converse(struct sm_winhttp *winhttp, struct exchange *exchange, HINTERNET handle,
                     const struct sm_request *request, struct sm_response *response, sm_sink sink,
                     void *sink_context) {
    DWORD off = WINHTTP_DISABLE_COOKIES | WINHTTP_DISABLE_REDIRECTS | WINHTTP_DISABLE_AUTHENTICATION;
    bool is_post = strcmp(request->method, "POST") == 0;
    int64_t ends_at_ms = now_ms() + (is_post ? winhttp->post_limit_s : winhttp->get_limit_s) * 1000;
    if (!WinHttpSetOption(handle, WINHTTP_OPTION_DISABLE_FEATURE, &off, sizeof off) ||
        !add_headers(handle, request->headers) || request->body_size > UINT32_MAX) {
        return fail(winhttp, "the request cannot be made");
    }
    DWORD size = (DWORD)request->body_size;
    /* The name may take the one limit, and the connection the other, before silence begins. */
    exchange->silence_limit_s = winhttp->silence_limit_s + 2 * winhttp->connect_limit_s;
    if (!step(winhttp, exchange, ends_at_ms,
              WinHttpSendRequest(handle, WINHTTP_NO_ADDITIONAL_HEADERS, 0, exchange->body, size, size,
                                 (DWORD_PTR)exchange))) {
        return false;
    }
    exchange->silence_limit_s = winhttp->silence_limit_s;
    if (!step(winhttp, exchange, ends_at_ms, WinHttpReceiveResponse(handle, NULL))) {
        return false;
    }
    if (!take_facts(handle, response)) {
        return fail(winhttp, "the answer is not HTTP");
    }
    return read_body(winhttp, exchange, handle, ends_at_ms, response, sink, sink_context);
}

/* ---- addresses ---- */

static bool find_place(const char *url, struct place *place) {
    URL_COMPONENTS parts = {.dwStructSize = sizeof parts,
                            .lpszHostName = place->host,
                            .dwHostNameLength = sizeof place->host / sizeof place->host[0],
                            .dwUrlPathLength = (DWORD)-1,
                            .dwExtraInfoLength = (DWORD)-1};
    place->url = strlen(url) > URL_BYTES_MAX ? NULL : sm_wide_of(url);
    if (place->url == NULL || !WinHttpCrackUrl(place->url, 0, 0, &parts) ||
        (parts.nScheme != INTERNET_SCHEME_HTTP && parts.nScheme != INTERNET_SCHEME_HTTPS)) {
        return false;
    }
    place->is_secure = parts.nScheme == INTERNET_SCHEME_HTTPS;
    place->port = parts.nPort;
    /* The query stands behind the path. */
    place->path = parts.lpszUrlPath == NULL || parts.lpszUrlPath[0] == L'\0' ? L"/" : parts.lpszUrlPath;
    return true;
}

static int perform(void *context, const struct sm_request *request, struct sm_response *response,
                   sm_sink sink, void *sink_context) {
    struct sm_winhttp *winhttp = context;
    struct place place = {.url = NULL};
    HINTERNET connection = NULL;
    HINTERNET handle = NULL;
    bool is_done = false;
    wchar_t *method = sm_wide_of(request->method);
    struct exchange *exchange = make_exchange(request);
    winhttp->words[0] = '\0';
    winhttp->has_failed_for_good = false;
    if (method == NULL || exchange == NULL) {
        (void)fail(winhttp, "there is no memory");
        goto done;
    }
    if (!find_place(request->url, &place)) {
        (void)fail(winhttp, "the address is not one of HTTP");
        goto done;
    }
    connection = WinHttpConnect(winhttp->session, place.host, place.port, 0);
    if (connection != NULL) {
        handle = WinHttpOpenRequest(connection, method, place.path, NULL, WINHTTP_NO_REFERER,
                                    WINHTTP_DEFAULT_ACCEPT_TYPES,
                                    WINHTTP_FLAG_ESCAPE_DISABLE | WINHTTP_FLAG_ESCAPE_DISABLE_QUERY |
                                        (place.is_secure ? WINHTTP_FLAG_SECURE : 0));
    }
    if (handle == NULL || !lend(handle, exchange)) {
        (void)fail_of(winhttp, exchange, GetLastError());
        goto done;
    }
    is_done = converse(winhttp, exchange, handle, request, response, sink, sink_context);
done:
    if (handle != NULL) {
        (void)WinHttpCloseHandle(handle);
    }
    if (connection != NULL) {
        (void)WinHttpCloseHandle(connection);
    }
    if (exchange != NULL) {
        let_go(exchange);
    }
    free(place.url);
    free(method);
    return is_done ? 0 : 1;
}

struct sm_transport sm_winhttp_transport(struct sm_winhttp *winhttp) {
    return (struct sm_transport){winhttp, perform};
}

/* ---- opening and closing ---- */

/* The proxy as every WinHTTP takes it: a host and a port. Its proxies speak HTTP, so that need not be said.
 */
static wchar_t *proxy_of(const char *given) {
    static const char SCHEME[] = "http://";
    bool has_scheme = strncmp(given, SCHEME, sizeof SCHEME - 1) == 0;
    wchar_t *proxy = sm_wide_of(has_scheme ? given + sizeof SCHEME - 1 : given);
    size_t length = proxy == NULL ? 0 : wcslen(proxy);
    if (length > 0 && proxy[length - 1] == L'/') {
        proxy[length - 1] = L'\0';
    }
    return proxy;
}

/* Before Windows 8.1 there was no automatic proxy, before 11 no TLS 1.3 to be named. */
static HINTERNET open_session(const wchar_t *user_agent, const wchar_t *proxy) {
    if (proxy != NULL) {
        return WinHttpOpen(
            user_agent, proxy[0] == L'\0' ? WINHTTP_ACCESS_TYPE_NO_PROXY : WINHTTP_ACCESS_TYPE_NAMED_PROXY,
            proxy[0] == L'\0' ? WINHTTP_NO_PROXY_NAME : proxy, WINHTTP_NO_PROXY_BYPASS, WINHTTP_FLAG_ASYNC);
    }
    HINTERNET session = WinHttpOpen(user_agent, WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY, WINHTTP_NO_PROXY_NAME,
                                    WINHTTP_NO_PROXY_BYPASS, WINHTTP_FLAG_ASYNC);
    if (session == NULL) {
        session = WinHttpOpen(user_agent, WINHTTP_ACCESS_TYPE_DEFAULT_PROXY, WINHTTP_NO_PROXY_NAME,
                              WINHTTP_NO_PROXY_BYPASS, WINHTTP_FLAG_ASYNC);
    }
    return session;
}

static bool set_up(const struct sm_winhttp *winhttp) {
    DWORD both = WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2 | WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3;
    DWORD older = WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2;
    int connect_ms = milliseconds_of(winhttp->connect_limit_s);
    int silence_ms = milliseconds_of(winhttp->silence_limit_s);
    return WinHttpSetTimeouts(winhttp->session, connect_ms, connect_ms, silence_ms, silence_ms) &&
           (WinHttpSetOption(winhttp->session, WINHTTP_OPTION_SECURE_PROTOCOLS, &both, sizeof both) ||
            WinHttpSetOption(winhttp->session, WINHTTP_OPTION_SECURE_PROTOCOLS, &older, sizeof older)) &&
           WinHttpSetStatusCallback(winhttp->session, on_status,
                                    WINHTTP_CALLBACK_FLAG_ALL_COMPLETIONS | WINHTTP_CALLBACK_FLAG_HANDLES |
                                        WINHTTP_CALLBACK_FLAG_SECURE_FAILURE,
                                    0) != WINHTTP_INVALID_STATUS_CALLBACK;
}

enum sm_code sm_winhttp_open(const struct sm_winhttp_options *options, struct sm_winhttp **winhttp) {
    struct sm_winhttp_options taken = {.size = sizeof taken};
    if (winhttp == NULL || (options != NULL && options->size < sizeof options->size)) {
        return SM_WRONG_CALL;
    }
    *winhttp = NULL;
    if (options != NULL) {
        memcpy(&taken, options, options->size < sizeof taken ? options->size : sizeof taken);
    }
    wchar_t *user_agent =
        sm_wide_of(taken.user_agent != NULL ? taken.user_agent : "libseatmeter/" SM_VERSION);
    wchar_t *proxy = taken.proxy == NULL ? NULL : proxy_of(taken.proxy);
    if (user_agent == NULL || (taken.proxy != NULL && proxy == NULL)) {
        free(user_agent);
        free(proxy);
        return SM_WRONG_CALL;
    }
    struct sm_winhttp *made = calloc(1, sizeof *made);
    if (made != NULL) {
        *made = (struct sm_winhttp){.session = open_session(user_agent, proxy),
                                    .connect_limit_s = limit_or(taken.connect_limit_s, 10),
                                    .silence_limit_s = limit_or(taken.silence_limit_s, 30),
                                    .post_limit_s = limit_or(taken.post_limit_s, 60),
                                    .get_limit_s = limit_or(taken.get_limit_s, 3600),
                                    .body_bytes_limit = limit_or(taken.body_bytes_limit, INT64_C(1) << 40),
                                    .is_interrupted = taken.is_interrupted,
                                    .interrupt_context = taken.interrupt_context,
                                    .interrupt_event = taken.interrupt_event};
    }
    free(user_agent);
    free(proxy);
    if (made == NULL || made->session == NULL || !set_up(made)) {
        sm_winhttp_close(made);
        return SM_NO_MEMORY;
    }
    *winhttp = made;
    return SM_OK;
}

void sm_winhttp_close(struct sm_winhttp *winhttp) {
    if (winhttp == NULL) {
        return;
    }
    if (winhttp->session != NULL) {
        (void)WinHttpCloseHandle(winhttp->session);
    }
    free(winhttp);
}

int sm_winhttp_failed_for_good(const struct sm_winhttp *winhttp) {
    return winhttp != NULL && winhttp->has_failed_for_good ? 1 : 0;
}

const char *sm_winhttp_words(const struct sm_winhttp *winhttp) {
    return winhttp == NULL ? "" : winhttp->words;
}

#endif
