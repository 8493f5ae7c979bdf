/* Live handover: the marks on their way from the loop to the writer.
 *
 * The writer asks every half second. After few marks the loop gives it rows: the state of each of their
 * devices, which are behind no more. After many marks the loop gives it the log itself, which the store keeps
 * as one row, at a hundredth of the cost of the devices' rows.
 *
 * While a log exists, a sweep walks all devices in row order. Each time the writer asks, the sweep hands over
 * the next slice of devices whose rows are behind. It completes a full pass within LIVE_ROWS_LATE_S. Then the
 * rows have everything that was logged before the pass began, and the store drops those logs (D11). A pass
 * during which nothing was logged is the last one: no row is behind but those that the next few marks bring.
 *
 * Rows by which others decide do not wait for the sweep: when another process has released a device, the end
 * of the lease that memory gave (D13). */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_HANDOVER_H
#define SEATMETER_DEVICE_LIVE_LIVE_HANDOVER_H

#include "device/live/live_state.h"

/* Whether the writer has asked for marks. */
bool live_are_marks_wanted(struct live *live);
/* Fills the marks and hands them over, if the writer wants them. */
void live_give_marks(struct live *live);

#endif
