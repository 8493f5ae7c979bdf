/* What the device door would serve of a store's update repository, for the tests with a stock client.
 *
 * usage: tuf_files DATABASE_URL ARTIFACTS metadata NAME, or tuf_files DATABASE_URL ARTIFACTS target PATH
 * Writes the file to standard output. Exit 1: there is none; 3: its release was withdrawn. */
#include "delivery/artifacts.h"
#include "programme/delivery/update_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_NONE = 1, EXIT_WRONG = 2, EXIT_WITHDRAWN = 3 };

static void must(enum status status, const struct fault *fault) {
    if (status != STATUS_OK) {
        fprintf(stderr, "tuf_files: %s: %s\n", fault->code, fault->message);
        exit(EXIT_WRONG);
    }
}

static int print_metadata(struct db *db, struct arena *arena, struct text name) {
    struct fault fault;
    struct tuf_file file;
    bool found = false;
    must(tuf_file_load(db, arena, name, &file, &found, &fault), &fault);
    if (!found) {
        return EXIT_NONE;
    }
    return fwrite(file.bytes.at, 1, file.bytes.length, stdout) == file.bytes.length ? 0 : EXIT_WRONG;
}

static int print_target(struct db *db, struct arena *arena, const struct artifact_store *store,
                        struct text path) {
    struct fault fault;
    struct update_target target;
    bool found = false;
    int fd = -1;
    int64_t size = 0;
    char piece[65536];
    ssize_t got = 0;
    must(release_target_find(db, arena, path, &target, &found, &fault), &fault);
    if (!found) {
        return EXIT_NONE;
    }
    if (target.is_withdrawn) {
        return EXIT_WITHDRAWN;
    }
    must(artifact_open(store, target.sha256, &fd, &size, &fault), &fault);
    while ((got = read(fd, piece, sizeof piece)) > 0) {
        if (fwrite(piece, 1, (size_t)got, stdout) != (size_t)got) {
            return EXIT_WRONG;
        }
    }
    close(fd);
    return 0;
}

int main(int argc, char **argv) {
    struct fault fault;
    struct arena arena;
    struct db *db = NULL;
    struct artifact_store *store = NULL;
    if (argc != 5) {
        return EXIT_WRONG;
    }
    arena_init(&arena);
    must(db_open(text_of(argv[1]), &db, &fault), &fault);
    must(artifact_store_open(text_of(argv[2]), &store, &fault), &fault);
    must(db_begin(db, DB_READ, &fault), &fault);
    int exit_code = strcmp(argv[3], "metadata") == 0 ? print_metadata(db, &arena, text_of(argv[4]))
                                                     : print_target(db, &arena, store, text_of(argv[4]));
    db_rollback(db);
    artifact_store_close(store);
    db_close(db);
    arena_clean_up(&arena);
    return exit_code;
}
