/* Serve: the running process. Both doors and the upkeep, each on threads of its own, until SIGINT or SIGTERM.
 */
#ifndef SEATMETER_SERVICE_SERVE_H
#define SEATMETER_SERVICE_SERVE_H

#include "core/base/fault.h"

struct artifact_store;

struct serve_options {
    struct text database_url;
    const unsigned char *secret; /* PROGRAMME_SECRET_BYTES */
    struct artifact_store *artifacts;
    struct text web_address;    /* empty: WEB_ADDRESS_DEFAULT */
    struct text device_address; /* empty: DEVICE_ADDRESS_DEFAULT; "none": no device door */
    int worker_count;           /* of the web server */
    bool behind_https;          /* as of struct web_server_options, like the next two */
    bool trust_forwarded;
    struct text metrics_token; /* of both doors */
};

/* Serves until it is told to stop, and says on standard error where: "Devices at URL", "Listening on URL".
 * It is called before the process has other threads, as it changes which signals the process takes. Faults:
 * of upkeep_start, device_door_start and web_server_start. */
enum status serve_until_stopped(const struct serve_options *options, struct fault *fault) MUST_CHECK;

#endif
