/* Windows: paths are UTF-16 at the border alone (wide.h), files are replaced by MoveFileEx with
 * WRITE_THROUGH, and the lock is a range of bytes far behind the number that everybody may read. Who may
 * change what is in trust_windows.c. */
#include "platform.h"

#ifdef _WIN32

#include "signals_windows.h"
#include "trust_windows.h"
#include "wide.h"

#include <windows.h>

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <shellapi.h>
#include <shlobj.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { LOCKED_AT = 1 << 30, SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };

const char PLATFORM_SEPARATOR[] = "\\";
const char PLATFORM_CONFIG_HELP[] = "the configuration file (%ProgramData%\\Seatmeter\\seatmeter-agent.conf)";
const char PLATFORM_STATE_HELP[] = "the state directory (%ProgramData%\\Seatmeter)";

#if defined(_M_X64) || defined(__x86_64__)
const char PLATFORM_NAME[] = "windows-amd64";
#elif defined(_M_ARM64) || defined(__aarch64__)
const char PLATFORM_NAME[] = "windows-arm64";
#else
const char PLATFORM_NAME[] = "windows-i386";
#endif

/* ---- beginning, and words ---- */

static UINT code_page_before;

static void restore_code_page(void) {
    (void)SetConsoleOutputCP(code_page_before);
}

static void prepare_streams(void) {
    code_page_before = GetConsoleOutputCP();
    if (code_page_before != 0 && SetConsoleOutputCP(CP_UTF8)) {
        (void)atexit(restore_code_page);
    }
    (void)_setmode(_fileno(stdin), _O_BINARY);
    (void)_setmode(_fileno(stdout), _O_BINARY);
    (void)_setmode(_fileno(stderr), _O_BINARY);
}

/* The text in malloc's memory; NULL where it is no UTF-16. */
static char *text_of(const wchar_t *wide) {
    size_t capacity = wcslen(wide) * 3 + 1;
    char *text = malloc(capacity);
    if (text != NULL && !sm_wide_to_text(wide, text, capacity)) {
        free(text);
        text = NULL;
    }
    return text;
}

/* The arguments, NULL behind the last. */
static char **texts_of(wchar_t **given, int count) {
    char **texts = calloc((size_t)count + 1, sizeof *texts);
    for (int i = 0; texts != NULL && i < count; i++) {
        texts[i] = text_of(given[i]);
        if (texts[i] == NULL) {
            while (i-- > 0) {
                free(texts[i]);
            }
            free(texts);
            return NULL;
        }
    }
    return texts;
}

bool platform_begin(int *count, char ***arguments) {
    wchar_t **given = CommandLineToArgvW(GetCommandLineW(), count);
    *arguments = given == NULL ? NULL : texts_of(given, *count);
    (void)LocalFree(given);
    prepare_streams();
    if (*arguments == NULL) {
        fprintf(stderr, "seatmeter-agent: the command line cannot be read\n");
    }
    return *arguments != NULL;
}

const char *platform_why(void) {
    static char words[256];
    wchar_t wide[256];
    DWORD error = GetLastError();
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0,
                                  wide, (DWORD)(sizeof wide / sizeof wide[0]), NULL);
    while (length > 0 && wcschr(L" .\r\n", wide[length - 1]) != NULL) {
        wide[--length] = L'\0';
    }
    if (length == 0 || !sm_wide_to_text(wide, words, sizeof words)) {
        snprintf(words, sizeof words, "error %lu", error);
    }
    return words;
}

int64_t platform_now_ms(void) {
    return (int64_t)GetTickCount64();
}

/* ---- paths ---- */

static bool below_program_data(const char *name, char path[PLATFORM_PATH_BYTES]) {
    wchar_t *folder = NULL;
    char base[PLATFORM_PATH_BYTES];
    HRESULT result = SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, NULL, &folder);
    bool is_known = SUCCEEDED(result) && sm_wide_to_text(folder, base, sizeof base);
    CoTaskMemFree(folder);
    int length = is_known ? snprintf(path, PLATFORM_PATH_BYTES, "%s\\%s", base, name) : 0;
    if (length > 0 && length < PLATFORM_PATH_BYTES) {
        return true;
    }
    fprintf(stderr, "seatmeter-agent: Windows does not say where ProgramData is\n");
    return false;
}

bool platform_default_config(char path[PLATFORM_PATH_BYTES]) {
    return below_program_data("Seatmeter\\seatmeter-agent.conf", path);
}

bool platform_default_state(char path[PLATFORM_PATH_BYTES]) {
    return below_program_data("Seatmeter", path);
}

void platform_host_name(char *name, size_t capacity) {
    wchar_t wide[256];
    DWORD length = sizeof wide / sizeof wide[0];
    char *text = GetComputerNameExW(ComputerNamePhysicalDnsHostname, wide, &length) ? text_of(wide) : NULL;
    size_t size = text == NULL ? 0 : strlen(text);
    size = size < capacity ? size : capacity - 1;
    while (size > 0 && text != NULL && ((unsigned char)text[size] & 0xC0U) == 0x80) {
        size--; /* never within a character */
    }
    snprintf(name, capacity, "%.*s", (int)size, text == NULL ? "" : text);
    free(text);
}

bool platform_full_path(const char *given, char *path, size_t capacity) {
    wchar_t full[PLATFORM_PATH_BYTES];
    wchar_t *wide = sm_wide_of(given);
    DWORD length = wide == NULL ? 0 : GetFullPathNameW(wide, PLATFORM_PATH_BYTES, full, NULL);
    free(wide);
    return length > 0 && length < PLATFORM_PATH_BYTES && sm_wide_to_text(full, path, capacity);
}

/* CON, NUL, COM1 and so on are devices in every directory, whatever stands behind a dot. */
static bool is_device(const char *name) {
    static const char *const DEVICES[] = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
    size_t length = strcspn(name, ".");
    while (length > 0 && name[length - 1] == ' ') {
        length--;
    }
    for (size_t i = 0; i < sizeof DEVICES / sizeof DEVICES[0]; i++) {
        if (length == strlen(DEVICES[i]) && _strnicmp(name, DEVICES[i], length) == 0) {
            return true;
        }
    }
    /* A digit, or one of the three superscript ones, which are two bytes. */
    return length >= 4 && length <= 5 && (_strnicmp(name, "COM", 3) == 0 || _strnicmp(name, "LPT", 3) == 0) &&
           (length == 5 ? (unsigned char)name[3] == 0xC2 : name[3] >= '0' && name[3] <= '9');
}

bool platform_is_file_name(const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)name[i] < 0x20 || strchr("<>:\"/\\|?*", name[i]) != NULL) {
            return false;
        }
    }
    return length > 0 && name[0] != '.' && name[length - 1] != '.' && name[length - 1] != ' ' &&
           !is_device(name);
}

/* ---- files ---- */

static HANDLE open_handle(const char *path, DWORD access, DWORD share, DWORD how, void *descriptor) {
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes, .lpSecurityDescriptor = descriptor};
    wchar_t *wide = sm_wide_of(path);
    if (wide == NULL) {
        SetLastError(ERROR_INVALID_NAME);
        return INVALID_HANDLE_VALUE;
    }
    HANDLE file = CreateFileW(wide, access, share, &attributes, how, FILE_ATTRIBUTE_NORMAL, NULL);
    DWORD error = GetLastError();
    free(wide);
    SetLastError(error);
    return file;
}

/* Takes the handle, also where it fails. */
static FILE *stream_of(HANDLE file, int flags, const char *mode) {
    int descriptor = _open_osfhandle((intptr_t)file, flags | _O_BINARY | _O_NOINHERIT);
    if (descriptor < 0) {
        (void)CloseHandle(file);
        return NULL;
    }
    FILE *stream = _fdopen(descriptor, mode);
    if (stream == NULL) {
        (void)_close(descriptor);
    }
    return stream;
}

static int errno_of(DWORD error) {
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return ENOENT;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
        return EACCES;
    default:
        return EIO;
    }
}

FILE *platform_open(const char *path) {
    HANDLE file = open_handle(path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        errno = errno_of(GetLastError());
        return NULL;
    }
    return stream_of(file, _O_RDONLY, "rb");
}

/* Where this process is privileged, platform_trusts has been asked whose the file is. */
FILE *platform_open_plain(const char *path) {
    return platform_open(path);
}

FILE *platform_open_own(const char *path) {
    return platform_open(path);
}

bool platform_is_there(const char *path) {
    wchar_t *wide = sm_wide_of(path);
    bool is_there = wide != NULL && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
    free(wide);
    return is_there;
}

FILE *platform_create_private(const char *path) {
    if (strcmp(path, "-") == 0) {
        int descriptor = _dup(_fileno(stdout));
        return descriptor < 0 ? NULL : _fdopen(descriptor, "wb");
    }
    wchar_t *wide = sm_wide_of(path);
    if (wide != NULL) {
        (void)DeleteFileW(wide); /* one that is there would keep its access list */
    }
    free(wide);
    void *descriptor = trust_private();
    HANDLE file = descriptor == NULL ? INVALID_HANDLE_VALUE
                                     : open_handle(path, GENERIC_WRITE, 0, CREATE_ALWAYS, descriptor);
    DWORD error = GetLastError();
    (void)LocalFree(descriptor);
    SetLastError(error);
    return file == INVALID_HANDLE_VALUE ? NULL : stream_of(file, _O_WRONLY, "wb");
}

bool platform_can_read(const char *path) {
    HANDLE file = open_handle(path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return false;
    }
    (void)CloseHandle(file);
    return true;
}

/* A new file with these bytes, on the disk. */
static bool write_whole(const char *path, const void *bytes, size_t size) {
    DWORD written = 0;
    wchar_t *wide = sm_wide_of(path);
    if (wide != NULL) {
        (void)DeleteFileW(wide); /* one of another owner must not be written through */
    }
    free(wide);
    void *descriptor = trust_owned_by_administrators();
    HANDLE file = open_handle(path, GENERIC_WRITE, 0, CREATE_NEW, descriptor);
    DWORD error = GetLastError();
    (void)LocalFree(descriptor);
    SetLastError(error);
    if (file == INVALID_HANDLE_VALUE) {
        return false;
    }
    bool is_good = size <= INT32_MAX && WriteFile(file, bytes, (DWORD)size, &written, NULL) &&
                   written == size && FlushFileBuffers(file);
    error = GetLastError();
    is_good = CloseHandle(file) && is_good;
    SetLastError(error);
    return is_good;
}

bool platform_replace(const char *path, const void *bytes, size_t size) {
    char beside[PLATFORM_PATH_BYTES + 8];
    snprintf(beside, sizeof beside, "%s.new", path);
    if (!write_whole(beside, bytes, size)) {
        return false;
    }
    wchar_t *from = sm_wide_of(beside);
    wchar_t *to = sm_wide_of(path);
    bool is_done = from != NULL && to != NULL &&
                   MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
    DWORD error = GetLastError();
    if (!is_done && from != NULL) {
        (void)DeleteFileW(from);
    }
    free(from);
    free(to);
    SetLastError(error);
    return is_done;
}

bool platform_make_directory(const char *path) {
    wchar_t *wide = sm_wide_of(path);
    bool is_there = wide != NULL && (CreateDirectoryW(wide, NULL) || GetLastError() == ERROR_ALREADY_EXISTS);
    free(wide);
    return is_there;
}

/* It inherits who may read it. */
void platform_let_others_read(const char *path) {
    (void)path;
}

/* "directory\name" in malloc's memory, or NULL. */
static wchar_t *below(const wchar_t *directory, const wchar_t *name) {
    size_t length = wcslen(directory) + wcslen(name) + 2;
    wchar_t *path = calloc(length, sizeof *path);
    if (path != NULL) {
        (void)_snwprintf(path, length, L"%ls\\%ls", directory, name);
    }
    return path;
}

/* Calls for each entry of the directory that is no link and does not begin with a dot. */
static void for_each(const wchar_t *directory, const wchar_t *but,
                     void (*remove_it)(const wchar_t *path, bool is_directory)) {
    WIN32_FIND_DATAW entry;
    wchar_t *all = below(directory, L"*");
    HANDLE search = all == NULL ? INVALID_HANDLE_VALUE : FindFirstFileW(all, &entry);
    free(all);
    if (search == INVALID_HANDLE_VALUE) {
        return;
    }
    do {
        wchar_t *path = below(directory, entry.cFileName);
        if (path != NULL && entry.cFileName[0] != L'.' &&
            (entry.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0 &&
            CompareStringOrdinal(entry.cFileName, -1, but, -1, TRUE) != CSTR_EQUAL) {
            remove_it(path, (entry.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0);
        }
        free(path);
    } while (FindNextFileW(search, &entry));
    (void)FindClose(search);
}

static void remove_file(const wchar_t *path, bool is_directory) {
    if (!is_directory) {
        (void)DeleteFileW(path);
    }
}

static void remove_folder(const wchar_t *path, bool is_directory) {
    if (is_directory) {
        for_each(path, L"", remove_file);
        (void)RemoveDirectoryW(path);
    }
}

void platform_remove_others(const char *directory, const char *but) {
    wchar_t *above = sm_wide_of(directory);
    wchar_t *name = sm_wide_of(but);
    if (above != NULL && name != NULL) {
        for_each(above, name, remove_folder);
    }
    free(above);
    free(name);
}

/* ---- the state directory ---- */

static bool is_trusted(const char *path) {
    wchar_t *wide = sm_wide_of(path);
    enum trust trust = wide == NULL ? TRUST_NOT : trust_of(wide);
    DWORD error = GetLastError();
    free(wide);
    SetLastError(error);
    if (trust == TRUST_UNKNOWN) {
        fprintf(stderr, "seatmeter-agent: whose %s is cannot be told: %s\n", path, platform_why());
    }
    if (trust == TRUST_NOT) {
        fprintf(stderr,
                "seatmeter-agent: %s is not believed: others than administrators and SYSTEM could have made "
                "or changed it. Remove it, or give it to Administrators and SYSTEM alone\n",
                path);
    }
    return trust == TRUST_GOOD || trust == TRUST_ABSENT;
}

bool platform_trusts(const char *file) {
    char directory[PLATFORM_PATH_BYTES];
    const char *end = strrchr(file, '\\');
    if (!trust_is_privileged()) {
        return true;
    }
    snprintf(directory, sizeof directory, "%.*s", (int)(end == NULL ? 0 : end - file), file);
    return (end == NULL || is_trusted(directory)) && is_trusted(file);
}

bool platform_enter_state(const char *state, char base[PLATFORM_PATH_BYTES]) {
    wchar_t *wide = sm_wide_of(state);
    bool is_there = wide != NULL && (trust_make_directory(wide) || GetLastError() == ERROR_ALREADY_EXISTS);
    free(wide);
    if (!is_there) {
        fprintf(stderr, "seatmeter-agent: %s cannot be entered: %s\n", state, platform_why());
        return false;
    }
    snprintf(base, PLATFORM_PATH_BYTES, "%s", state);
    return !trust_is_privileged() || is_trusted(state); /* somebody may have been faster */
}

/* ---- the lock ---- */

static int64_t read_holder(HANDLE file) {
    char digits[24] = "";
    DWORD length = 0;
    OVERLAPPED from_the_beginning = {.Offset = 0};
    if (!ReadFile(file, digits, sizeof digits - 1, &length, &from_the_beginning)) {
        return 0;
    }
    long long number = strtoll(digits, NULL, 10);
    return number > 0 ? number : 0;
}

static bool take(HANDLE file, DWORD how) {
    OVERLAPPED where = {.Offset = LOCKED_AT};
    return LockFileEx(file, how | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &where);
}

bool platform_lock(const char *path, intptr_t *lock, int64_t *holder) {
    char digits[24];
    DWORD written = 0;
    OVERLAPPED at_the_beginning = {.Offset = 0};
    *holder = 0;
    HANDLE file = open_handle(path, GENERIC_READ | GENERIC_WRITE, SHARE_ALL, OPEN_ALWAYS, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "seatmeter-agent: %s cannot be opened: %s\n", path, platform_why());
        return false;
    }
    if (!take(file, LOCKFILE_EXCLUSIVE_LOCK)) {
        *holder = read_holder(file);
        (void)CloseHandle(file);
        return false;
    }
    int length = snprintf(digits, sizeof digits, "%lu\n", GetCurrentProcessId());
    if (!SetEndOfFile(file) || !WriteFile(file, digits, (DWORD)length, &written, &at_the_beginning)) {
        fprintf(stderr, "seatmeter-agent: %s cannot be written: %s\n", path, platform_why());
    }
    *lock = (intptr_t)file;
    return true;
}

void platform_unlock(intptr_t *lock) {
    if (*lock != -1) {
        (void)CloseHandle((HANDLE)*lock);
        *lock = -1;
    }
}

int64_t platform_nudge(const char *path) {
    HANDLE file = open_handle(path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return 0;
    }
    int64_t holder = take(file, 0) ? 0 : read_holder(file);
    (void)CloseHandle(file);
    return holder != 0 && signals_ask(holder) ? holder : 0;
}

#endif
