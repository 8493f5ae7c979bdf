/* Route: a method and a path that the server answers, what it takes, and the function that answers it.
 *
 * This room knows no route. The rooms above it each have tables of theirs, which they add to the route table
 * that a server is started with. */
#ifndef SEATMETER_WEB_ROUTE_H
#define SEATMETER_WEB_ROUTE_H

#include "core/base/fault.h"

#include <stdbool.h>
#include <stddef.h>

struct request;
struct response;

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_COUNT };
const char *method_name(enum method method);

enum route_flag {
    ROUTE_PUBLIC = 1,     /* whoever asks */
    ROUTE_AT_ONCE = 2,    /* touches no store: answered on the I/O thread */
    ROUTE_IMPORT = 4,     /* takes text/csv, and REQUEST_IMPORT_BYTES_MAX of it */
    ROUTE_VERSIONED = 8,  /* needs If-Match */
    ROUTE_NO_REPLAY = 16, /* responses that no Idempotency-Key can replay: signing in */
    ROUTE_METRICS = 32,   /* from this machine, or with the metrics token */
    ROUTE_UPLOAD = 64, /* takes bytes of any size into the artifact store, and is handled twice (uploads.h) */
    ROUTE_IMAGE = 128, /* takes image/png */
    ROUTE_PASSWORD = 256 /* checks a password: in the workers' lane for that */
};

struct route {
    enum method method;
    const char *pattern; /* "/v1/licences/{licence}/on" */
    unsigned right;      /* bits of enum right that the actor must have; 0: any actor */
    unsigned flags;
    const char *query; /* the query's parameters that are understood: "limit cursor state" */
    enum status (*handle)(struct request *request, struct response *response, struct fault *fault);
};

/* Whether `name` is one of the words of the route's `query`. */
bool route_takes_query(const struct route *route, struct text name);

/* The routes of one file of endpoints. */
struct route_group {
    const struct route *routes;
    size_t count;
};

enum { ROUTE_GROUPS_MAX = 32 };

/* Zeroed, it is empty. */
struct route_table {
    const struct route_group *groups[ROUTE_GROUPS_MAX];
    size_t group_count;
};

void route_table_add(struct route_table *table, const struct route_group *group);

/* How many routes there are, and the one at an index: a route keeps its index while the table stands. */
size_t route_table_count(const struct route_table *table);
const struct route *route_table_at(const struct route_table *table, size_t index);

#endif
