/* The files thread's own state. */
#ifndef SEATMETER_DEVICE_FILES_PRIVATE_H
#define SEATMETER_DEVICE_FILES_PRIVATE_H

#include "device/files.h"

#include "delivery/artifacts.h"
#include "store/engine/db.h"

#include <pthread.h>
#include <sys/types.h>

enum { RESPONSE_HEAD_BYTES_MAX = 1024 };

/* A download on its way: first the head, with the body where it is a refusal, then the file. */
struct transfer {
    struct transfer *next;
    struct transfer *previous;
    int fd;
    int file_fd; /* −1: none */
    bool is_head;
    int64_t licence_id;
    struct text path; /* these three stand behind the struct */
    struct text range;
    struct text if_range;
    struct arena arena;
    struct text head; /* in the arena; what of it is still to be sent */
    off_t offset;     /* of the file */
    off_t end;
    int64_t moved_at_us; /* when it last got on */
};

struct load {
    struct load *next;
    struct text name; /* behind the struct */
};

struct files {
    struct files_options options;
    struct files_counters counters;
    struct artifact_store *store; /* NULL: no downloads */
    pthread_t thread;
    bool thread_runs;
    int epoll_fd;
    int wake_fd; /* work for the thread */
    int done_fd; /* work for the loop */

    pthread_mutex_t lock; /* of these five */
    struct transfer *new_transfers;
    struct load *first_load;
    struct load *last_load;
    struct loaded_file *first_loaded;
    struct loaded_file *last_loaded;
    atomic_int loads_out;
    atomic_bool is_stopping;

    struct transfer *transfers; /* the thread's */
    struct db *db;              /* the thread's; NULL while the store cannot be reached */
};

/* file_answer.c: finds the target and makes the head of the answer; opens the file. */
void transfer_begin(struct files *files, struct transfer *transfer);
/* Loads metadata; to be freed by free(). */
struct loaded_file *metadata_load(struct files *files, struct text name);
/* The thread's connection to the store; NULL while it cannot be reached. */
struct db *files_db(struct files *files);
void files_db_failed(struct files *files);

#endif
