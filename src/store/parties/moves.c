#include "store/parties/moves.h"

#include "store/engine/rows.h"

#include <assert.h>

static const char *const STATE_WORDS[] = {[MOVE_PROPOSED] = "proposed",
                                          [MOVE_AGREED] = "agreed",
                                          [MOVE_DONE] = "done",
                                          [MOVE_WITHDRAWN] = "withdrawn"};

const char *move_state_name(enum move_state state) {
    assert(state <= MOVE_WITHDRAWN);
    return STATE_WORDS[state];
}

static const char *state_word(int state) {
    return move_state_name((enum move_state)state);
}
static const struct db_words MOVE_STATES = {state_word, MOVE_WITHDRAWN + 1};

static const struct db_field MOVE_FIELDS[] = {
    DB_FIELD_INT(struct move, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct move, customer_id, "customer_id"),
    DB_FIELD_INT(struct move, from_id, "from_id"),
    DB_FIELD_INT(struct move, to_id, "to_id"),
    DB_FIELD_MONTH(struct move, month, "month"),
    DB_FIELD_WORD(struct move, state, "state", &MOVE_STATES, DB_SAVED),
    DB_FIELD_BOOL(struct move, is_alone, "is_alone"),
    DB_FIELD_TEXT(struct move, customer_agreed_by, "customer_agreed_by", DB_SAVED),
    DB_FIELD_TEXT(struct move, from_agreed_by, "from_agreed_by", DB_SAVED),
    DB_FIELD_TEXT(struct move, to_agreed_by, "to_agreed_by", DB_SAVED),
    DB_FIELD_TEXT(struct move, proposed_by, "proposed_by"),
    DB_FIELD_INT(struct move, proposed_at_us, "proposed_at_us"),
    DB_FIELD_INT(struct move, decided_at_us, "decided_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct move, successor_id, "successor_id", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct move, version, "version"),
};
static const struct db_fields MOVE = DB_FIELDS(struct move, MOVE_FIELDS);

static const char INSERT[] = "insert into moves ({}) values ({$1})";

enum status move_insert(struct db *db, struct move *move, struct fault *fault) {
    assert(move->customer_id > 0 && move->from_id > 0 && move->to_id > 0 && move->from_id != move->to_id);
    TRY(db_counter_take(db, "moves", 1, &move->id, fault));
    move->version = 1;
    return rows_insert(db, &MOVE, INSERT, DB_NO_ARGS, move, fault);
}

static const char UPDATE[] = "update moves set {=3}, version = version + 1 where id = $1 and version = $2";

enum status move_update(struct db *db, struct move *move, struct fault *fault) {
    int64_t changed = 0;
    TRY(rows_save(db, &MOVE, UPDATE, DB_ARGS(db_integer(move->id), db_integer(move->version)), move, &changed,
                  fault));
    if (changed != 1) {
        return fault_set(fault, STATUS_STALE, "stale", "version", TEXT(""),
                         "The move was changed by somebody else meanwhile: read it again first.");
    }
    move->version++;
    return STATUS_OK;
}

static const char LOAD[] = "select {} from moves where id = $1";

enum status move_load(struct db *db, struct arena *arena, int64_t id, struct move *move, bool *found,
                      struct fault *fault) {
    return rows_one(db, arena, &MOVE, LOAD, DB_ARGS(db_integer(id)), move, found, fault);
}

static const char FIND_OPEN[] =
    "select {} from moves where customer_id = $1 and state in ('proposed', 'agreed')";

enum status move_find_open(struct db *db, struct arena *arena, int64_t customer_id, struct move *move,
                           bool *found, struct fault *fault) {
    return rows_one(db, arena, &MOVE, FIND_OPEN, DB_ARGS(db_integer(customer_id)), move, found, fault);
}

#define IS_ABOVE(account)                                                                                    \
    "exists (select 1 from account_ancestors n where n.ancestor_id = $2 and n.account_id = moves." account ")"
static const char LIST[] =
    "select {} from moves where id > $1 and (cast($2 as bigint) = 0 or customer_id = $2 or from_id = $2 or "
    "to_id = $2 or successor_id = $2 or " IS_ABOVE("from_id") " and " IS_ABOVE("to_id") ") order by id limit "
                                                                                        "$3";

enum status move_list(struct db *db, struct arena *arena, int64_t party_id, struct page page,
                      struct move **moves, size_t *count, int64_t *next_after, struct fault *fault) {
    return rows_page(db, arena, &MOVE, LIST, DB_ARGS(db_integer(page.after_id), db_integer(party_id)), page,
                     moves, count, next_after, fault);
}

static const char AGREED[] = "select id from moves where state = 'agreed' order by id";

enum status moves_agreed(struct db *db, struct arena *arena, int64_t **ids, size_t *count,
                         struct fault *fault) {
    return rows_integers(db, arena, AGREED, DB_NO_ARGS, ids, count, fault);
}

static const char INSERT_MOVED[] =
    "insert into moved_licences (licence_id, move_id, successor_id) values ($1, $2, $3)";

enum status moved_licence_insert(struct db *db, int64_t move_id, int64_t licence_id, int64_t successor_id,
                                 struct fault *fault) {
    return db_run(db, INSERT_MOVED,
                  DB_ARGS(db_integer(licence_id), db_integer(move_id), db_integer(successor_id)), NULL,
                  fault);
}
