/* Events in the place of signals: `stop` is this process's own and stays set, `ask` has a name by which other
 * processes of the same owner find it. The console's handler runs on a thread of the system's, and for a
 * window that closes or a machine that goes down the process ends when it returns: so it waits for the end.
 */
#include "signals.h"

#ifdef _WIN32

#include "signals_windows.h"

#include <windows.h>

#include <stdio.h>

enum { END_MS = 5000 };

static HANDLE stop;
static HANDLE ask;
static HANDLE ended;

void signals_stop(void) {
    (void)SetEvent(stop);
}

static BOOL WINAPI on_console(DWORD what) {
    if (what == CTRL_LOGOFF_EVENT) {
        return TRUE; /* only a service is told, of any user */
    }
    signals_stop();
    if (what != CTRL_C_EVENT && what != CTRL_BREAK_EVENT) {
        (void)WaitForSingleObject(ended, END_MS);
    }
    return TRUE;
}

static void name_of(int64_t process, wchar_t name[64]) {
    (void)_snwprintf(name, 63, L"Global\\seatmeter-agent-ask-%lld", (long long)process);
    name[63] = L'\0';
}

/* A name that somebody else has taken is left to him: the agent runs, and cannot be asked. */
static HANDLE make_ask(void) {
    wchar_t name[64];
    name_of(GetCurrentProcessId(), name);
    HANDLE made = CreateEventW(NULL, TRUE, FALSE, name);
    if (made != NULL && GetLastError() != ERROR_ALREADY_EXISTS) {
        return made;
    }
    if (made != NULL) {
        (void)CloseHandle(made);
    }
    return CreateEventW(NULL, TRUE, FALSE, NULL);
}

bool signals_ask(int64_t process) {
    wchar_t name[64];
    name_of(process, name);
    HANDLE theirs = OpenEventW(EVENT_MODIFY_STATE, FALSE, name);
    bool is_asked = theirs != NULL && SetEvent(theirs);
    if (theirs != NULL) {
        (void)CloseHandle(theirs);
    }
    return is_asked;
}

bool signals_open(struct signals *signals) {
    *signals = (struct signals){.wake = -1};
    stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    ended = CreateEventW(NULL, TRUE, FALSE, NULL);
    ask = make_ask();
    if (stop == NULL || ended == NULL || ask == NULL || !SetConsoleCtrlHandler(on_console, TRUE)) {
        fprintf(stderr, "seatmeter-agent: events cannot be made (error %lu)\n", GetLastError());
        return false;
    }
    signals->wake = (intptr_t)stop;
    return true;
}

/* The handles stay until the process ends: a handler may be using them. */
void signals_close(struct signals *signals) {
    if (ended != NULL) {
        (void)SetEvent(ended);
    }
    signals->wake = -1;
}

void signals_take(struct signals *signals) {
    if (WaitForSingleObject(stop, 0) == WAIT_OBJECT_0) {
        signals->is_stopping = true;
    }
    if (WaitForSingleObject(ask, 0) == WAIT_OBJECT_0) {
        (void)ResetEvent(ask);
        signals->is_asked = true;
    }
}

void signals_wait(struct signals *signals, int64_t milliseconds) {
    enum { LONGEST_MS = 3600 * 1000 };
    const HANDLE handles[] = {stop, ask};
    int64_t wait = milliseconds < 0 ? 0 : milliseconds > LONGEST_MS ? LONGEST_MS : milliseconds;
    (void)WaitForMultipleObjects(2, handles, FALSE, (DWORD)wait);
    signals_take(signals);
}

#endif
