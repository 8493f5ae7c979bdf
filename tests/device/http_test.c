/* The doors' HTTP loop alone, over real sockets, with a handler that answers in every way there is: at
 * once, at the end of the turn, later, not at all. No test waits for a time: each waits for bytes, or for the
 * end of the connection, which the loop's own short deadlines bring about. */
#include "http/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* What takes longer hangs: no machine is so slow or so busy. */
enum { KEPT_MAX = 256, BIG_BYTES = 16 << 20, PATIENCE_US = 900000000 };

/* What keeps a request until the flush or the eventfd. */
struct kept {
    struct http_exchange *exchange;
    char body[64];
    size_t length;
};

struct rig {
    struct http *http;
    struct http_options options;
    pthread_t thread;
    int listen_fd;
    int later_fd;
    in_port_t port;
    struct kept for_flush[KEPT_MAX];
    size_t for_flush_count;
    struct kept for_later[KEPT_MAX];
    size_t for_later_count;
    size_t batches;
    atomic_size_t batch_max;
    char *big;
    int told_fd;  /* readable once a request for later, or a long one, has come */
    int go_on_fd; /* ends the long one */
};

static void answer_text(struct http_exchange *exchange, int status, struct text body) {
    http_respond(exchange,
                 &(struct http_response){.status = status, .content_type = "text/plain", .body = body});
}

static void burn(int64_t us) {
    struct timespec began;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &began);
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - began.tv_sec) * 1000000 + (now.tv_nsec - began.tv_nsec) / 1000 < us);
}

static void keep(struct kept *list, size_t *count, struct http_exchange *exchange, struct text body) {
    assert_true(*count < KEPT_MAX && body.length <= sizeof list[0].body);
    struct kept *kept = &list[(*count)++];
    kept->exchange = exchange;
    kept->length = body.length;
    memcpy(kept->body, body.at, body.length);
}

static void tell(int fd) {
    uint64_t one = 1;
    assert_int_equal(write(fd, &one, sizeof one), sizeof one);
}

static void hear_told(int fd) {
    uint64_t count;
    assert_int_equal(read(fd, &count, sizeof count), sizeof count);
}

static void on_request(void *context, struct http_exchange *exchange, const struct http_request *request) {
    struct rig *rig = context;
    if (text_is(request->path, "/echo")) {
        keep(rig->for_flush, &rig->for_flush_count, exchange, request->body);
    } else if (text_is(request->path, "/later")) {
        keep(rig->for_later, &rig->for_later_count, exchange, request->body);
        tell(rig->told_fd);
    } else if (text_is(request->path, "/burn")) {
        burn(5000);
        answer_text(exchange, 200, TEXT("burnt"));
    } else if (text_is(request->path, "/long")) {
        tell(rig->told_fd);
        hear_told(rig->go_on_fd);
        answer_text(exchange, 200, TEXT("long"));
    } else if (text_is(request->path, "/big")) {
        answer_text(exchange, 200, (struct text){rig->big, BIG_BYTES});
    } else if (text_is(request->path, "/detach")) {
        int fd = http_detach(exchange);
        assert_int_equal(send(fd, "raw", 3, MSG_NOSIGNAL), 3);
        close(fd);
    } else if (text_is(request->path, "/range")) {
        answer_text(exchange, 200, http_request_field(request, HTTP_FIELD_RANGE));
    } else if (request->verb == HTTP_VERB_HEAD) {
        http_respond(exchange,
                     &(struct http_response){.status = 200, .body = TEXT("12345"), .without_body = true});
    } else {
        answer_text(exchange, 200, request->is_local ? request->path : TEXT("not local"));
    }
}

static void on_flush(void *context) {
    struct rig *rig = context;
    rig->batches += rig->for_flush_count > 0;
    if (rig->for_flush_count > rig->batch_max) {
        rig->batch_max = rig->for_flush_count;
    }
    for (size_t i = 0; i < rig->for_flush_count; i++) {
        struct kept *kept = &rig->for_flush[i];
        char *room = http_body_room(rig->http, kept->length);
        memcpy(room, kept->body, kept->length);
        answer_text(kept->exchange, 200, (struct text){room, kept->length});
    }
    rig->for_flush_count = 0;
}

static void on_later(void *context) {
    struct rig *rig = context;
    uint64_t count;
    assert_int_equal(read(rig->later_fd, &count, sizeof count), sizeof count);
    for (size_t i = 0; i < rig->for_later_count; i++) {
        answer_text(rig->for_later[i].exchange, 200, TEXT("late but well"));
    }
    rig->for_later_count = 0;
}

static struct text refusal(void *context, int status) {
    (void)context;
    return status == 503 ? TEXT("busy") : TEXT("refused");
}

static void *run(void *context) {
    struct rig *rig = context;
    http_run(rig->http, PATIENCE_US);
    return NULL;
}

/* A loop whose options the test may have changed through `change`. */
static struct rig *start(void (*change)(struct http_options *options)) {
    struct rig *rig = calloc(1, sizeof *rig);
    rig->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    assert_int_equal(bind(rig->listen_fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(rig->listen_fd, 512), 0);
    assert_int_equal(getsockname(rig->listen_fd, (struct sockaddr *)&address, &length), 0);
    rig->port = address.sin_port;
    rig->later_fd = eventfd(0, EFD_NONBLOCK);
    rig->told_fd = eventfd(0, 0);
    rig->go_on_fd = eventfd(0, 0);
    rig->big = calloc(1, BIG_BYTES);
    http_options_default(&rig->options);
    rig->options.listen_fd = rig->listen_fd;
    rig->options.connections_max = 64;
    rig->options.late_us = PATIENCE_US;
    rig->options.request = on_request;
    rig->options.flush = on_flush;
    rig->options.refusal = refusal;
    rig->options.context = rig;
    if (change != NULL) {
        change(&rig->options);
    }
    struct fault fault;
    assert_int_equal(http_make(&rig->options, &rig->http, &fault), STATUS_OK);
    assert_int_equal(http_watch(rig->http, rig->later_fd, on_later, rig, &fault), STATUS_OK);
    assert_int_equal(pthread_create(&rig->thread, NULL, run, rig), 0);
    return rig;
}

/* Ends the loop; from here on its counters may be read. */
static void stop(struct rig *rig, struct http_counters *counters) {
    http_stop(rig->http);
    pthread_join(rig->thread, NULL);
    *counters = *http_counters(rig->http);
    http_free(rig->http);
    close(rig->listen_fd);
    close(rig->later_fd);
    close(rig->told_fd);
    close(rig->go_on_fd);
    free(rig->big);
    free(rig);
}

static int connect_to(const struct rig *rig) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = rig->port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say_bytes(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        assert_true(sent > 0);
        bytes += sent;
        length -= (size_t)sent;
    }
}

static void say(int fd, const char *words) {
    say_bytes(fd, words, strlen(words));
}

/* Reads one answer with its body; its status. */
static int hear(int fd, char *body, size_t size) {
    char head[4096];
    size_t length = 0;
    while (length < 4 || memcmp(head + length - 4, "\r\n\r\n", 4) != 0) {
        assert_true(length < sizeof head - 1);
        ssize_t count = recv(fd, head + length, 1, 0);
        if (count <= 0) {
            return -1;
        }
        length++;
    }
    head[length] = '\0';
    int status = (int)strtol(head + 9, NULL, 10);
    const char *found = strstr(head, "Content-Length: ");
    size_t body_length = status < 200 ? 0 : (size_t)strtol(found + 16, NULL, 10);
    size_t had = 0;
    while (had < body_length) {
        char dropped[65536];
        size_t want = body_length - had < sizeof dropped ? body_length - had : sizeof dropped;
        ssize_t count = recv(fd, dropped, want, 0);
        assert_true(count > 0);
        for (ssize_t i = 0; i < count && had + (size_t)i < size - 1; i++) {
            body[had + (size_t)i] = dropped[i];
        }
        had += (size_t)count;
    }
    body[had < size ? had : size - 1] = '\0';
    return status;
}

static void must_hear(int fd, int status, const char *body) {
    char got[256];
    assert_int_equal(hear(fd, got, sizeof got), status);
    assert_string_equal(got, body);
}

/* Nothing more comes. */
static void must_end(int fd) {
    char byte;
    ssize_t count = recv(fd, &byte, 1, 0);
    assert_true(count == 0 || (count < 0 && errno == ECONNRESET));
    close(fd);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: door\r\n\r\n"
#define ECHO_OF(length, body) "POST /echo HTTP/1.1\r\nHost: door\r\nContent-Length: " length "\r\n\r\n" body

static void one_connection_takes_many_requests(void **state) {
    (void)state;
    struct rig *rig = start(NULL);
    int fd = connect_to(rig);
    for (int i = 0; i < 100; i++) {
        say(fd, GET("/one"));
        must_hear(fd, 200, "/one");
        say(fd, ECHO_OF("5", "hello"));
        must_hear(fd, 200, "hello");
    }
    close(fd);
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.requests, 200);
    assert_int_equal(counters.accepted, 1);
    assert_int_equal(counters.responses_by_class[2], 200);
    assert_int_equal(counters.buffered_bytes, 0);
}

static void requests_sent_ahead_are_answered_in_their_order(void **state) {
    (void)state;
    struct rig *rig = start(NULL);
    int fd = connect_to(rig);
    for (int round = 0; round < 50; round++) {
        say(fd, ECHO_OF("3", "one") GET("/two") ECHO_OF("5", "three") GET("/four") ECHO_OF("4", "five"));
    }
    for (int round = 0; round < 50; round++) {
        must_hear(fd, 200, "one");
        must_hear(fd, 200, "/two");
        must_hear(fd, 200, "three");
        must_hear(fd, 200, "/four");
        must_hear(fd, 200, "five");
    }
    say(fd, "POST /later HTTP/1.1\r\nHost: door\r\nContent-Length: 1\r\n\r\nx" GET("/after"));
    hear_told(rig->told_fd);
    tell(rig->later_fd);
    must_hear(fd, 200, "late but well");
    must_hear(fd, 200, "/after");
    close(fd);
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.requests, 252);
}

static void a_request_may_come_byte_by_byte(void **state) {
    (void)state;
    struct rig *rig = start(NULL);
    int fd = connect_to(rig);
    const char whole[] =
        "POST /echo?x=y HTTP/1.1\r\nHost: door\r\nRange: bytes=1-\r\nContent-Length: 12\r\n\r\nin a drizzle"
        "GET /range HTTP/1.1\r\nHost: d\r\nRANGE: bytes=5-9\r\n\r\n";
    for (size_t i = 0; i < sizeof whole - 1; i++) {
        say_bytes(fd, whole + i, 1);
    }
    must_hear(fd, 200, "in a drizzle");
    must_hear(fd, 200, "bytes=5-9");
    close(fd);
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.requests, 2);
}

static void many_at_once_make_one_batch(void **state) {
    (void)state;
    struct rig *rig = start(NULL);
    int first = connect_to(rig);
    int fds[40];
    for (int i = 0; i < 40; i++) {
        fds[i] = connect_to(rig);
        say(fds[i], GET("/there"));
        must_hear(fds[i], 200, "/there");
    }
    say(first, GET("/long")); /* holds the loop while the others send */
    hear_told(rig->told_fd);
    for (int i = 0; i < 40; i++) {
        say(fds[i], ECHO_OF("3", "all"));
    }
    tell(rig->go_on_fd);
    must_hear(first, 200, "long");
    for (int i = 0; i < 40; i++) {
        must_hear(fds[i], 200, "all");
        close(fds[i]);
    }
    close(first);
    size_t batch_max = rig->batch_max;
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(batch_max, 40);
}

static void short_deadlines(struct http_options *options) {
    options->idle_us = 6000000;
    options->head_us = 3000000;
    options->body_us = 3000000;
    options->send_us = 3000000;
}

static void slow_clients_are_dropped_and_counted(void **state) {
    (void)state;
    struct rig *rig = start(short_deadlines);
    int idle = connect_to(rig);
    int head = connect_to(rig);
    int body = connect_to(rig);
    int taker = connect_to(rig);
    int small = 4096;
    setsockopt(taker, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    say(head, "GET /slow HT");
    say(body, "POST /echo HTTP/1.1\r\nHost: door\r\nContent-Length: 10\r\n\r\nhalf");
    say(taker, GET("/big")); /* and never reads */
    must_hear(head, 408, "refused");
    must_end(head);
    must_hear(body, 408, "refused");
    must_end(body);
    must_end(idle);
    struct pollfd hung_up = {.fd = taker, .events = POLLRDHUP};
    assert_int_equal(poll(&hung_up, 1, PATIENCE_US / 1000), 1);
    close(taker);
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.slow_head, 1);
    assert_int_equal(counters.slow_body, 1);
    assert_int_equal(counters.idle_closed, 1);
    assert_int_equal(counters.slow_send, 1);
    assert_int_equal(counters.buffered_bytes, 0);
    assert_int_equal(counters.connections, 0);
}

static void an_answer_larger_than_the_socket_takes_comes_whole(void **state) {
    (void)state;
    struct rig *rig = start(NULL);
    int fd = connect_to(rig);
    say(fd, GET("/big") GET("/next"));
    char byte[2];
    assert_int_equal(hear(fd, byte, sizeof byte), 200);
    must_hear(fd, 200, "/next");
    close(fd);
    struct http_counters counters;
    stop(rig, &counters);
    assert_true(counters.bytes_out > BIG_BYTES);
}

static void must_refuse(const struct rig *rig, const char *request, size_t length, int status) {
    int fd = connect_to(rig);
    say_bytes(fd, request, length);
    must_hear(fd, status, "refused");
    must_end(fd);
}

#define REFUSE(rig, status, request) must_refuse(rig, request, sizeof(request) - 1, status)

static void what_is_malformed_is_refused_and_counted(void **state) {
    (void)state;
    struct rig *rig = start(NULL);
    REFUSE(rig, 400, "hello\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    REFUSE(rig, 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx");
    REFUSE(rig, 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nx");
    REFUSE(rig, 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 1\r\n\r\nx");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\r\nRange: 1\r\nRange: 2\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHo st: a\r\n\r\n");
    REFUSE(rig, 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"); /* a TLS client */
    REFUSE(rig, 400, "GET / HTTP/1.1\nHost: a\r\n\r\n");              /* a bare LF, in each place */
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\r\n\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\n\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\rContent-Length: 2\r\n\r\nxx"); /* a bare CR */
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n");
    REFUSE(rig, 400, "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n");
    REFUSE(rig, 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n");
    REFUSE(rig, 400, "GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSE(rig, 400, "GET relative HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSE(rig, 400, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSE(rig, 400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSE(rig, 400, "GET / http/1.1\r\nHost: a\r\n\r\n");
    REFUSE(rig, 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx");
    REFUSE(rig, 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx");
    REFUSE(rig, 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx");
    REFUSE(rig, 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\nx");
    REFUSE(rig, 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nx");
    REFUSE(rig, 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551617\r\n\r\nx");
    REFUSE(rig, 400,
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    REFUSE(rig, 400,
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n");
    REFUSE(rig, 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nauthorization: b\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\r\nOrigin: a\r\nOrigin: b\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\r\nIdempotency-Key: a\r\nIdempotency-Key: a\r\n\r\n");
    REFUSE(rig, 400, "GET / HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n");
    REFUSE(rig, 411, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
    REFUSE(rig, 411, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    REFUSE(rig, 417, "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx");
    REFUSE(rig, 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n");
    REFUSE(rig, 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n");
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.malformed, 49);
    assert_int_equal(counters.requests, 0);
}

static void an_absolute_target_has_a_host_that_every_reader_finds(void **state) {
    (void)state;
    struct rig *rig = start(NULL);
    static const char *const wrong[] = {
        "http://a?/healthz",     "http:///healthz",      "http://[::1/healthz", "http://u@a/healthz",
        "http://a\\/healthz",    "http://u:p@a/healthz", "http://:80/healthz",  "http://a:b/healthz",
        "http://[::1]x/healthz", "http://[]/healthz",    "http://a%2/healthz",  "http://a:80:80/healthz",
    };
    static const char *const right[] = {"http://a/healthz", "HTTP://a.example:80/healthz",
                                        "https://[::1]:7078/healthz", "http://a:/healthz"};
    char request[120];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", wrong[i]);
        must_refuse(rig, request, (size_t)length, 400);
    }
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        int fd = connect_to(rig);
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", right[i]);
        say(fd, request);
        must_hear(fd, 200, "/healthz");
        close(fd);
    }
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.malformed, sizeof wrong / sizeof wrong[0]);
}

static void what_is_too_large_is_refused_and_counted(void **state) {
    (void)state;
    struct rig *rig = start(NULL);
    REFUSE(rig, 413, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 16385\r\n\r\n");
    REFUSE(rig, 413, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n");
    char large[20000];
    int length = snprintf(large, sizeof large, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    memset(large + length, 'x', sizeof large - (size_t)length);
    must_refuse(rig, large, sizeof large, 431);
    memset(large, 'x', sizeof large);
    memcpy(large, "GET /", 5);
    must_refuse(rig, large, 4000, 414);
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.too_large, 4);
    assert_int_equal(counters.buffered_bytes, 0);
}

static void who_expects_a_word_before_the_body_gets_it(void **state) {
    (void)state;
    struct rig *rig = start(NULL);
    int fd = connect_to(rig);
    say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    must_hear(fd, 100, "");
    say(fd, "body");
    must_hear(fd, 200, "body");
    close(fd);
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.requests, 1);
}

static void the_end_of_a_connection_is_the_client_s_or_http_s(void **state) {
    (void)state;
    struct rig *rig = start(NULL);
    int old = connect_to(rig);
    say(old, "GET /old HTTP/1.0\r\n\r\n");
    must_hear(old, 200, "/old");
    must_end(old);
    int closing = connect_to(rig);
    say(closing, "GET /close HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    must_hear(closing, 200, "/close");
    must_end(closing);
    int half = connect_to(rig); /* has said all it will, and still reads */
    say(half, ECHO_OF("4", "half"));
    shutdown(half, SHUT_WR);
    must_hear(half, 200, "half");
    must_end(half);
    int proxy = connect_to(rig);
    say(proxy, "GET http://door.example/absolute?q HTTP/1.1\r\nHost: a\r\n\r\n");
    must_hear(proxy, 200, "/absolute");
    say(proxy, "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n");
    must_hear(proxy, 200, "not local");
    say(proxy, GET("/detach"));
    char raw[4] = "";
    assert_int_equal(recv(proxy, raw, 3, MSG_WAITALL), 3);
    assert_string_equal(raw, "raw");
    must_end(proxy);
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.connections, 0);
}

static void who_hangs_up_before_a_late_answer_harms_nobody(void **state) {
    (void)state;
    struct rig *rig = start(NULL);
    int leaver = connect_to(rig);
    int stayer = connect_to(rig);
    say(leaver, "POST /later HTTP/1.1\r\nHost: door\r\nContent-Length: 1\r\n\r\nx");
    hear_told(rig->told_fd);
    struct linger at_once = {.l_onoff = 1};
    setsockopt(leaver, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(leaver); /* a reset */
    say(stayer, "POST /later HTTP/1.1\r\nHost: door\r\nContent-Length: 1\r\n\r\nx");
    hear_told(rig->told_fd);
    int other = connect_to(rig);
    say(other, GET("/other"));
    must_hear(other, 200, "/other");
    tell(rig->later_fd);
    must_hear(stayer, 200, "late but well");
    close(stayer);
    close(other);
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.reset, 1);
    assert_int_equal(counters.connections, 0);
}

static void early_lateness(struct http_options *options) {
    options->late_us = 20000;
}

static void a_late_turn_sheds_the_rest_with_503(void **state) {
    (void)state;
    struct rig *rig = start(early_lateness);
    int first = connect_to(rig);
    int fds[40];
    for (int i = 0; i < 40; i++) {
        fds[i] = connect_to(rig);
        say(fds[i], GET("/there"));
        must_hear(fds[i], 200, "/there");
    }
    say(first, GET("/long"));
    hear_told(rig->told_fd);
    for (int i = 0; i < 40; i++) {
        say(fds[i], GET("/burn"));
    }
    tell(rig->go_on_fd);
    must_hear(first, 200, "long");
    int served = 0;
    int shed = 0;
    for (int i = 0; i < 40; i++) {
        char body[64];
        int status = hear(fds[i], body, sizeof body);
        served += status == 200;
        shed += status == 503 && strcmp(body, "busy") == 0;
    }
    assert_int_equal(served + shed, 40);
    assert_true(served >= 10 && shed >= 10);
    say(fds[0], GET("/again")); /* and the connection lives on */
    must_hear(fds[0], 200, "/again");
    for (int i = 0; i < 40; i++) {
        close(fds[i]);
    }
    close(first);
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.shed, shed);
}

static void say_for_later(const struct rig *rig, int fd) {
    say(fd, "POST /later HTTP/1.1\r\nHost: door\r\nContent-Length: 1\r\n\r\nx");
    hear_told(rig->told_fd);
}

static void connections_beyond_the_bound_are_turned_away_with_503(void **state) {
    (void)state;
    struct rig *rig = start(NULL);
    int fds[64];
    for (int i = 0; i < 64; i++) {
        fds[i] = connect_to(rig);
        say_for_later(rig, fds[i]); /* none of them is the client's to go on with */
    }
    int beyond = connect_to(rig);
    must_hear(beyond, 503, "busy");
    must_end(beyond);
    tell(rig->later_fd);
    for (int i = 0; i < 64; i++) {
        must_hear(fds[i], 200, "late but well"); /* in a crowd nobody keeps a place */
        must_end(fds[i]);
    }
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.refused_connections, 1);
    assert_int_equal(counters.accepted, 64);
    assert_int_equal(counters.evicted, 0);
}

static void in_a_crowd_who_waits_longest_for_its_client_gives_its_place(void **state) {
    (void)state;
    static const char *const words[] = {"",
                                        "G",
                                        "GET /he",
                                        "\r\n\r\n",
                                        "POST /echo HTTP/1.1\r\nHost: a\r\n",
                                        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab"};
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        struct rig *rig = start(NULL);
        int holders[200];
        for (int i = 0; i < 200; i++) {
            holders[i] = connect_to(rig);
            say_bytes(holders[i], words[w], strlen(words[w]));
        }
        int honest = connect_to(rig);
        say(honest, GET("/there"));
        must_hear(honest, 200, "/there");
        close(honest);
        for (int i = 0; i < 200; i++) {
            close(holders[i]);
        }
        struct http_counters counters;
        stop(rig, &counters);
        assert_int_equal(counters.accepted, 201);
        assert_true(counters.evicted >= 1 && counters.evicted <= 137);
        assert_int_equal(counters.refused_connections, 0);
    }
}

static void few_of_an_address(struct http_options *options) {
    options->of_address_max = 3;
    options->counts_this_machine = true;
}

static void an_address_has_so_many_connections_and_no_more(void **state) {
    (void)state;
    struct rig *rig = start(few_of_an_address);
    int fds[3];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++) {
            fds[i] = connect_to(rig);
            say(fds[i], GET("/there"));
            must_hear(fds[i], 200, "/there");
        }
        int beyond = connect_to(rig);
        must_hear(beyond, 503, "busy");
        must_end(beyond);
        for (int i = 0; i < 3; i++) { /* those that have ended are not counted any more */
            say(fds[i], "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            must_hear(fds[i], 200, "/");
            must_end(fds[i]);
        }
    }
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.refused_connections, 3);
}

static void who_hangs_up_in_the_middle_is_gone_at_once(void **state) {
    (void)state;
    static const char *const words[] = {"", "\r\n\r\n", "GET /he", "GET / HTTP/1.1\r\nHost: a\r\n",
                                        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab"};
    struct rig *rig = start(NULL); /* its deadlines are far away, and it stops only when all have gone */
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        for (int i = 0; i < 50; i++) {
            int fd = connect_to(rig);
            say_bytes(fd, words[w], strlen(words[w]));
            if (i % 2 == 0) {
                shutdown(fd, SHUT_WR);
                must_end(fd);
            } else {
                close(fd);
            }
        }
    }
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.connections, 0);
    assert_int_equal(counters.idle_closed + counters.slow_head + counters.slow_body, 0);
}

static void stopping_answers_what_is_under_way(void **state) {
    (void)state;
    struct rig *rig = start(NULL);
    int idle = connect_to(rig);
    int waiting = connect_to(rig);
    say(idle, GET("/idle"));
    must_hear(idle, 200, "/idle");
    say(waiting, "POST /later HTTP/1.1\r\nHost: door\r\nContent-Length: 1\r\n\r\nx");
    hear_told(rig->told_fd);
    http_stop(rig->http);
    must_end(idle);
    tell(rig->later_fd);
    must_hear(waiting, 200, "late but well");
    must_end(waiting);
    struct http_counters counters;
    stop(rig, &counters);
    assert_int_equal(counters.connections, 0);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_connection_takes_many_requests),
        cmocka_unit_test(requests_sent_ahead_are_answered_in_their_order),
        cmocka_unit_test(a_request_may_come_byte_by_byte),
        cmocka_unit_test(many_at_once_make_one_batch),
        cmocka_unit_test(slow_clients_are_dropped_and_counted),
        cmocka_unit_test(an_answer_larger_than_the_socket_takes_comes_whole),
        cmocka_unit_test(what_is_malformed_is_refused_and_counted),
        cmocka_unit_test(an_absolute_target_has_a_host_that_every_reader_finds),
        cmocka_unit_test(what_is_too_large_is_refused_and_counted),
        cmocka_unit_test(who_expects_a_word_before_the_body_gets_it),
        cmocka_unit_test(the_end_of_a_connection_is_the_client_s_or_http_s),
        cmocka_unit_test(who_hangs_up_before_a_late_answer_harms_nobody),
        cmocka_unit_test(a_late_turn_sheds_the_rest_with_503),
        cmocka_unit_test(connections_beyond_the_bound_are_turned_away_with_503),
        cmocka_unit_test(in_a_crowd_who_waits_longest_for_its_client_gives_its_place),
        cmocka_unit_test(an_address_has_so_many_connections_and_no_more),
        cmocka_unit_test(who_hangs_up_in_the_middle_is_gone_at_once),
        cmocka_unit_test(stopping_answers_what_is_under_way),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
