/* Artifacts of the command: the directory of the artifact store that belongs to a store. */
#ifndef SEATMETER_CLI_ARTIFACTS_H
#define SEATMETER_CLI_ARTIFACTS_H

#include "delivery/artifacts.h"

/* SEATMETER_ARTIFACTS, else PATH.artifacts beside a SQLite store, else seatmeter.artifacts in the present
 * directory. Faults of artifact_store_open. */
enum status artifacts_open_beside(struct text db_url, struct artifact_store **store,
                                  struct fault *fault) MUST_CHECK;

#endif
