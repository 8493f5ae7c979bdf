#include "device/transfer.h"

#include "core/base/byte_range.h"
#include "programme/delivery/update_files.h"
#include "json/json_write.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEND_BYTES_MAX = 1 << 20 };

static const char *status_line_of(enum lease_code code) {
    switch (lease_code_row(code)->http_status) {
    case 403:
        return "403 Forbidden";
    case 404:
        return "404 Not Found";
    case 410:
        return "410 Gone";
    case 503:
        return "503 Service Unavailable";
    default:
        return "500 Internal Server Error";
    }
}

/* Makes head and body in one piece. The connection closes behind every answer of this thread. */
static void make_answer(struct transfer *transfer, const char *status, const char *headers,
                        struct text body) {
    transfer->head =
        text_format(&transfer->arena,
                    "HTTP/1.1 %s\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n%s"
                    "Connection: close\r\nContent-Length: %zu\r\n\r\n%.*s",
                    status, headers, body.length, transfer->is_head ? 0 : (int)body.length, body.at);
}

static void refuse_download(struct file_source *source, struct transfer *transfer, enum lease_code code) {
    atomic_fetch_add(&source->counters.answers[code], 1);
    make_answer(transfer, status_line_of(code), code == LEASE_CODE_BUSY ? "Retry-After: 30\r\n" : "",
                source->refusals[code]);
}

/* The refusal of a withdrawn version has the vendor's reason beside the words. */
static void refuse_withdrawn(struct file_source *source, struct transfer *transfer,
                             const struct update_target *target) {
    const struct lease_code_row *row = lease_code_row(LEASE_CODE_VERSION_WITHDRAWN);
    struct json_writer out = {.arena = &transfer->arena};
    json_write_open(&out, NULL);
    json_write_string(&out, "code", row->word);
    json_write_string(&out, "words", row->words);
    json_write_text_or_null(&out, "reason", target->withdrawn_reason);
    json_write_close(&out);
    atomic_fetch_add(&source->counters.answers[LEASE_CODE_VERSION_WITHDRAWN], 1);
    make_answer(transfer, status_line_of(LEASE_CODE_VERSION_WITHDRAWN), "", json_written(&out));
}

/* Makes the head of the file, or of the part of it that the request asks for. */
static void begin_part(struct file_source *source, struct transfer *transfer,
                       const struct update_target *target, int64_t size_bytes) {
    struct text etag = text_format(&transfer->arena, "\"%.*s\"", TEXT_ARGS(target->sha256));
    int64_t first = 0;
    int64_t length = size_bytes;
    enum byte_range range = BYTE_RANGE_WHOLE;
    if (byte_range_if_matches(transfer->if_range, etag)) {
        range = byte_range_parse(transfer->range, size_bytes, &first, &length);
    }
    struct text content_range = TEXT("");
    const char *status = "200 OK";
    if (range == BYTE_RANGE_PART) {
        status = "206 Partial Content";
        content_range = text_format(&transfer->arena, "Content-Range: bytes %lld-%lld/%lld\r\n",
                                    (long long)first, (long long)(first + length - 1), (long long)size_bytes);
    } else if (range == BYTE_RANGE_UNSATISFIABLE) {
        status = "416 Range Not Satisfiable";
        content_range =
            text_format(&transfer->arena, "Content-Range: bytes */%lld\r\n", (long long)size_bytes);
        length = 0;
    } else {
        first = 0;
        length = size_bytes;
    }
    assert(first >= 0 && length >= 0 && first + length <= size_bytes);
    transfer->head = text_format(
        &transfer->arena,
        "HTTP/1.1 %s\r\nContent-Type: application/octet-stream\r\nX-Content-Type-Options: nosniff\r\n"
        "Cache-Control: private, no-transform\r\nAccept-Ranges: bytes\r\nETag: %.*s\r\n%.*sConnection: "
        "close\r\n"
        "Content-Length: %lld\r\n\r\n",
        status, TEXT_ARGS(etag), TEXT_ARGS(content_range), (long long)length);
    transfer->offset = (off_t)first;
    transfer->end = (off_t)(first + length);
    if (transfer->is_head || length == 0) {
        close(transfer->file_fd);
        transfer->file_fd = -1;
    }
    atomic_fetch_add(&source->counters.answers[LEASE_CODE_OK], 1);
}

static void begin_file(struct file_source *source, struct transfer *transfer,
                       const struct update_target *target) {
    int64_t size_bytes = 0;
    struct fault fault;
    if (artifact_open(source->artifacts, target->sha256, &transfer->file_fd, &size_bytes, &fault) !=
        STATUS_OK) {
        transfer->file_fd = -1;
        atomic_fetch_add(&source->counters.failures, 1);
        refuse_download(source, transfer, LEASE_CODE_INTERNAL);
        return;
    }
    begin_part(source, transfer, target, size_bytes);
}

/* Finds the target and says what the licence may have of it: LEASE_CODE_OK, LEASE_CODE_VERSION_WITHDRAWN, or
 * why not. */
static enum status find_target(struct db *db, struct transfer *transfer, struct update_target *target,
                               enum lease_code *code, struct fault *fault) {
    bool found = false;
    bool is_entitled = false;
    TRY(release_target_find(db, &transfer->arena, transfer->path, target, &found, fault));
    if (!found) {
        *code = LEASE_CODE_UNKNOWN_TARGET;
        return STATUS_OK;
    }
    TRY(release_target_entitled(db, target, transfer->licence_id, &is_entitled, fault));
    *code = !is_entitled           ? LEASE_CODE_NOT_ENTITLED
            : target->is_withdrawn ? LEASE_CODE_VERSION_WITHDRAWN
                                   : LEASE_CODE_OK;
    return STATUS_OK;
}

void transfer_begin(struct file_source *source, struct transfer *transfer) {
    assert(transfer->head.length == 0 && transfer->file_fd < 0);
    if (source->artifacts == NULL) {
        refuse_download(source, transfer, LEASE_CODE_UNKNOWN_TARGET);
        return;
    }
    struct db *db = file_source_db(source);
    struct update_target target;
    struct fault fault;
    enum lease_code code = LEASE_CODE_BUSY;
    if (db != NULL && find_target(db, transfer, &target, &code, &fault) != STATUS_OK) {
        file_source_db_failed(source);
        code = LEASE_CODE_BUSY;
    }
    if (code == LEASE_CODE_VERSION_WITHDRAWN) {
        refuse_withdrawn(source, transfer, &target);
    } else if (code != LEASE_CODE_OK) {
        refuse_download(source, transfer, code);
    } else {
        begin_file(source, transfer, &target);
    }
}

ssize_t transfer_send(struct transfer *transfer) {
    if (transfer->head.length > 0) {
        ssize_t sent = send(transfer->fd, transfer->head.at, transfer->head.length,
                            MSG_NOSIGNAL | (transfer->file_fd >= 0 ? MSG_MORE : 0));
        if (sent > 0) {
            transfer->head.at += sent;
            transfer->head.length -= (size_t)sent;
        }
        return sent;
    }
    if (transfer->file_fd < 0 || transfer->offset >= transfer->end) {
        return 0;
    }
    off_t left = transfer->end - transfer->offset;
    ssize_t sent = sendfile(transfer->fd, transfer->file_fd, &transfer->offset,
                            left < SEND_BYTES_MAX ? (size_t)left : SEND_BYTES_MAX);
    if (sent == 0) { /* the file is shorter than it was: the client must not take it for whole */
        errno = EIO;
        return -1;
    }
    return sent;
}

void transfer_free(struct transfer *transfer, bool is_finished) {
    if (transfer->file_fd >= 0) {
        close(transfer->file_fd);
    }
    if (!is_finished) {
        struct linger at_once = {.l_onoff = 1};
        setsockopt(transfer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    close(transfer->fd);
    arena_clean_up(&transfer->arena);
    free(transfer);
}
