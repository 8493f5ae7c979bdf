#include "documents/layout/number_format.h"

#include "core/base/buffer.h"

#include <assert.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

/* "-1234567.5" as "-1,234,567.5". */
static struct text group(struct arena *arena, struct text decimal) {
    size_t start = decimal.length > 0 && decimal.at[0] == '-' ? 1 : 0;
    const char *point = decimal.length == 0 ? NULL : memchr(decimal.at, '.', decimal.length);
    size_t end = point == NULL ? decimal.length : (size_t)(point - decimal.at);
    char *made = ARENA_NEW(arena, char, decimal.length + decimal.length / 3 + 1);
    size_t length = 0;
    for (size_t i = 0; i < decimal.length; i++) {
        if (i > start && i < end && (end - i) % 3 == 0) {
            made[length++] = ',';
        }
        made[length++] = decimal.at[i];
    }
    return (struct text){made, length};
}

struct text number_format_amount(struct arena *arena, int64_t amount_minor, struct currency currency) {
    return group(arena, money_format(arena, amount_minor, currency));
}

struct text number_format_unit_price(struct arena *arena, int64_t unit_price_millionths,
                                     struct currency currency) {
    struct text full = decimal_format(arena, unit_price_millionths, 6);
    assert(full.length > 7 && currency.minor_digits >= 0 && currency.minor_digits <= 6);
    size_t shortest = full.length - 6 + (size_t)currency.minor_digits;
    while (full.length > shortest && full.at[full.length - 1] == '0') {
        full.length--;
    }
    if (full.at[full.length - 1] == '.') {
        full.length--;
    }
    return group(arena, full);
}

struct text number_format_quantity(struct arena *arena, struct quantity quantity) {
    return group(arena, quantity_format(arena, quantity));
}

struct text number_format_count(struct arena *arena, int64_t count) {
    return group(arena, decimal_format(arena, count, 0));
}

struct text number_format_percent(struct arena *arena, int64_t rate_millionths) {
    return decimal_format_short(arena, rate_millionths, 4);
}

struct text number_format_on_paper(struct arena *arena, struct text figures) {
    if (figures.length == 0 || figures.at[0] != '-') {
        return figures;
    }
    return text_format(arena, "\u2212%.*s", (int)figures.length - 1, figures.at + 1);
}

struct text number_format_country(struct arena *arena, struct text code) {
    struct text given = number_format_printable(arena, code);
    if (code.length != 2 || code.at[0] < 'A' || code.at[0] > 'Z' || code.at[1] < 'A' || code.at[1] > 'Z') {
        return given;
    }
    const char locale[] = {'u', 'n', 'd', '_', code.at[0], code.at[1], '\0'};
    enum { NAME_CHARACTERS = 96 };
    UChar wide[NAME_CHARACTERS];
    char name[3 * NAME_CHARACTERS + 1];
    int32_t length = 0;
    UErrorCode error = U_ZERO_ERROR;
    int32_t wide_length = uloc_getDisplayCountry(locale, "en", wide, NAME_CHARACTERS, &error);
    u_strToUTF8(name, sizeof name, &length, wide, wide_length, &error);
    return U_FAILURE(error) ? given : text_copy(arena, (struct text){name, (size_t)length});
}

const char *number_format_title(enum invoice_kind kind) {
    switch (kind) {
    case INVOICE_KIND_CREDIT_NOTE:
        return "Credit note";
    case INVOICE_KIND_SETTLEMENT:
        return "Settlement";
    case INVOICE_KIND_INVOICE:
        break;
    }
    return "Invoice";
}

const char *number_format_tax_name(const char *category) {
    static const struct {
        const char *category;
        const char *name;
    } NAMES[] = {
        {"S", "Standard rate"},
        {"Z", "Zero rate"},
        {"E", "Exempt from tax"},
        {"AE", "Reverse charge: the buyer accounts for the tax"},
        {"K", "Intra-community supply, exempt"},
        {"G", "Export, not taxed"},
        {"O", "Not subject to tax"},
        {"L", "Canary Islands general indirect tax"},
        {"M", "Ceuta and Melilla tax"},
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(NAMES[i].category, category) == 0) {
            return NAMES[i].name;
        }
    }
    return "Tax";
}

struct text number_format_month(struct arena *arena, struct month month) {
    static const char *const NAMES[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    int number = month_number(month);
    assert(number >= 1 && number <= 12);
    return text_format(arena, "%s %d", NAMES[number - 1], month_year(month));
}

struct text number_format_date(struct arena *arena, struct date date) {
    struct month month = date_month(date);
    int day = date.day - month_first_day(month).day + 1;
    struct text of_month = number_format_month(arena, month);
    return text_format(arena, "%d %.*s", day, TEXT_ARGS(of_month));
}

static bool is_harmful(UChar32 c) {
    return c < 0 || u_charType(c) == U_CONTROL_CHAR || u_charType(c) == U_UNASSIGNED ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
}

static struct text printable(struct arena *arena, struct text text, bool lines) {
    struct buffer buffer = {.arena = arena};
    const uint8_t *bytes = (const uint8_t *)text.at;
    size_t clean_from = 0;
    size_t at = 0;
    while (at < text.length) {
        size_t start = at;
        UChar32 c;
        U8_NEXT(bytes, at, text.length, c);
        if (!is_harmful(c) || (lines && c == '\n')) {
            continue;
        }
        buffer_add(&buffer, (struct text){text.at + clean_from, start - clean_from});
        bool blank = c == '\t' || c == '\n' || c == '\r';
        if (!(lines && c == '\r')) {
            buffer_add(&buffer, blank ? TEXT(" ") : TEXT("\uFFFD"));
        }
        clean_from = at;
    }
    if (clean_from == 0) {
        return text;
    }
    buffer_add(&buffer, (struct text){text.at + clean_from, text.length - clean_from});
    return buffer_text(&buffer);
}

struct text number_format_printable(struct arena *arena, struct text text) {
    return printable(arena, text, false);
}

struct text number_format_printable_lines(struct arena *arena, struct text text) {
    return printable(arena, text, true);
}

__extension__ typedef __int128 wide;

static bool quantities_equal(struct quantity a, struct quantity b) {
    return (wide)a.parts * b.parts_per_unit == (wide)b.parts * a.parts_per_unit;
}

struct text number_format_remark(struct arena *arena, const struct invoice_line *line) {
    struct text note = number_format_printable(arena, line->note);
    if (line->policy.length == 0 || quantities_equal(line->measured, line->quantity)) {
        return note;
    }
    struct text measured = number_format_quantity(arena, line->measured);
    struct text policy = number_format_printable(arena, line->policy);
    return text_format(arena, "%.*s%smeasured %.*s (%.*s)", TEXT_ARGS(note), note.length > 0 ? "; " : "",
                       TEXT_ARGS(measured), TEXT_ARGS(policy));
}
