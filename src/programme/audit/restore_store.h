/* Restore store: puts a backup into an empty store, and takes none whose rows `seatmeter check` would object
 * to, as what a backup says comes from outside. */
#ifndef SEATMETER_PROGRAMME_AUDIT_RESTORE_STORE_H
#define SEATMETER_PROGRAMME_AUDIT_RESTORE_STORE_H

#include "programme/call/call.h"
#include "store/upkeep/backup.h"

struct restore_store_input {
    struct text path;
    bool take_older;   /* one of an older version too, be it unsealed */
    bool take_unsound; /* rows that break rules too: for looking at what went wrong */
};

/* For the operator alone; no transaction may be open. Faults: those of backup_restore, "backup-unsound". */
enum status restore_store(struct call *call, const struct restore_store_input *input,
                          struct backup_summary *summary, struct fault *fault) MUST_CHECK;

#endif
