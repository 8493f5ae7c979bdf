#include "cli/show.h"

#include "core/base/visible.h"
#include "documents/layout/terminal.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CELL_BYTES = 400 };

static json_t *load_json(struct text json) {
    json_error_t error;
    json_t *root = json_loadb(json.at, json.length, JSON_DISABLE_EOF_CHECK, &error);
    assert(root != NULL); /* it is our own representation */
    return root;
}

static const json_t *follow_path(const json_t *value, const char *path) {
    char name[64];
    while (value != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        assert(length < sizeof name);
        memcpy(name, path, length);
        name[length] = '\0';
        value = json_is_array(value) ? json_array_get(value, (size_t)strtoul(name, NULL, 10))
                                     : json_object_get(value, name);
        path += length + (path[length] == '.');
    }
    return value;
}

static void spell_cell(const char *value, char cell[CELL_BYTES]) {
    struct arena arena;
    arena_init(&arena);
    struct text shown = visible_escape(&arena, text_of(value));
    snprintf(cell, CELL_BYTES, "%.*s", TEXT_ARGS(shown));
    arena_clean_up(&arena);
}

/* A value on one line: lists of plain values are joined, of objects counted. */
static void format_cell(const json_t *value, char cell[CELL_BYTES]) {
    cell[0] = '\0';
    if (json_is_string(value)) {
        spell_cell(json_string_value(value), cell);
        for (char *c = cell; *c != '\0'; c++) {
            *c = *c == '\n' || *c == '\r' || *c == '\t' ? ' ' : *c;
        }
    } else if (json_is_integer(value)) {
        snprintf(cell, CELL_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_boolean(value)) {
        snprintf(cell, CELL_BYTES, "%s", json_is_true(value) ? "yes" : "no");
    } else if (json_is_array(value)) {
        size_t used = 0;
        for (size_t i = 0; i < json_array_size(value) && used < CELL_BYTES - 1; i++) {
            const char *word = json_string_value(json_array_get(value, i));
            char spelled[CELL_BYTES] = "";
            spell_cell(word, spelled);
            int wrote =
                word == NULL ? 0 : snprintf(cell + used, CELL_BYTES - used, i == 0 ? "%s" : ", %s", spelled);
            used += wrote < 0 ? 0 : (size_t)wrote;
        }
    }
}

static bool looks_numeric(const char *cell) {
    return cell[0] == '\0' || (strspn(cell, "0123456789.-%") == strlen(cell) && strcmp(cell, "-") != 0);
}

static size_t count_columns(const struct column *columns) {
    size_t count = 0;
    while (columns[count].heading != NULL) {
        count++;
    }
    assert(count <= COLUMNS_MAX);
    return count;
}

/* Whether all that stands in a column looks like a number. */
static bool is_figures(const json_t *items, const struct column *column) {
    char cell[CELL_BYTES];
    bool figures = true;
    for (size_t i = 0; figures && i < json_array_size(items); i++) {
        format_cell(follow_path(json_array_get(items, i), column->path), cell);
        figures = looks_numeric(cell);
    }
    return figures;
}

static struct terminal_table *fill_table(struct arena *arena, const json_t *items,
                                         const struct column *columns, const struct terminal_column *shown,
                                         size_t column_count) {
    struct terminal_table *table = terminal_table_new(arena, shown, column_count);
    char cell[CELL_BYTES];
    for (size_t i = 0; i < json_array_size(items); i++) {
        struct text cells[COLUMNS_MAX];
        for (size_t c = 0; c < column_count; c++) {
            format_cell(follow_path(json_array_get(items, i), columns[c].path), cell);
            cells[c] = text_copy(arena, text_of(cell));
        }
        terminal_table_row(table, cells, TEXT(""));
    }
    return table;
}

static void print_table(struct arena *arena, const json_t *items, const struct column *columns,
                        size_t column_count) {
    struct terminal_column shown[COLUMNS_MAX];
    for (size_t c = 0; c < column_count; c++) {
        shown[c] =
            (struct terminal_column){.title = columns[c].heading, .figures = is_figures(items, &columns[c])};
    }
    struct buffer out = {.arena = arena};
    terminal_table_print(fill_table(arena, items, columns, shown, column_count), 0, &out);
    show_bytes(buffer_text(&out));
}

static void print_json(const json_t *root) {
    struct arena arena;
    arena_init(&arena);
    char *dumped = json_dumps(root, JSON_INDENT(2));
    assert(dumped != NULL);
    show_bytes(visible_escape_json(&arena, text_of(dumped)));
    free(dumped);
    arena_clean_up(&arena);
    putchar('\n');
}

struct json_writer show_list_begin(struct operator_session *session) {
    struct json_writer writer = {.arena = &session->arena};
    json_write_open(&writer, NULL);
    json_write_open_array(&writer, "items");
    return writer;
}

struct text show_list_end(struct json_writer *writer) {
    json_write_close_array(writer);
    json_write_close(writer);
    return json_written(writer);
}

void show_line(FILE *stream, const char *format, ...) {
    struct arena arena;
    arena_init(&arena);
    va_list arguments;
    va_start(arguments, format);
    struct text line = visible_escape(&arena, text_format_list(&arena, format, arguments));
    va_end(arguments);
    fwrite(line.at, 1, line.length, stream);
    arena_clean_up(&arena);
}

static enum status write_to_terminal(struct export_sink *sink, const char *bytes, size_t size_bytes,
                                     struct fault *fault) {
    (void)sink;
    (void)fault;
    show_line(stdout, "%.*s", (int)size_bytes, bytes);
    return STATUS_OK;
}

struct export_file show_export(void) {
    struct export_file file = export_to_file(stdout);
    if (isatty(STDOUT_FILENO)) {
        file.sink.write = write_to_terminal;
    }
    return file;
}

void show_bytes(struct text bytes) {
    fwrite(bytes.at, 1, bytes.length, stdout);
}

void show_json(struct text json) {
    json_t *root = load_json(json);
    print_json(root);
    json_decref(root);
}

void show_list(struct operator_session *session, const struct arguments *arguments, struct text json,
               const struct column *columns) {
    json_t *root = load_json(json);
    const json_t *items = json_object_get(root, "items");
    assert(json_is_array(items));
    if (arguments->json) {
        print_json(root);
    } else {
        print_table(&session->arena, items, columns, count_columns(columns));
    }
    json_decref(root);
}

/* ---- page by page ---- */

struct shown_pages show_pages_begin(struct operator_session *session, const struct arguments *arguments,
                                    const struct column *columns) {
    return (struct shown_pages){.session = session, .arguments = arguments, .columns = columns};
}

struct json_writer *show_page_begin(struct shown_pages *shown) {
    shown->session->call.arena = &shown->session->page;
    shown->writer = (struct json_writer){.arena = &shown->session->page};
    json_write_open(&shown->writer, NULL);
    json_write_open_array(&shown->writer, "items");
    return &shown->writer;
}

/* The items as json_dumps has them inside of its list. */
static void print_page_json(struct shown_pages *shown, const json_t *items) {
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *list = json_pack("{s:[O]}", "items", json_array_get(items, i));
        char *dumped = json_dumps(list, JSON_INDENT(2));
        static const char BEFORE[] = "{\n  \"items\": [\n";
        static const char BEHIND[] = "\n  ]\n}";
        assert(dumped != NULL && strlen(dumped) > sizeof BEFORE + sizeof BEHIND);
        struct text item = {dumped + sizeof BEFORE - 1,
                            strlen(dumped) - (sizeof BEFORE - 1) - (sizeof BEHIND - 1)};
        fputs(shown->has_begun ? ",\n" : BEFORE, stdout);
        show_bytes(visible_escape_json(&shown->session->page, item));
        shown->has_begun = true;
        free(dumped);
        json_decref(list);
    }
}

/* A column of figures stays one, and none becomes one, whatever later pages have. */
static void print_page_table(struct shown_pages *shown, const json_t *items) {
    struct terminal_column columns[COLUMNS_MAX] = {{0}};
    struct arena *arena = &shown->session->page;
    struct buffer out = {.arena = arena};
    size_t count = count_columns(shown->columns);
    for (size_t c = 0; c < count; c++) {
        if (!shown->has_begun) {
            shown->figures[c] = is_figures(items, &shown->columns[c]);
        }
        columns[c] =
            (struct terminal_column){.title = shown->columns[c].heading, .figures = shown->figures[c]};
    }
    struct terminal_table *table = fill_table(arena, items, shown->columns, columns, count);
    for (size_t c = 0; c < count; c++) {
        terminal_table_widen(table, c, shown->widths[c]);
        shown->widths[c] = terminal_table_column_width(table, c);
    }
    if (shown->has_begun) {
        terminal_table_print_body(table, 0, &out);
    } else {
        terminal_table_print(table, 0, &out);
    }
    shown->has_begun = true;
    show_bytes(buffer_text(&out));
}

void show_page_end(struct shown_pages *shown) {
    json_t *root = load_json(show_list_end(&shown->writer));
    const json_t *items = json_object_get(root, "items");
    if (shown->arguments->json) {
        print_page_json(shown, items);
    } else {
        print_page_table(shown, items);
    }
    json_decref(root);
    shown->session->call.arena = &shown->session->arena;
    arena_clean_up(&shown->session->page);
}

void show_pages_end(struct shown_pages *shown) {
    if (shown->arguments->json) {
        puts(shown->has_begun ? "\n  ]\n}" : "{\n  \"items\": []\n}");
    }
}

/* "payment_days" reads as "payment days". */
static void spell_key(const char *key, char spelled[64]) {
    snprintf(spelled, 64, "%s", key);
    for (char *c = spelled; *c != '\0'; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
}

/* The path to a field's plain value; a thing with a code is shown by its code. The field may be null in some
 * of the items. */
static const char *nested_path(struct arena *arena, const json_t *items, const char *name) {
    for (size_t i = 0; i < json_array_size(items); i++) {
        if (json_is_object(json_object_get(json_array_get(items, i), name))) {
            return text_format(arena, "%s.code", name).at;
        }
    }
    return name;
}

/* Prints a list of objects below its name, with the columns that its first object has. */
static void print_nested(struct arena *arena, const char *key, const json_t *items) {
    struct column columns[COLUMNS_MAX];
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach(json_array_get(items, 0), name, value) {
        if (count < COLUMNS_MAX) {
            columns[count++] = (struct column){name, nested_path(arena, items, name)};
        }
    }
    char spelled[64];
    spell_key(key, spelled);
    printf("\n%s\n", spelled);
    print_table(arena, items, columns, count);
}

static void print_fields(const json_t *record, const char *prefix, int width) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)record, key, value) {
        char name[140];
        char spelled[64];
        spell_key(key, spelled);
        snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] == '\0' ? "" : " ", spelled);
        if (json_is_object(value)) {
            print_fields(value, name, width);
        } else if (!json_is_null(value) && !json_is_object(json_array_get(value, 0))) {
            char cell[CELL_BYTES];
            format_cell(value, cell);
            printf("%-*s  %s\n", width, name, cell);
        }
    }
}

void show_record(struct operator_session *session, const struct arguments *arguments, struct text json) {
    json_t *root = load_json(json);
    if (arguments->json) {
        print_json(root);
    } else {
        print_fields(root, "", 22);
        const char *key;
        json_t *value;
        json_object_foreach(root, key, value) {
            if (json_is_object(json_array_get(value, 0))) {
                print_nested(&session->arena, key, value);
            }
        }
    }
    json_decref(root);
}
