/* Events: a service has no standard error, so what is said there goes into Windows' event log (Application),
 * line by line. */
#ifndef SEATMETER_AGENT_EVENTS_WINDOWS_H
#define SEATMETER_AGENT_EVENTS_WINDOWS_H

#include <stdbool.h>
#include <wchar.h>

/* From here on, standard output and error, of hooks too, go into the event log; false where that cannot be.
 */
bool events_begin(void);

/* After the last line. */
void events_end(void);

/* Tells Windows that the program explains its own events, or that it is gone; as an administrator. */
bool events_register(const wchar_t *program);
void events_forget(void);

#endif
