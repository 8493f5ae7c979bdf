/* The agent under Windows' service manager, which starts `seatmeter-agent service`, is answered by
 * service_main, and calls on_control on a thread of its own.
 *
 * The service runs as LocalSystem: its state directory belongs to administrators and the system, and the hook
 * may install what was fetched. So `install` takes the program only from where nobody else can change it. */
#include "service.h"

#ifdef _WIN32

#include "events_windows.h"
#include "run.h"
#include "signals_windows.h"
#include "wide.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAIT_MS = 30000,
    LOOK_MS = 100,
    RESTART_MS = 30000,
    FORGET_FAILURES_S = 86400,
    LINE_CHARACTERS = 32767
};

static wchar_t NAME[] = L"seatmeter-agent";
static wchar_t SHOWN_NAME[] = L"Seatmeter agent";
static wchar_t DESCRIPTION[] = L"Keeps the licence of a product fresh and its updates at hand.";

/* ---- while it runs ---- */

static struct agent *service_agent;
static SERVICE_STATUS_HANDLE status_handle;
static SRWLOCK status_lock = SRWLOCK_INIT;
static DWORD status_now = SERVICE_START_PENDING;

/* Says where the service is; after its end nothing more. */
static void report(DWORD state, int result) {
    SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                             .dwCurrentState = state,
                             .dwWaitHint = state == SERVICE_STOP_PENDING ? WAIT_MS : 0};
    if (state == SERVICE_RUNNING) {
        status.dwControlsAccepted =
            SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PARAMCHANGE;
    }
    if (result != EXIT_WELL) {
        status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
        status.dwServiceSpecificExitCode = (DWORD)result;
    }
    AcquireSRWLockExclusive(&status_lock);
    if (status_now != SERVICE_STOPPED) {
        status_now = state;
        (void)SetServiceStatus(status_handle, &status);
    }
    ReleaseSRWLockExclusive(&status_lock);
}

static DWORD WINAPI on_control(DWORD control, DWORD kind, void *data, void *context) {
    (void)kind;
    (void)data;
    (void)context;
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_SHUTDOWN:
        report(SERVICE_STOP_PENDING, EXIT_WELL);
        signals_stop();
        return NO_ERROR;
    case SERVICE_CONTROL_PARAMCHANGE:
        (void)signals_ask(GetCurrentProcessId());
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
        return NO_ERROR;
    default:
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

static void WINAPI service_main(DWORD count, wchar_t **arguments) {
    struct agent *agent = service_agent;
    int result = EXIT_WRONG;
    (void)count;
    (void)arguments;
    status_handle = RegisterServiceCtrlHandlerExW(NAME, on_control, NULL);
    if (status_handle == NULL) {
        return;
    }
    report(SERVICE_START_PENDING, EXIT_WELL);
    (void)events_begin(); /* without a log there is still a licence to keep */
    if (settings_take_config(&agent->settings) && agent_enter(agent) && signals_open(&agent->signals)) {
        report(SERVICE_RUNNING, EXIT_WELL);
        result = run_daemon(agent);
        agent_close(agent);
    }
    signals_close(&agent->signals);
    events_end();
    report(SERVICE_STOPPED, result);
}

static int service(struct agent *agent, const char *argument) {
    const SERVICE_TABLE_ENTRYW table[] = {{NAME, service_main}, {NULL, NULL}};
    (void)argument;
    service_agent = agent;
    if (StartServiceCtrlDispatcherW(table)) {
        return EXIT_WELL;
    }
    fprintf(stderr, "seatmeter-agent: service is what Windows starts once it is installed; say run (%s)\n",
            platform_why());
    return EXIT_WRONG;
}

/* ---- installing ---- */

static int complain(const char *what) {
    DWORD error = GetLastError();
    fprintf(stderr, "seatmeter-agent: %s: %s%s\n", what, platform_why(),
            error == ERROR_ACCESS_DENIED ? " (this needs an administrator's console)" : "");
    return EXIT_WRONG;
}

/* Adds a word so that CommandLineToArgvW reads it as it is: a path has no quotes in it, but may end in
 * backslashes, which would guard the quote behind. */
static bool add_quoted(char *line, size_t capacity, const char *option, const char *path) {
    size_t length = strlen(line);
    size_t end = strlen(path);
    size_t slashes = 0;
    while (slashes < end && path[end - 1 - slashes] == '\\') {
        slashes++;
    }
    int added = snprintf(line + length, capacity - length, "%s\"%s%.*s\"", option, path, (int)slashes,
                         path + end - slashes);
    return added > 0 && (size_t)added < capacity - length;
}

/* "program" service --config "…" --state "…", with what was given; in malloc's memory. */
static wchar_t *command_line(const struct settings *settings, const char *program) {
    enum { LINE_BYTES = 4 * PLATFORM_PATH_BYTES };
    char *line = calloc(1, LINE_BYTES);
    bool is_good = line != NULL && add_quoted(line, LINE_BYTES, "", program);
    if (is_good) {
        strncat(line, " service", LINE_BYTES - strlen(line) - 1);
    }
    if (is_good && settings->config[0] != '\0') {
        is_good = add_quoted(line, LINE_BYTES, " --config ", settings->config);
    }
    if (is_good && settings->state[0] != '\0') {
        is_good = add_quoted(line, LINE_BYTES, " --state ", settings->state);
    }
    wchar_t *wide = is_good ? sm_wide_of(line) : NULL;
    free(line);
    if (wide == NULL) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
    }
    return wide;
}

static DWORD state_of(SC_HANDLE handle) {
    SERVICE_STATUS_PROCESS status = {0};
    DWORD size = 0;
    return QueryServiceStatusEx(handle, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &size)
               ? status.dwCurrentState
               : 0;
}

/* Windows has no handle that ends with a service's state, so it is looked at ten times a second. */
static bool wait_for(SC_HANDLE handle, DWORD wanted) {
    for (int waited_ms = 0; waited_ms < WAIT_MS; waited_ms += LOOK_MS) {
        DWORD state = state_of(handle);
        if (state == wanted) {
            return true;
        }
        if (state == 0 || (wanted == SERVICE_RUNNING && state == SERVICE_STOPPED)) {
            break;
        }
        Sleep(LOOK_MS);
    }
    SetLastError(wanted == SERVICE_RUNNING ? ERROR_SERVICE_NOT_ACTIVE : ERROR_TIMEOUT);
    return false;
}

/* While Windows itself starts services, at its own start, it starts none for others. */
static bool start_it(SC_HANDLE handle) {
    for (int waited_ms = 0; !StartServiceW(handle, 0, NULL); waited_ms += LOOK_MS) {
        if (GetLastError() != ERROR_SERVICE_DATABASE_LOCKED || waited_ms >= WAIT_MS) {
            return false;
        }
        Sleep(LOOK_MS);
    }
    return wait_for(handle, SERVICE_RUNNING);
}

static bool stop_it(SC_HANDLE handle) {
    SERVICE_STATUS status;
    if (!ControlService(handle, SERVICE_CONTROL_STOP, &status) &&
        GetLastError() != ERROR_SERVICE_NOT_ACTIVE) {
        return false;
    }
    return wait_for(handle, SERVICE_STOPPED);
}

/* A failure, an end with an error too, is followed by another start. Without these manners it runs as well.
 */
static void set_manners(SC_HANDLE handle) {
    SC_ACTION again[] = {{SC_ACTION_RESTART, RESTART_MS}};
    SERVICE_FAILURE_ACTIONSW actions = {
        .dwResetPeriod = FORGET_FAILURES_S, .cActions = 1, .lpsaActions = again};
    SERVICE_FAILURE_ACTIONS_FLAG on_errors = {TRUE};
    SERVICE_DESCRIPTIONW description = {DESCRIPTION};
    (void)ChangeServiceConfig2W(handle, SERVICE_CONFIG_DESCRIPTION, &description);
    if (!ChangeServiceConfig2W(handle, SERVICE_CONFIG_FAILURE_ACTIONS, &actions) ||
        !ChangeServiceConfig2W(handle, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &on_errors)) {
        (void)complain("the service will not be started again where it fails");
    }
}

/* A service that is there is stopped and changed. */
static SC_HANDLE make_or_change(SC_HANDLE manager, const wchar_t *line) {
    SC_HANDLE handle =
        CreateServiceW(manager, NAME, SHOWN_NAME, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                       SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, NULL, NULL);
    if (handle != NULL || GetLastError() != ERROR_SERVICE_EXISTS) {
        return handle;
    }
    handle = OpenServiceW(manager, NAME, SERVICE_ALL_ACCESS);
    if (handle != NULL &&
        (!stop_it(handle) ||
         !ChangeServiceConfigW(handle, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                               line, NULL, NULL, NULL, NULL, NULL, SHOWN_NAME))) {
        DWORD error = GetLastError();
        (void)CloseServiceHandle(handle);
        SetLastError(error);
        return NULL;
    }
    return handle;
}

static int install_as(const wchar_t *line, const wchar_t *program) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    SC_HANDLE handle = NULL;
    int result = EXIT_WRONG;
    if (manager == NULL) {
        return complain("the service manager does not let us in");
    }
    handle = make_or_change(manager, line);
    if (handle != NULL) {
        set_manners(handle);
    }
    if (handle == NULL || !events_register(program)) {
        result = complain("the service cannot be installed");
    } else if (!start_it(handle)) {
        result =
            complain("the service is installed, but does not start; the event log (Application) has why");
    } else {
        printf("installed and started\n");
        result = EXIT_WELL;
    }
    if (handle != NULL) {
        (void)CloseServiceHandle(handle);
    }
    (void)CloseServiceHandle(manager);
    return result;
}

static int install(struct agent *agent, const char *argument) {
    wchar_t *own = calloc(LINE_CHARACTERS, sizeof *own);
    char path[PLATFORM_PATH_BYTES];
    int result = EXIT_WRONG;
    (void)argument;
    if (own == NULL || GetModuleFileNameW(NULL, own, LINE_CHARACTERS) == 0 ||
        !sm_wide_to_text(own, path, sizeof path)) {
        free(own);
        return complain("this program's own path cannot be told");
    }
    if (platform_trusts(path)) {
        wchar_t *line = command_line(&agent->settings, path);
        result = line == NULL ? complain("the service cannot be installed") : install_as(line, own);
        free(line);
    }
    free(own);
    return result;
}

static int uninstall(struct agent *agent, const char *argument) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE handle = manager == NULL ? NULL : OpenServiceW(manager, NAME, SERVICE_ALL_ACCESS);
    int result = EXIT_WELL;
    (void)agent;
    (void)argument;
    if (handle == NULL) {
        result = complain("there is no service to take away");
    } else if (!stop_it(handle) || !DeleteService(handle)) {
        result = complain("the service cannot be taken away");
    } else {
        events_forget();
        printf("taken away; the licence and the settings stay where they are\n");
    }
    if (handle != NULL) {
        (void)CloseServiceHandle(handle);
    }
    if (manager != NULL) {
        (void)CloseServiceHandle(manager);
    }
    return result;
}

static const struct command ROWS[] = {
    {"install", NULL, "makes this program a service that starts with Windows, and starts it", install, true},
    {"uninstall", NULL, "stops the service and takes it away", uninstall, true},
    {"service", NULL, "what Windows starts as the service: as run", service, true},
};
const struct command *const SERVICE_COMMANDS = ROWS;
const size_t SERVICE_COMMAND_COUNT = sizeof ROWS / sizeof ROWS[0];

#endif
