/* A crowd of devices in one process: it loads the device door and holds every answer against the protocol.
 *
 * usage: device_client MODE --address HOST:PORT --seed N --journal FILE [options]
 *   activate   activates --count devices of --key from number --first on, --connections at once; each that is
 * answered is in the journal before the next is asked check-in   checks the journal's devices in, one after
 * the other, flat out or at --rate a second, for --seconds or
 *              --count leases; goes on with each chain where the journal ends, and writes the journal anew
 *   live       both, as agents live: activates --count devices, checks in those that are activated, survives
 * the door's end and sends again what was not answered; ends at SIGTERM or after --seconds watch      checks
 * in one device after the other, one each --interval milliseconds, and prints a line whenever the decision is
 * another than before storm      asks flat out and neither waits nor tries again: activations of --key, or
 * check-ins of the journal, all written beforehand so that the client costs little; --pipeline requests a
 * connection Each --verify-th lease (default 100) is verified whole: the lease key by the root key, the
 * signature, the hash tree's path, the fingerprint. The last line of the output is a JSON object of all
 * counts. Exit 1 where an answer was wrong. */
#include "client_tally.h"
#include "client_wire.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum kind { ACTIVATION, CHECK_IN };
enum mode { MODE_ACTIVATE, MODE_CHECK_IN, MODE_LIVE, MODE_WATCH, MODE_STORM, MODE_COUNT };
static const char *const MODES[] = {"activate", "check-in", "live", "watch", "storm"};

struct options {
    enum mode mode;
    const char *address, *key, *journal, *extra;
    uint64_t seed, count, first, connections, pipeline, rate, verify, interval_ms;
    double seconds, patience_s;
    int64_t time_off_s;
};

/* Devices that wait for their turn, first in first out; of the delayed ones, since when. */
struct queue {
    uint32_t *numbers;
    uint64_t *due_ns;
    size_t room, from, length;
};

struct crowd {
    struct options options;
    struct device *devices;
    size_t device_count;
    struct key_set keys;
    struct queue fresh, ready, delayed;
    char *prepared; /* storm: requests of REQUEST_BYTES each */
    size_t *prepared_lengths;
    FILE *journal;
    struct tally tally;
    uint64_t begun, leases;
    uint64_t begun_ns, end_ns, next_due_ns;
    char last_code[CODE_BYTES];
};

static volatile sig_atomic_t is_told_to_stop;

static void on_signal(int number) {
    (void)number;
    is_told_to_stop = 1;
}

static void *memory(size_t count, size_t size) {
    void *bytes = calloc(count == 0 ? 1 : count, size);
    if (bytes == NULL) {
        perror("memory");
        exit(2);
    }
    return bytes;
}

static void queue_make(struct queue *queue, size_t room) {
    *queue = (struct queue){memory(room + 1, sizeof(uint32_t)), memory(room + 1, sizeof(uint64_t)), room + 1,
                            0, 0};
}

static void queue_put(struct queue *queue, uint32_t number, uint64_t due_ns) {
    size_t at = (queue->from + queue->length++) % queue->room;
    queue->numbers[at] = number;
    queue->due_ns[at] = due_ns;
}

static bool queue_take(struct queue *queue, uint64_t now_ns, uint32_t *number) {
    if (queue->length == 0 || queue->due_ns[queue->from] > now_ns) {
        return false;
    }
    *number = queue->numbers[queue->from];
    queue->from = (queue->from + 1) % queue->room;
    queue->length--;
    return true;
}

static int64_t unix_time(const struct crowd *crowd) {
    return (int64_t)time(NULL) + crowd->options.time_off_s;
}

static size_t write_request(struct crowd *crowd, uint32_t number, enum kind kind, char out[REQUEST_BYTES]) {
    char body[BODY_BYTES];
    struct device *device = &crowd->devices[number];
    size_t length;
    if (kind == ACTIVATION) {
        struct identity identity;
        identity_make(crowd->options.seed, number, &identity);
        length = activation_body(crowd->options.key, &identity, device, unix_time(crowd), body);
        return wire_request("/v1/activate", body, length, out);
    }
    length = check_in_body(device, unix_time(crowd), crowd->options.extra, body);
    return wire_request("/v1/check-in", body, length, out);
}

/* Which device asks next, and what. With --count so many devices begin a check-in, and no more; those that
 * were refused for now ask again. */
static bool choose(struct crowd *crowd, uint64_t now_ns, uint32_t *number, enum kind *kind) {
    bool counts = crowd->options.mode == MODE_CHECK_IN && crowd->options.count > 0;
    *kind = CHECK_IN;
    while (queue_take(&crowd->delayed, now_ns, number)) {
        if (counts) {
            return true;
        }
        queue_put(crowd->devices[*number].is_active ? &crowd->ready : &crowd->fresh, *number, 0);
    }
    bool is_activation_s_turn = crowd->tally.asked % 4 == 0 || crowd->ready.length == 0;
    if (is_activation_s_turn && queue_take(&crowd->fresh, now_ns, number)) {
        *kind = ACTIVATION;
        return true;
    }
    if ((counts && crowd->begun == crowd->options.count) || !queue_take(&crowd->ready, now_ns, number)) {
        return false;
    }
    crowd->begun++;
    return true;
}

static size_t crowd_next(void *context, char out[REQUEST_BYTES], struct task *task) {
    struct crowd *crowd = context;
    uint64_t now_ns = clock_ns();
    uint64_t every_ns = crowd->options.rate == 0 ? 0 : 1000000000U / crowd->options.rate;
    if (is_told_to_stop || now_ns >= crowd->end_ns || now_ns < crowd->next_due_ns) {
        return 0;
    }
    uint32_t number;
    enum kind kind;
    if (crowd->options.mode == MODE_STORM) {
        number = (uint32_t)(crowd->tally.asked % crowd->device_count);
        *task = (struct task){number, crowd->options.key != NULL ? ACTIVATION : CHECK_IN, now_ns};
        memcpy(out, crowd->prepared + (size_t)number * REQUEST_BYTES, crowd->prepared_lengths[number]);
        crowd->tally.asked++;
        return crowd->prepared_lengths[number];
    }
    if (!choose(crowd, now_ns, &number, &kind)) {
        return 0;
    }
    /* At a rate, latency counts from when it was due, so that a door that stalls does not look quick. */
    *task = (struct task){number, (uint8_t)kind, every_ns == 0 ? now_ns : crowd->next_due_ns};
    crowd->next_due_ns += every_ns;
    crowd->devices[number].is_busy = true;
    crowd->tally.asked++;
    return write_request(crowd, number, kind, out);
}

static void ask_again(struct crowd *crowd, uint32_t number, uint64_t due_ns) {
    crowd->devices[number].is_busy = false;
    queue_put(&crowd->delayed, number, due_ns);
}

static void report_wrong(struct crowd *crowd, const struct task *task, const struct answer *answer) {
    if (crowd->tally.wrong++ < 5) {
        fprintf(stderr, "wrong: device %" PRIu32 " (%s, sequence %" PRIu32 "), %s: %d %.*s\n", task->device,
                crowd->devices[task->device].id, crowd->devices[task->device].sequence,
                task->kind == ACTIVATION ? "activation" : "check-in", answer->status,
                SLICE_ARGS(answer->body));
    }
}

static void verify_some(struct crowd *crowd, const struct task *task, const struct answer *answer) {
    if (crowd->options.verify == 0 || crowd->tally.answered % crowd->options.verify != 0) {
        return;
    }
    struct identity identity;
    identity_make(crowd->options.seed, task->device, &identity);
    if (envelope_verify(answer->body, &crowd->keys, &identity)) {
        crowd->tally.verified++;
    } else if (crowd->tally.forged++ < 5) {
        fprintf(stderr, "not proven: %.*s\n", SLICE_ARGS(answer->body));
    }
}

static void watch_change(struct crowd *crowd, const struct verdict *verdict) {
    if (crowd->options.mode == MODE_WATCH && strcmp(crowd->last_code, verdict->code) != 0) {
        memcpy(crowd->last_code, verdict->code, CODE_BYTES);
        printf("{\"at_ns\":%" PRIu64 ",\"works\":%s,\"code\":\"%s\"}\n", clock_ns(),
               verdict->works ? "true" : "false", verdict->code);
        fflush(stdout);
    }
}

static void count_storm(struct crowd *crowd, const struct answer *answer) {
    struct slice code;
    char word[CODE_BYTES] = "lease";
    if (answer->status != 200) {
        snprintf(word, sizeof word, "%.*s", json_member(answer->body, "code", &code) ? (int)code.length : 1,
                 json_member(answer->body, "code", &code) ? code.at : "?");
    }
    tally_code(&crowd->tally, word);
}

static void crowd_answered(void *context, const struct task *task, const struct answer *answer) {
    struct crowd *crowd = context;
    struct device *device = &crowd->devices[task->device];
    uint64_t now_ns = clock_ns();
    struct verdict verdict;
    tally_latency(&crowd->tally, now_ns - task->begun_ns);
    crowd->tally.answered++;
    bool is_to_come_again = answer->status == 503 || answer->status == 429;
    crowd->tally.without_retry_after += is_to_come_again && answer->retry_after_s < 0;
    if (crowd->options.mode == MODE_STORM) {
        count_storm(crowd, answer);
        return;
    }
    bool is_readable = answer_read(answer->body, device, task->kind == ACTIVATION, &verdict);
    if (!is_readable || verdict.is_lease != (answer->status == 200)) {
        report_wrong(crowd, task, answer);
        ask_again(crowd, task->device, now_ns + 100000000U);
        return;
    }
    tally_code(&crowd->tally, verdict.code);
    if (!is_to_come_again) {
        watch_change(crowd, &verdict);
    }
    device->is_busy = false;
    if (verdict.is_lease) {
        verify_some(crowd, task, answer);
        crowd->leases++;
        device_advance(device, task->kind == ACTIVATION);
        if (task->kind == ACTIVATION && crowd->journal != NULL) {
            journal_device(crowd->journal, device);
        }
        if (crowd->options.mode != MODE_ACTIVATE) {
            queue_put(&crowd->ready, task->device, 0);
        }
    } else if (is_to_come_again || task->kind == CHECK_IN) {
        double after_s = answer->retry_after_s > 0 ? answer->retry_after_s : 1;
        after_s = after_s < crowd->options.patience_s ? after_s : crowd->options.patience_s;
        ask_again(crowd, task->device, now_ns + (uint64_t)(after_s * 1e9));
    } else if (crowd->journal != NULL) {
        journal_refused(crowd->journal, device, verdict.code);
    }
}

static void crowd_lost(void *context, const struct task *task) {
    struct crowd *crowd = context;
    if (crowd->options.mode != MODE_STORM) {
        ask_again(crowd, task->device, 0);
    }
}

static bool crowd_is_over(void *context, uint64_t now_ns, size_t under_way) {
    struct crowd *crowd = context;
    const struct options *options = &crowd->options;
    if (is_told_to_stop && crowd->end_ns > now_ns) {
        crowd->end_ns = now_ns;
    }
    if (options->mode == MODE_CHECK_IN && options->count > 0 && crowd->leases >= options->count &&
        crowd->end_ns > now_ns) {
        crowd->end_ns = now_ns;
    }
    if (now_ns >= crowd->end_ns) {
        return under_way == 0 || now_ns >= crowd->end_ns + 2000000000U;
    }
    return options->mode == MODE_ACTIVATE && under_way == 0 &&
           crowd->fresh.length + crowd->delayed.length == 0;
}

static void fetch_keys(struct crowd *crowd) {
    char request[REQUEST_BYTES], *body = memory(1, 16384);
    size_t length = wire_request("/v1/keys", NULL, 0, request);
    size_t body_length = 0;
    int status = wire_ask(crowd->options.address, request, length, body, 16384, &body_length);
    if (status != 200 || !key_set_read((struct slice){body, body_length}, NULL, &crowd->keys)) {
        fprintf(stderr, "GET /v1/keys: %d %.*s\n", status, (int)body_length, body);
        exit(2);
    }
    free(body);
}

static void prepare(struct crowd *crowd) {
    crowd->prepared = memory(crowd->device_count, REQUEST_BYTES);
    crowd->prepared_lengths = memory(crowd->device_count, sizeof(size_t));
    for (uint32_t i = 0; i < crowd->device_count; i++) {
        enum kind kind = crowd->options.key != NULL ? ACTIVATION : CHECK_IN;
        crowd->prepared_lengths[i] =
            write_request(crowd, i, kind, crowd->prepared + (size_t)i * REQUEST_BYTES);
    }
}

/* Only those of the journal can storm: what is prepared is for all. */
static void close_gaps(struct crowd *crowd) {
    size_t kept = 0;
    for (size_t i = 0; i < crowd->device_count; i++) {
        if (crowd->devices[i].is_active) {
            crowd->devices[kept++] = crowd->devices[i];
        }
    }
    crowd->device_count = kept;
}

static void gather(struct crowd *crowd) {
    const struct options *options = &crowd->options;
    bool from_journal = options->mode == MODE_CHECK_IN || options->mode == MODE_WATCH ||
                        (options->mode == MODE_STORM && options->key == NULL);
    if (from_journal) {
        crowd->devices = journal_read(options->journal, &crowd->device_count);
    } else {
        crowd->device_count = options->first + options->count;
        crowd->devices = memory(crowd->device_count, sizeof *crowd->devices);
    }
    for (uint32_t i = 0; i < crowd->device_count; i++) {
        crowd->devices[i].number = i;
    }
    queue_make(&crowd->fresh, crowd->device_count);
    queue_make(&crowd->ready, crowd->device_count);
    queue_make(&crowd->delayed, crowd->device_count);
    if (options->mode == MODE_STORM) {
        if (from_journal) {
            close_gaps(crowd);
        }
        prepare(crowd);
        return;
    }
    for (uint32_t i = 0; i < crowd->device_count; i++) {
        if (from_journal && crowd->devices[i].is_active) {
            queue_put(&crowd->ready, i, 0);
        } else if (!from_journal && i >= options->first) {
            queue_put(&crowd->fresh, i, 0);
        }
    }
}

static void open_journal(struct crowd *crowd) {
    const struct options *options = &crowd->options;
    if (options->mode != MODE_ACTIVATE && options->mode != MODE_LIVE) {
        return;
    }
    crowd->journal = fopen(options->journal, "a");
    if (crowd->journal == NULL) {
        perror(options->journal);
        exit(2);
    }
    setvbuf(crowd->journal, NULL, _IOLBF, 0);
}

/* Where every chain stands now. */
static void close_journal(struct crowd *crowd) {
    if (crowd->options.mode == MODE_STORM) {
        return;
    }
    FILE *journal = crowd->journal != NULL ? crowd->journal : fopen(crowd->options.journal, "a");
    if (journal == NULL) {
        perror(crowd->options.journal);
        exit(2);
    }
    setvbuf(journal, NULL, _IOFBF, 1 << 16);
    for (size_t i = 0; i < crowd->device_count && crowd->options.mode != MODE_ACTIVATE; i++) {
        if (crowd->devices[i].is_active) {
            journal_device(journal, &crowd->devices[i]);
        }
    }
    fclose(journal);
}

static void print_result(const struct crowd *crowd, const struct wire_counts *wire, double seconds) {
    const struct tally *tally = &crowd->tally;
    static const struct {
        const char *name;
        double part;
    } PERCENTILES[] = {{"p50_us", 0.5}, {"p90_us", 0.9}, {"p99_us", 0.99}, {"p999_us", 0.999}};
    printf("{\"mode\":\"%s\",\"seconds\":%.3f,\"asked\":%" PRIu64 ",\"answered\":%" PRIu64
           ",\"per_second\":%.0f",
           MODES[crowd->options.mode], seconds, tally->asked, tally->answered,
           (double)tally->answered / seconds);
    printf(",\"wrong\":%" PRIu64 ",\"verified\":%" PRIu64 ",\"forged\":%" PRIu64
           ",\"without_retry_after\":%" PRIu64,
           tally->wrong, tally->verified, tally->forged, tally->without_retry_after);
    printf(",\"connected\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"lost\":%" PRIu64, wire->connected,
           wire->failed, wire->lost);
    for (size_t i = 0; i < sizeof PERCENTILES / sizeof PERCENTILES[0]; i++) {
        printf(",\"%s\":%" PRIu64, PERCENTILES[i].name,
               tally_percentile_ns(tally, PERCENTILES[i].part) / 1000);
    }
    printf(",\"max_us\":%" PRIu64 ",\"codes\":{", tally->max_ns / 1000);
    for (size_t i = 0; i < tally->code_count; i++) {
        printf("%s\"%s\":%" PRIu64, i > 0 ? "," : "", tally->codes[i].code, tally->codes[i].count);
    }
    printf("}}\n");
}

static uint64_t number_of(const char *text) {
    char *end;
    uint64_t value = strtoull(text, &end, 10);
    if (*text == 0 || *end != 0) {
        fprintf(stderr, "%s is no number\n", text);
        exit(2);
    }
    return value;
}

static struct options read_options(int count, char **words) {
    struct options options = {
        .mode = MODE_COUNT, .extra = "", .connections = 16, .pipeline = 1, .verify = 100, .interval_ms = 20};
    static const struct option LONG[] = {
        {"address", 1, NULL, 'a'},  {"key", 1, NULL, 'k'},         {"journal", 1, NULL, 'j'},
        {"extra", 1, NULL, 'e'},    {"seed", 1, NULL, 's'},        {"count", 1, NULL, 'n'},
        {"first", 1, NULL, 'f'},    {"connections", 1, NULL, 'c'}, {"rate", 1, NULL, 'r'},
        {"verify", 1, NULL, 'v'},   {"seconds", 1, NULL, 't'},     {"pipeline", 1, NULL, 'p'},
        {"interval", 1, NULL, 'i'}, {"time-off", 1, NULL, 'o'},    {"patience", 1, NULL, 'w'},
        {NULL, 0, NULL, 0}};
    for (int m = 0; count > 1 && m < MODE_COUNT; m++) {
        if (strcmp(words[1], MODES[m]) == 0) {
            options.mode = (enum mode)m;
        }
    }
    for (int letter; (letter = getopt_long(count - 1, words + 1, "", LONG, NULL)) != -1;) {
        switch (letter) {
        case 'a':
            options.address = optarg;
            break;
        case 'k':
            options.key = optarg;
            break;
        case 'j':
            options.journal = optarg;
            break;
        case 'e':
            options.extra = optarg;
            break;
        case 's':
            options.seed = number_of(optarg);
            break;
        case 'n':
            options.count = number_of(optarg);
            break;
        case 'f':
            options.first = number_of(optarg);
            break;
        case 'c':
            options.connections = number_of(optarg);
            break;
        case 'r':
            options.rate = number_of(optarg);
            break;
        case 'v':
            options.verify = number_of(optarg);
            break;
        case 't':
            options.seconds = strtod(optarg, NULL);
            break;
        case 'p':
            options.pipeline = number_of(optarg);
            break;
        case 'i':
            options.interval_ms = number_of(optarg);
            break;
        case 'w':
            options.patience_s = strtod(optarg, NULL);
            break;
        case 'o':
            options.time_off_s = strtoll(optarg, NULL, 10);
            break;
        default:
            exit(2);
        }
    }
    bool needs_key = options.mode == MODE_ACTIVATE || options.mode == MODE_LIVE;
    bool needs_journal = options.mode != MODE_STORM || options.key == NULL;
    if (options.mode == MODE_COUNT || options.address == NULL || (needs_key && options.key == NULL) ||
        (needs_journal && options.journal == NULL) || options.connections == 0 || options.pipeline == 0 ||
        options.pipeline > PIPELINE_MAX || (options.key != NULL && options.count == 0) ||
        options.interval_ms == 0) {
        fprintf(stderr,
                "usage: device_client activate|check-in|live|watch|storm --address HOST:PORT --seed N "
                "--journal FILE [--key KEY --count N] …\n");
        exit(2);
    }
    if (options.mode == MODE_WATCH) {
        options.rate = 1000 / options.interval_ms;
    }
    return options;
}

int main(int count, char **words) {
    static struct crowd crowd;
    if (sodium_init() < 0) {
        return 2;
    }
    crowd.options = read_options(count, words);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    gather(&crowd);
    fetch_keys(&crowd);
    open_journal(&crowd);
    crowd.begun_ns = crowd.next_due_ns = clock_ns();
    crowd.end_ns =
        crowd.options.seconds > 0 ? crowd.begun_ns + (uint64_t)(crowd.options.seconds * 1e9) : UINT64_MAX;
    struct wire_handler handler = {&crowd, crowd_next, crowd_answered, crowd_lost, crowd_is_over};
    struct wire_counts wire =
        wire_run(crowd.options.address, crowd.options.connections, crowd.options.pipeline, &handler);
    double seconds = (double)(clock_ns() - crowd.begun_ns) / 1e9;
    close_journal(&crowd);
    print_result(&crowd, &wire, seconds);
    return crowd.tally.wrong + crowd.tally.forged + crowd.tally.without_retry_after == 0 ? 0 : 1;
}
