/* libseatmeter: a product asks here whether it may work.
 *
 * A client is opened on a directory in which the library keeps what it must not forget. sm_activate turns a
 * licence key into a device with a lease; sm_check_in renews the lease over the network now and then;
 * sm_check answers at any time, without the network, whether the product may work now. The product obeys
 * one thing: the answer's decision. Nothing that comes from the network, the disk or the clock makes the
 * library crash, and a check-in that fails never stops the product.
 *
 * The library has no global state, starts no threads and installs no handlers. One client is used by one
 * thread at a time; different clients may be used by different threads, and different processes may open
 * clients on the same directory. docs/sdk.md describes every function at length; docs/device-protocol.md is
 * what goes over the wire. */
#ifndef SEATMETER_H
#define SEATMETER_H

#include "seatmeter_codes.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32) && defined(SM_BUILDS_DLL)
#define SM_API __declspec(dllexport)
#elif defined(_WIN32) && defined(SM_USES_DLL)
#define SM_API __declspec(dllimport)
#elif defined(__GNUC__)
#define SM_API __attribute__((visibility("default")))
#else
#define SM_API
#endif

#define SM_VERSION "1.0.0"
#define SM_VERSION_NUMBER 10000 /* major × 10000 + minor × 100 + patch */

/* What every function answers. SM_OK is 0; each part of the table has numbers of its own, which stay. */
#define SM_CODE_(name, word, http, words) SM_##name,
enum sm_code {
    SEATMETER_CODES_SIGNED(SM_CODE_) SM_CODE_ANSWERS_ = 99,
    SEATMETER_CODES_ANSWERS(SM_CODE_) SM_CODE_FOUND_ = 199,
    SEATMETER_CODES_FOUND(SM_CODE_) SM_CODE_END_
};
#undef SM_CODE_

enum sm_limits {
    SM_ROOTS_MAX = 4,
    SM_COMPONENTS_MAX = 32,
    SM_OFFLINE_REQUEST_BYTES_MAX = 4096,
    SM_AUTHORISATION_BYTES_MAX = 256,
    SM_WORD_BYTES = 32,
    SM_WORDS_BYTES = 256,
    SM_NAME_BYTES = 128,
    SM_ADVICE_MAX = 8
};

/* One HTTP exchange, as the library asks a transport to make it. Headers are whole lines, "Name: value",
 * without line ends; the list ends with NULL. Everything is the library's and lasts for the call. */
struct sm_request {
    size_t size;        /* sizeof(struct sm_request) of the library: members may be added at the end */
    const char *method; /* "GET" or "POST" */
    const char *url;
    const char *const *headers;
    const void *body; /* NULL where there is none */
    size_t body_size;
};

/* What was answered. The library sets every member to "not given" before the call; the transport fills in
 * what it has got before it hands over the first byte of the body. */
struct sm_response {
    size_t size;            /* sizeof(struct sm_response) of the library */
    int status;             /* HTTP's: 200, 404, …; 0: not given */
    int64_t retry_after_s;  /* Retry-After in seconds (a date turned into seconds from now); -1: not given */
    int64_t content_length; /* Content-Length; -1: not given */
    int64_t range_first;    /* of Content-Range: the first byte's position; -1: not given */
    int64_t range_total;    /* of Content-Range: the size of the whole; -1: not given */
};

/* Takes bytes of a body as they come; 0, or anything else to stop the exchange, which then fails. */
typedef int (*sm_sink)(void *sink_context, const struct sm_response *response, const void *bytes,
                       size_t size);

/* How requests reach the server. `perform` makes one exchange and answers 0 once it is whole, whatever the
 * status is, or anything else where there was none (no network, no name, bad certificate, stopped by the
 * sink, too slow). It follows no redirects, sets limits of time of its own, and never calls the library. */
struct sm_transport {
    void *context;
    int (*perform)(void *context, const struct sm_request *request, struct sm_response *response,
                   sm_sink sink, void *sink_context);
};

/* The clocks, for tests of the product; all NULL (the default) for the machine's own. */
struct sm_clock {
    void *context;
    int64_t (*wall_s)(void *context);  /* seconds since 1970 UTC; negative: it has none */
    int64_t (*boot_ms)(void *context); /* milliseconds since the machine was started, asleep or not */
    int (*boot_id)(void *context, unsigned char id[16]); /* another after each start; 0, or none is known */
};

enum sm_fingerprint_source {
    SM_FINGERPRINT_MACHINE = 0, /* the machine's identifier, or random where it has none */
    SM_FINGERPRINT_RANDOM = 1,  /* random bytes, kept in the directory: for containers */
    SM_FINGERPRINT_GIVEN = 2    /* hashed from `machine_id` of the options */
};

/* Everything here is copied by sm_client_open, apart from what `transport.context` and `clock.context`
 * point to. Set it to zero, then `size`, then what is needed. */
struct sm_options {
    size_t size;        /* sizeof(struct sm_options) */
    const char *server; /* "https://licences.example.com", a path behind it if need be */
    /* The public root keys that are built into the product, each 32 bytes in base64url (43 characters). */
    const char *roots[SM_ROOTS_MAX];
    size_t root_count;     /* 1 to SM_ROOTS_MAX */
    const char *product;   /* its update name: two products on one machine are two devices */
    const char *directory; /* of the store; made (0700) where it is missing, its parent not */
    enum sm_fingerprint_source fingerprint_source;
    const void *machine_id; /* with SM_FINGERPRINT_GIVEN */
    size_t machine_id_size;
    const char *name;              /* the machine's, shown to the provider; at most 100 bytes; may be NULL */
    const char *version;           /* the product's, at most 50 bytes; may be NULL */
    const char *const *components; /* that are installed, each at most 50 bytes; may be NULL */
    size_t component_count;        /* at most SM_COMPONENTS_MAX */
    struct sm_transport transport; /* perform NULL: a machine without network */
    struct sm_clock clock;
};

struct sm_client;

enum sm_decision { SM_STOP = 0, SM_WORK = 1 };

/* The answer to "may I work now?". Set `size` before the call. */
struct sm_answer {
    size_t size;                        /* sizeof(struct sm_answer) */
    enum sm_decision decision;          /* the one member to obey */
    enum sm_code code;                  /* SM_OK, or why it stops or will stop */
    char word[SM_WORD_BYTES];           /* the code's word, also where it is of a newer server: then code is
                                           SM_OTHER_REASON */
    char words[SM_WORDS_BYTES];         /* for a person: the server's where it gave some, else the code's */
    int64_t now;                        /* the trusted time */
    int64_t expires;                    /* when the product stops, or has stopped; 0: there is no lease */
    int warn;                           /* 1: tell somebody that the lease is not being renewed */
    enum sm_code advice[SM_ADVICE_MAX]; /* needs no obedience: SM_CLOCK_WRONG, SM_CLOCK_SET_BACK, … */
    size_t advice_count;
    enum sm_code last_result; /* of this client's last exchange with the server; SM_OK where none was */
};

/* What the lease says. Set `size` before the call. */
struct sm_lease_info {
    size_t size; /* sizeof(struct sm_lease_info) */
    char device[SM_NAME_BYTES];
    char licence[SM_NAME_BYTES];
    char sku[SM_NAME_BYTES];
    int32_t seats;
    int64_t sequence;
    int64_t issued; /* seconds since 1970 UTC, as the next three */
    int64_t renew_after;
    int64_t warn_after;
    int64_t expires;
    size_t component_count;
};

/* The library's version: SM_VERSION_NUMBER of the header it was built with. */
SM_API int sm_version_number(void);

/* A code's stable word ("clone-seen") and its sentence for a person, both static; for a number that is no
 * code, those of SM_OTHER_REASON. The code of a word of `length` bytes; SM_OTHER_REASON where none has it. */
SM_API const char *sm_code_word(enum sm_code code);
SM_API const char *sm_code_words(enum sm_code code);
SM_API enum sm_code sm_code_of_word(const char *word, size_t length);

/* Opens a client; no network. SM_OK and `*client`, to be closed with sm_client_close; else `*client` is NULL:
 * SM_WRONG_CALL (options), SM_STORE_BROKEN or SM_DISK_FULL (the directory cannot be made), SM_NO_MEMORY. A
 * store whose content is broken opens: sm_check says so, and sm_activate begins anew. */
SM_API enum sm_code sm_client_open(const struct sm_options *options, struct sm_client **client);

/* Keeps the trusted time and frees the client; NULL is nothing. */
SM_API void sm_client_close(struct sm_client *client);

/* May the product work now? No network; reads the store again where another process has changed it, and
 * keeps the trusted time there every few minutes. Never fails: what is wrong is a SM_STOP with its code, a
 * NULL client (SM_WRONG_CALL) too. `answer` must not be NULL. Returns the decision. */
SM_API enum sm_decision sm_check(struct sm_client *client, struct sm_answer *answer);

/* SM_OK where the product may work now and its lease names the component; SM_COMPONENT_MISSING where it does
 * not; else the code of sm_check. */
SM_API enum sm_code sm_has_component(struct sm_client *client, const char *name);

/* Enrols this machine with a licence key as a person typed it. SM_OK: there is a lease; ask sm_check, as
 * after everything. SM_NOT_ON_YET, SM_OFF, SM_SUSPENDED_BY_…, SM_NO_SEAT_LEFT: the activation waits. The
 * library keeps the key until then, sm_check says the same code, and sm_check_in, called when
 * sm_next_check_in says, asks again: the machine becomes licensed by itself. Else the server's code, or
 * SM_MALFORMED_KEY (found without asking it), SM_UNREACHABLE, SM_IN_USE, SM_LEASE_…, SM_STORE_BROKEN,
 * SM_DISK_FULL, SM_NO_MEMORY: nothing waits, so after SM_UNREACHABLE and SM_BUSY call it again with the same
 * key. Whatever it says, a lease that was there before stays until there is a new one; then the device
 * before, of another key, is given back. */
SM_API enum sm_code sm_activate(struct sm_client *client, const char *licence_key);

/* Renews the lease, or asks again for an activation that waits. SM_OK: there is a new one. Codes as
 * sm_activate, and SM_NOT_ACTIVATED. Whatever it answers, sm_check alone decides. */
SM_API enum sm_code sm_check_in(struct sm_client *client);

/* How many seconds from now the next check-in is due: the lease's wish with some jitter, or, after failures,
 * exponentially backed off, and no sooner than the server asked for, but always within a quarter of what is
 * left of the lease. 0: now. */
SM_API enum sm_code sm_next_check_in(struct sm_client *client, int64_t *wait_s);

/* Gives the device back: the product stops, and no activation waits any more. SM_OK: done. Codes as
 * sm_check_in. */
SM_API enum sm_code sm_release(struct sm_client *client);

/* For a machine without network: writes into `buffer` the file that a person takes to the provider, and its
 * size into `*size` (at most SM_OFFLINE_REQUEST_BYTES_MAX). A renewal is the same again. */
SM_API enum sm_code sm_offline_request(struct sm_client *client, const char *licence_key, void *buffer,
                                       size_t capacity, size_t *size);

/* Takes the file that came back. SM_OK: there is a lease. SM_LEASE_OF_ANOTHER: it does not answer this
 * machine's last request. */
SM_API enum sm_code sm_offline_accept(struct sm_client *client, const void *bytes, size_t size);

/* What the lease says, expired or not; SM_NOT_ACTIVATED where there is none. */
SM_API enum sm_code sm_lease_info(struct sm_client *client, struct sm_lease_info *info);

/* The lease's component of that number, until the next call with this client; NULL behind the last. */
SM_API const char *sm_lease_component(struct sm_client *client, size_t number);

/* The trusted time in seconds since 1970 UTC: what everything that expires is held against. */
SM_API enum sm_code sm_trusted_time(struct sm_client *client, int64_t *now_s);

/* Writes the value of the Authorization header for GET of a path of the server ("/tuf/targets/…", as it
 * stands in the request), zero-terminated, at most SM_AUTHORISATION_BYTES_MAX. It is good for an hour. */
SM_API enum sm_code sm_authorise_target(struct sm_client *client, const char *path, char *buffer,
                                        size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
