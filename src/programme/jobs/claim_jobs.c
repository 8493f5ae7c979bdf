#include "programme/jobs/claim_jobs.h"

#include <assert.h>
#include <time.h>

enum { LOOK_EVERY_MS = 20, LOOKS_MAX = 30 * 1000 / LOOK_EVERY_MS };

static enum status try_claim(struct jobs_claim *claim, bool *claimed, struct fault *fault) {
    return db_claim(claim->db, "jobs", claimed, fault);
}

enum status claim_jobs(const struct call *call, struct jobs_claim *claim, struct fault *fault) {
    bool claimed = false;
    assert(call->depth == 0);
    *claim = (struct jobs_claim){0};
    TRY(db_open_again(call->db, &claim->db, fault));
    enum status status = try_claim(claim, &claimed, fault);
    if (!claimed) {
        release_jobs(claim);
    }
    return status;
}

enum status await_jobs(const struct call *call, struct jobs_claim *claim, struct fault *fault) {
    static const struct timespec PAUSE = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    bool claimed = false;
    assert(call->depth == 0);
    *claim = (struct jobs_claim){0};
    TRY(db_open_again(call->db, &claim->db, fault));
    enum status status = try_claim(claim, &claimed, fault);
    for (int looks = 0; status == STATUS_OK && !claimed && looks < LOOKS_MAX; looks++) {
        nanosleep(&PAUSE, NULL);
        status = try_claim(claim, &claimed, fault);
    }
    if (status == STATUS_OK && !claimed) {
        status =
            fault_set(fault, STATUS_BUSY, "job-running", NULL, TEXT(""),
                      "Another close is under way. Ask how far it is (`seatmeter job list`), or try again "
                      "when it is done.");
    }
    if (!claimed) {
        release_jobs(claim);
    }
    return status;
}

void release_jobs(struct jobs_claim *claim) {
    db_close(claim->db);
    claim->db = NULL;
}
