/* RFC 9110, 12.5.1: the media range that is most specific for a type gives its weight; of equal weights the
 * format that stands first wins. Weights are thousandths. */
#include "web/negotiate.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

struct media {
    const char *name;
    const char *type;
    const char *subtype;
    const char *content_type;
};

static const struct media MEDIA[FORMAT_COUNT] = {
    [FORMAT_JSON] = {"json", "application", "json", "application/json"},
    [FORMAT_TEXT] = {"text", "text", "plain", "text/plain; charset=utf-8"},
    [FORMAT_CSV] = {"csv", "text", "csv", "text/csv; charset=utf-8"},
    [FORMAT_PDF] = {"pdf", "application", "pdf", "application/pdf"},
};

struct text format_content_type(enum format format) {
    return text_of(MEDIA[format].content_type);
}

const char *format_name(enum format format) {
    return MEDIA[format].name;
}

static struct text take_trimmed(struct text *rest, char until) {
    return text_trim(text_take_until(rest, until));
}

static bool is_word(struct text text, const char *word) {
    return text.length == strlen(word) && strncasecmp(text.at, word, text.length) == 0;
}

/* "q=0.8" among a range's parameters; 1000 where there is none, 0 where it makes no sense. */
static int read_weight(struct text parameters) {
    while (parameters.length > 0) {
        struct text parameter = take_trimmed(&parameters, ';');
        struct text name = take_trimmed(&parameter, '=');
        if (!is_word(name, "q")) {
            continue;
        }
        int64_t whole = 0;
        struct text before = take_trimmed(&parameter, '.');
        if (!text_to_int64(before, &whole) || whole < 0 || whole > 1 || parameter.length > 3) {
            return 0;
        }
        int weight = (int)whole * 1000;
        int place = 100;
        for (size_t i = 0; i < parameter.length; i++, place /= 10) {
            if (parameter.at[i] < '0' || parameter.at[i] > '9') {
                return 0;
            }
            weight += (parameter.at[i] - '0') * place;
        }
        return weight > 1000 ? 1000 : weight;
    }
    return 1000;
}

static int weight_of(struct text accept, const struct media *media) {
    int best_specificity = -1;
    int weight = 0;
    while (accept.length > 0) {
        struct text range = take_trimmed(&accept, ',');
        struct text whole = take_trimmed(&range, ';');
        int range_weight = read_weight(range);
        struct text type = take_trimmed(&whole, '/');
        int specificity = is_word(type, "*") && is_word(whole, "*")                      ? 0
                          : is_word(type, media->type) && is_word(whole, "*")            ? 1
                          : is_word(type, media->type) && is_word(whole, media->subtype) ? 2
                                                                                         : -1;
        if (specificity > best_specificity) {
            best_specificity = specificity;
            weight = range_weight;
        }
    }
    return weight;
}

enum status negotiate(struct request *request, unsigned formats, enum format *format, struct fault *fault) {
    struct text word = request_query(request, "format");
    struct text accept = request->headers.accept;
    int best = 0;
    for (int i = 0; i < FORMAT_COUNT; i++) {
        if ((formats & (1u << i)) == 0) {
            continue;
        }
        int weight = word.length > 0      ? (is_word(word, MEDIA[i].name) ? 1000 : 0)
                     : accept.length == 0 ? 1000
                                          : weight_of(accept, &MEDIA[i]);
        if (weight > best) {
            best = weight;
            *format = (enum format)i;
        }
    }
    if (best > 0) {
        return STATUS_OK;
    }
    if (word.length > 0) {
        return fault_set(fault, STATUS_INVALID, "unknown-format", "format", word,
                         "This is not a format of this thing: the documentation lists them.");
    }
    return request_fault(
        request, 406, fault, STATUS_INVALID, "not-acceptable", "Accept", accept,
        "None of these media types is offered for this thing: ask for one that the documentation lists.");
}
