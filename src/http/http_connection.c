#include "http/http_connection.h"

#include "http/http_response.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    LINGER_US = 2 * 1000 * 1000,
    RETRY_AFTER_S = 30,
    DRAINS_MAX = 64,
    SENDS_MAX = 2,            /* in one turn */
    SEND_BYTES_MAX = 64 << 10 /* at once, so that many large answers hold up nobody */
};

static void set_deadline(struct http_exchange *exchange, int64_t after_us) {
    exchange->since_us = exchange->http->turn_began_us;
    exchange->http->deadlines_us[exchange_index(exchange)] = exchange->since_us + after_us;
}

static void clear_deadline(struct http_exchange *exchange) {
    exchange->http->deadlines_us[exchange_index(exchange)] = 0;
}

static void list_again(struct http_exchange *exchange) {
    struct http *http = exchange->http;
    if (!exchange->is_listed) {
        exchange->is_listed = true;
        http->again[http->again_count++] = exchange_index(exchange);
        assert(http->again_count <= http->options.connections_max);
    }
}

void exchange_open(struct http *http, int fd, const struct client_address *peer, uint32_t address_count) {
    assert(http->free_count > 0);
    uint32_t index = http->free_slots[--http->free_count];
    struct http_exchange *exchange = &http->exchanges[index];
    uint32_t generation = exchange->generation + 1;
    bool is_listed = exchange->is_listed;
    *exchange = (struct http_exchange){.http = http,
                                       .fd = fd,
                                       .generation = generation,
                                       .phase = PHASE_IDLE,
                                       .peer = *peer,
                                       .address_count = address_count,
                                       .is_listed = is_listed};
    http_message_begin(&exchange->message, &http->options.limits);
    if (address_count != UINT32_MAX) {
        http->address_counts[address_count]++;
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
                                .data.u64 = (uint64_t)generation << 32 | index};
    http->counters.accepted++;
    http->counters.connections++;
    HTTP_SHARE(http, connections, 1);
    assert(http->counters.connections + http->free_count == http->options.connections_max);
    set_deadline(exchange, http->options.idle_us);
    if (epoll_ctl(http->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        exchange_close(exchange);
    }
}

static void drop_in(struct http_exchange *exchange) {
    assert(exchange->http->counters.buffered_bytes >= exchange->in_size);
    exchange->http->counters.buffered_bytes -= exchange->in_size;
    free(exchange->in);
    exchange->in = NULL;
    exchange->in_start = exchange->in_length = exchange->in_size = 0;
}

static void drop_out(struct http_exchange *exchange) {
    assert(exchange->http->counters.buffered_bytes >= exchange->out_length);
    exchange->http->counters.buffered_bytes -= exchange->out_length;
    free(exchange->out);
    exchange->out = NULL;
    exchange->out_sent = exchange->out_length = 0;
}

static void close_descriptor(struct http_exchange *exchange) {
    if (exchange->fd >= 0) {
        close(exchange->fd);
        exchange->fd = -1;
    }
}

/* The door's request ends with its answer, or with its connection. */
static void end_owner(struct http_exchange *exchange, bool was_cut) {
    void *owner = exchange->owner;
    exchange->owner = NULL;
    exchange->sending = NULL;
    if (owner != NULL) {
        exchange->http->options.streams->ended(owner, was_cut);
    }
}

void exchange_close(struct http_exchange *exchange) {
    struct http *http = exchange->http;
    assert(exchange->phase != PHASE_FREE);
    close_descriptor(exchange);
    end_owner(exchange, true);
    if (exchange->address_count != UINT32_MAX) {
        assert(http->address_counts[exchange->address_count] > 0);
        http->address_counts[exchange->address_count]--;
    }
    drop_in(exchange);
    drop_out(exchange);
    clear_deadline(exchange);
    exchange->phase = PHASE_FREE;
    http->counters.connections--;
    HTTP_SHARE(http, connections, -1);
    http->free_slots[http->free_count++] = exchange_index(exchange);
    assert(http->counters.connections + http->free_count == http->options.connections_max);
}

/* A client that has gone. While the handler has its request, the slot stays until the handler has answered.
 */
static void lose_client(struct http_exchange *exchange) {
    exchange->http->counters.reset += exchange->phase != PHASE_IDLE && exchange->phase != PHASE_LINGERING;
    if (exchange->phase == PHASE_HANDLING) {
        close_descriptor(exchange);
        return;
    }
    exchange_close(exchange);
}

/* Makes room in the connection's own buffer for `more` bytes behind what is there. */
static void make_room(struct http_exchange *exchange, size_t more) {
    size_t length = exchange->in_length - exchange->in_start;
    if (exchange->in_start > 0) {
        memmove(exchange->in, exchange->in + exchange->in_start, length);
        exchange->in_start = 0;
        exchange->in_length = (uint32_t)length;
    }
    if (length + more <= exchange->in_size) {
        return;
    }
    size_t size = exchange->in_size == 0 ? 2048 : exchange->in_size;
    while (size < length + more) {
        size *= 2;
    }
    exchange->in = realloc(exchange->in, size);
    if (exchange->in == NULL) {
        abort();
    }
    exchange->http->counters.buffered_bytes += size - exchange->in_size;
    exchange->in_size = (uint32_t)size;
}

static void keep_bytes(struct http_exchange *exchange, const char *at, size_t length) {
    make_room(exchange, length);
    memcpy(exchange->in + exchange->in_length, at, length);
    exchange->in_length += (uint32_t)length;
    assert(exchange->in_length <= exchange->in_size);
}

static void refuse_request(struct http_exchange *exchange, int http_status) {
    struct http *http = exchange->http;
    exchange->phase = PHASE_HANDLING;
    exchange->closes = true;
    exchange->was_refused = true;
    exchange->request_is_own = false;
    struct http_response response = {.status = http_status,
                                     .content_type = http->options.refusal_type,
                                     .body = http->options.refusal(http->options.context, http_status)};
    http_respond(exchange, &response);
}

static void count_refusal(struct http *http, int http_status) {
    bool is_size = http_status == 413 || http_status == 414 || http_status == 431;
    http->counters.too_large += is_size;
    http->counters.malformed += !is_size;
    HTTP_SHARE(http, malformed, 1);
}

static void shed_request(struct http_exchange *exchange) {
    struct http *http = exchange->http;
    http->counters.shed++;
    struct http_response response = {.status = 503,
                                     .body = http->options.refusal(http->options.context, 503),
                                     .retry_after_s = http_jitter_s(http, RETRY_AFTER_S)};
    http_respond(exchange, &response);
}

static struct http_request request_of(const struct http_exchange *exchange, const char *at) {
    const struct http_message *message = &exchange->message;
    return (struct http_request){.verb = http_message_verb(message),
                                 .is_local = client_address_is_local(&exchange->peer) &&
                                             !http_message_has(message, HTTP_FIELD_FORWARDED),
                                 .path = http_message_path(message, at),
                                 .query = http_message_query(message, at),
                                 .body = http_message_body(message, at),
                                 .peer = exchange->peer,
                                 .message = message,
                                 .at = at};
}

static bool may_keep_alive(const struct http_exchange *exchange) {
    const struct http *http = exchange->http;
    return http_message_keeps_alive(&exchange->message) && !http->is_closing &&
           http->free_count >= http->options.connections_max / 4;
}

static void hand_over(struct http_exchange *exchange, const char *at) {
    struct http *http = exchange->http;
    exchange->phase = PHASE_HANDLING;
    exchange->closes = !may_keep_alive(exchange);
    clear_deadline(exchange);
    http->counters.requests++;
    if (http_turn_is_late(http)) {
        shed_request(exchange);
        return;
    }
    struct http_request request = request_of(exchange, at);
    http->options.request(http->options.context, exchange, &request);
}
static void tell_to_continue(struct http_exchange *exchange) {
    static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!exchange->was_told_to_continue && http_message_expects_continue(&exchange->message)) {
        exchange->was_told_to_continue = true;
        (void)send(exchange->fd, CONTINUE, sizeof CONTINUE - 1, MSG_NOSIGNAL);
    }
}

/* A request has begun and is not whole: the deadline of its head, or of its body, runs. */
static void wait_for_more(struct http_exchange *exchange) {
    if (exchange->phase == PHASE_IDLE) {
        exchange->phase = PHASE_HEAD;
        set_deadline(exchange, exchange->http->options.head_us);
    }
    if (exchange->phase == PHASE_HEAD && exchange->message.head_is_complete) {
        exchange->phase = PHASE_BODY;
        set_deadline(exchange, exchange->http->options.body_us);
    }
    tell_to_continue(exchange);
}

/* Parses the message under way, of which `length` bytes are there, in the connection's own buffer (`is_own`)
 * or in the turn's room. Returns whether more bytes are needed. */
static bool parse_message(struct http_exchange *exchange, const char *at, size_t length, bool is_own) {
    struct http *http = exchange->http;
    switch (http_message_parse(&exchange->message, &http->known, at, length)) {
    case HTTP_INCOMPLETE:
        if (!is_own) {
            keep_bytes(exchange, at, length);
        }
        wait_for_more(exchange);
        return true;
    case HTTP_REFUSED:
        count_refusal(http, exchange->message.refused);
        refuse_request(exchange, exchange->message.refused);
        break;
    case HTTP_COMPLETE:
        exchange->request_is_own = is_own;
        if (!is_own) {
            size_t parsed = exchange->message.parsed;
            http->turn_used += parsed;
            assert(parsed <= length && http->turn_used <= HTTP_TURN_BYTES);

            if (length > parsed) {
                keep_bytes(exchange, at + parsed, length - parsed);
            }
        }
        hand_over(exchange, at);
        break;
    }
    return false;
}

/* Reads at most `size` bytes. 0: there is nothing more for now, or the connection is gone. */
static size_t read_some(struct http_exchange *exchange, char *at, size_t size) {
    ssize_t count;
    do {
        count = recv(exchange->fd, at, size, 0);
    } while (count < 0 && errno == EINTR);
    if (count > 0) {
        exchange->may_read = (size_t)count == size || exchange->has_ended;
        exchange->http->counters.bytes_in += (uint64_t)count;
        return (size_t)count;
    }
    exchange->may_read = false;
    if (count == 0 || errno != EAGAIN) {
        lose_client(exchange);
    }
    return 0;
}

static size_t read_into_turn(struct http_exchange *exchange, char **at) {
    struct http *http = exchange->http;
    if (http->turn_used + HTTP_READ_BYTES > HTTP_TURN_BYTES) {
        http_turn_flush(http);
    }
    *at = http->turn + http->turn_used;
    return read_some(exchange, *at, HTTP_READ_BYTES);
}

static void work_whole(struct http_exchange *exchange) {
    while (exchange->phase >= PHASE_IDLE && exchange->phase <= PHASE_BODY) {
        size_t own = exchange->in_length - exchange->in_start;
        if (own > exchange->message.parsed) {
            if (!parse_message(exchange, exchange->in + exchange->in_start, own, true)) {
                return;
            }
            continue;
        }
        if (!exchange->may_read) {
            return;
        }
        char *at = NULL;
        if (own == 0) {
            size_t count = read_into_turn(exchange, &at);
            if (count == 0 || !parse_message(exchange, at, count, false)) {
                return;
            }
            continue;
        }
        make_room(exchange, 1024);
        size_t count =
            read_some(exchange, exchange->in + exchange->in_length, exchange->in_size - exchange->in_length);
        if (count == 0) {
            return;
        }
        exchange->in_length += (uint32_t)count;
    }
}

/* ---- streamed bodies ---- */

static void finish_body(struct http_exchange *exchange) {
    exchange->phase = PHASE_HANDLING;
    clear_deadline(exchange);
    exchange->http->options.streams->whole(exchange->owner);
}

static bool has_body(const struct http_exchange *exchange) {
    return exchange->message.is_chunked || exchange->body_left > 0;
}

void http_take_body(struct http_exchange *exchange, int64_t more_us) {
    assert(exchange->phase == PHASE_HANDLING);
    if (!has_body(exchange)) {
        finish_body(exchange);
        return;
    }
    exchange->phase = PHASE_BODY;
    set_deadline(exchange, exchange->http->options.body_us + more_us);
    if (exchange->fd < 0) { /* it has gone meanwhile */
        exchange_close(exchange);
        return;
    }
    tell_to_continue(exchange);
    list_again(exchange);
}

/* A head has come: the door says what becomes of its body. */
static void take_head(struct http_exchange *exchange, const char *at) {
    struct http *http = exchange->http;
    struct http_request request = request_of(exchange, at);
    exchange->phase = PHASE_HANDLING;
    exchange->closes = !may_keep_alive(exchange);
    exchange->request_is_own = false;
    exchange->chunks = (struct http_chunks){0};
    exchange->body_left = exchange->message.content_length;
    clear_deadline(exchange);
    http->counters.requests++;
    exchange->in_start += exchange->message.head_length;
    enum http_body_step step =
        http->options.streams->head(http->options.context, exchange, &request, &exchange->owner);
    if (step == HTTP_BODY_TAKE) {
        http_take_body(exchange, 0);
    }
}

/* Gives the door what the bytes hold of the body. How many of them were the body's; the phase says whether
 * more are to come. */
static size_t take_body(struct http_exchange *exchange, struct text bytes) {
    const struct http_streams *streams = exchange->http->options.streams;
    size_t used = 0;
    while (used < bytes.length && exchange->phase == PHASE_BODY) {
        struct text rest = {bytes.at + used, bytes.length - used};
        struct text piece = rest;
        size_t taken = 0;
        bool is_last = false;
        if (exchange->message.is_chunked) {
            enum http_chunks_progress progress = http_chunks_take(&exchange->chunks, rest, &taken, &piece);
            if (progress == HTTP_CHUNKS_BAD) {
                count_refusal(exchange->http, 400);
                refuse_request(exchange, 400);
                return bytes.length;
            }
            is_last = progress == HTTP_CHUNKS_END;
        } else {
            piece.length = rest.length < exchange->body_left ? rest.length : (size_t)exchange->body_left;
            taken = piece.length;
            exchange->body_left -= piece.length;
            is_last = exchange->body_left == 0;
        }
        used += taken;
        if (piece.length > 0 && !streams->piece(exchange->owner, piece)) {
            exchange_close(exchange);
            return bytes.length;
        }
        if (is_last && exchange->phase == PHASE_BODY) {
            finish_body(exchange);
        }
    }
    return used;
}

static void work_on_body(struct http_exchange *exchange) {
    size_t own = exchange->in_length - exchange->in_start;
    if (own > 0) {
        const struct text bytes = {exchange->in + exchange->in_start, own};
        size_t used = take_body(exchange, bytes);
        if (exchange->phase == PHASE_FREE || exchange->in == NULL) {
            return;
        }
        exchange->in_start += (uint32_t)used;
        if (exchange->in_start == exchange->in_length) {
            drop_in(exchange);
        }
        return;
    }
    uint32_t generation = exchange->generation;
    char *at = NULL;
    size_t count = read_into_turn(exchange, &at);
    if (count == 0) {
        return;
    }
    size_t used = take_body(exchange, (struct text){at, count});
    bool is_there = exchange->phase != PHASE_FREE && exchange->generation == generation;
    if (is_there && used < count && exchange->phase != PHASE_LINGERING) {
        keep_bytes(exchange, at + used, count - used);
    }
}

/* Reads more of a head into the connection's own buffer, and takes it where it is whole. Whether it is to be
 * called again. */
static bool work_on_head(struct http_exchange *exchange) {
    size_t own = exchange->in_length - exchange->in_start;
    if (own == exchange->message.parsed) {
        make_room(exchange, 2048);
        size_t count =
            read_some(exchange, exchange->in + exchange->in_length, exchange->in_size - exchange->in_length);
        if (count == 0) {
            if (exchange->phase != PHASE_FREE && exchange->in_length == exchange->in_start) {
                drop_in(exchange);
            }
            return false;
        }
        exchange->in_length += (uint32_t)count;
        own += count;
    }
    const char *at = exchange->in + exchange->in_start;
    switch (http_message_parse(&exchange->message, NULL, at, own)) {
    case HTTP_INCOMPLETE:
        wait_for_more(exchange);
        break;
    case HTTP_REFUSED:
        count_refusal(exchange->http, exchange->message.refused);
        refuse_request(exchange, exchange->message.refused);
        break;
    case HTTP_COMPLETE:
        take_head(exchange, at);
        return false;
    }
    return true;
}

/* One read of a body in a turn, so that a client that sends much holds up nobody. */
static void work_streamed(struct http_exchange *exchange) {
    while (exchange->phase == PHASE_IDLE || exchange->phase == PHASE_HEAD) {
        bool has_more = exchange->in_length - exchange->in_start > exchange->message.parsed;
        if ((!has_more && !exchange->may_read) || !work_on_head(exchange)) {
            return;
        }
    }
    if (exchange->phase != PHASE_BODY) {
        return;
    }
    bool has_more = exchange->in_length > exchange->in_start;
    if (has_more || exchange->may_read) {
        work_on_body(exchange);
        if (exchange->phase == PHASE_BODY && (exchange->in != NULL || exchange->may_read)) {
            list_again(exchange);
        }
    }
}

/* The response has gone: the connection waits for its next request, or ends. */
static void end_response(struct http_exchange *exchange) {
    struct http *http = exchange->http;
    end_owner(exchange, false);
    if (exchange->closes) {
        if (exchange->was_refused && !exchange->has_ended) {
            shutdown(exchange->fd, SHUT_WR);
            drop_in(exchange);
            exchange->phase = PHASE_LINGERING;
            set_deadline(exchange, LINGER_US);
            exchange->may_read = true;
            exchange_event(exchange, EPOLLIN);
            return;
        }
        exchange_close(exchange);
        return;
    }
    if (exchange->request_is_own) {
        exchange->in_start += exchange->message.parsed;
    }
    exchange->phase = PHASE_IDLE;
    exchange->was_told_to_continue = false;
    http_message_begin(&exchange->message, &http->options.limits);
    set_deadline(exchange, http->options.idle_us);
    if (exchange->in != NULL && exchange->in_start == exchange->in_length) {
        drop_in(exchange);
    }
    if (exchange->in != NULL || exchange->may_read) {
        list_again(exchange);
    }
}

static void watch_out(struct http_exchange *exchange) {
    if (!exchange->watches_out) {
        exchange->watches_out = true;
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                    .data.u64 =
                                        (uint64_t)exchange->generation << 32 | exchange_index(exchange)};
        epoll_ctl(exchange->http->epoll_fd, EPOLL_CTL_MOD, exchange->fd, &event);
    }
}

/* Keeps the rest of a response until the client has read some of it. */
static void keep_rest(struct http_exchange *exchange, const char *at, size_t length) {
    struct http *http = exchange->http;
    exchange->out = malloc(length);
    if (exchange->out == NULL) {
        abort();
    }
    memcpy(exchange->out, at, length);
    exchange->out_length = (uint32_t)length;
    http->counters.buffered_bytes += length;
    exchange->phase = PHASE_SENDING;
    set_deadline(exchange, http->options.send_us);
    watch_out(exchange);
}

/* Sends a response whole, now or as the client takes it. */
static void send_response(struct http_exchange *exchange, const char *at, size_t length) {
    assert(exchange->phase == PHASE_HANDLING);
    if (exchange->fd < 0) {
        exchange_close(exchange);
        return;
    }
    ssize_t sent;
    do {
        sent = send(exchange->fd, at, length, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno != EAGAIN) {
        exchange->http->counters.reset++;
        exchange_close(exchange);
        return;
    }
    size_t gone = sent < 0 ? 0 : (size_t)sent;
    exchange->http->counters.bytes_out += gone;
    if (gone < length) {
        keep_rest(exchange, at + gone, length - gone);
        return;
    }
    end_response(exchange);
}

void http_respond(struct http_exchange *exchange, const struct http_response *response) {
    exchange->closes |= exchange->http->is_closing;
    struct text bytes = http_response_write(exchange->http, response, exchange->closes);
    send_response(exchange, bytes.at, bytes.length);
}

/* Sends some of a door's answer; what was sent, or −1. */
static ssize_t send_part(struct http_exchange *exchange, struct http_sending *sending) {
    struct iovec parts[2] = {{(void *)(uintptr_t)sending->head.at, sending->head.length},
                             {(void *)(uintptr_t)sending->body.at,
                              sending->body.length < SEND_BYTES_MAX ? sending->body.length : SEND_BYTES_MAX}};
    size_t in_memory = sending->head.length + sending->body.length;
    if (in_memory == 0) {
        off_t at = sending->file_at;
        size_t most = sending->file_left < SEND_BYTES_MAX ? (size_t)sending->file_left : SEND_BYTES_MAX;
        ssize_t sent = sendfile(exchange->fd, sending->file, &at, most);
        if (sent == 0) {
            errno = EIO; /* the file has become shorter */
            return -1;
        }
        sending->file_at += sent > 0 ? sent : 0;
        sending->file_left -= sent > 0 ? sent : 0;
        return sent;
    }
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent = sendmsg(exchange->fd, &message, MSG_NOSIGNAL | (sending->file_left > 0 ? MSG_MORE : 0));
    if (sent > 0) {
        size_t of_head = (size_t)sent < sending->head.length ? (size_t)sent : sending->head.length;
        size_t of_body = (size_t)sent - of_head;
        sending->head = (struct text){sending->head.at + of_head, sending->head.length - of_head};
        sending->body = (struct text){sending->body.at + of_body, sending->body.length - of_body};
    }
    return sent;
}

/* Sends a door's answer as far as the client takes it, and some of it in a turn at the most. */
static void send_parts(struct http_exchange *exchange) {
    struct http_sending *sending = exchange->sending;
    for (int i = 0; i < SENDS_MAX; i++) {
        if (sending->head.length + sending->body.length == 0 && sending->file_left == 0) {
            end_response(exchange);
            return;
        }
        ssize_t sent = send_part(exchange, sending);
        if (sent < 0 && errno == EAGAIN) {
            watch_out(exchange);
            return;
        }
        if (sent < 0 && errno != EINTR) {
            exchange->http->counters.reset++;
            exchange_close(exchange);
            return;
        }
        exchange->http->counters.bytes_out += sent > 0 ? (uint64_t)sent : 0;
    }
    list_again(exchange);
}

static bool has_unread_body(const struct http_exchange *exchange) {
    return exchange->message.is_chunked ? exchange->chunks.state != CHUNK_END : exchange->body_left > 0;
}

bool http_closes(const struct http_exchange *exchange) {
    return exchange->closes || exchange->http->is_closing || has_unread_body(exchange);
}

void http_send(struct http_exchange *exchange, struct http_sending *sending, bool closes) {
    struct http *http = exchange->http;
    assert(exchange->phase == PHASE_HANDLING || exchange->phase == PHASE_BODY);
    exchange->was_refused |= has_unread_body(exchange);
    exchange->closes = closes || http_closes(exchange);
    if (exchange->fd < 0) {
        exchange_close(exchange);
        return;
    }
    int64_t bytes = (int64_t)(sending->head.length + sending->body.length) + sending->file_left;
    int64_t more_s = http->options.slowest_bytes_per_s == 0 ? 0 : bytes / http->options.slowest_bytes_per_s;
    exchange->sending = sending;
    exchange->phase = PHASE_SENDING;
    set_deadline(exchange, http->options.send_us + more_s * 1000000);
    send_parts(exchange);
}

static void send_rest(struct http_exchange *exchange) {
    if (exchange->sending != NULL) {
        send_parts(exchange);
        return;
    }
    while (exchange->out_sent < exchange->out_length) {
        ssize_t sent = send(exchange->fd, exchange->out + exchange->out_sent,
                            exchange->out_length - exchange->out_sent, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN && errno != EINTR) {
                lose_client(exchange);
            }
            return;
        }
        exchange->http->counters.bytes_out += (uint64_t)sent;
        exchange->out_sent += (uint32_t)sent;
    }
    drop_out(exchange);
    end_response(exchange);
}

void exchange_work(struct http_exchange *exchange) {
    if (exchange->phase == PHASE_SENDING && exchange->sending != NULL) {
        send_rest(exchange);
    } else if (exchange->http->options.streams == NULL) {
        work_whole(exchange);
    } else {
        work_streamed(exchange);
    }
}

static void drain_input(struct http_exchange *exchange) {
    char dropped[4096];
    for (int i = 0; i < DRAINS_MAX; i++) {
        ssize_t count = recv(exchange->fd, dropped, sizeof dropped, 0);
        if (count == 0 || (count < 0 && errno != EAGAIN)) {
            exchange_close(exchange);
            return;
        }
        if (count < 0) {
            return;
        }
    }
    exchange_close(exchange); /* the client does not stop sending */
}

void exchange_event(struct http_exchange *exchange, uint32_t events) {
    bool is_dead = (events & (EPOLLHUP | EPOLLERR)) != 0;
    exchange->may_read |= (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    exchange->has_ended |= (events & (EPOLLRDHUP | EPOLLHUP)) != 0;
    switch ((enum http_phase)exchange->phase) {
    case PHASE_IDLE:
    case PHASE_HEAD:
    case PHASE_BODY:
        exchange_work(exchange);
        break;
    case PHASE_HANDLING:
        if (is_dead) {
            lose_client(exchange);
        }
        break;
    case PHASE_SENDING:
        if (is_dead) {
            lose_client(exchange);
        } else if ((events & EPOLLOUT) != 0) {
            send_rest(exchange);
        }
        break;
    case PHASE_LINGERING:
        drain_input(exchange);
        break;
    case PHASE_FREE:
        break;
    }
}

/* Closes with a reset: the machine gives up what the client has not taken, and keeps no memory for it. */
static void reset_connection(struct http_exchange *exchange) {
    struct linger at_once = {.l_onoff = 1};
    setsockopt(exchange->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    exchange_close(exchange);
}

bool exchange_evict(struct http_exchange *exchange) {
    if (exchange->phase == PHASE_FREE || exchange->phase == PHASE_HANDLING) {
        return false;
    }
    exchange->http->counters.evicted++;
    HTTP_SHARE(exchange->http, evicted, 1);
    reset_connection(exchange);
    return true;
}

void exchange_expire(struct http_exchange *exchange) {
    struct http_counters *counters = &exchange->http->counters;
    switch ((enum http_phase)exchange->phase) {
    case PHASE_HEAD:
        counters->slow_head++;
        refuse_request(exchange, 408);
        break;
    case PHASE_BODY:
        counters->slow_body++;
        refuse_request(exchange, 408);
        break;
    case PHASE_SENDING:
        counters->slow_send++;
        reset_connection(exchange);
        break;
    case PHASE_IDLE:
        counters->idle_closed++;
        exchange_close(exchange);
        break;
    default:
        exchange_close(exchange);
        break;
    }
}

int http_detach(struct http_exchange *exchange) {
    assert(exchange->phase == PHASE_HANDLING);
    int fd = exchange->fd;
    if (fd >= 0) {
        epoll_ctl(exchange->http->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        exchange->fd = -1;
    }
    exchange_close(exchange);
    return fd;
}
