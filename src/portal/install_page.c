/* Text from the store is escaped as it is added; the addresses are relative to the link, so that the page
 * works behind any proxy. */
#include "portal/install_page.h"

#include "core/base/buffer.h"
#include "core/time/date.h"
#include "core/time/instant.h"

#include <inttypes.h>

static const char HEAD[] = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                           "<meta name=\"robots\" content=\"noindex\">\n<title>";
static const char STYLE[] =
    "</title>\n<style>\n"
    ":root { color-scheme: light dark }\n"
    "body { font: 1.05rem/1.55 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem "
    "}\n"
    "h1 { font-size: 1.7rem; line-height: 1.2 }\n"
    "h2 { font-size: 1.2rem; margin-top: 2rem }\n"
    "ol { padding-left: 1.4rem }\n"
    "li { margin: .6rem 0 }\n"
    ".key { display: inline-block; font: 600 1.25rem ui-monospace, monospace; padding: .4rem .7rem;\n"
    "       border: 2px solid; border-radius: .4rem; overflow-wrap: anywhere; user-select: all }\n"
    ".note { border-left: 4px solid; padding-left: .8rem }\n"
    ".sum { font: .8rem ui-monospace, monospace; overflow-wrap: anywhere }\n"
    "a { font-weight: 600 }\n"
    "a:focus-visible { outline: 3px solid; outline-offset: 2px }\n"
    "</style>\n</head>\n<body>\n<main>\n";
static const char FOOT[] = "</main>\n</body>\n</html>\n";

static void add_escaped(struct buffer *out, struct text text) {
    size_t plain = 0;
    for (size_t i = 0; i < text.length; i++) {
        const char *escape = text.at[i] == '&'    ? "&amp;"
                             : text.at[i] == '<'  ? "&lt;"
                             : text.at[i] == '>'  ? "&gt;"
                             : text.at[i] == '"'  ? "&quot;"
                             : text.at[i] == '\'' ? "&#39;"
                                                  : NULL;
        if (escape == NULL) {
            continue;
        }
        buffer_add(out, (struct text){text.at + plain, i - plain});
        buffer_add(out, text_of(escape));
        plain = i + 1;
    }
    buffer_add(out, (struct text){text.at + plain, text.length - plain});
}

static void begin_page(struct buffer *out, struct text title) {
    buffer_add(out, text_of(HEAD));
    add_escaped(out, title);
    buffer_add(out, text_of(STYLE));
    buffer_add(out, TEXT("<h1>"));
    add_escaped(out, title);
    buffer_add(out, TEXT("</h1>\n"));
}

/* "3.0 MB": decimal, one place, rounded. */
static void add_size(struct buffer *out, int64_t size_bytes) {
    static const char *const UNITS[] = {"kB", "MB", "GB"};
    int64_t tenths = size_bytes / 100;
    size_t unit = 0;
    while (tenths >= 10000 && unit < 2) {
        tenths /= 1000;
        unit++;
    }
    if (size_bytes < 1000) {
        buffer_add_format(out, "%" PRId64 " bytes", size_bytes);
    } else {
        buffer_add_format(out, "%" PRId64 ".%" PRId64 " %s", tenths / 10, tenths % 10, UNITS[unit]);
    }
}

static void add_choice(struct buffer *out, const struct install_choice *choice, struct text token) {
    buffer_add(out, TEXT("<li>"));
    if (choice->may_be_had) {
        buffer_add(out, TEXT("<a href=\""));
        add_escaped(out, token);
        buffer_add(out, TEXT("/"));
        add_escaped(out, choice->platform);
        buffer_add(out, TEXT("?product="));
        add_escaped(out, choice->product);
        buffer_add(out, TEXT("\">"));
    }
    add_escaped(out, choice->product_name);
    buffer_add(out, TEXT(" "));
    add_escaped(out, choice->version);
    buffer_add(out, TEXT(" for "));
    add_escaped(out, choice->platform);
    buffer_add(out, choice->may_be_had ? TEXT("</a> (") : TEXT(" ("));
    add_escaped(out, choice->file_name);
    buffer_add(out, TEXT(", "));
    add_size(out, choice->size_bytes);
    buffer_add(out, TEXT(")<br><span class=\"sum\">SHA-256 "));
    add_escaped(out, choice->sha256);
    buffer_add(out, TEXT("</span></li>\n"));
}

static void add_choices(struct buffer *out, const struct install_page *page, struct text token) {
    if (page->choice_count == 0) {
        buffer_add(out, TEXT("<p class=\"note\">There is no installer yet. Ask "));
        add_escaped(out, page->provider_name);
        buffer_add(out, TEXT(".</p>\n"));
        return;
    }
    buffer_add(out, TEXT("<ul>\n"));
    for (size_t i = 0; i < page->choice_count; i++) {
        add_choice(out, &page->choices[i], token);
    }
    buffer_add(out, TEXT("</ul>\n"));
}

struct text install_page_format(struct arena *arena, const struct install_page *page, struct text token) {
    struct buffer out = {.arena = arena};
    begin_page(&out, text_format(arena, "Install %.*s", TEXT_ARGS(page->sku_name)));
    buffer_add(&out, TEXT("<p>"));
    add_escaped(&out, page->provider_name);
    buffer_add(&out, TEXT(" provides this to "));
    add_escaped(&out, page->customer_name);
    buffer_add_format(&out, ", for %" PRId64 " %s.</p>\n", page->seats, page->seats == 1 ? "seat" : "seats");
    if (!page->counts) {
        buffer_add(&out,
                   TEXT("<p class=\"note\" role=\"status\">The licence is not turned on, so nothing can "
                        "be downloaded yet. Ask "));
        add_escaped(&out, page->provider_name);
        buffer_add(&out, TEXT(" to turn it on.</p>\n"));
    }
    buffer_add(&out, TEXT("<h2>Three steps</h2>\n<ol>\n<li>Download the installer for your system:\n"));
    add_choices(&out, page, token);
    buffer_add(&out, TEXT("</li>\n<li>Run it on each machine, as an administrator.</li>\n"
                          "<li>Enter this licence key when it asks for one:<br>\n<code class=\"key\">"));
    add_escaped(&out, page->key);
    buffer_add(&out, TEXT("</code></li>\n</ol>\n"));
    struct text until = instant_format(arena, page->expires_at_us);
    buffer_add_format(
        &out,
        "<p>This page can be opened until <time datetime=\"%.*s\">%.10s</time>. Whoever has its "
        "address has the key: keep it to yourself.</p>\n",
        TEXT_ARGS(until), until.at);
    buffer_add(&out, text_of(FOOT));
    return buffer_text(&out);
}

struct text install_problem_format(struct arena *arena, struct text message) {
    struct buffer out = {.arena = arena};
    begin_page(&out, TEXT("Nothing to install here"));
    buffer_add(&out, TEXT("<p>"));
    add_escaped(&out, message);
    buffer_add(&out, TEXT("</p>\n"));
    buffer_add(&out, text_of(FOOT));
    return buffer_text(&out);
}
