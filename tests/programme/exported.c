#include "exported.h"

#include "programme/exchange/export.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A sink that keeps everything. */
struct kept {
    struct export_sink sink;
    struct arena *arena;
    struct text text;
};

static enum status keep(struct export_sink *sink, const char *bytes, size_t size_bytes, struct fault *fault) {
    struct kept *kept = (struct kept *)sink;
    (void)fault;
    kept->text = text_format(kept->arena, "%.*s%.*s", TEXT_ARGS(kept->text), (int)size_bytes,
                             bytes == NULL ? "" : bytes);
    return STATUS_OK;
}

struct text exported(struct world *world, struct call *call, const char *what, const char *month) {
    struct kept kept = {{keep}, &world->arena, TEXT("")};
    struct export_input input = {.what = text_of(what), .month = text_of(month)};
    WORLD_OK(world, export_records(call, &input, &kept.sink, &world->fault));
    return kept.text;
}

bool has(struct text whole, const char *piece) {
    if (strstr(whole.at, piece) != NULL) {
        return true;
    }
    print_error("there is no\n%s\nin\n%s\n", piece, whole.at);
    return false;
}
