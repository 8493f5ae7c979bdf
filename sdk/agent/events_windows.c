/* A pipe in the place of standard error, and a thread that reports each line that comes out of it. Hooks
 * inherit the pipe, so what they write is reported like what the agent says. */
#include "events_windows.h"

#ifdef _WIN32

#include "messages.h"

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { LINE_BYTES = 4096, END_MS = 2000 };

static const wchar_t SOURCE[] = L"seatmeter-agent";
static const wchar_t KEY[] = L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\seatmeter-agent";

static HANDLE log_handle;
static HANDLE reader;
static HANDLE read_end;
static HANDLE write_end;

/* What a hook writes may be in any encoding: what is no UTF-8 is shown as such. */
static void report(const char *line) {
    wchar_t wide[LINE_BYTES];
    const wchar_t *texts[] = {wide};
    if (line[0] != '\0' && MultiByteToWideChar(CP_UTF8, 0, line, -1, wide, LINE_BYTES) > 0) {
        (void)ReportEventW(log_handle, EVENTLOG_INFORMATION_TYPE, 0, EVENT_SAID, NULL, 1, 0, texts, NULL);
    }
}

/* Cuts off whole lines; what is too long for one is several. */
static size_t report_lines(char line[LINE_BYTES], size_t length) {
    size_t begin = 0;
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '\n' || line[i] == '\r' || line[i] == '\0') {
            line[i] = '\0';
            report(line + begin);
            begin = i + 1;
        }
    }
    if (begin == 0 && length == LINE_BYTES - 1) {
        line[length] = '\0';
        report(line);
        begin = length;
    }
    memmove(line, line + begin, length - begin);
    return length - begin;
}

static DWORD WINAPI read_pipe(void *context) {
    char line[LINE_BYTES];
    size_t length = 0;
    DWORD got = 0;
    (void)context;
    while (ReadFile(read_end, line + length, (DWORD)(LINE_BYTES - 1 - length), &got, NULL) && got > 0) {
        length = report_lines(line, length + got);
    }
    line[length] = '\0';
    report(line);
    return 0;
}

/* C's stream onto the pipe, which has a handle of its own for it: closing the stream closes that. */
static bool redirect(FILE *stream) {
    HANDLE here = GetCurrentProcess();
    HANDLE own = NULL;
    if (freopen("NUL", "wb", stream) == NULL ||
        !DuplicateHandle(here, write_end, here, &own, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        return false;
    }
    int descriptor = _open_osfhandle((intptr_t)own, _O_WRONLY | _O_BINARY | _O_NOINHERIT);
    bool is_done = descriptor >= 0 && _dup2(descriptor, _fileno(stream)) == 0;
    if (descriptor >= 0) {
        (void)_close(descriptor);
    } else {
        (void)CloseHandle(own);
    }
    (void)setvbuf(stream, NULL, _IONBF, 0);
    return is_done;
}

bool events_begin(void) {
    log_handle = RegisterEventSourceW(NULL, SOURCE);
    if (log_handle == NULL || !CreatePipe(&read_end, &write_end, NULL, 0) || !redirect(stderr) ||
        !redirect(stdout) || !SetStdHandle(STD_ERROR_HANDLE, write_end) ||
        !SetStdHandle(STD_OUTPUT_HANDLE, write_end)) {
        return false;
    }
    reader = CreateThread(NULL, 0, read_pipe, NULL, 0, NULL);
    return reader != NULL;
}

void events_end(void) {
    if (reader == NULL) {
        return;
    }
    (void)SetStdHandle(STD_ERROR_HANDLE, NULL);
    (void)SetStdHandle(STD_OUTPUT_HANDLE, NULL);
    (void)freopen("NUL", "wb", stdout);
    (void)freopen("NUL", "wb", stderr);
    (void)CloseHandle(write_end);
    (void)WaitForSingleObject(reader, END_MS); /* what a hook left behind may still hold the pipe */
}

bool events_register(const wchar_t *program) {
    HKEY key = NULL;
    DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
    DWORD size = (DWORD)((wcslen(program) + 1) * sizeof *program);
    LSTATUS status = RegCreateKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
    if (status == ERROR_SUCCESS) {
        status = RegSetValueExW(key, L"EventMessageFile", 0, REG_SZ, (const BYTE *)program, size);
        if (status == ERROR_SUCCESS) {
            status = RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&types, sizeof types);
        }
        (void)RegCloseKey(key);
    }
    SetLastError((DWORD)status);
    return status == ERROR_SUCCESS;
}

void events_forget(void) {
    (void)RegDeleteKeyW(HKEY_LOCAL_MACHINE, KEY);
}

#endif
