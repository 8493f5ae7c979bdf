/* Request: one request from its first byte to its log line, and the response to it.
 *
 * It is made on the I/O thread, handled on a worker while its connection is suspended, and freed on the I/O
 * thread; nobody holds it at the same time as somebody else, so it needs no lock. Everything hangs off its
 * arena. */
#ifndef SEATMETER_WEB_REQUEST_H
#define SEATMETER_WEB_REQUEST_H

#include "http/http_handler.h"
#include "programme/call/call.h"
#include "store/engine/page.h"
#include "web/route.h"
#include "json/json_read.h"
#include "json/json_write.h"

#include <stdbool.h>
#include <stdint.h>

struct web_server;
struct artifact_writer;
struct import_problems;

enum {
    REQUEST_UNASKED_BYTES_MAX = 16 << 10, /* of a body whose sender has not been asked for its right */
    REQUEST_BODY_BYTES_MAX = 1 << 20,
    REQUEST_IMPORT_BYTES_MAX = 10 << 20,
    REQUEST_DISCARD_BYTES_MAX = 32 << 20, /* read and thrown away, so that the client hears the 413 */
    REQUEST_TARGET_BYTES_MAX = 4096,
    REQUEST_PARAMETERS_MAX = 4,
    REQUEST_QUERY_MAX = 16
};

struct request_headers {
    struct text accept;
    struct text authorization;
    struct text content_type;
    struct text cookie;
    struct text csrf;
    struct text expect;
    struct text fetch_site;
    struct text forwarded_for;
    struct text host;
    struct text idempotency_key;
    struct text if_match;
    struct text if_none_match;
    struct text if_range;
    struct text origin;
    struct text prefer;
    struct text range;
    struct text request_id;
    struct text user_agent;
    bool is_forwarded; /* a proxy said that it passed the request on */
};

struct query_parameter {
    struct text name;
    struct text value;
};

struct response {
    int http_status;
    struct text content_type;
    struct json_writer json;
    struct text body;
    int file;            /* -1, or an open file that is the body; it is closed with the response */
    int64_t file_first;  /* of its bytes, where a part is sent */
    int64_t file_length; /* how many of them; 0: to its end */
    struct text content_range;
    bool accept_ranges;
    struct text location;
    struct text preference_applied; /* of Prefer (RFC 7240) */
    struct text etag;
    struct text disposition; /* of Content-Disposition */
    struct text set_cookie;
    struct text set_known_cookie; /* a second one */
    struct text allow;
    struct text policy;       /* Content-Security-Policy; empty: nothing may be loaded */
    bool changes_unversioned; /* has more in it than its version tells of: never 304 */
    bool is_secret;           /* not to be stored at all, whatever else */
    bool may_be_cached;       /* pages that are the same for everybody */
    bool is_replay;           /* of an earlier request with this Idempotency-Key */
    bool is_signature_asked;  /* a 401 that says how to authenticate */
    int retry_after_s;
};

struct request {
    struct web_server *server;
    struct http_exchange *exchange;
    struct http_sending sending; /* the answer on its way */
    struct request *next;        /* in the workers' queue */
    struct arena arena;
    char id[65];
    int64_t started_us; /* of the monotonic clock */
    enum method method;
    bool is_head;
    bool is_options;
    bool has_method;
    struct text method_text;
    struct text target; /* as it came: path and query */
    struct text path;   /* without the query, not decoded */
    const struct route *route;
    int route_index;
    struct text parameters[REQUEST_PARAMETERS_MAX];
    size_t parameter_count;
    struct query_parameter query[REQUEST_QUERY_MAX];
    size_t query_count;
    struct request_headers headers;
    struct text address;         /* the client's, in normal form */
    struct text counted_address; /* what limits count: of IPv6 the /64 */
    struct text crowd;           /* of a password to check: who belongs together (password_lane.h) */
    bool is_known_browser;       /* the very person signed in with it before */
    bool is_local;               /* came from this machine itself */
    char *body_at;               /* malloc's, so that it is given back to the machine */
    size_t body_length;
    size_t body_capacity;
    size_t body_limit;
    uint64_t body_announced; /* 0: no body, or one in chunks */
    bool body_is_chunked;
    size_t body_seen; /* what came, kept or not */
    bool body_too_large;
    bool body_is_asked_for; /* it is large: whether it may come is found out first */
    enum { UPLOAD_NONE, UPLOAD_ADMITTING, UPLOAD_RECEIVING } upload_phase;
    struct artifact_writer *upload; /* where an upload's body goes */
    int64_t if_version;             /* of If-Match; 0: none */
    bool by_cookie;                 /* the actor is from the session's cookie */
    struct text session_token;
    struct call call;
    struct response response;
    int http_override;                      /* a status of HTTP that no enum status has: request_fault */
    char internal[520];                     /* what really went wrong, for the log alone */
    const struct import_problems *problems; /* of an import: listed in the problem document */
};

/* The placeholder's value, decoded: request_parameter(request, "licence"). It must be in the pattern. */
struct text request_parameter(const struct request *request, const char *name);

/* Whether the request stands before its body: the handler of an upload, or dispatch alone, says whether the
 * body may come. */
bool request_is_admitting(const struct request *request);

/* The query parameter's value; empty where it is not given. It must be in the route's `query`. */
struct text request_query(const struct request *request, const char *name);

/* "true" or "false", else fault "malformed-parameter". */
enum status request_query_bool(const struct request *request, const char *name, bool *value,
                               struct fault *fault) MUST_CHECK;

/* The page that `limit` and `cursor` ask for. Faults "malformed-limit", "malformed-cursor". */
enum status request_page(const struct request *request, struct page *page, struct fault *fault) MUST_CHECK;

/* Reads the body as JSON; request_json_done frees what this has made. */
enum status request_json(struct request *request, struct json_document *document, struct json_object *root,
                         struct fault *fault) MUST_CHECK;

/* The body as it came: a CSV file. Not UTF-8 is fault "malformed-utf8". */
enum status request_text(const struct request *request, struct text *text, struct fault *fault) MUST_CHECK;

/* The body is an object without fields, or there is none. */
enum status request_no_fields(struct request *request, struct fault *fault) MUST_CHECK;

/* The end of reading JSON: every field was asked for and none was wrong. */
enum status request_json_done(struct json_document *document, struct json_object *root) MUST_CHECK;

/* A fault that HTTP has an own status for (415, 428, …). */
enum status request_fault(struct request *request, int http_status, struct fault *fault, enum status status,
                          const char *code, const char *field, struct text value, const char *message);

/* Begins the response's JSON and returns its writer. The handler closes what it opens. */
struct json_writer *response_json(struct response *response, struct request *request, int http_status);

/* Turns what the writer holds into the body. */
void response_finish(struct response *response);

/* Begins a list: {"items": [. The caller writes the items, and ends with one of the two below. */
struct json_writer *response_begin_items(struct response *response, struct request *request, int http_status);

/* Ends a list that is whole. */
void response_end_items(struct json_writer *writer);

/* Ends a page of a list: with "next", where there is more. */
void response_end_page(struct request *request, struct json_writer *writer, int64_t next_after);

/* The clock that use cases are told the time by, for what goes on for long. */
struct request_clock {
    int64_t (*now_us)(void);
};
struct request_clock request_clock(const struct request *request);

/* Whether the client prefers not to wait: "Prefer: respond-async". The answer says that it was heard. */
bool request_prefers_async(const struct request *request);

/* An ETag from a version. */
void response_version(struct response *response, struct request *request, int64_t version);

/* Location of what was made: response_location(response, request, "/v1/blocks/", identifier). */
void response_location(struct response *response, struct request *request, const char *collection,
                       struct text identifier);

#endif
