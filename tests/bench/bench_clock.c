#include "bench_clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What /proc/PID/stat says behind the command's name, which ends with the last parenthesis: proc(5). */
struct process {
    long long parent;
    double own_s;
    double ended_children_s;
};

static struct process process_of(long long id) {
    enum { PARENT = 1, OWN_USER = 11, OWN_SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM, FIELDS };
    char path[64];
    char line[1024];
    long long fields[FIELDS] = {0};
    double ticks_per_second = (double)sysconf(_SC_CLK_TCK);
    snprintf(path, sizeof path, "/proc/%lld/stat", id);
    FILE *file = fopen(path, "re");
    char *at = file == NULL || fgets(line, sizeof line, file) == NULL ? NULL : strrchr(line, ')');
    if (at == NULL) {
        fprintf(stderr, "benchmark: %s: the server is not on this machine\n", path);
        exit(1);
    }
    fclose(file);
    at += 3; /* over the state's letter */
    for (int i = PARENT; i < FIELDS; i++) {
        fields[i] = strtoll(at, &at, 10);
    }
    return (struct process){
        .parent = fields[PARENT],
        .own_s = (double)(fields[OWN_USER] + fields[OWN_SYSTEM]) / ticks_per_second,
        .ended_children_s = (double)(fields[CHILDREN_USER] + fields[CHILDREN_SYSTEM]) / ticks_per_second,
    };
}

double processor_seconds(struct db *db) {
    struct rusage usage;
    struct fault fault;
    int64_t id = 0;
    getrusage(RUSAGE_SELF, &usage);
    double seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    if (db_engine(db) == DB_SQLITE) {
        return seconds;
    }
    if (db_query_int(db, "select pg_backend_pid()", DB_NO_ARGS, 0, &id, &fault) != STATUS_OK) {
        fprintf(stderr, "benchmark: %s: %s\n", fault.code, fault.message);
        exit(1);
    }
    struct process backend = process_of(id);
    return seconds + backend.own_s + process_of(backend.parent).ended_children_s;
}
