/* Starts a program (.exe, .cmd, .bat) with facts in its environment, in a job that ends with all that is in
 * it.
 *
 * It inherits three handles and no other: NUL to read from, and the agent's own output. Windows knows no
 * signal to a program without a window, so at the time limit the job is ended outright. */
#include "hook.h"

#ifdef _WIN32

#include "platform.h"
#include "wide.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { ENVIRONMENT_MAX = 1024, STANDARD_HANDLES = 3 };

/* ---- the environment ---- */

struct environment {
    wchar_t *texts[ENVIRONMENT_MAX];
    size_t count;
};

/* By name, as CreateProcess wants it: a name ends before "=", which may be its first character. */
static int by_name(const void *left, const void *right) {
    const wchar_t *first = *(const wchar_t *const *)left;
    const wchar_t *second = *(const wchar_t *const *)right;
    int first_length = (int)(1 + wcscspn(first + 1, L"="));
    int second_length = (int)(1 + wcscspn(second + 1, L"="));
    return CompareStringOrdinal(first, first_length, second, second_length, TRUE) - CSTR_EQUAL;
}

static bool is_fact(const wchar_t *text) {
    static const wchar_t START[] = L"SEATMETER_";
    int length = (int)wcslen(START);
    return wcslen(text) >= (size_t)length &&
           CompareStringOrdinal(text, length, START, length, TRUE) == CSTR_EQUAL;
}

/* The facts in malloc's memory, in both. */
static bool add_facts(struct environment *environment, const struct hook_facts *facts,
                      wchar_t *made[HOOK_FACTS_MAX]) {
    for (size_t i = 0; i < facts->count; i++) {
        made[i] = sm_wide_of(facts->facts[i]);
        if (made[i] == NULL) {
            return false;
        }
        environment->texts[environment->count++] = made[i];
    }
    return true;
}

/* The texts one after the other, and an empty one; NULL where there is no memory. */
static wchar_t *join(struct environment *environment) {
    size_t length = 2;
    for (size_t i = 0; i < environment->count; i++) {
        length += wcslen(environment->texts[i]) + 1;
    }
    wchar_t *block = calloc(length, sizeof *block);
    size_t at = 0;
    for (size_t i = 0; block != NULL && i < environment->count; i++) {
        size_t size = wcslen(environment->texts[i]) + 1;
        wmemcpy(block + at, environment->texts[i], size);
        at += size;
    }
    return block;
}

/* The agent's own without what is named like a fact, then the facts, sorted; in malloc's memory. */
static wchar_t *make_environment(const struct hook_facts *facts) {
    struct environment environment = {.count = 0};
    wchar_t *made[HOOK_FACTS_MAX] = {NULL};
    wchar_t *block = NULL;
    wchar_t *own = GetEnvironmentStringsW();
    if (own == NULL) {
        return NULL;
    }
    for (wchar_t *at = own; *at != L'\0'; at += wcslen(at) + 1) {
        if (!is_fact(at) && environment.count < ENVIRONMENT_MAX - HOOK_FACTS_MAX) {
            environment.texts[environment.count++] = at;
        }
    }
    if (add_facts(&environment, facts, made)) {
        qsort(environment.texts, environment.count, sizeof environment.texts[0], by_name);
        block = join(&environment);
    }
    for (size_t i = 0; i < HOOK_FACTS_MAX; i++) {
        free(made[i]);
    }
    (void)FreeEnvironmentStringsW(own);
    return block;
}

/* ---- the process ---- */

struct child {
    HANDLE job;
    HANDLE process;
    HANDLE thread;
    HANDLE standard[STANDARD_HANDLES];
};

/* NUL for input, and for an output that the agent has not. */
static HANDLE inheritable(DWORD which) {
    HANDLE own = which == STD_INPUT_HANDLE ? NULL : GetStdHandle(which);
    HANDLE made = INVALID_HANDLE_VALUE;
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE here = GetCurrentProcess();
    if (own != NULL && own != INVALID_HANDLE_VALUE &&
        DuplicateHandle(here, own, here, &made, 0, TRUE, DUPLICATE_SAME_ACCESS)) {
        return made;
    }
    return CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherit,
                       OPEN_EXISTING, 0, NULL);
}

static HANDLE make_job(void) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = {.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE}};
    HANDLE job = CreateJobObjectW(NULL, NULL);
    if (job != NULL &&
        !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) {
        (void)CloseHandle(job);
        job = NULL;
    }
    return job;
}

static LPPROC_THREAD_ATTRIBUTE_LIST inherit_only(HANDLE handles[STANDARD_HANDLES]) {
    SIZE_T size = 0;
    (void)InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(size);
    if (list == NULL || !InitializeProcThreadAttributeList(list, 1, 0, &size)) {
        free(list);
        return NULL;
    }
    if (!UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles,
                                   STANDARD_HANDLES * sizeof handles[0], NULL, NULL)) {
        DeleteProcThreadAttributeList(list);
        free(list);
        return NULL;
    }
    return list;
}

/* It is started only once it is in the job. */
static bool create(struct child *child, const char *program, wchar_t *environment) {
    DWORD flags = CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | CREATE_NO_WINDOW |
                  CREATE_NEW_PROCESS_GROUP | EXTENDED_STARTUPINFO_PRESENT;
    PROCESS_INFORMATION made = {.hProcess = NULL};
    STARTUPINFOEXW start = {.StartupInfo = {.cb = sizeof start,
                                            .dwFlags = STARTF_USESTDHANDLES,
                                            .hStdInput = child->standard[0],
                                            .hStdOutput = child->standard[1],
                                            .hStdError = child->standard[2]}};
    size_t size = strlen(program) + 3;
    char *quoted = malloc(size);
    wchar_t *path = sm_wide_of(program);
    wchar_t *line = NULL;
    bool is_created = false;
    start.lpAttributeList = inherit_only(child->standard);
    if (quoted != NULL && path != NULL && start.lpAttributeList != NULL) {
        snprintf(quoted, size, "\"%s\"", program); /* no path has a quote in it */
        line = sm_wide_of(quoted);
        is_created = line != NULL && CreateProcessW(path, line, NULL, NULL, TRUE, flags, environment, NULL,
                                                    &start.StartupInfo, &made);
    }
    child->process = made.hProcess;
    child->thread = made.hThread;
    DWORD error = GetLastError();
    if (is_created &&
        (!AssignProcessToJobObject(child->job, made.hProcess) || ResumeThread(made.hThread) == (DWORD)-1)) {
        error = GetLastError();
        (void)TerminateProcess(made.hProcess, 1);
        is_created = false;
    }
    if (start.lpAttributeList != NULL) {
        DeleteProcThreadAttributeList(start.lpAttributeList);
        free(start.lpAttributeList);
    }
    free(quoted);
    free(path);
    free(line);
    SetLastError(error);
    return is_created;
}

static bool start(struct child *child, const char *program, const struct hook_facts *facts) {
    static const DWORD WHICH[STANDARD_HANDLES] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    for (size_t i = 0; i < STANDARD_HANDLES; i++) {
        child->standard[i] = inheritable(WHICH[i]);
    }
    child->job = make_job();
    wchar_t *environment = make_environment(facts);
    (void)fflush(NULL);
    bool is_started = child->job != NULL && environment != NULL && create(child, program, environment);
    if (!is_started) {
        fprintf(stderr, "seatmeter-agent: the hook %s cannot be started: %s\n", program, platform_why());
    }
    free(environment);
    return is_started;
}

/* Ends what is left of the job, and lets everything go. */
static void end(struct child *child) {
    HANDLE all[] = {child->process,     child->thread,      child->standard[0],
                    child->standard[1], child->standard[2], child->job};
    if (child->job != NULL) {
        (void)TerminateJobObject(child->job, 1);
    }
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i] != NULL && all[i] != INVALID_HANDLE_VALUE) {
            (void)CloseHandle(all[i]);
        }
    }
}

static enum hook_end wait_for_end(const struct child *child, const char *program, int64_t time_limit_s,
                                  struct signals *signals) {
    const HANDLE handles[] = {child->process, (HANDLE)signals->wake};
    DWORD status = 1;
    DWORD found = WaitForMultipleObjects(2, handles, FALSE, (DWORD)(time_limit_s * 1000));
    if (found == WAIT_OBJECT_0 && GetExitCodeProcess(child->process, &status)) {
        if (status != 0) {
            fprintf(stderr, "seatmeter-agent: the hook %s ended with status %lu\n", program, status);
        }
        return status == 0 ? HOOK_DONE : HOOK_FAILED;
    }
    signals_take(signals);
    return signals->is_stopping ? HOOK_STOPPED : hook_timed_out(program, time_limit_s);
}

enum hook_end hook_run(const char *program, const struct hook_facts *facts, int64_t time_limit_s,
                       struct signals *signals) {
    enum { LONGEST_S = 40 * 86400 }; /* as milliseconds, a DWORD */
    struct child child = {.job = NULL};
    enum hook_end result = HOOK_FAILED;
    if (start(&child, program, facts)) {
        result = wait_for_end(&child, program, time_limit_s < LONGEST_S ? time_limit_s : LONGEST_S, signals);
    }
    end(&child);
    return result;
}

#endif
