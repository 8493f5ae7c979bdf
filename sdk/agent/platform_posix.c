/* POSIX with what Linux adds: CLOCK_BOOTTIME, flock, file modes, and root that becomes the owner of the state
 * directory before it touches anything in it. */
#include "platform.h"

#ifndef _WIN32

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char PLATFORM_SEPARATOR[] = "/";
const char PLATFORM_CONFIG_HELP[] = "the configuration file (/etc/seatmeter-agent.conf)";
const char PLATFORM_STATE_HELP[] = "the state directory ($STATE_DIRECTORY, else /var/lib/seatmeter-agent)";

#if defined(__x86_64__)
const char PLATFORM_NAME[] = "linux-amd64";
#elif defined(__aarch64__)
const char PLATFORM_NAME[] = "linux-arm64";
#elif defined(__i386__)
const char PLATFORM_NAME[] = "linux-i386";
#elif defined(__arm__)
const char PLATFORM_NAME[] = "linux-armhf";
#elif defined(__riscv)
const char PLATFORM_NAME[] = "linux-riscv64";
#else
const char PLATFORM_NAME[] = "linux";
#endif

bool platform_begin(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    return true;
}

const char *platform_why(void) {
    return strerror(errno);
}

int64_t platform_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool platform_default_config(char path[PLATFORM_PATH_BYTES]) {
    return snprintf(path, PLATFORM_PATH_BYTES, "/etc/seatmeter-agent.conf") > 0;
}

bool platform_default_state(char path[PLATFORM_PATH_BYTES]) {
    const char *given = getenv("STATE_DIRECTORY");
    int length = snprintf(path, PLATFORM_PATH_BYTES, "%s",
                          given == NULL || given[0] == '\0' ? "/var/lib/seatmeter-agent" : given);
    return length > 0 && length < PLATFORM_PATH_BYTES;
}

void platform_host_name(char *name, size_t capacity) {
    if (gethostname(name, capacity - 1) != 0) {
        name[0] = '\0';
    }
    name[capacity - 1] = '\0';
}

bool platform_full_path(const char *given, char *path, size_t capacity) {
    char here[PLATFORM_PATH_BYTES] = "";
    if (given[0] != '/' && getcwd(here, sizeof here - 1) == NULL) {
        return false;
    }
    int length = snprintf(path, capacity, "%s%s%s", here, given[0] == '/' ? "" : "/", given);
    return length > 0 && (size_t)length < capacity;
}

bool platform_is_file_name(const char *name) {
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

FILE *platform_open(const char *path) {
    return fopen(path, "re");
}

static FILE *open_plain(const char *path, int more) {
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | more);
    if (descriptor < 0) {
        return NULL;
    }
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(descriptor);
        errno = EINVAL;
        return NULL;
    }
    FILE *file = fdopen(descriptor, "r");
    if (file == NULL) {
        close(descriptor);
    }
    return file;
}

FILE *platform_open_plain(const char *path) {
    return open_plain(path, 0);
}

FILE *platform_open_own(const char *path) {
    return open_plain(path, O_NOFOLLOW);
}

bool platform_is_there(const char *path) {
    return access(path, F_OK) == 0 || errno != ENOENT;
}

/* A new file in the place of a plain one, which others may have open; what is no plain file is written to.
 * One that cannot be taken away is made private first, or not written to. */
static int create_private(const char *path) {
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISREG(status.st_mode)) {
        (void)unlink(path);
    }
    int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (descriptor < 0) {
        return -1;
    }
    bool is_good = fstat(descriptor, &status) == 0;
    if (is_good && S_ISREG(status.st_mode)) {
        is_good = fchmod(descriptor, 0600) == 0 && ftruncate(descriptor, 0) == 0;
    }
    if (!is_good) {
        int why = errno;
        close(descriptor);
        errno = why;
        return -1;
    }
    return descriptor;
}

FILE *platform_create_private(const char *path) {
    int descriptor = strcmp(path, "-") == 0 ? dup(STDOUT_FILENO) : create_private(path);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (file == NULL && descriptor >= 0) {
        close(descriptor);
    }
    return file;
}

bool platform_can_read(const char *path) {
    return access(path, R_OK) == 0;
}

bool platform_replace(const char *path, const void *bytes, size_t size) {
    char beside[PLATFORM_PATH_BYTES + 8];
    snprintf(beside, sizeof beside, "%s.new", path);
    int descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    bool is_good =
        file != NULL && fwrite(bytes, 1, size, file) == size && fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (file != NULL) {
        is_good = fclose(file) == 0 && is_good;
    } else if (descriptor >= 0) {
        close(descriptor);
    }
    is_good = is_good && rename(beside, path) == 0;
    if (!is_good) {
        int why = errno;
        (void)unlink(beside);
        errno = why;
    }
    return is_good;
}

bool platform_make_directory(const char *path) {
    return mkdir(path, 0755) == 0 || errno == EEXIST;
}

void platform_let_others_read(const char *path) {
    (void)chmod(path, 0644);
}

static void remove_folder(int above, const char *name) {
    int folder = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *inner = folder < 0 ? NULL : fdopendir(folder);
    if (inner == NULL) {
        return;
    }
    for (struct dirent *file = readdir(inner); file != NULL; file = readdir(inner)) {
        (void)unlinkat(dirfd(inner), file->d_name, 0);
    }
    closedir(inner);
    (void)unlinkat(above, name, AT_REMOVEDIR);
}

void platform_remove_others(const char *directory, const char *but) {
    DIR *above = opendir(directory);
    if (above == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(above); entry != NULL; entry = readdir(above)) {
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, but) != 0) {
            remove_folder(dirfd(above), entry->d_name);
        }
    }
    closedir(above);
}

/* /etc is root's alone, and root reads what is in the state directory as its owner: agent_enter. */
bool platform_trusts(const char *file) {
    (void)file;
    return true;
}

static bool become_owner(int directory, const struct stat *status) {
    return fchdir(directory) == 0 && setgroups(0, NULL) == 0 && setgid(status->st_gid) == 0 &&
           setuid(status->st_uid) == 0;
}

bool platform_enter_state(const char *state, char base[PLATFORM_PATH_BYTES]) {
    struct stat status;
    snprintf(base, PLATFORM_PATH_BYTES, "%s", state);
    bool is_there = platform_make_directory(state);
    int directory = is_there ? open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    is_there = directory >= 0 && fstat(directory, &status) == 0;
    if (is_there && geteuid() == 0 && status.st_uid != 0) {
        is_there = become_owner(directory, &status);
        memcpy(base, ".", 2);
    }
    if (!is_there) {
        fprintf(stderr, "seatmeter-agent: %s cannot be entered: %s\n", state, strerror(errno));
    }
    if (directory >= 0) {
        close(directory);
    }
    return is_there;
}

static int64_t read_holder(int descriptor) {
    char digits[24] = "";
    ssize_t length = pread(descriptor, digits, sizeof digits - 1, 0);
    long number = length > 0 ? strtol(digits, NULL, 10) : 0;
    return number > 1 ? number : 0;
}

bool platform_lock(const char *path, intptr_t *lock, int64_t *holder) {
    *holder = 0;
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0644);
    if (descriptor < 0) {
        fprintf(stderr, "seatmeter-agent: %s cannot be opened: %s\n", path, strerror(errno));
        return false;
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        *holder = read_holder(descriptor);
        close(descriptor);
        return false;
    }
    if (ftruncate(descriptor, 0) != 0 || dprintf(descriptor, "%ld\n", (long)getpid()) < 0) {
        fprintf(stderr, "seatmeter-agent: %s cannot be written: %s\n", path, strerror(errno));
    }
    *lock = descriptor;
    return true;
}

void platform_unlock(intptr_t *lock) {
    if (*lock >= 0) {
        close((int)*lock);
        *lock = -1;
    }
}

int64_t platform_nudge(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (descriptor < 0) {
        return 0;
    }
    int64_t holder = 0;
    if (flock(descriptor, LOCK_SH | LOCK_NB) != 0) {
        holder = read_holder(descriptor);
        if (holder != 0 && kill((pid_t)holder, SIGUSR1) != 0) {
            holder = 0;
        }
    }
    close(descriptor);
    return holder;
}

#endif
