/* Call: everything a use case is given besides its input: who asks, when, the store and memory.
 *
 * A door makes one call per request. A use case authorises, loads, asks core and saves, all in a body that
 * call_run runs in a transaction. Use cases may be built from others: the outermost call_run alone begins and
 * ends the transaction, so that a thousand of them can share one (an import, a simulation). */
#ifndef SEATMETER_PROGRAMME_CALL_CALL_H
#define SEATMETER_PROGRAMME_CALL_CALL_H

#include "core/base/arena.h"
#include "core/base/fault.h"
#include "core/base/random_source.h"
#include "core/licence/identifier.h"
#include "store/engine/db.h"

/* The rights that an actor can have, as bits; they are the scopes of an API token, too. */
enum right {
    RIGHT_READ = 1,      /* "read" */
    RIGHT_ACCOUNTS = 2,  /* "accounts:write": add buyers, edit them; agreements */
    RIGHT_CATALOGUE = 4, /* "catalogue:write": SKUs, bundles */
    RIGHT_PRICES = 8,    /* "prices:write" */
    RIGHT_LICENCES = 16, /* "licences:write": blocks, issue, on, off, seats, retire, keys */
    RIGHT_REPORTS = 32,  /* "reports:write": adjust, submit, approve, reject, correct */
    RIGHT_BILLING = 64,  /* "billing:write": close, pay, write off, credit, charges */
    RIGHT_USERS = 128,   /* "users:write": users, tokens */
    RIGHT_ALL = 255
};

enum actor_kind { ACTOR_OPERATOR, ACTOR_USER, ACTOR_TOKEN, ACTOR_SYSTEM };

/* The operator is whoever may run the seatmeter command on the store itself: all rights, every account. */
struct actor {
    enum actor_kind kind;
    int64_t id;         /* the user's or token's; 0 for operator and system */
    int64_t account_id; /* 0 for operator and system */
    unsigned rights;    /* bits of enum right */
};

/* A watcher of long work, which is told now and then how far it has come; a command on a terminal draws a
 * bar. */
struct progress {
    void (*step)(struct progress *progress, const char *what, int64_t done, int64_t total);
};

struct artifact_store;

/* As far as the clocks of two machines of one programme may differ. What lies further ahead of now was dated
 * by a clock that was wrong, or is read by one. */
enum { CLOCKS_APART_US = 60 * 1000000 };

/* How far ahead of the heartbeat a clock may stand. The service beats each minute; where it did not run, a
 * longer time may have passed. */
#define CLOCK_LEAP_RUNNING_US (INT64_C(600) * 1000000)
#define CLOCK_LEAP_US (INT64_C(86400) * 1000000)

struct call {
    struct db *db;
    struct arena *arena;
    struct actor actor;
    int64_t now_us;
    const unsigned char *secret; /* PROGRAMME_SECRET_BYTES */
    struct random_source *random;
    struct progress *progress;        /* NULL: nobody is watching */
    struct artifact_store *artifacts; /* NULL: this door handles none (delivery/artifacts.h) */
    int depth;                        /* of nested transactions; 0: outside of any */
    bool writes;
    bool dry_run;         /* what is done is rolled back at the end, and only told */
    bool any_clock;       /* any clock may write: what sets the heartbeat, a simulation, signing in */
    bool beats;           /* of the running service, which keeps the heartbeat each minute */
    bool is_synchronised; /* the system says that the clock is: after a downtime it may stand far ahead */
};

/* Fault "clock-wrong" where now lies more than CLOCKS_APART_US behind the heartbeat of the service, or too
 * far ahead of it (CLOCK_LEAP_US, of the service itself CLOCK_LEAP_RUNNING_US). Inside a transaction. */
enum status call_check_clock(const struct call *call, struct fault *fault) MUST_CHECK;

/* Begins the transaction, or joins the one that runs (a write cannot join a read: that is a bug). A write has
 * the whole store for itself. Faults of call_check_clock for a write, unless any clock will do. */
enum status call_begin(struct call *call, enum db_access access, struct fault *fault) MUST_CHECK;

/* Ends what call_begin began: commits where `status` is OK and the call is no dry run, else rolls back, and
 * returns `status` or the fault of the commit. Inside another call it only passes `status` on, and the outer
 * one decides. */
enum status call_end(struct call *call, enum status status, struct fault *fault) MUST_CHECK;

/* A use case's work between the beginning and the end of its transaction. It is named do_NAME after the use
 * case. */
typedef enum status call_body(struct call *call, const void *input, void *output, struct fault *fault);

/* Runs `body` in the call's transaction: begins it (or joins the one that runs), and commits where the body
 * returns STATUS_OK, else rolls back. Returns the body's status or the fault of the beginning or the commit.
 * `input` and `output` are the use case's own and are passed on. */
enum status call_run(struct call *call, enum db_access access, call_body *body, const void *input,
                     void *output, struct fault *fault) MUST_CHECK;

/* What a writer beside others needs for itself: one provider's, and what the device door follows. */
struct call_parts {
    int64_t provider_id; /* 0: no provider's, as the input names nothing that is there */
    bool devices;
};

/* Finds what a use case will change of whom, with a look or two that lock nothing and ask for no right. What
 * it finds stays so (a licence's provider is the same for ever), or the store refuses the change with
 * "database-busy" (db_require_part). What it does not find is for the body to say. */
typedef enum status call_finder(struct call *call, const void *input, struct call_parts *parts,
                                struct fault *fault);

/* call_run for a use case that changes what is one provider's: others of other providers go on beside it. */
enum status call_run_parts(struct call *call, call_finder *find, call_body *body, const void *input,
                           void *output, struct fault *fault) MUST_CHECK;

/* call_run for a frame around another use case, which takes what that one needs when it comes to it. Another
 * frame of that name waits. The frame itself changes only rows that are its name's. */
enum status call_run_open(struct call *call, struct text name, call_body *body, const void *input,
                          void *output, struct fault *fault) MUST_CHECK;

#endif
