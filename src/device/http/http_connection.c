#include "device/http/http_connection.h"

#include "device/http/http_response.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_US = 2 * 1000 * 1000, RETRY_AFTER_S = 30, DRAINS_MAX = 64 };

static void set_deadline(struct http_exchange *exchange, int64_t after_us) {
    exchange->http->deadlines_us[exchange_index(exchange)] = exchange->http->turn_began_us + after_us;
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

void exchange_open(struct http *http, int fd, bool is_local) {
    assert(http->free_count > 0);
    uint32_t index = http->free_slots[--http->free_count];
    struct http_exchange *exchange = &http->exchanges[index];
    uint32_t generation = exchange->generation + 1;
    bool is_listed = exchange->is_listed;
    *exchange = (struct http_exchange){.http = http,
                                       .fd = fd,
                                       .generation = generation,
                                       .phase = PHASE_IDLE,
                                       .is_local = is_local,
                                       .is_listed = is_listed};
    http_message_begin(&exchange->message);
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
                                .data.u64 = (uint64_t)generation << 32 | index};
    http->counters.accepted++;
    http->counters.connections++;
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

void exchange_close(struct http_exchange *exchange) {
    struct http *http = exchange->http;
    assert(exchange->phase != PHASE_FREE);
    close_descriptor(exchange);
    drop_in(exchange);
    drop_out(exchange);
    clear_deadline(exchange);
    exchange->phase = PHASE_FREE;
    http->counters.connections--;
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
                                     .body = http->options.refusal(http->options.context, http_status)};
    http_respond(exchange, &response);
}

static void count_refusal(struct http *http, int http_status) {
    bool is_size = http_status == 413 || http_status == 414 || http_status == 431;
    http->counters.too_large += is_size;
    http->counters.malformed += !is_size;
}

static void shed_request(struct http_exchange *exchange) {
    struct http *http = exchange->http;
    http->counters.shed++;
    struct http_response response = {.status = 503,
                                     .body = http->options.refusal(http->options.context, 503),
                                     .retry_after_s = http_jitter_s(http, RETRY_AFTER_S)};
    http_respond(exchange, &response);
}

static void hand_over(struct http_exchange *exchange, const char *at) {
    struct http *http = exchange->http;
    const struct http_message *message = &exchange->message;
    exchange->phase = PHASE_HANDLING;
    exchange->closes = !http_message_keeps_alive(message) || http->is_closing ||
                       http->free_count < http->options.connections_max / 4;
    clear_deadline(exchange);
    http->counters.requests++;
    if (http_turn_is_late(http)) {
        shed_request(exchange);
        return;
    }
    bool is_forwarded = (message->seen & 1U << HTTP_FIELD_FORWARDED) != 0;
    struct http_request request = {.verb = http_message_verb(message),
                                   .is_local = exchange->is_local && !is_forwarded,
                                   .path = http_message_path(message, at),
                                   .query = http_message_query(message, at),
                                   .body = http_message_body(message, at),
                                   .message = message,
                                   .at = at};
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

void exchange_work(struct http_exchange *exchange) {
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

/* The response has gone: the connection waits for its next request, or ends. */
static void end_response(struct http_exchange *exchange) {
    struct http *http = exchange->http;
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
    http_message_begin(&exchange->message);
    set_deadline(exchange, http->options.idle_us);
    if (exchange->in != NULL && exchange->in_start == exchange->in_length) {
        drop_in(exchange);
    }
    if (exchange->in != NULL || exchange->may_read) {
        list_again(exchange);
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
    if (!exchange->watches_out) {
        exchange->watches_out = true;
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                    .data.u64 =
                                        (uint64_t)exchange->generation << 32 | exchange_index(exchange)};
        epoll_ctl(http->epoll_fd, EPOLL_CTL_MOD, exchange->fd, &event);
    }
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

static void send_rest(struct http_exchange *exchange) {
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
