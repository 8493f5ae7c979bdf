#include "cli/secret.h"

#include "machine/random.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEX_DIGITS = 2 * PROGRAMME_SECRET_BYTES, PATH_BYTES = 4096 };

static enum status parse_hex(struct text hex, const char *source,
                             unsigned char secret[PROGRAMME_SECRET_BYTES], struct fault *fault) {
    unsigned char bytes[PROGRAMME_SECRET_BYTES];
    size_t length = 0;
    hex = text_trim(hex);
    if (hex.length != HEX_DIGITS ||
        sodium_hex2bin(bytes, sizeof bytes, hex.at, hex.length, NULL, &length, NULL) != 0 ||
        length != sizeof bytes) {
        return fault_set(fault, STATUS_INVALID, "malformed-secret", source, TEXT(""),
                         "Give the secret as %d hexadecimal digits.", HEX_DIGITS);
    }
    memcpy(secret, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
    return STATUS_OK;
}

/* The file that would hold the secret of the store at `db_url`. */
static void file_path(struct text db_url, char path[PATH_BYTES]) {
    const char *given = getenv("SEATMETER_SECRET_FILE");
    if (given != NULL && given[0] != '\0') {
        snprintf(path, PATH_BYTES, "%s", given);
    } else if (text_starts_with(db_url, TEXT("sqlite:"))) {
        snprintf(path, PATH_BYTES, "%.*s.secret", (int)(db_url.length - 7), db_url.at + 7);
    } else {
        snprintf(path, PATH_BYTES, "seatmeter.secret");
    }
}

static enum status read_file(const char *path, unsigned char secret[PROGRAMME_SECRET_BYTES],
                             struct fault *fault) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return fault_set(fault, STATUS_INVALID, "secret-missing", "SEATMETER_SECRET_FILE", text_of(path),
                         "The programme's secret cannot be read (%s): set SEATMETER_SECRET or "
                         "SEATMETER_SECRET_FILE, or restore the file.",
                         strerror(errno));
    }
    enum status status;
    struct stat about;
    char hex[HEX_DIGITS + 3];
    ssize_t length = read(file, hex, sizeof hex);
    if (fstat(file, &about) != 0 || (about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        status = fault_set(fault, STATUS_INVALID, "secret-exposed", "SEATMETER_SECRET_FILE", text_of(path),
                           "Others on this machine can read the secret's file: chmod 600 it.");
    } else {
        status = parse_hex((struct text){hex, length < 0 ? 0 : (size_t)length}, path, secret, fault);
    }
    sodium_memzero(hex, sizeof hex);
    close(file);
    return status;
}

/* Writes a file that appears whole or not at all, with mode 0600. An existing one is never replaced. */
static enum status write_file(const char *path, const unsigned char secret[PROGRAMME_SECRET_BYTES],
                              struct fault *fault) {
    char hex[HEX_DIGITS + 2];
    sodium_bin2hex(hex, sizeof hex, secret, PROGRAMME_SECRET_BYTES);
    memcpy(hex + HEX_DIGITS, "\n", 2);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    bool written = file >= 0 && write(file, hex, HEX_DIGITS + 1) == HEX_DIGITS + 1 && fsync(file) == 0;
    int error = errno;
    sodium_memzero(hex, sizeof hex);
    if (file >= 0) {
        close(file);
    }
    if (!written) {
        if (file >= 0) {
            unlink(path);
        }
        return fault_set(fault, STATUS_INTERNAL, "secret-not-written", "SEATMETER_SECRET_FILE", text_of(path),
                         "The secret's file cannot be written: %s.", strerror(error));
    }
    return STATUS_OK;
}

enum status secret_load(struct text db_url, unsigned char secret[PROGRAMME_SECRET_BYTES],
                        struct fault *fault) {
    const char *given = getenv("SEATMETER_SECRET");
    if (given != NULL && given[0] != '\0') {
        return parse_hex(text_of(given), "SEATMETER_SECRET", secret, fault);
    }
    char path[PATH_BYTES];
    file_path(db_url, path);
    return read_file(path, secret, fault);
}

enum status secret_load_or_make(struct text db_url, unsigned char secret[PROGRAMME_SECRET_BYTES], bool *made,
                                struct fault *fault) {
    const char *given = getenv("SEATMETER_SECRET");
    char path[PATH_BYTES];
    *made = false;
    file_path(db_url, path);
    if ((given != NULL && given[0] != '\0') || access(path, F_OK) == 0) {
        return secret_load(db_url, secret, fault);
    }
    unsigned char new_secret[PROGRAMME_SECRET_BYTES];
    machine_random(new_secret, sizeof new_secret);
    enum status status = write_file(path, new_secret, fault);
    *made = status == STATUS_OK;
    if (*made) {
        memcpy(secret, new_secret, sizeof new_secret);
    }
    sodium_memzero(new_secret, sizeof new_secret);
    return status;
}

void secret_unmake(struct text db_url) {
    char path[PATH_BYTES];
    file_path(db_url, path);
    unlink(path);
}
