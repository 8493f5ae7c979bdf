#include "device/loaded_file.h"

#include "device/file_source.h"
#include "programme/delivery/update_files.h"

#include <stdlib.h>
#include <string.h>

static struct loaded_file *make_loaded_file(struct text name, struct text bytes) {
    struct loaded_file *file = calloc(1, sizeof *file + name.length + bytes.length);
    if (file == NULL) {
        abort();
    }
    char *at = (char *)(file + 1);
    memcpy(at, name.at, name.length);
    file->name = (struct text){at, name.length};
    if (bytes.length > 0) {
        memcpy(at + name.length, bytes.at, bytes.length);
    }
    file->bytes = (struct text){at + name.length, bytes.length};
    return file;
}

struct loaded_file *loaded_file_read(struct file_source *source, struct text name) {
    struct arena arena;
    arena_init(&arena);
    struct tuf_file found_file = {.bytes = TEXT("")};
    struct fault fault;
    bool found = false;
    struct db *db = file_source_db(source);
    enum status status = STATUS_BUSY;
    if (db != NULL) {
        status = tuf_file_load(db, &arena, name, &found_file, &found, &fault);
        if (status != STATUS_OK) {
            file_source_db_failed(source);
        }
    }
    struct loaded_file *file = make_loaded_file(name, found ? found_file.bytes : TEXT(""));
    file->is_found = found;
    file->has_failed = status != STATUS_OK;
    arena_clean_up(&arena);
    return file;
}
