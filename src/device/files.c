/* An eventfd announces new work; epoll, the sockets that take more bytes; a scan of all transfers once a
 * second finds the clients that stall. */
#include "device/files.h"

#include "device/transfer.h"
#include "machine/clock.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, PIECES_AT_ONCE = 4, DROP_EVERY_US = 1000000 };

struct load {
    struct load *next;
    struct text name; /* behind the struct */
};

struct files {
    struct files_options options;
    struct file_source source;
    pthread_t thread;
    bool thread_runs;
    int epoll_fd;
    int wake_fd; /* work for the thread */
    int done_fd; /* work for the loop */

    pthread_mutex_t lock; /* over these five */
    struct transfer *new_transfers;
    struct load *first_load;
    struct load *last_load;
    struct loaded_file *first_loaded;
    struct loaded_file *last_loaded;
    atomic_int loads_out;
    atomic_bool is_stopping;

    struct transfer *transfers; /* the thread's */
};

static void signal_event(int fd) {
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    assert(written == sizeof one);
}

static void clear_event(int fd) {
    uint64_t count;
    (void)!read(fd, &count, sizeof count);
}

/* From the loop. */

bool files_may_push(const struct files *files) {
    return atomic_load(&files->source.counters.under_way) < FILES_DOWNLOADS_MAX;
}

static struct text copy_behind(char **at, struct text text) {
    struct text copy = {*at, text.length};
    if (text.length > 0) {
        memcpy(*at, text.at, text.length);
    }
    *at += text.length;
    return copy;
}

static void *allocate(size_t size_bytes) {
    void *made = calloc(1, size_bytes);
    if (made == NULL) {
        abort();
    }
    return made;
}

void files_push_download(struct files *files, const struct download *download) {
    size_t extra = download->path.length + download->range.length + download->if_range.length;
    struct transfer *transfer = allocate(sizeof *transfer + extra);
    char *at = (char *)(transfer + 1);
    transfer->fd = download->fd;
    transfer->file_fd = -1;
    transfer->is_head = download->is_head;
    transfer->licence_id = download->licence_id;
    transfer->path = copy_behind(&at, download->path);
    transfer->range = copy_behind(&at, download->range);
    transfer->if_range = copy_behind(&at, download->if_range);
    arena_init(&transfer->arena);
    atomic_fetch_add(&files->source.counters.under_way, 1);
    pthread_mutex_lock(&files->lock);
    transfer->next = files->new_transfers;
    files->new_transfers = transfer;
    pthread_mutex_unlock(&files->lock);
    signal_event(files->wake_fd);
}

bool files_push_load(struct files *files, struct text name) {
    if (atomic_load(&files->loads_out) >= FILES_LOADS_MAX) {
        return false;
    }
    struct load *load = allocate(sizeof *load + name.length);
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
    signal_event(files->wake_fd);
    return true;
}

int files_fd(const struct files *files) {
    return files->done_fd;
}

struct loaded_file *files_take(struct files *files) {
    clear_event(files->done_fd);
    pthread_mutex_lock(&files->lock);
    struct loaded_file *first = files->first_loaded;
    files->first_loaded = files->last_loaded = NULL;
    pthread_mutex_unlock(&files->lock);
    return first;
}

const struct files_counters *files_counters(const struct files *files) {
    return &files->source.counters;
}

/* On the thread. */

static void end_transfer(struct files *files, struct transfer *transfer, bool is_finished) {
    if (transfer->previous == NULL) {
        assert(files->transfers == transfer);
        files->transfers = transfer->next;
    } else {
        transfer->previous->next = transfer->next;
    }
    if (transfer->next != NULL) {
        transfer->next->previous = transfer->previous;
    }
    transfer_free(transfer, is_finished);
    atomic_fetch_add(is_finished ? &files->source.counters.finished : &files->source.counters.broken, 1);
    unsigned long long under_way = atomic_fetch_sub(&files->source.counters.under_way, 1);
    assert(under_way > 0);
}

/* Sends a few pieces of the transfer, so that all transfers advance. */
static void advance_transfer(struct files *files, struct transfer *transfer) {
    for (int piece = 0; piece < PIECES_AT_ONCE; piece++) {
        ssize_t sent = transfer_send(transfer);
        if (sent == 0) {
            end_transfer(files, transfer, true);
            return;
        }
        if (sent < 0 && errno != EINTR) {
            if (errno != EAGAIN) {
                end_transfer(files, transfer, false);
            }
            return;
        }
        if (sent > 0) {
            atomic_fetch_add(&files->source.counters.bytes, (unsigned long long)sent);
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
        atomic_fetch_add(&files->source.counters.begun, 1);
        transfer->moved_at_us = machine_monotonic_us();
        transfer_begin(&files->source, transfer);
        /* level-triggered: each turn of the thread sends a few pieces more */
        struct epoll_event event = {.events = EPOLLOUT, .data.ptr = transfer};
        if (epoll_ctl(files->epoll_fd, EPOLL_CTL_ADD, transfer->fd, &event) != 0) {
            end_transfer(files, transfer, false);
        }
        transfer = next;
    }
}

static void give_file_back(struct files *files, struct loaded_file *file) {
    pthread_mutex_lock(&files->lock);
    if (files->last_loaded == NULL) {
        files->first_loaded = file;
    } else {
        files->last_loaded->next = file;
    }
    files->last_loaded = file;
    pthread_mutex_unlock(&files->lock);
    atomic_fetch_sub(&files->loads_out, 1);
    signal_event(files->done_fd);
}

static void take_loads(struct files *files) {
    pthread_mutex_lock(&files->lock);
    struct load *load = files->first_load;
    files->first_load = files->last_load = NULL;
    pthread_mutex_unlock(&files->lock);
    while (load != NULL) {
        struct load *next = load->next;
        give_file_back(files, loaded_file_read(&files->source, load->name));
        free(load);
        load = next;
    }
}

static void end_stalled(struct files *files) {
    int64_t limit_us = machine_monotonic_us() - files->options.stall_us;
    struct transfer *next;
    for (struct transfer *transfer = files->transfers; transfer != NULL; transfer = next) {
        next = transfer->next;
        if (transfer->moved_at_us < limit_us) {
            end_transfer(files, transfer, false);
        }
    }
}

/* sendfile has no MSG_NOSIGNAL, and a client that goes away must not end the process. */
static void block_pipe_signal(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static void *run_thread(void *context) {
    struct files *files = context;
    block_pipe_signal();
    struct epoll_event events[EVENTS_MAX];
    int64_t looked_at_us = machine_monotonic_us();
    while (!atomic_load(&files->is_stopping)) {
        int count = epoll_wait(files->epoll_fd, events, EVENTS_MAX, 1000);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr != NULL) {
                advance_transfer(files, events[i].data.ptr);
            }
        }
        /* New transfers come in only now, as an event of this turn may name one that has ended, and a new one
         * may stand in its memory. */
        clear_event(files->wake_fd);
        take_loads(files);
        take_transfers(files);
        if (machine_monotonic_us() - looked_at_us >= DROP_EVERY_US) {
            end_stalled(files);
            looked_at_us = machine_monotonic_us();
        }
    }
    while (files->transfers != NULL) {
        end_transfer(files, files->transfers, false);
    }
    return NULL;
}

/* Starting and stopping. */

static struct files *make_files(const struct files_options *options) {
    struct files *files = allocate(sizeof *files);
    files->options = *options;
    files->source.database_url = options->database_url;
    files->source.refusals = options->refusals;
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
    if (!is_ready || pthread_create(&files->thread, NULL, run_thread, files) != 0) {
        return false;
    }
    pthread_setname_np(files->thread, "device-files");
    files->thread_runs = true;
    return true;
}

enum status files_start(const struct files_options *options, struct files **files, struct fault *fault) {
    struct files *made = make_files(options);
    enum status status = STATUS_OK;
    if (options->artifacts.length > 0) {
        status = artifact_store_open(options->artifacts, &made->source.artifacts, fault);
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
        signal_event(files->wake_fd);
        pthread_join(files->thread, NULL);
    }
    drop_work(files);
    file_source_close(&files->source);
    close_if_open(files->epoll_fd);
    close_if_open(files->wake_fd);
    close_if_open(files->done_fd);
    pthread_mutex_destroy(&files->lock);
    free(files);
}
