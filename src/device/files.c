/* The thread and its loop: new work by an eventfd, sockets that take more by epoll, clients that stall by a
 * look through all of them once a second. */
#include "device/files_private.h"
#include "machine/clock.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, SEND_BYTES_MAX = 1 << 20 };

static void wake(int fd) {
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    assert(written == sizeof one);
}

static void calm(int fd) {
    uint64_t count;
    (void)!read(fd, &count, sizeof count);
}

/* From the loop. */

bool files_may_push(const struct files *files) {
    return atomic_load(&files->counters.under_way) < FILES_DOWNLOADS_MAX;
}

static struct text copy_behind(char **at, struct text text) {
    struct text copy = {*at, text.length};
    if (text.length > 0) {
        memcpy(*at, text.at, text.length);
    }
    *at += text.length;
    return copy;
}

static void *zeroed(size_t size_bytes) {
    void *made = calloc(1, size_bytes);
    if (made == NULL) {
        abort();
    }
    return made;
}

void files_push_download(struct files *files, const struct download *download) {
    size_t extra = download->path.length + download->range.length + download->if_range.length;
    struct transfer *transfer = zeroed(sizeof *transfer + extra);
    char *at = (char *)(transfer + 1);
    transfer->fd = download->fd;
    transfer->file_fd = -1;
    transfer->is_head = download->is_head;
    transfer->licence_id = download->licence_id;
    transfer->path = copy_behind(&at, download->path);
    transfer->range = copy_behind(&at, download->range);
    transfer->if_range = copy_behind(&at, download->if_range);
    arena_init(&transfer->arena);
    atomic_fetch_add(&files->counters.under_way, 1);
    pthread_mutex_lock(&files->lock);
    transfer->next = files->new_transfers;
    files->new_transfers = transfer;
    pthread_mutex_unlock(&files->lock);
    wake(files->wake_fd);
}

bool files_push_load(struct files *files, struct text name) {
    if (atomic_load(&files->loads_out) >= FILES_LOADS_MAX) {
        return false;
    }
    struct load *load = zeroed(sizeof *load + name.length);
    char *at = (char *)(load + 1);
    load->name = copy_behind(&at, name);
    atomic_fetch_add(&files->loads_out, 1);
    pthread_mutex_lock(&files->lock);
    if (files->last_load == NULL) {
        files->first_load = load;
    } else {
        files->last_load->next = load;
    }
    files->last_load = load;
    pthread_mutex_unlock(&files->lock);
    wake(files->wake_fd);
    return true;
}

int files_fd(const struct files *files) {
    return files->done_fd;
}

struct loaded_file *files_take(struct files *files) {
    calm(files->done_fd);
    pthread_mutex_lock(&files->lock);
    struct loaded_file *first = files->first_loaded;
    files->first_loaded = files->last_loaded = NULL;
    pthread_mutex_unlock(&files->lock);
    return first;
}

const struct files_counters *files_counters(const struct files *files) {
    return &files->counters;
}

/* On the thread. */

struct db *files_db(struct files *files) {
    struct fault fault;
    if (files->db == NULL && db_open(files->options.database_url, &files->db, &fault) != STATUS_OK) {
        atomic_fetch_add(&files->counters.failures, 1);
        files->db = NULL;
    }
    return files->db;
}

void files_db_failed(struct files *files) {
    atomic_fetch_add(&files->counters.failures, 1);
    db_close(files->db);
    files->db = NULL;
}

static void transfer_end(struct files *files, struct transfer *transfer, bool is_finished) {
    if (transfer->previous == NULL) {
        files->transfers = transfer->next;
    } else {
        transfer->previous->next = transfer->next;
    }
    if (transfer->next != NULL) {
        transfer->next->previous = transfer->previous;
    }
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
    atomic_fetch_add(is_finished ? &files->counters.finished : &files->counters.broken, 1);
    atomic_fetch_sub(&files->counters.under_way, 1);
}

/* Sends one piece; 0 at the end, −1 with errno. */
static ssize_t send_piece(struct transfer *transfer) {
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

/* One turn of a transfer: at most a few pieces, so that all get on. */
static void transfer_send(struct files *files, struct transfer *transfer) {
    for (int piece = 0; piece < 4; piece++) {
        ssize_t sent = send_piece(transfer);
        if (sent == 0) {
            transfer_end(files, transfer, true);
            return;
        }
        if (sent < 0 && errno != EINTR) {
            if (errno != EAGAIN) {
                transfer_end(files, transfer, false);
            }
            return;
        }
        if (sent > 0) {
            atomic_fetch_add(&files->counters.bytes, (unsigned long long)sent);
            transfer->moved_at_us = machine_monotonic_us();
        }
    }
}

static void take_transfers(struct files *files) {
    pthread_mutex_lock(&files->lock);
    struct transfer *transfer = files->new_transfers;
    files->new_transfers = NULL;
    pthread_mutex_unlock(&files->lock);
    while (transfer != NULL) {
        struct transfer *next = transfer->next;
        transfer->previous = NULL;
        transfer->next = files->transfers;
        if (files->transfers != NULL) {
            files->transfers->previous = transfer;
        }
        files->transfers = transfer;
        atomic_fetch_add(&files->counters.begun, 1);
        transfer->moved_at_us = machine_monotonic_us();
        transfer_begin(files, transfer);
        /* level-triggered: each turn of the loop sends it a little more */
        struct epoll_event event = {.events = EPOLLOUT, .data.ptr = transfer};
        if (epoll_ctl(files->epoll_fd, EPOLL_CTL_ADD, transfer->fd, &event) != 0) {
            transfer_end(files, transfer, false);
        }
        transfer = next;
    }
}

static void give_back(struct files *files, struct loaded_file *file) {
    pthread_mutex_lock(&files->lock);
    if (files->last_loaded == NULL) {
        files->first_loaded = file;
    } else {
        files->last_loaded->next = file;
    }
    files->last_loaded = file;
    pthread_mutex_unlock(&files->lock);
    atomic_fetch_sub(&files->loads_out, 1);
    wake(files->done_fd);
}

static void take_loads(struct files *files) {
    pthread_mutex_lock(&files->lock);
    struct load *load = files->first_load;
    files->first_load = files->last_load = NULL;
    pthread_mutex_unlock(&files->lock);
    while (load != NULL) {
        struct load *next = load->next;
        give_back(files, metadata_load(files, load->name));
        free(load);
        load = next;
    }
}

static void drop_stalled(struct files *files) {
    int64_t limit_us = machine_monotonic_us() - files->options.stall_us;
    struct transfer *next;
    for (struct transfer *transfer = files->transfers; transfer != NULL; transfer = next) {
        next = transfer->next;
        if (transfer->moved_at_us < limit_us) {
            transfer_end(files, transfer, false);
        }
    }
}

/* sendfile has no MSG_NOSIGNAL: a client that goes away must not end the process. */
static void block_pipe_signal(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static void *run(void *context) {
    struct files *files = context;
    block_pipe_signal();
    struct epoll_event events[EVENTS_MAX];
    int64_t looked_at_us = machine_monotonic_us();
    while (!atomic_load(&files->is_stopping)) {
        int count = epoll_wait(files->epoll_fd, events, EVENTS_MAX, 1000);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr != NULL) {
                transfer_send(files, events[i].data.ptr);
            }
        }
        /* new ones only now: none of this turn's events may be about one that has ended */
        calm(files->wake_fd);
        take_loads(files);
        take_transfers(files);
        if (machine_monotonic_us() - looked_at_us >= 1000000) {
            drop_stalled(files);
            looked_at_us = machine_monotonic_us();
        }
    }
    while (files->transfers != NULL) {
        transfer_end(files, files->transfers, false);
    }
    db_close(files->db);
    return NULL;
}

/* Starting and stopping. */

static struct files *make(const struct files_options *options) {
    struct files *files = zeroed(sizeof *files);
    files->options = *options;
    pthread_mutex_init(&files->lock, NULL);
    files->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    files->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    files->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return files;
}

static bool starts_thread(struct files *files) {
    struct epoll_event event = {.events = EPOLLIN};
    bool is_ready = files->epoll_fd >= 0 && files->wake_fd >= 0 && files->done_fd >= 0 &&
                    epoll_ctl(files->epoll_fd, EPOLL_CTL_ADD, files->wake_fd, &event) == 0;
    if (!is_ready || pthread_create(&files->thread, NULL, run, files) != 0) {
        return false;
    }
    pthread_setname_np(files->thread, "device-files");
    files->thread_runs = true;
    return true;
}

enum status files_start(const struct files_options *options, struct files **files, struct fault *fault) {
    struct files *made = make(options);
    enum status status = STATUS_OK;
    if (options->artifacts.length > 0) {
        status = artifact_store_open(options->artifacts, &made->store, fault);
    }
    if (status == STATUS_OK && !starts_thread(made)) {
        status = fault_set(fault, STATUS_INTERNAL, "no-descriptors", NULL, TEXT(""),
                           "The machine gives no more descriptors or threads.");
    }
    if (status != STATUS_OK) {
        files_stop(made);
        return status;
    }
    *files = made;
    return STATUS_OK;
}

static void close_if_open(int fd) {
    if (fd >= 0) {
        close(fd);
    }
}

static void drop_work(struct files *files) {
    while (files->new_transfers != NULL) {
        struct transfer *transfer = files->new_transfers;
        files->new_transfers = transfer->next;
        close(transfer->fd);
        free(transfer);
    }
    while (files->first_load != NULL) {
        struct load *load = files->first_load;
        files->first_load = load->next;
        free(load);
    }
    while (files->first_loaded != NULL) {
        struct loaded_file *file = files->first_loaded;
        files->first_loaded = file->next;
        free(file);
    }
}

void files_stop(struct files *files) {
    if (files == NULL) {
        return;
    }
    if (files->thread_runs) {
        atomic_store(&files->is_stopping, true);
        wake(files->wake_fd);
        pthread_join(files->thread, NULL);
    }
    drop_work(files);
    artifact_store_close(files->store);
    close_if_open(files->epoll_fd);
    close_if_open(files->wake_fd);
    close_if_open(files->done_fd);
    pthread_mutex_destroy(&files->lock);
    free(files);
}
