/* What a download is answered: the target from the store, whether the licence entitles to it, which part of
 * the file, and the head in front of it. */
#include "device/files_private.h"

#include "core/base/byte_range.h"
#include "programme/delivery/update_files.h"
#include "json/json_write.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *status_line(enum lease_code answer) {
    switch (lease_code_row(answer)->http_status) {
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

/* Head and body in one; the connection is closed behind every answer of this thread. */
static void answer_with(struct transfer *transfer, const char *status, const char *headers,
                        struct text body) {
    transfer->head =
        text_format(&transfer->arena,
                    "HTTP/1.1 %s\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n%s"
                    "Connection: close\r\nContent-Length: %zu\r\n\r\n%.*s",
                    status, headers, body.length, transfer->is_head ? 0 : (int)body.length, body.at);
}

static void refuse(struct files *files, struct transfer *transfer, enum lease_code answer) {
    atomic_fetch_add(&files->counters.answers[answer], 1);
    answer_with(transfer, status_line(answer), answer == LEASE_CODE_BUSY ? "Retry-After: 30\r\n" : "",
                files->options.refusals[answer]);
}

/* With the vendor's reason beside the words. */
static void refuse_withdrawn(struct files *files, struct transfer *transfer,
                             const struct update_target *target) {
    const struct lease_code_row *row = lease_code_row(LEASE_CODE_VERSION_WITHDRAWN);
    struct json_writer out = {.arena = &transfer->arena};
    json_write_open(&out, NULL);
    json_write_string(&out, "code", row->word);
    json_write_string(&out, "words", row->words);
    json_write_text_or_null(&out, "reason", target->withdrawn_reason);
    json_write_close(&out);
    atomic_fetch_add(&files->counters.answers[LEASE_CODE_VERSION_WITHDRAWN], 1);
    answer_with(transfer, status_line(LEASE_CODE_VERSION_WITHDRAWN), "", json_written(&out));
}

static void send_part(struct files *files, struct transfer *transfer, const struct update_target *target,
                      int64_t size_bytes) {
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
    atomic_fetch_add(&files->counters.answers[LEASE_CODE_OK], 1);
}

static void open_and_send(struct files *files, struct transfer *transfer,
                          const struct update_target *target) {
    int64_t size_bytes = 0;
    struct fault fault;
    if (artifact_open(files->store, target->sha256, &transfer->file_fd, &size_bytes, &fault) != STATUS_OK) {
        transfer->file_fd = -1;
        atomic_fetch_add(&files->counters.failures, 1);
        refuse(files, transfer, LEASE_CODE_INTERNAL);
        return;
    }
    send_part(files, transfer, target, size_bytes);
}

void transfer_begin(struct files *files, struct transfer *transfer) {
    if (files->store == NULL) {
        refuse(files, transfer, LEASE_CODE_UNKNOWN_TARGET);
        return;
    }
    struct db *db = files_db(files);
    struct update_target target;
    struct fault fault;
    bool found = false;
    bool is_entitled = false;
    enum status status = STATUS_BUSY;
    if (db != NULL) {
        status = release_target_find(db, &transfer->arena, transfer->path, &target, &found, &fault);
    }
    if (status == STATUS_OK && found) {
        status = release_target_entitled(db, &target, transfer->licence_id, &is_entitled, &fault);
    }
    if (status != STATUS_OK) {
        if (db != NULL) {
            files_db_failed(files);
        }
        refuse(files, transfer, LEASE_CODE_BUSY);
    } else if (!found) {
        refuse(files, transfer, LEASE_CODE_UNKNOWN_TARGET);
    } else if (!is_entitled) {
        refuse(files, transfer, LEASE_CODE_NOT_ENTITLED);
    } else if (target.is_withdrawn) {
        refuse_withdrawn(files, transfer, &target);
    } else {
        open_and_send(files, transfer, &target);
    }
}

static struct loaded_file *make_loaded(struct text name, struct text bytes) {
    struct loaded_file *file = calloc(1, sizeof *file + name.length + bytes.length);
    if (file == NULL) {
        abort();
    }
    char *at = (char *)(file + 1);
    memcpy(at, name.at, name.length);
    file->name = (struct text){at, name.length};
    if (bytes.length > 0) {
        memcpy(at + name.length, bytes.at, bytes.length);
    }
    file->bytes = (struct text){at + name.length, bytes.length};
    return file;
}

struct loaded_file *metadata_load(struct files *files, struct text name) {
    struct arena arena;
    arena_init(&arena);
    struct tuf_file found_file = {.bytes = TEXT("")};
    struct fault fault;
    bool found = false;
    struct db *db = files_db(files);
    enum status status = STATUS_BUSY;
    if (db != NULL) {
        status = tuf_file_load(db, &arena, name, &found_file, &found, &fault);
        if (status != STATUS_OK) {
            files_db_failed(files);
        }
    }
    struct loaded_file *file = make_loaded(name, found ? found_file.bytes : TEXT(""));
    file->is_found = found;
    file->has_failed = status != STATUS_OK;
    arena_clean_up(&arena);
    return file;
}
