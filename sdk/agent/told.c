/* Told: six lines `name = value` in a file that is replaced whole. */
#include "told.h"

#include "platform.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct row {
    const char *name;
    size_t offset;
} ROWS[] = {{"decision", offsetof(struct told, decision)},
            {"lease", offsetof(struct told, lease)},
            {"update", offsetof(struct told, update)},
            {"ready", offsetof(struct told, ready)},
            {"ready-version", offsetof(struct told, ready_version)},
            {"ready-sha256", offsetof(struct told, ready_sha256)}};
enum { ROW_COUNT = sizeof ROWS / sizeof ROWS[0], LINE_BYTES = TOLD_BYTES + 32 };

void told_load(struct told *told, const char *path) {
    char line[LINE_BYTES];
    *told = (struct told){.decision = ""};
    FILE *file = platform_open_own(path);
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
    char *text = malloc((size_t)ROW_COUNT * LINE_BYTES);
    size_t length = 0;
    for (size_t i = 0; text != NULL && i < ROW_COUNT; i++) {
        length += (size_t)snprintf(text + length, LINE_BYTES, "%s = %s\n", ROWS[i].name,
                                   (const char *)told + ROWS[i].offset);
    }
    bool is_kept = text != NULL && platform_replace(path, text, length);
    free(text);
    if (!is_kept) {
        fprintf(stderr, "seatmeter-agent: %s cannot be written: %s\n", path, platform_why());
    }
    return is_kept;
}
