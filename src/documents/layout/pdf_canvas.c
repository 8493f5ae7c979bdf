#include "documents/layout/pdf_canvas.h"

#include "core/base/buffer.h"

#include <assert.h>
#include <cairo-pdf.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

struct sheet {
    struct arena *arena;
    struct buffer bytes;
    cairo_surface_t *surface;
    cairo_t *cairo;
    PangoContext *context;
    PangoLayout *layout;
    PangoFontDescription *fonts[SHEET_STYLE_COUNT];
    double ascents[SHEET_STYLE_COUNT];
    double line_heights[SHEET_STYLE_COUNT];
    int page;
    bool drawing;
};

struct colour {
    double red, green, blue;
};
static const struct colour DARK = {0.09, 0.11, 0.16};
static const struct colour GREY = {0.39, 0.42, 0.49};

struct style {
    double points;
    PangoWeight weight;
    const struct colour *colour;
};
static const struct style STYLES[SHEET_STYLE_COUNT] = {
    [SHEET_BODY] = {9, PANGO_WEIGHT_NORMAL, &DARK},    [SHEET_STRONG] = {9, PANGO_WEIGHT_BOLD, &DARK},
    [SHEET_SMALL] = {8, PANGO_WEIGHT_NORMAL, &DARK},   [SHEET_SMALL_STRONG] = {8, PANGO_WEIGHT_BOLD, &DARK},
    [SHEET_MUTED] = {8, PANGO_WEIGHT_NORMAL, &GREY},   [SHEET_NOTE] = {7, PANGO_WEIGHT_NORMAL, &GREY},
    [SHEET_NUMBER] = {11, PANGO_WEIGHT_NORMAL, &GREY}, [SHEET_NAME] = {13, PANGO_WEIGHT_BOLD, &DARK},
    [SHEET_TITLE] = {24, PANGO_WEIGHT_BOLD, &DARK},    [SHEET_HEADING] = {12, PANGO_WEIGHT_BOLD, &DARK},
    [SHEET_DUE] = {17, PANGO_WEIGHT_BOLD, &DARK},
};
static const struct colour INKS[] = {
    [SHEET_INK_LINE] = {0.85, 0.87, 0.90},
    [SHEET_INK_STRONG_LINE] = {0.30, 0.33, 0.40},
    [SHEET_INK_TINT] = {0.955, 0.965, 0.98},
    [SHEET_INK_ACCENT] = {0.11, 0.27, 0.51},
};

static cairo_status_t append(void *closure, const unsigned char *bytes, unsigned int length) {
    struct sheet *sheet = closure;
    buffer_add(&sheet->bytes, (struct text){(const char *)bytes, length});
    return CAIRO_STATUS_SUCCESS;
}

static void make_surface(struct sheet *sheet, struct sheet_size size, const struct sheet_about *about) {
    struct arena *arena = sheet->arena;
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(append, sheet, size.width, size.height);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, text_copy(arena, about->title).at);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, text_copy(arena, about->author).at);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Seatmeter");
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                   text_copy(arena, about->created).at);
    sheet->surface = surface;
    sheet->cairo = cairo_create(surface);
}

static void make_context(struct sheet *sheet, const char *language) {
    sheet->context = pango_cairo_create_context(sheet->cairo);
    /* One unit is one point, and no locale decides which glyphs are chosen. */
    pango_cairo_context_set_resolution(sheet->context, 72);
    pango_context_set_language(sheet->context, pango_language_from_string(language));
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(sheet->context, options);
    cairo_font_options_destroy(options);
    sheet->layout = pango_layout_new(sheet->context);
    pango_layout_set_wrap(sheet->layout, PANGO_WRAP_WORD_CHAR);
    /* Digits of one width stand below each other. */
    PangoAttrList *attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1"));
    pango_layout_set_attributes(sheet->layout, attributes);
    pango_attr_list_unref(attributes);
}

static double layout_height(const struct sheet *sheet) {
    int height;
    pango_layout_get_size(sheet->layout, NULL, &height);
    return (double)height / PANGO_SCALE;
}

static double layout_width(const struct sheet *sheet) {
    int width;
    pango_layout_get_size(sheet->layout, &width, NULL);
    return (double)width / PANGO_SCALE;
}

static double layout_baseline(const struct sheet *sheet) {
    return (double)pango_layout_get_baseline(sheet->layout) / PANGO_SCALE;
}

/* The language alone does not do: Pango takes no notice of it where it thinks that the language is not
 * written with such characters (Korean with Han). */
static const char *font_names(const char *language) {
    static const struct {
        const char *language;
        const char *names;
    } NAMES[] = {{"ja", "Noto Sans, DejaVu Sans, Noto Sans CJK JP, Sans"},
                 {"ko", "Noto Sans, DejaVu Sans, Noto Sans CJK KR, Sans"},
                 {"zh-cn", "Noto Sans, DejaVu Sans, Noto Sans CJK SC, Sans"},
                 {"zh-tw", "Noto Sans, DejaVu Sans, Noto Sans CJK TC, Sans"},
                 {"zh-hk", "Noto Sans, DejaVu Sans, Noto Sans CJK HK, Sans"}};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(NAMES[i].language, language) == 0) {
            return NAMES[i].names;
        }
    }
    return "Noto Sans, DejaVu Sans, Sans";
}

static void make_fonts(struct sheet *sheet, const char *language) {
    for (int i = 0; i < SHEET_STYLE_COUNT; i++) {
        PangoFontDescription *font = pango_font_description_from_string(font_names(language));
        pango_font_description_set_absolute_size(font, STYLES[i].points * PANGO_SCALE);
        pango_font_description_set_weight(font, STYLES[i].weight);
        sheet->fonts[i] = font;
        pango_layout_set_font_description(sheet->layout, font);
        pango_layout_set_text(sheet->layout, "0", 1);
        sheet->ascents[i] = layout_baseline(sheet);
        sheet->line_heights[i] = layout_height(sheet);
    }
}

struct sheet *sheet_new(struct arena *arena, struct sheet_size size, const struct sheet_about *about) {
    struct sheet *sheet = ARENA_NEW(arena, struct sheet, 1);
    sheet->arena = arena;
    sheet->bytes.arena = arena;
    sheet->page = 1;
    make_surface(sheet, size, about);
    make_context(sheet, about->language);
    make_fonts(sheet, about->language);
    return sheet;
}

void sheet_start_drawing(struct sheet *sheet) {
    sheet->drawing = true;
    sheet->page = 1;
}

enum status sheet_finish(struct sheet *sheet, struct text *pdf, struct fault *fault) {
    for (int i = 0; i < SHEET_STYLE_COUNT; i++) {
        pango_font_description_free(sheet->fonts[i]);
    }
    g_object_unref(sheet->layout);
    g_object_unref(sheet->context);
    cairo_status_t drawn = cairo_status(sheet->cairo);
    cairo_destroy(sheet->cairo);
    cairo_surface_finish(sheet->surface);
    cairo_status_t written = cairo_surface_status(sheet->surface);
    cairo_surface_destroy(sheet->surface);
    if (drawn != CAIRO_STATUS_SUCCESS || written != CAIRO_STATUS_SUCCESS) {
        return fault_set(fault, STATUS_INTERNAL, "pdf-failed", NULL, TEXT(""),
                         "the PDF could not be drawn: %s",
                         cairo_status_to_string(drawn != CAIRO_STATUS_SUCCESS ? drawn : written));
    }
    *pdf = buffer_text(&sheet->bytes);
    return STATUS_OK;
}

void sheet_next_page(struct sheet *sheet) {
    sheet->page++;
    if (sheet->drawing) {
        cairo_show_page(sheet->cairo);
    }
}

/* ---- text ---- */

static void set_text(struct sheet *sheet, enum sheet_style style, struct text text) {
    assert(text.length <= INT32_MAX);
    pango_layout_set_font_description(sheet->layout, sheet->fonts[style]);
    pango_layout_set_text(sheet->layout, text.length == 0 ? "" : text.at, (int)text.length);
}

static void set_one_line(struct sheet *sheet, enum sheet_style style, struct text text) {
    set_text(sheet, style, text);
    pango_layout_set_width(sheet->layout, -1);
    pango_layout_set_ellipsize(sheet->layout, PANGO_ELLIPSIZE_NONE);
}

/* The direction of the first letter that has one decides (UAX #9, P2 and P3), as it does for Pango. */
static bool is_right_to_left(struct text text) {
    size_t at = 0;
    while (at < text.length) {
        UChar32 c;
        U8_NEXT((const uint8_t *)text.at, at, text.length, c);
        UCharDirection direction = c < 0 ? U_OTHER_NEUTRAL : u_charDirection(c);
        if (direction == U_LEFT_TO_RIGHT) {
            return false;
        }
        if (direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC) {
            return true;
        }
    }
    return false;
}

static void set_box(struct sheet *sheet, struct sheet_box box, struct text text) {
    assert(box.width > 0 && box.lines >= 1);
    set_text(sheet, box.style, text);
    pango_layout_set_width(sheet->layout, (int)(box.width * PANGO_SCALE));
    pango_layout_set_height(sheet->layout, -box.lines);
    pango_layout_set_ellipsize(sheet->layout, PANGO_ELLIPSIZE_END);
    /* Pango means "where the paragraph begins" by left; a column means its left side. */
    bool from_right = is_right_to_left(text);
    pango_layout_set_alignment(sheet->layout, (box.align == SHEET_RIGHT) != from_right ? PANGO_ALIGN_RIGHT
                                                                                       : PANGO_ALIGN_LEFT);
}

/* How far the layout must be raised to stand on its style's baseline; fonts with very high letters are not
 * raised as far, or they would reach into the line above. */
static double raise_of(const struct sheet *sheet, enum sheet_style style) {
    double above = layout_baseline(sheet) - sheet->ascents[style];
    double most = 0.3 * STYLES[style].points;
    return above < most ? above : most;
}

static void show(struct sheet *sheet, enum sheet_style style, double x, double y) {
    const struct colour *colour = STYLES[style].colour;
    if (sheet->drawing) {
        cairo_set_source_rgb(sheet->cairo, colour->red, colour->green, colour->blue);
        cairo_move_to(sheet->cairo, x, y);
        pango_cairo_show_layout(sheet->cairo, sheet->layout);
    }
}

double sheet_text_height(struct sheet *sheet, struct sheet_box box, struct text text) {
    if (text.length == 0) {
        return 0;
    }
    set_box(sheet, box, text);
    return layout_height(sheet) - raise_of(sheet, box.style);
}

double sheet_text(struct sheet *sheet, struct sheet_box box, struct text text) {
    double height = sheet_text_height(sheet, box, text);
    if (text.length > 0) {
        show(sheet, box.style, box.x, box.y - raise_of(sheet, box.style));
    }
    return height;
}

double sheet_line(struct sheet *sheet, struct sheet_box box, struct text text) {
    assert(box.width > 0);
    set_one_line(sheet, box.style, text);
    double width = layout_width(sheet);
    double points = STYLES[box.style].points;
    if (width > box.width) {
        /* Without hinting a text's width is in proportion to its size, but for the rounding of sizes. */
        PangoFontDescription *font = pango_font_description_copy(sheet->fonts[box.style]);
        while (width > box.width && points > 0.1) {
            points *= box.width / width * 0.999;
            pango_font_description_set_absolute_size(font, points * PANGO_SCALE);
            pango_layout_set_font_description(sheet->layout, font);
            width = layout_width(sheet);
        }
        pango_font_description_free(font);
    }
    double x = box.align == SHEET_RIGHT ? box.x + box.width - width : box.x;
    show(sheet, box.style, x, box.y + sheet->ascents[box.style] - layout_baseline(sheet));
    return sheet->line_heights[box.style];
}

double sheet_text_width(struct sheet *sheet, enum sheet_style style, struct text text) {
    set_one_line(sheet, style, text);
    return layout_width(sheet);
}

double sheet_line_height(const struct sheet *sheet, enum sheet_style style) {
    return sheet->line_heights[style];
}

/* ---- what is not text ---- */

void sheet_fill(struct sheet *sheet, double x, double y, double width, double height, enum sheet_ink ink) {
    if (sheet->drawing) {
        cairo_set_source_rgb(sheet->cairo, INKS[ink].red, INKS[ink].green, INKS[ink].blue);
        cairo_rectangle(sheet->cairo, x, y, width, height);
        cairo_fill(sheet->cairo);
    }
}

void sheet_rule(struct sheet *sheet, double x, double y, double width, double thickness, enum sheet_ink ink) {
    sheet_fill(sheet, x, y - thickness / 2, width, thickness, ink);
}

double sheet_picture(struct sheet *sheet, cairo_surface_t *picture, double right, double y, double width_most,
                     double height_most) {
    double width = cairo_image_surface_get_width(picture);
    double height = cairo_image_surface_get_height(picture);
    assert(width >= 1 && height >= 1);
    double scale = fmin(1, fmin(width_most / width, height_most / height));
    if (sheet->drawing) {
        cairo_save(sheet->cairo);
        cairo_translate(sheet->cairo, right - width * scale, y);
        cairo_scale(sheet->cairo, scale, scale);
        cairo_set_source_surface(sheet->cairo, picture, 0, 0);
        cairo_paint(sheet->cairo);
        cairo_restore(sheet->cairo);
    }
    return height * scale;
}

void sheet_bookmark(struct sheet *sheet, int parent, double y, struct text title, int *entry) {
    if (sheet->drawing && title.length > 0) {
        struct text where = text_format(sheet->arena, "page=%d pos=[0 %d]", sheet->page, (int)y);
        *entry = cairo_pdf_surface_add_outline(sheet->surface, parent, text_copy(sheet->arena, title).at,
                                               where.at, (cairo_pdf_outline_flags_t)0);
    }
}
