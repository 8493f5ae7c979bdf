/* Show: what a use case returned, for a person or for a program.
 *
 * A thing has one representation, that of json/represent.h. --json prints it as it is; text picks columns out
 * of it. So a command cannot tell another story than the API. */
#ifndef SEATMETER_CLI_SHOW_H
#define SEATMETER_CLI_SHOW_H

#include "cli/command.h"
#include "cli/operator.h"
#include "programme/exchange/export_sink.h"
#include "json/json_write.h"

#include <stdio.h>

struct column {
    const char *heading;
    const char *path; /* of the item: "code", "buyer.code", "lines.0.amount" */
};

/* A writer in the session's arena that has opened {"items": [; the caller writes the items. */
struct json_writer show_list_begin(struct operator_session *session);
struct text show_list_end(struct json_writer *writer);

/* A long list, page by page: what show_list would print of all pages, in the memory of one. A column is as
 * wide as the first page has it, or wider. While a page is made, the session's call has the memory of that
 * page. */
enum { COLUMNS_MAX = 12 };
struct shown_pages {
    struct operator_session *session;
    const struct arguments *arguments;
    const struct column *columns;
    struct json_writer writer;
    bool has_begun; /* something is printed */
    bool figures[COLUMNS_MAX];
    size_t widths[COLUMNS_MAX];
};
struct shown_pages show_pages_begin(struct operator_session *session, const struct arguments *arguments,
                                    const struct column *columns);
struct json_writer *show_page_begin(struct shown_pages *shown); /* the caller writes the page's items */
void show_page_end(struct shown_pages *shown);
void show_pages_end(struct shown_pages *shown);

/* The JSON itself, whatever the options say. */
void show_json(struct text json);

/* printf of a line that has texts of the store in it: what is hidden in them is written out, so that nothing
 * that a name holds acts on a terminal (core/base/visible.h). */
void show_line(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An export on standard output: its bytes as they are, and on a terminal written out as show_line does. */
struct export_file show_export(void);

/* A document on standard output, as it is. */
void show_bytes(struct text bytes);

/* A list {"items": […]}: as JSON where --json was given, else as a table of `columns` (the last heading is
 * NULL). Numbers stand on the right. */
void show_list(struct operator_session *session, const struct arguments *arguments, struct text json,
               const struct column *columns);

/* One thing: as JSON, or its fields one per line, lists in it as tables below. */
void show_record(struct operator_session *session, const struct arguments *arguments, struct text json);

#endif
