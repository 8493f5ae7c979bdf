#include "device/file_source.h"

#include <assert.h>

struct db *file_source_db(struct file_source *source) {
    struct fault fault;
    if (source->db == NULL && db_open(source->database_url, &source->db, &fault) != STATUS_OK) {
        atomic_fetch_add(&source->counters.failures, 1);
        source->db = NULL;
    }
    return source->db;
}

void file_source_db_failed(struct file_source *source) {
    assert(source->db != NULL);
    atomic_fetch_add(&source->counters.failures, 1);
    db_close(source->db);
    source->db = NULL;
}

void file_source_close(struct file_source *source) {
    db_close(source->db);
    artifact_store_close(source->artifacts);
    source->db = NULL;
    source->artifacts = NULL;
}
