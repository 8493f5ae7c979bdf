/* A transport over libcurl's multi interface: one easy handle that keeps its connections, driven by our own
 * loop, so that an interruption is seen while libcurl waits. */
#include "seatmeter_curl.h"

#include "content_range.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 1000, SLOWEST_BYTES_A_SECOND = 16, URL_BYTES_MAX = 8192 };

struct sm_curl {
    CURL *easy;
    CURLM *multi;
    char *user_agent;
    char *ca_file;
    char *proxy;
    int64_t connect_limit_s;
    int64_t silence_limit_s;
    int64_t post_limit_s;
    int64_t get_limit_s;
    int64_t body_bytes_limit;
    int (*is_interrupted)(void *context);
    void *interrupt_context;
    int interrupt_descriptor;
    CURLcode result; /* of the last exchange */
    char words[CURL_ERROR_SIZE];
};

/* One exchange. */
struct exchange {
    struct sm_curl *curl;
    struct sm_response *response;
    sm_sink sink;
    void *sink_context;
    int64_t body_bytes;
};

static char *copy(const char *text) {
    size_t size = strlen(text) + 1;
    char *twin = malloc(size);
    if (twin != NULL) {
        memcpy(twin, text, size);
    }
    return twin;
}

static int64_t limit_or(int64_t given, int64_t fallback) {
    return given > 0 ? given : fallback;
}

enum sm_code sm_curl_open(const struct sm_curl_options *options, struct sm_curl **curl) {
    struct sm_curl_options taken = {.interrupt_descriptor = -1};
    if (curl == NULL || (options != NULL && options->size < sizeof options->size)) {
        return SM_WRONG_CALL;
    }
    *curl = NULL;
    if (options != NULL) {
        memcpy(&taken, options, options->size < sizeof taken ? options->size : sizeof taken);
    }
    struct sm_curl *made = calloc(1, sizeof *made);
    if (made == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(made);
        return SM_NO_MEMORY;
    }
    made->connect_limit_s = limit_or(taken.connect_limit_s, 10);
    made->silence_limit_s = limit_or(taken.silence_limit_s, 30);
    made->post_limit_s = limit_or(taken.post_limit_s, 60);
    made->get_limit_s = limit_or(taken.get_limit_s, 3600);
    made->body_bytes_limit = limit_or(taken.body_bytes_limit, INT64_C(1) << 40);
    made->is_interrupted = taken.is_interrupted;
    made->interrupt_context = taken.interrupt_context;
    made->interrupt_descriptor = taken.interrupt_descriptor > 0 ? taken.interrupt_descriptor : -1;
    made->user_agent = copy(taken.user_agent != NULL ? taken.user_agent : "libseatmeter/" SM_VERSION);
    made->ca_file = taken.ca_file == NULL ? NULL : copy(taken.ca_file);
    made->proxy = taken.proxy == NULL ? NULL : copy(taken.proxy);
    made->easy = curl_easy_init();
    made->multi = curl_multi_init();
    if (made->user_agent == NULL || (taken.ca_file != NULL && made->ca_file == NULL) ||
        (taken.proxy != NULL && made->proxy == NULL) || made->easy == NULL || made->multi == NULL) {
        sm_curl_close(made);
        return SM_NO_MEMORY;
    }
    *curl = made;
    return SM_OK;
}

void sm_curl_close(struct sm_curl *curl) {
    if (curl == NULL) {
        return;
    }
    curl_easy_cleanup(curl->easy);
    curl_multi_cleanup(curl->multi);
    curl_global_cleanup();
    free(curl->user_agent);
    free(curl->ca_file);
    free(curl->proxy);
    free(curl);
}

const char *sm_curl_words(const struct sm_curl *curl) {
    return curl == NULL ? "" : curl->words;
}

int sm_curl_failed_for_good(const struct sm_curl *curl) {
    static const CURLcode REASONS[] = {
        CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
        CURLE_SSL_CERTPROBLEM,          CURLE_URL_MALFORMAT,      CURLE_UNSUPPORTED_PROTOCOL};
    for (size_t i = 0; curl != NULL && i < sizeof REASONS / sizeof REASONS[0]; i++) {
        if (curl->result == REASONS[i]) {
            return 1;
        }
    }
    return 0;
}

/* Header lines, one a call; a status line begins the headers of another answer (after a 100, say). */
static size_t take_header(char *line, size_t one, size_t length, void *context) {
    static const char NAME[] = "content-range:";
    struct exchange *exchange = context;
    (void)one;
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        exchange->response->range_first = -1;
        exchange->response->range_total = -1;
    } else if (length >= sizeof NAME && curl_strnequal(line, NAME, sizeof NAME - 1)) {
        content_range_take(exchange->response, line + sizeof NAME - 1, length - (sizeof NAME - 1));
    }
    return length;
}

static void take_facts(struct exchange *exchange) {
    CURL *easy = exchange->curl->easy;
    struct sm_response *response = exchange->response;
    long status = 0;
    curl_off_t number = 0;
    if (curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK) {
        response->status = (int)status;
    }
    if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &number) == CURLE_OK && number > 0) {
        response->retry_after_s = number;
    }
    if (curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &number) == CURLE_OK && number >= 0) {
        response->content_length = number;
    }
}

static size_t take_body(char *bytes, size_t one, size_t length, void *context) {
    struct exchange *exchange = context;
    (void)one;
    if (exchange->body_bytes == 0) {
        take_facts(exchange);
    }
    exchange->body_bytes += (int64_t)length;
    if (exchange->body_bytes > exchange->curl->body_bytes_limit ||
        exchange->sink(exchange->sink_context, exchange->response, bytes, length) != 0) {
        return length + 1; /* which is no length: libcurl ends the exchange */
    }
    return length;
}

static struct curl_slist *append(struct curl_slist *list, const char *line, bool *is_good) {
    struct curl_slist *longer = curl_slist_append(list, line);
    *is_good = *is_good && longer != NULL;
    return longer == NULL ? list : longer;
}

/* All that is not said here is libcurl's default; that includes proxies from the environment, where none was
 * given. */
static bool set_up(struct exchange *exchange, const struct sm_request *request, struct curl_slist *headers) {
    const struct sm_curl *curl = exchange->curl;
    CURL *easy = curl->easy;
    bool is_post = strcmp(request->method, "POST") == 0;
    CURLcode first_failure = CURLE_OK;
#define SET(option, value)                                                                                   \
    do {                                                                                                     \
        CURLcode code = curl_easy_setopt(easy, option, value);                                               \
        first_failure = first_failure == CURLE_OK ? code : first_failure;                                    \
    } while (0)
    curl_easy_reset(easy);
    SET(CURLOPT_ERRORBUFFER, exchange->curl->words);
    SET(CURLOPT_URL, request->url);
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (curl->ca_file != NULL) {
        SET(CURLOPT_CAINFO, curl->ca_file);
    }
    if (curl->proxy != NULL) {
        SET(CURLOPT_PROXY, curl->proxy);
        SET(CURLOPT_NOPROXY, "");
    }
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT, (long)curl->connect_limit_s);
    SET(CURLOPT_TIMEOUT, (long)(is_post ? curl->post_limit_s : curl->get_limit_s));
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST_BYTES_A_SECOND);
    SET(CURLOPT_LOW_SPEED_TIME, (long)curl->silence_limit_s);
    SET(CURLOPT_USERAGENT, curl->user_agent);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, exchange);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, exchange);
    if (is_post) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
        SET(CURLOPT_POSTFIELDS, request->body == NULL ? "" : (const char *)request->body);
    }
#undef SET
    exchange->curl->result = first_failure;
    return first_failure == CURLE_OK;
}

/* Runs the exchange to its end; false where it failed or was interrupted. */
static bool drive(struct sm_curl *curl) {
    struct curl_waitfd extra = {.fd = curl->interrupt_descriptor, .events = CURL_WAIT_POLLIN};
    int running = 1;
    for (;;) {
        if (curl_multi_perform(curl->multi, &running) != CURLM_OK) {
            return false;
        }
        if (running == 0) {
            break;
        }
        unsigned extras = curl->interrupt_descriptor >= 0 ? 1 : 0;
        if (curl_multi_poll(curl->multi, &extra, extras, POLL_MS, NULL) != CURLM_OK) {
            return false;
        }
        if (curl->is_interrupted != NULL && curl->is_interrupted(curl->interrupt_context) != 0) {
            snprintf(curl->words, sizeof curl->words, "it was interrupted");
            return false;
        }
    }
    int left = 0;
    CURLMsg *message = curl_multi_info_read(curl->multi, &left);
    if (message == NULL || message->msg != CURLMSG_DONE) {
        return false;
    }
    curl->result = message->data.result;
    if (message->data.result != CURLE_OK && curl->words[0] == '\0') {
        snprintf(curl->words, sizeof curl->words, "%s", curl_easy_strerror(message->data.result));
    }
    return message->data.result == CURLE_OK;
}

static int perform(void *context, const struct sm_request *request, struct sm_response *response,
                   sm_sink sink, void *sink_context) {
    struct sm_curl *curl = context;
    struct exchange exchange = {curl, response, sink, sink_context, 0};
    bool is_good = true;
    curl->words[0] = '\0';
    curl->result = CURLE_OK;
    if (strlen(request->url) > URL_BYTES_MAX) {
        return 1;
    }
    /* libcurl would wait for a 100 (Continue) that hardly any server sends. */
    struct curl_slist *headers = append(NULL, "Expect:", &is_good);
    for (size_t i = 0; request->headers != NULL && request->headers[i] != NULL; i++) {
        headers = append(headers, request->headers[i], &is_good);
    }
    is_good = is_good && set_up(&exchange, request, headers);
    if (is_good && curl_multi_add_handle(curl->multi, curl->easy) == CURLM_OK) {
        is_good = drive(curl);
        if (is_good) {
            take_facts(&exchange);
        }
        curl_multi_remove_handle(curl->multi, curl->easy);
    } else {
        is_good = false;
    }
    curl_slist_free_all(headers);
    return is_good ? 0 : 1;
}

struct sm_transport sm_curl_transport(struct sm_curl *curl) {
    return (struct sm_transport){curl, perform};
}
