/* Write transactions of PostgreSQL: advisory locks that end with them.
 *
 * Whoever writes takes the schema's lock: with others beside it who have parts, or for itself alone who has
 * the whole store. A part has a lock of its own, named by the schema and the part's number. The locks are
 * taken in that order, parts in ascending order, so that no two writers can wait for each other.
 *
 * The transaction is read committed: each statement's snapshot is younger than the locks, so it sees all that
 * those did who had them before. The server's lock_timeout bounds each wait. */
#include "store/engine/db_postgres.h"

#include <assert.h>
#include <stdio.h>

static const char BEGIN[] = "begin isolation level read committed read write";

/* What takes locks is prepared once a connection. */
static const struct {
    const char *name;
    const char *sql;
} LOCKS[] = {
    {"lock_whole", "select pg_advisory_xact_lock(cast($1 as bigint))"},
    {"lock_shared", "select pg_advisory_xact_lock_shared(cast($1 as bigint))"},
    {"lock_part", "select pg_advisory_xact_lock(cast(cast($1 as bigint) as integer), cast(cast($2 as bigint) "
                  "as integer))"},
    {"lock_first",
     "select pg_advisory_xact_lock_shared(cast($1 as bigint)), "
     "pg_advisory_xact_lock(cast(cast($2 as bigint) as integer), cast(cast($3 as bigint) as integer))"},
};

/* Before the transaction, as both outlast it. */
static enum status get_ready(struct postgres_db *mine, struct fault *fault) {
    char sql[64];
    int wait_ms = mine->base.write_wait_ms > 0 ? mine->base.write_wait_ms : 1; /* 0 would be for ever */
    if (mine->lock_timeout_ms != wait_ms || mine->ready_generation != mine->generation) {
        snprintf(sql, sizeof sql, "set lock_timeout = %d", wait_ms);
        TRY(postgres_execute(&mine->base, sql, fault));
        mine->lock_timeout_ms = wait_ms;
    }
    if (mine->ready_generation == mine->generation) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof LOCKS / sizeof LOCKS[0]; i++) {
        TRY(postgres_send_prepare(&mine->base, LOCKS[i].name, LOCKS[i].sql, fault));
    }
    TRY(postgres_settle(&mine->base, fault));
    mine->ready_generation = mine->generation;
    return STATUS_OK;
}

static int64_t high_half(int64_t key) {
    return (int32_t)((uint64_t)key >> 32);
}

/* Sends one statement for the schema's lock and the first part's: most writers have one. */
enum status postgres_take_parts(struct db *db, const int64_t *parts, size_t count, struct fault *fault) {
    struct postgres_db *mine = postgres_own(db);
    const struct db_value schema = db_integer(mine->lock_key);
    if (count == 0) {
        return postgres_send_prepared(db, "lock_shared", DB_ARGS(schema), fault);
    }
    const struct db_value half = db_integer(high_half(mine->lock_key));
    TRY(postgres_send_prepared(db, "lock_first", DB_ARGS(schema, half, db_integer((int32_t)parts[0])),
                               fault));
    for (size_t i = 1; i < count; i++) {
        TRY(postgres_send_prepared(db, "lock_part", DB_ARGS(half, db_integer((int32_t)parts[i])), fault));
    }
    return STATUS_OK;
}

enum status postgres_take_whole(struct db *db, struct fault *fault) {
    return postgres_send_prepared(db, "lock_whole", DB_ARGS(db_integer(postgres_own(db)->lock_key)), fault);
}

/* No part has this number. */
enum status postgres_take_last(struct db *db, struct fault *fault) {
    const struct db_value half = db_integer(high_half(postgres_own(db)->lock_key));
    return postgres_send_prepared(db, "lock_part", DB_ARGS(half, db_integer(-1)), fault);
}

/* FNV-1a of the name, from the schema's key on. Two names of one key wait for each other, no more. */
static int64_t name_key(int64_t lock_key, struct text name) {
    uint64_t hash = (uint64_t)lock_key ^ UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < name.length; i++) {
        hash = (hash ^ (unsigned char)name.at[i]) * UINT64_C(0x100000001b3);
    }
    return (int64_t)hash;
}

static enum status send_begin(struct postgres_db *mine, struct fault *fault) {
    TRY(get_ready(mine, fault));
    TRY(postgres_send(&mine->base, BEGIN, fault));
    return mine->open_name == 0 ? STATUS_OK
                                : postgres_send_prepared(&mine->base, "lock_whole",
                                                         DB_ARGS(db_integer(mine->open_name)), fault);
}

enum status postgres_open_again(struct db *db, struct fault *fault) {
    TRY(postgres_reconnect(postgres_own(db), fault));
    return send_begin(postgres_own(db), fault);
}

enum status postgres_begin_open(struct db *db, struct text name, struct fault *fault) {
    struct postgres_db *mine = postgres_own(db);
    mine->open_name = name.length == 0 ? 0 : name_key(mine->lock_key, name);
    enum status status = send_begin(mine, fault);
    if (status != STATUS_OK && PQstatus(mine->connection) == CONNECTION_BAD) {
        status = postgres_open_again(db, fault);
    }
    mine->is_opening = status == STATUS_OK;
    if (status != STATUS_OK) {
        postgres_rollback(db);
    }
    return status;
}

void postgres_rollback(struct db *db) {
    struct postgres_db *mine = postgres_own(db);
    struct fault ignored;
    (void)postgres_settle(db, &ignored);
    if (PQtransactionStatus(mine->connection) != PQTRANS_IDLE) {
        PQclear(PQexec(mine->connection, "rollback"));
    }
}

static enum status try_begin_parts(struct postgres_db *mine, const int64_t *parts, size_t count,
                                   struct fault *fault) {
    mine->open_name = 0;
    TRY(send_begin(mine, fault));
    TRY(postgres_take_parts(&mine->base, parts, count, fault));
    return postgres_settle(&mine->base, fault);
}

static enum status try_begin_whole(struct postgres_db *mine, struct fault *fault) {
    mine->open_name = 0;
    TRY(send_begin(mine, fault));
    TRY(postgres_take_whole(&mine->base, fault));
    return postgres_settle(&mine->base, fault);
}

enum status postgres_begin_parts(struct db *db, const int64_t *parts, size_t count, struct fault *fault) {
    struct postgres_db *mine = postgres_own(db);
    enum status status = try_begin_parts(mine, parts, count, fault);
    if (status != STATUS_OK && PQstatus(mine->connection) == CONNECTION_BAD) {
        TRY(postgres_reconnect(mine, fault));
        status = try_begin_parts(mine, parts, count, fault);
    }
    if (status != STATUS_OK) {
        postgres_rollback(db);
    }
    return status;
}

enum status postgres_begin_whole(struct db *db, struct fault *fault) {
    struct postgres_db *mine = postgres_own(db);
    enum status status = try_begin_whole(mine, fault);
    if (status != STATUS_OK && PQstatus(mine->connection) == CONNECTION_BAD) {
        TRY(postgres_reconnect(mine, fault));
        status = try_begin_whole(mine, fault);
    }
    if (status != STATUS_OK) {
        postgres_rollback(db);
    }
    return status;
}
