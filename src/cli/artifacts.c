#include "cli/artifacts.h"

#include <stdlib.h>

enum status artifacts_open_beside(struct text db_url, struct artifact_store **store, struct fault *fault) {
    struct arena arena;
    struct text scheme = TEXT("sqlite:");
    const char *given = getenv("SEATMETER_ARTIFACTS");
    arena_init(&arena);
    struct text directory = TEXT("seatmeter.artifacts");
    if (given != NULL && given[0] != '\0') {
        directory = text_of(given);
    } else if (text_starts_with(db_url, scheme) && db_url.length > scheme.length) {
        directory = text_format(&arena, "%.*s.artifacts", (int)(db_url.length - scheme.length),
                                db_url.at + scheme.length);
    }
    enum status status = artifact_store_open(directory, store, fault);
    arena_clean_up(&arena);
    return status;
}
