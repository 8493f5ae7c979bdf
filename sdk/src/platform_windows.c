/* Windows: GetTickCount64 goes on while the machine sleeps; the boot's number and the machine's identifier
 * are in the registry. Renames go through to the disk (MOVEFILE_WRITE_THROUGH), so directories need no sync.
 * The directory's owner is whoever the product runs as; it inherits who may read it from its parent, which
 * should be below ProgramData or AppData. */
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#define UNICODE
#define _WIN32_WINNT 0x0601
#include "platform.h"
#include "wide.h"

#include <windows.h>

#include <stdlib.h>
#include <string.h>

const char SM_PATH_SEPARATOR[] = "\\";

static HANDLE open_file(const char *path, DWORD access, DWORD share, DWORD how, DWORD attributes) {
    wchar_t *name = sm_wide_of(path);
    if (name == NULL) {
        SetLastError(ERROR_INVALID_NAME);
        return INVALID_HANDLE_VALUE;
    }
    HANDLE file = CreateFileW(name, access, share, NULL, how, attributes, NULL);
    DWORD error = GetLastError();
    free(name);
    SetLastError(error);
    return file;
}

static int failure(DWORD why) {
    enum { QUOTA_EXCEEDED = 1295 }; /* ERROR_DISK_QUOTA_EXCEEDED, which mingw's headers lack */
    return why == ERROR_DISK_FULL || why == ERROR_HANDLE_DISK_FULL || why == QUOTA_EXCEEDED ? SM_NO_ROOM : -1;
}

static int make_directory(void *context, const char *path) {
    (void)context;
    wchar_t *name = sm_wide_of(path);
    if (name == NULL) {
        return -1;
    }
    DWORD error = CreateDirectoryW(name, NULL) ? ERROR_SUCCESS : GetLastError();
    int result = error == ERROR_SUCCESS ? 0 : failure(error);
    if (error == ERROR_ALREADY_EXISTS) {
        DWORD attributes = GetFileAttributesW(name);
        result =
            attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? 0 : -1;
    }
    free(name);
    return result;
}

static enum sm_read read_file(void *context, const char *path, size_t limit, char **bytes, size_t *size) {
    (void)context;
    enum sm_read result = SM_READ_FAILED;
    char *memory = NULL;
    LARGE_INTEGER length;
    HANDLE file = open_file(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                            OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL);
    if (file == INVALID_HANDLE_VALUE) {
        DWORD error = GetLastError();
        return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? SM_READ_ABSENT
                                                                              : SM_READ_FAILED;
    }
    if (!GetFileSizeEx(file, &length) || length.QuadPart < 0 || (uint64_t)length.QuadPart > limit) {
        goto done;
    }
    memory = malloc((size_t)length.QuadPart + 1);
    if (memory == NULL) {
        result = SM_READ_NO_MEMORY;
        goto done;
    }
    DWORD got = 0;
    if (!ReadFile(file, memory, (DWORD)length.QuadPart, &got, NULL)) {
        goto done;
    }
    memory[got] = '\0';
    *bytes = memory;
    *size = got;
    memory = NULL;
    result = SM_READ_WHOLE;
done:
    free(memory);
    (void)CloseHandle(file);
    return result;
}

static int write_file(void *context, const char *path, const void *bytes, size_t size) {
    (void)context;
    HANDLE file = open_file(path, GENERIC_WRITE, 0, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL);
    if (file == INVALID_HANDLE_VALUE) {
        return failure(GetLastError());
    }
    DWORD written = 0;
    BOOL is_done = size <= 0x7FFFFFFF && WriteFile(file, bytes, (DWORD)size, &written, NULL) &&
                   written == size && FlushFileBuffers(file);
    int result = is_done ? 0 : failure(GetLastError());
    if (!CloseHandle(file) && is_done) {
        is_done = FALSE;
        result = failure(GetLastError());
    }
    wchar_t *name = is_done ? NULL : sm_wide_of(path);
    if (name != NULL) {
        (void)DeleteFileW(name); /* half a file is of no use, and takes the room that a full disk has not */
    }
    free(name);
    return result;
}

static int rename_file(void *context, const char *from, const char *to) {
    (void)context;
    wchar_t *source = sm_wide_of(from);
    wchar_t *target = sm_wide_of(to);
    int result = -1;
    if (source != NULL && target != NULL) {
        result = MoveFileExW(source, target, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) ? 0 : -1;
    }
    free(source);
    free(target);
    return result;
}

static int sync_directory(void *context, const char *path) {
    (void)context;
    (void)path;
    return 0;
}

static void stamp_file(void *context, const char *path, struct sm_stamp *stamp) {
    (void)context;
    memset(stamp, 0, sizeof *stamp);
    WIN32_FILE_ATTRIBUTE_DATA data;
    wchar_t *name = sm_wide_of(path);
    if (name != NULL && GetFileAttributesExW(name, GetFileExInfoStandard, &data)) {
        stamp->parts[0] = (int64_t)data.ftLastWriteTime.dwHighDateTime;
        stamp->parts[1] = (int64_t)data.ftLastWriteTime.dwLowDateTime;
        stamp->parts[2] = (int64_t)data.ftCreationTime.dwLowDateTime + 1;
        stamp->parts[3] = (int64_t)data.nFileSizeLow;
    }
    free(name);
}

static enum sm_locked lock_file(void *context, const char *path, struct sm_lock *lock) {
    (void)context;
    HANDLE file = open_file(path, GENERIC_READ | GENERIC_WRITE, 0, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL);
    if (file == INVALID_HANDLE_VALUE) {
        return GetLastError() == ERROR_SHARING_VIOLATION ? SM_LOCK_BUSY : SM_LOCK_FAILED;
    }
    lock->handle = (int64_t)(intptr_t)file;
    return SM_LOCKED;
}

static void unlock_file(void *context, struct sm_lock *lock) {
    (void)context;
    (void)CloseHandle((HANDLE)(intptr_t)lock->handle);
    lock->handle = -1;
}

const struct sm_files SM_MACHINE_FILES = {NULL,           make_directory, read_file, write_file, rename_file,
                                          sync_directory, stamp_file,     lock_file, unlock_file};

static int64_t wall_s(void *context) {
    (void)context;
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    int64_t ticks = (int64_t)now.dwHighDateTime << 32 | (int64_t)now.dwLowDateTime;
    return ticks / 10000000 - 11644473600; /* from 100 ns since 1601 */
}

static int64_t boot_ms(void *context) {
    (void)context;
    return (int64_t)GetTickCount64();
}

/* From the 64-bit view, in which a 32-bit product finds the same. */
static bool registry(const wchar_t *path, const wchar_t *value, DWORD kind, void *out, DWORD size) {
    HKEY key;
    DWORD found = 0;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key) !=
        ERROR_SUCCESS) {
        return false;
    }
    LONG result = RegQueryValueExW(key, value, NULL, &found, out, &size);
    (void)RegCloseKey(key);
    return result == ERROR_SUCCESS && found == kind;
}

/* The loader counts the starts of the machine in the registry; it does not depend on the wall clock, as a
 * boot time that is derived from it would. */
static int boot_id(void *context, unsigned char id[16]) {
    (void)context;
    DWORD number = 0;
    if (!registry(
            L"SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management\\PrefetchParameters",
            L"BootId", REG_DWORD, &number, sizeof number)) {
        return -1;
    }
    memset(id, 0, 16);
    memcpy(id, &number, sizeof number);
    return 0;
}

const struct sm_clock SM_MACHINE_CLOCK = {NULL, wall_s, boot_ms, boot_id};

bool sm_machine_id(char *out, size_t capacity) {
    wchar_t guid[64] = {0};
    if (!registry(L"SOFTWARE\\Microsoft\\Cryptography", L"MachineGuid", REG_SZ, guid,
                  sizeof guid - sizeof guid[0])) {
        return false;
    }
    return WideCharToMultiByte(CP_UTF8, 0, guid, -1, out, (int)capacity, NULL, NULL) > 1;
}

#else
/* ISO C wants something in every file. */
extern const char SM_PATH_SEPARATOR[];
#endif
