#include "device/live/live_writer.h"

#include "device/live/live_known.h"
#include "device/live/live_parts.h"
#include "device/live/live_saver.h"
#include "machine/clock.h"
#include "programme/call/authorise.h"
#include "programme/devices/activate_device.h"
#include "programme/devices/release_device.h"
#include "programme/devices/reseat_device.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SAVE_EVERY_MS = 500,
    JOBS_MAX = 2000,
    GATHER_MAX_MS = 50,   /* a round waits so long for jobs that are on their way */
    WRITE_WAIT_MS = 5000, /* for the store's write lock; then jobs are answered LEASE_CODE_BUSY */
    BACK_OFF_FIRST_MS = 100,
    BACK_OFF_MAX_MS = 2000,
    LAST_TRIES = 5
};

struct live_writer {
    struct live *live;
    pthread_t thread;
    struct db *db;
    struct arena arena; /* of a round */
    struct live_known known;
    struct live_saver *saver;
    struct activation_paces paces;
    int64_t back_off_ms;     /* 0: the last round went well */
    int64_t tried_at_ms;     /* when the last round ended */
    int64_t collected_at_ms; /* when the loop was last asked for marks */
};

static int64_t monotonic_ms(void) {
    return machine_monotonic_us() / 1000;
}

/* Waits for a signal until that time; the mutex is held. */
static void wait_until(struct live *live, int64_t at_ms) {
    struct timespec at = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    (void)pthread_cond_timedwait(&live->writer_wakes, &live->mutex, &at);
}

/* ---- jobs ---- */

static struct live_job *take_jobs(struct live_writer *writer) {
    struct live *live = writer->live;
    pthread_mutex_lock(&live->mutex);
    struct live_job *first = live->jobs;
    struct live_job **end = &first;
    size_t count = 0;
    while (*end != NULL && count < JOBS_MAX) {
        end = &(*end)->next;
        count++;
    }
    live->jobs = *end;
    *end = NULL;
    if (live->jobs == NULL) {
        live->jobs_end = &live->jobs;
    }
    assert(count <= live->job_count && (live->jobs != NULL) == (live->job_count > count));
    live->job_count -= count;
    pthread_mutex_unlock(&live->mutex);
    return first;
}

static struct call call_of(struct live_writer *writer) {
    const struct live_options *options = &writer->live->options;
    return (struct call){.db = writer->db,
                         .arena = &writer->arena,
                         .actor = {.kind = ACTOR_SYSTEM, .rights = RIGHT_ALL},
                         .now_us = options->now_us(),
                         .secret = options->secret,
                         .random = options->random,
                         .depth = 1, /* the round has begun the transaction, and ends it */
                         .writes = true};
}

/* A use case that found no licence has none to add. */
static enum status add_licence(struct live_writer *writer, const struct door_licence_row *row,
                               struct live_message *message, struct fault *fault) {
    if (row->id == 0) {
        return STATUS_OK;
    }
    TRY(live_message_add_licence(message, row, fault));
    return live_known_need(&writer->known, writer->db, row->sku_id, message, fault);
}

/* The round stamps its devices when it knows their number (stamp_devices). */
static enum status add_device(struct live_message *message, const struct device *device,
                              const struct device_seen *seen, bool begins_chain, struct fault *fault) {
    const struct door_device_row row = {.id = device->id,
                                        .licence_id = device->licence_id,
                                        .fingerprint = device->fingerprint,
                                        .generation = device->generation,
                                        .state = device->state,
                                        .seat = device->seat,
                                        .activated_at_us = device->activated_at_us};
    return live_message_add_device(message, &row, seen, 0, begins_chain, fault);
}

static enum status add_stored_device(struct live_writer *writer, int64_t device_id,
                                     struct live_message *message, struct fault *fault) {
    int64_t licence_id = 0;
    return live_message_read_device(message, writer->db, device_id, 0, &licence_id, fault);
}

static enum status activate_for(struct live_writer *writer, struct live_job *job,
                                struct live_message *message, struct fault *fault) {
    struct call call = call_of(writer);
    struct activation activation = {0};
    TRY(activate_device(&call, &job->request, false, &writer->paces, &activation, fault));
    job->code = activation.answer;
    job->words = activation.words;
    job->wait_s = activation.wait_s;
    job->licence_id = activation.licence.id;
    TRY(add_licence(writer, &activation.licence, message, fault));
    if (activation.answer != LEASE_CODE_OK) {
        return STATUS_OK;
    }
    job->result_device_id = activation.device.id;
    /* a retry begins no chain: memory may be ahead of the store, which the loop finds out */
    TRY(add_device(message, &activation.device, &activation.seen, !activation.is_retry, fault));
    return activation.dropped_device_id > 0
               ? add_stored_device(writer, activation.dropped_device_id, message, fault)
               : STATUS_OK;
}

static enum status release_for(struct live_writer *writer, struct live_job *job, struct live_message *message,
                               struct fault *fault) {
    struct call call = call_of(writer);
    struct released_device released;
    struct release_device_input input = {.device = identifier_text(&call, IDENTIFIER_DEVICE, job->device_id)};
    job->result_device_id = job->device_id;
    TRY(release_device(&call, &input, &released, fault));
    job->code = LEASE_CODE_OK;
    return add_stored_device(writer, job->device_id, message, fault);
}

static enum status reseat_for(struct live_writer *writer, struct live_job *job, struct live_message *message,
                              struct fault *fault) {
    struct call call = call_of(writer);
    struct reseating reseating;
    TRY(reseat_device(&call, job->device_id, &reseating, fault));
    job->code = reseating.answer;
    job->licence_id = reseating.licence.id;
    if (reseating.device.id == 0) {
        return STATUS_OK;
    }
    job->result_device_id = job->device_id;
    TRY(add_device(message, &reseating.device, &reseating.seen, false, fault));
    return add_licence(writer, &reseating.licence, message, fault);
}

/* A use case that refuses has changed nothing, and its fault is the job's answer. Any other fault spoils the
 * transaction. */
static bool is_refusal(const struct fault *fault, enum lease_code *code) {
    static const struct {
        const char *fault_code;
        enum lease_code code;
    } refusals[] = {
        {"releases-exhausted", LEASE_CODE_RELEASES_EXHAUSTED},
        {"unknown-device", LEASE_CODE_UNKNOWN_DEVICE},
        {"wrong-state", LEASE_CODE_DROPPED},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (strcmp(fault->code, refusals[i].fault_code) == 0) {
            *code = refusals[i].code;
            return true;
        }
    }
    return false;
}

static enum status run_use_case(struct live_writer *writer, struct live_job *job,
                                struct live_message *message, struct fault *fault) {
    switch (job->kind) {
    case LIVE_ACTIVATE:
        return activate_for(writer, job, message, fault);
    case LIVE_RELEASE:
        return release_for(writer, job, message, fault);
    case LIVE_RESEAT:
        return reseat_for(writer, job, message, fault);
    }
    return STATUS_OK;
}

static enum status run_job(struct live_writer *writer, struct live_job *job, struct live_message *message,
                           struct fault *fault) {
    enum status status = run_use_case(writer, job, message, fault);
    return status != STATUS_OK && is_refusal(fault, &job->code) ? STATUS_OK : status;
}

/* Has the saver save what the asking device last did, ahead of its job. */
static void save_device_of(struct live_writer *writer, const struct live_job *job) {
    if (job->kind == LIVE_ACTIVATE) {
        return;
    }
    const struct live_save save = {.seen = job->seen, .changes = job->changes};
    live_saver_add(writer->saver, &save);
}

/* ---- rounds ---- */

/* Stamps the message's devices with the number that the transaction took (D2). */
static void stamp_devices(struct live_message *message, int64_t number) {
    for (size_t i = 0; i < message->device_count; i++) {
        message->devices[i].stamp = (uint32_t)number;
    }
}

/* In a transaction. `*spoilt`: a statement of a job failed. */
static enum status write_round(struct live_writer *writer, struct live_job *jobs,
                               struct live_message *message, bool *spoilt, struct fault *fault) {
    int64_t now_us = writer->live->options.now_us();
    TRY(live_saver_write(writer->saver, writer->db, &writer->arena, now_us, fault));
    for (struct live_job *job = jobs; job != NULL; job = job->next) {
        enum status status = run_job(writer, job, message, fault);
        *spoilt = status != STATUS_OK;
        TRY(status);
    }
    if (message->device_count == 0) {
        return STATUS_OK;
    }
    int64_t number = 0;
    TRY(db_counter_take(writer->db, DEVICE_CHANGE_COUNTER, 1, &number, fault)); /* D1 */
    stamp_devices(message, number);
    return STATUS_OK;
}

static enum status commit_round(struct live_writer *writer, struct live_job *jobs,
                                struct live_message *message, bool *spoilt, struct fault *fault) {
    TRY(live_parts_begin(writer->db, &writer->arena, writer->live->options.secret, jobs, fault));
    enum status status = write_round(writer, jobs, message, spoilt, fault);
    if (status == STATUS_OK) {
        return db_commit(writer->db, fault);
    }
    db_rollback(writer->db);
    return status;
}

/* One transaction. The loop hears of it only after the commit. */
static enum status run_round(struct live_writer *writer, struct live_job *jobs, bool *spoilt,
                             struct fault *fault) {
    struct live *live = writer->live;
    struct live_message *message = live_message_new();
    enum status status = commit_round(writer, jobs, message, spoilt, fault);
    arena_clean_up(&writer->arena);
    if (status != STATUS_OK) {
        live_message_free(message);
        live_count_failure(live);
        return status;
    }
    live_saver_settle(writer->saver, message);
    live_known_settle(&writer->known, message);
    message->jobs = jobs;
    pthread_mutex_lock(&live->mutex);
    live->transactions++;
    pthread_mutex_unlock(&live->mutex);
    (void)live_send(live, message);
    return STATUS_OK;
}

/* Gives jobs back that were not done. */
static void give_jobs_back(struct live_writer *writer, struct live_job *jobs, enum lease_code code) {
    if (jobs == NULL) {
        return;
    }
    for (struct live_job *job = jobs; job != NULL; job = job->next) {
        job->code = code;
        job->result_device_id = 0;
        job->licence_id = 0;
        job->words = NULL;
    }
    struct live_message *message = live_message_new();
    message->jobs = jobs;
    (void)live_send(writer->live, message);
}

/* Runs each job in a transaction of its own, so that one that cannot be done does not take the others with
 * it. */
static enum status run_one_by_one(struct live_writer *writer, struct live_job *jobs, struct fault *fault) {
    enum status last = STATUS_OK;
    while (jobs != NULL) {
        struct live_job *job = jobs;
        bool spoilt = false;
        jobs = job->next;
        job->next = NULL;
        last = run_round(writer, job, &spoilt, fault);
        if (last != STATUS_OK) {
            give_jobs_back(writer, job,
                           spoilt && last != STATUS_BUSY ? LEASE_CODE_INTERNAL : LEASE_CODE_BUSY);
        }
        if (last != STATUS_OK && !spoilt) {
            give_jobs_back(writer, jobs, LEASE_CODE_BUSY);
            return last;
        }
    }
    return STATUS_OK;
}

static enum status do_jobs(struct live_writer *writer, struct live_job *jobs, struct fault *fault) {
    bool spoilt = false;
    enum status status = run_round(writer, jobs, &spoilt, fault);
    if (status == STATUS_OK) {
        return status;
    }
    if (spoilt && status != STATUS_BUSY) {
        return run_one_by_one(writer, jobs, fault);
    }
    give_jobs_back(writer, jobs, LEASE_CODE_BUSY);
    return status;
}

/* Waits until as many jobs wait as are on their way: then the next ones are verified while these are written,
 * and a transaction of more jobs writes its pages less often. */
static void gather_jobs(struct live *live) {
    int64_t until_ms = monotonic_ms() + GATHER_MAX_MS;
    pthread_mutex_lock(&live->mutex);
    live->gathers = live->jobs != NULL;
    while (live->gathers && !live->stopping && live->job_count < live->expected_jobs &&
           monotonic_ms() < until_ms) {
        wait_until(live, until_ms);
    }
    live->gathers = false;
    pthread_mutex_unlock(&live->mutex);
}

/* Waits until a round is due. False at the end. */
static bool wait_for_work(struct live_writer *writer) {
    struct live *live = writer->live;
    int64_t due_ms = writer->back_off_ms > 0 ? writer->tried_at_ms + writer->back_off_ms
                                             : writer->collected_at_ms + SAVE_EVERY_MS;
    pthread_mutex_lock(&live->mutex);
    while (!live->stopping && monotonic_ms() < due_ms && (live->jobs == NULL || writer->back_off_ms > 0) &&
           !(live_saver_has_more(writer->saver) && writer->back_off_ms == 0)) {
        wait_until(live, due_ms);
    }
    bool goes_on = !live->stopping;
    pthread_mutex_unlock(&live->mutex);
    return goes_on;
}

/* Collects marks when they are due. Asking takes until the end of the loop's turn, so a round that jobs alone
 * have brought about does not ask. It lies between two transactions (D10). */
static void collect_if_due(struct live_writer *writer, bool is_ending) {
    int64_t now_ms = monotonic_ms();
    if (is_ending || live_saver_has_more(writer->saver) ||
        now_ms >= writer->collected_at_ms + SAVE_EVERY_MS) {
        live_saver_collect(writer->saver);
        writer->collected_at_ms = now_ms;
    }
}

/* Does a round. False where there was nothing to do. */
static bool take_turn(struct live_writer *writer, bool is_ending) {
    struct fault fault;
    collect_if_due(writer, is_ending);
    struct live_job *jobs = take_jobs(writer);
    for (const struct live_job *job = jobs; job != NULL; job = job->next) {
        save_device_of(writer, job);
    }
    bool has = jobs != NULL || !live_saver_is_empty(writer->saver);
    enum status status = has ? do_jobs(writer, jobs, &fault) : STATUS_OK;
    writer->tried_at_ms = monotonic_ms();
    if (status == STATUS_OK) {
        writer->back_off_ms = 0;
    } else if (writer->back_off_ms == 0) {
        writer->back_off_ms = BACK_OFF_FIRST_MS;
    } else if (writer->back_off_ms < BACK_OFF_MAX_MS) {
        writer->back_off_ms *= 2;
    }
    return has;
}

/* Notes whether a door runs on the store. */
static enum status note_state(struct live_writer *writer, bool is_running, struct fault *fault) {
    const struct door_state state = {is_running, writer->live->unsettled_s};
    TRY(db_begin(writer->db, DB_WRITE, fault));
    enum status status = door_state_save(writer->db, &state, fault);
    if (status == STATUS_OK) {
        return db_commit(writer->db, fault);
    }
    db_rollback(writer->db);
    return status;
}

/* Does the last jobs and saves the last marks. The end is clean only when all of it is saved. */
static void end_writer(struct live_writer *writer) {
    struct fault fault;
    for (int tries = 0; tries < LAST_TRIES; tries++) {
        bool has_work;
        do {
            has_work = take_turn(writer, true);
        } while (has_work && writer->back_off_ms == 0);
        if (writer->back_off_ms == 0 && note_state(writer, false, &fault) == STATUS_OK) {
            return;
        }
    }
}

static void *run_writer(void *context) {
    struct live_writer *writer = context;
    struct live *live = writer->live;
    while (wait_for_work(writer)) {
        gather_jobs(writer->live);
        (void)take_turn(writer, false);
    }
    end_writer(writer);
    pthread_mutex_lock(&live->mutex);
    live->writer_ended = true;
    pthread_mutex_unlock(&live->mutex);
    live_wake(live);
    return NULL;
}

static void writer_free(struct live_writer *writer) {
    live_known_clean_up(&writer->known);
    arena_clean_up(&writer->arena);
    live_saver_free(writer->saver);
    free(writer);
}

enum status live_writer_start(struct live *live, struct fault *fault) {
    struct live_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        abort();
    }
    writer->live = live;
    writer->db = live->writer_db;
    writer->collected_at_ms = monotonic_ms();
    writer->saver = live_saver_make(live);
    arena_init(&writer->arena);
    live_known_init(&writer->known, live);
    db_set_write_wait(writer->db, WRITE_WAIT_MS);
    enum status status = note_state(writer, true, fault);
    if (status == STATUS_OK && pthread_create(&writer->thread, NULL, run_writer, writer) != 0) {
        status = fault_set(fault, STATUS_INTERNAL, "no-thread", NULL, TEXT(""),
                           "The machine gives no thread for the device door's writer.");
    }
    if (status != STATUS_OK) {
        writer_free(writer);
        return status;
    }
    pthread_setname_np(writer->thread, "device-writer");
    live->writer = writer;
    return STATUS_OK;
}

void live_writer_join(struct live *live) {
    if (live->writer == NULL) {
        return;
    }
    pthread_join(live->writer->thread, NULL);
    writer_free(live->writer);
    live->writer = NULL;
}
