/* Live saver: the writer's half of writing behind.
 *
 * It asks the loop for marks (live_handover.h) and keeps them until a commit. While the store is away it asks
 * for no more: the loop goes on flagging devices, and its log is bounded. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_SAVER_H
#define SEATMETER_DEVICE_LIVE_LIVE_SAVER_H

#include "device/live/live_state.h"

struct live_saver;

struct live_saver *live_saver_make(struct live *live);
void live_saver_free(struct live_saver *saver); /* NULL is fine */

/* Asks the loop for its marks, unless those that it gave before still wait for a commit. */
void live_saver_collect(struct live_saver *saver);
/* Adds the state of a device that a job is about, which is saved ahead of the job. */
void live_saver_add(struct live_saver *saver, const struct live_save *save);
bool live_saver_is_empty(const struct live_saver *saver);
/* Whether the loop has more marks than it gave. */
bool live_saver_has_more(const struct live_saver *saver);

/* Writes all marks, inside the round's transaction and ahead of its jobs. `arena` is the round's. */
enum status live_saver_write(struct live_saver *saver, struct db *db, struct arena *arena, int64_t now_us,
                             struct fault *fault) MUST_CHECK;
/* Forgets what was written, after the commit. New profiles' numbers go to the loop with the message. */
void live_saver_settle(struct live_saver *saver, struct live_message *message);

/* Brings the rows up to the logs of a door that did not end cleanly; ahead of loading. */
enum status live_saver_recover(struct db *db, struct fault *fault) MUST_CHECK;

#endif
