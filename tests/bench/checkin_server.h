/* The servers of the benchmark, each a process bound to core 0: the device door, and nginx. */
#ifndef SEATMETER_TESTS_BENCH_CHECKIN_SERVER_H
#define SEATMETER_TESTS_BENCH_CHECKIN_SERVER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct server {
    pid_t process;
    in_port_t port;    /* network order */
    int control;       /* ends the door when it is closed; −1 for nginx */
    double started_in; /* seconds until it listened */
};

void bind_to_core(unsigned core);

/* Where the door's threads run; the clients are on core 1. */
enum door_cores {
    DOOR_ON_CORE_0,
    DOOR_LOOP_ON_CORE_0, /* alone there; the others are on core 1 */
    DOOR_ON_BOTH_CORES   /* wherever there is room */
};
struct server door_begin(const char *url, const unsigned char *secret, uint32_t batch_max,
                         enum door_cores cores);

/* nginx with one worker, answering 200 with `body_bytes` bytes. Its files are in `place`. */
struct server nginx_begin(const char *place, size_t body_bytes);

void server_end(struct server *server);

/* Processor time that the server's threads have taken, in seconds: of all, or of those of that name. It
 * depends less than the clock on what else the machine does. */
double server_processor_s(const struct server *server, const char *thread);

/* A number of the door's metrics; 0 where there is none of that name. */
double server_metric(const struct server *server, const char *name);

#endif
