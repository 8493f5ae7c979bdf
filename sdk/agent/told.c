/* Told: six lines `name = value` in a file that is replaced whole. */
#include "told.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct row {
    const char *name;
    size_t offset;
} ROWS[] = {{"decision", offsetof(struct told, decision)},
            {"lease", offsetof(struct told, lease)},
            {"update", offsetof(struct told, update)},
            {"ready", offsetof(struct told, ready)},
            {"ready-version", offsetof(struct told, ready_version)},
            {"ready-sha256", offsetof(struct told, ready_sha256)}};
enum { ROW_COUNT = sizeof ROWS / sizeof ROWS[0], PATH_BYTES = 4104 };

void told_load(struct told *told, const char *path) {
    char line[TOLD_BYTES + 32];
    *told = (struct told){.decision = ""};
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < ROW_COUNT; i++) {
            size_t length = strlen(ROWS[i].name);
            if (strncmp(line, ROWS[i].name, length) == 0 && strncmp(line + length, " = ", 3) == 0) {
                snprintf((char *)told + ROWS[i].offset, TOLD_BYTES, "%.*s", TOLD_BYTES - 1,
                         line + length + 3);
            }
        }
    }
    fclose(file);
}

bool told_keep(const struct told *told, const char *path) {
    char beside[PATH_BYTES];
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *file = fopen(beside, "we");
    bool is_good = file != NULL;
    for (size_t i = 0; is_good && i < ROW_COUNT; i++) {
        is_good = fprintf(file, "%s = %s\n", ROWS[i].name, (const char *)told + ROWS[i].offset) > 0;
    }
    is_good = is_good && fflush(file) == 0 && fsync(fileno(file)) == 0;
    is_good = file != NULL && fclose(file) == 0 && is_good;
    if (!is_good || rename(beside, path) != 0) {
        fprintf(stderr, "seatmeter-agent: %s cannot be written: %s\n", path, strerror(errno));
        return false;
    }
    return true;
}
