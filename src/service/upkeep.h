/* Upkeep: what `seatmeter serve` does by itself while it serves, on a thread with a connection of its own.
 *
 * Every minute it keeps the heartbeat (programme/parties/heartbeat.h) and renews what of the update
 * repository has lived half its time, and once an hour it sweeps unfinished uploads. What fails is told on
 * standard error and tried again. Several processes may do it over one store: who comes second finds nothing
 * due. */
#ifndef SEATMETER_SERVICE_UPKEEP_H
#define SEATMETER_SERVICE_UPKEEP_H

#include "delivery/artifacts.h"

struct upkeep;

struct upkeep_options {
    struct text database_url;
    const unsigned char *secret; /* PROGRAMME_SECRET_BYTES */
    struct artifact_store *artifacts;
};

/* Does it once (what fails does not keep the doors shut), then starts the thread, which takes no signals. The
 * options' pointers must outlive it. */
enum status upkeep_start(const struct upkeep_options *options, struct upkeep **upkeep,
                         struct fault *fault) MUST_CHECK;
void upkeep_stop(struct upkeep *upkeep); /* NULL is fine */

#endif
