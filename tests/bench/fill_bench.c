/* Makes the stores that later benchmarks read, copy and write, and says what they cost.
 *
 * usage: fill_bench LICENCES ... Where a store is there already nothing is made. */
#include "bench_clock.h"
#include "close_store.h"

#include <stdio.h>
#include <sys/resource.h>

static void keep(enum db_engine engine, int64_t licences) {
    double began = seconds_now();
    struct close_store store = close_store_keep(engine, licences);
    double seconds = seconds_now() - began;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    int64_t bytes = place_bytes(&store.place);
    printf("%-10s %9lld %8.1f %8lld %8lld %14lld\n", engine == DB_SQLITE ? "SQLite" : "PostgreSQL",
           (long long)licences, seconds, (long long)usage.ru_maxrss / 1024, (long long)(bytes >> 20),
           (long long)(bytes / licences));
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc < 2 || !place_keeps_stores()) {
        fprintf(stderr, "usage: fill_bench LICENCES ..., with SEATMETER_BENCH_STORES naming a directory\n");
        return 2;
    }
    printf("%-10s %9s %8s %8s %8s %14s\n", "engine", "licences", "s", "peak MiB", "disk MiB",
           "bytes/licence");
    for (int i = 1; i < argc; i++) {
        int64_t licences = 0;
        if (!text_to_int64(text_of(argv[i]), &licences) || licences < CLOSE_STORE_MIN ||
            licences > CLOSE_STORE_MAX) {
            fprintf(stderr, "fill_bench: %s is not a number of licences from %d to %d\n", argv[i],
                    CLOSE_STORE_MIN, CLOSE_STORE_MAX);
            return 2;
        }
        keep(DB_SQLITE, licences);
        if (place_has_postgresql()) {
            keep(DB_POSTGRESQL, licences);
        }
    }
    return 0;
}
