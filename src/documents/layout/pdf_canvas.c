#include "documents/layout/pdf_canvas.h"

#include "core/base/buffer.h"

#include <assert.h>
#include <cairo-pdf.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

struct pdf_canvas {
    struct arena *arena;
    struct buffer bytes;
    cairo_surface_t *surface;
    cairo_t *cairo;
    PangoContext *context;
    PangoLayout *layout;
    PangoFontDescription *fonts[PDF_CANVAS_STYLE_COUNT];
    double ascents[PDF_CANVAS_STYLE_COUNT];
    double line_heights[PDF_CANVAS_STYLE_COUNT];
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
static const struct style STYLES[PDF_CANVAS_STYLE_COUNT] = {
    [PDF_CANVAS_BODY] = {9, PANGO_WEIGHT_NORMAL, &DARK},
    [PDF_CANVAS_STRONG] = {9, PANGO_WEIGHT_BOLD, &DARK},
    [PDF_CANVAS_SMALL] = {8, PANGO_WEIGHT_NORMAL, &DARK},
    [PDF_CANVAS_SMALL_STRONG] = {8, PANGO_WEIGHT_BOLD, &DARK},
    [PDF_CANVAS_MUTED] = {8, PANGO_WEIGHT_NORMAL, &GREY},
    [PDF_CANVAS_NOTE] = {7, PANGO_WEIGHT_NORMAL, &GREY},
    [PDF_CANVAS_NUMBER] = {11, PANGO_WEIGHT_NORMAL, &GREY},
    [PDF_CANVAS_NAME] = {13, PANGO_WEIGHT_BOLD, &DARK},
    [PDF_CANVAS_TITLE] = {24, PANGO_WEIGHT_BOLD, &DARK},
    [PDF_CANVAS_HEADING] = {12, PANGO_WEIGHT_BOLD, &DARK},
    [PDF_CANVAS_DUE] = {17, PANGO_WEIGHT_BOLD, &DARK},
};
static const struct colour INKS[] = {
    [PDF_CANVAS_INK_LINE] = {0.85, 0.87, 0.90},
    [PDF_CANVAS_INK_STRONG_LINE] = {0.30, 0.33, 0.40},
    [PDF_CANVAS_INK_TINT] = {0.955, 0.965, 0.98},
    [PDF_CANVAS_INK_ACCENT] = {0.11, 0.27, 0.51},
};

static cairo_status_t append(void *closure, const unsigned char *bytes, unsigned int length) {
    struct pdf_canvas *canvas = closure;
    buffer_add(&canvas->bytes, (struct text){(const char *)bytes, length});
    return CAIRO_STATUS_SUCCESS;
}

static void make_surface(struct pdf_canvas *canvas, struct pdf_canvas_size size,
                         const struct pdf_canvas_about *about) {
    struct arena *arena = canvas->arena;
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(append, canvas, size.width, size.height);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, text_copy(arena, about->title).at);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, text_copy(arena, about->author).at);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Seatmeter");
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                   text_copy(arena, about->created).at);
    canvas->surface = surface;
    canvas->cairo = cairo_create(surface);
}

static void make_context(struct pdf_canvas *canvas, const char *language) {
    canvas->context = pango_cairo_create_context(canvas->cairo);
    /* One unit is one point, and no locale decides which glyphs are chosen. */
    pango_cairo_context_set_resolution(canvas->context, 72);
    pango_context_set_language(canvas->context, pango_language_from_string(language));
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(canvas->context, options);
    cairo_font_options_destroy(options);
    canvas->layout = pango_layout_new(canvas->context);
    pango_layout_set_wrap(canvas->layout, PANGO_WRAP_WORD_CHAR);
    /* Digits of one width stand below each other. */
    PangoAttrList *attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1"));
    pango_layout_set_attributes(canvas->layout, attributes);
    pango_attr_list_unref(attributes);
}

static double layout_height(const struct pdf_canvas *canvas) {
    int height;
    pango_layout_get_size(canvas->layout, NULL, &height);
    return (double)height / PANGO_SCALE;
}

static double layout_width(const struct pdf_canvas *canvas) {
    int width;
    pango_layout_get_size(canvas->layout, &width, NULL);
    return (double)width / PANGO_SCALE;
}

static double layout_baseline(const struct pdf_canvas *canvas) {
    return (double)pango_layout_get_baseline(canvas->layout) / PANGO_SCALE;
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

static void make_fonts(struct pdf_canvas *canvas, const char *language) {
    for (int i = 0; i < PDF_CANVAS_STYLE_COUNT; i++) {
        PangoFontDescription *font = pango_font_description_from_string(font_names(language));
        pango_font_description_set_absolute_size(font, STYLES[i].points * PANGO_SCALE);
        pango_font_description_set_weight(font, STYLES[i].weight);
        canvas->fonts[i] = font;
        pango_layout_set_font_description(canvas->layout, font);
        pango_layout_set_text(canvas->layout, "0", 1);
        canvas->ascents[i] = layout_baseline(canvas);
        canvas->line_heights[i] = layout_height(canvas);
    }
}

struct pdf_canvas *pdf_canvas_new(struct arena *arena, struct pdf_canvas_size size,
                                  const struct pdf_canvas_about *about) {
    struct pdf_canvas *canvas = ARENA_NEW(arena, struct pdf_canvas, 1);
    canvas->arena = arena;
    canvas->bytes.arena = arena;
    canvas->page = 1;
    make_surface(canvas, size, about);
    make_context(canvas, about->language);
    make_fonts(canvas, about->language);
    return canvas;
}

void pdf_canvas_start_drawing(struct pdf_canvas *canvas) {
    canvas->drawing = true;
    canvas->page = 1;
}

enum status pdf_canvas_finish(struct pdf_canvas *canvas, struct text *pdf, struct fault *fault) {
    for (int i = 0; i < PDF_CANVAS_STYLE_COUNT; i++) {
        pango_font_description_free(canvas->fonts[i]);
    }
    g_object_unref(canvas->layout);
    g_object_unref(canvas->context);
    cairo_status_t drawn = cairo_status(canvas->cairo);
    cairo_destroy(canvas->cairo);
    cairo_surface_finish(canvas->surface);
    cairo_status_t written = cairo_surface_status(canvas->surface);
    cairo_surface_destroy(canvas->surface);
    if (drawn != CAIRO_STATUS_SUCCESS || written != CAIRO_STATUS_SUCCESS) {
        return fault_set(fault, STATUS_INTERNAL, "pdf-failed", NULL, TEXT(""),
                         "The PDF could not be drawn: %s.",
                         cairo_status_to_string(drawn != CAIRO_STATUS_SUCCESS ? drawn : written));
    }
    *pdf = buffer_text(&canvas->bytes);
    return STATUS_OK;
}

void pdf_canvas_next_page(struct pdf_canvas *canvas) {
    canvas->page++;
    if (canvas->drawing) {
        cairo_show_page(canvas->cairo);
    }
}

/* ---- text ---- */

static void set_text(struct pdf_canvas *canvas, enum pdf_canvas_style style, struct text text) {
    assert(text.length <= INT32_MAX);
    pango_layout_set_font_description(canvas->layout, canvas->fonts[style]);
    pango_layout_set_text(canvas->layout, text.length == 0 ? "" : text.at, (int)text.length);
}

static void set_one_line(struct pdf_canvas *canvas, enum pdf_canvas_style style, struct text text) {
    set_text(canvas, style, text);
    pango_layout_set_width(canvas->layout, -1);
    pango_layout_set_ellipsize(canvas->layout, PANGO_ELLIPSIZE_NONE);
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

static void set_box(struct pdf_canvas *canvas, struct pdf_canvas_box box, struct text text) {
    assert(box.width > 0 && box.lines >= 1);
    set_text(canvas, box.style, text);
    pango_layout_set_width(canvas->layout, (int)(box.width * PANGO_SCALE));
    pango_layout_set_height(canvas->layout, -box.lines);
    pango_layout_set_ellipsize(canvas->layout, PANGO_ELLIPSIZE_END);
    /* Pango means "where the paragraph begins" by left; a column means its left side. */
    bool from_right = is_right_to_left(text);
    pango_layout_set_alignment(
        canvas->layout, (box.align == PDF_CANVAS_RIGHT) != from_right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
}

/* How far the layout must be raised to stand on its style's baseline; fonts with very high letters are not
 * raised as far, or they would reach into the line above. */
static double raise_of(const struct pdf_canvas *canvas, enum pdf_canvas_style style) {
    double above = layout_baseline(canvas) - canvas->ascents[style];
    double most = 0.3 * STYLES[style].points;
    return above < most ? above : most;
}

static void show(struct pdf_canvas *canvas, enum pdf_canvas_style style, double x, double y) {
    const struct colour *colour = STYLES[style].colour;
    if (canvas->drawing) {
        cairo_set_source_rgb(canvas->cairo, colour->red, colour->green, colour->blue);
        cairo_move_to(canvas->cairo, x, y);
        pango_cairo_show_layout(canvas->cairo, canvas->layout);
    }
}

double pdf_canvas_text_height(struct pdf_canvas *canvas, struct pdf_canvas_box box, struct text text) {
    if (text.length == 0) {
        return 0;
    }
    set_box(canvas, box, text);
    return layout_height(canvas) - raise_of(canvas, box.style);
}

double pdf_canvas_text(struct pdf_canvas *canvas, struct pdf_canvas_box box, struct text text) {
    double height = pdf_canvas_text_height(canvas, box, text);
    if (text.length > 0) {
        show(canvas, box.style, box.x, box.y - raise_of(canvas, box.style));
    }
    return height;
}

double pdf_canvas_line(struct pdf_canvas *canvas, struct pdf_canvas_box box, struct text text) {
    assert(box.width > 0);
    set_one_line(canvas, box.style, text);
    double width = layout_width(canvas);
    double points = STYLES[box.style].points;
    if (width > box.width) {
        /* Without hinting a text's width is in proportion to its size, but for the rounding of sizes. */
        PangoFontDescription *font = pango_font_description_copy(canvas->fonts[box.style]);
        while (width > box.width && points > 0.1) {
            points *= box.width / width * 0.999;
            pango_font_description_set_absolute_size(font, points * PANGO_SCALE);
            pango_layout_set_font_description(canvas->layout, font);
            width = layout_width(canvas);
        }
        pango_font_description_free(font);
    }
    double x = box.align == PDF_CANVAS_RIGHT ? box.x + box.width - width : box.x;
    show(canvas, box.style, x, box.y + canvas->ascents[box.style] - layout_baseline(canvas));
    return canvas->line_heights[box.style];
}

double pdf_canvas_text_width(struct pdf_canvas *canvas, enum pdf_canvas_style style, struct text text) {
    set_one_line(canvas, style, text);
    return layout_width(canvas);
}

double pdf_canvas_line_height(const struct pdf_canvas *canvas, enum pdf_canvas_style style) {
    return canvas->line_heights[style];
}

/* ---- what is not text ---- */

void pdf_canvas_fill(struct pdf_canvas *canvas, double x, double y, double width, double height,
                     enum pdf_canvas_ink ink) {
    if (canvas->drawing) {
        cairo_set_source_rgb(canvas->cairo, INKS[ink].red, INKS[ink].green, INKS[ink].blue);
        cairo_rectangle(canvas->cairo, x, y, width, height);
        cairo_fill(canvas->cairo);
    }
}

void pdf_canvas_rule(struct pdf_canvas *canvas, double x, double y, double width, double thickness,
                     enum pdf_canvas_ink ink) {
    pdf_canvas_fill(canvas, x, y - thickness / 2, width, thickness, ink);
}

double pdf_canvas_picture(struct pdf_canvas *canvas, cairo_surface_t *picture, double right, double y,
                          double width_most, double height_most) {
    double width = cairo_image_surface_get_width(picture);
    double height = cairo_image_surface_get_height(picture);
    assert(width >= 1 && height >= 1);
    double scale = fmin(1, fmin(width_most / width, height_most / height));
    if (canvas->drawing) {
        cairo_save(canvas->cairo);
        cairo_translate(canvas->cairo, right - width * scale, y);
        cairo_scale(canvas->cairo, scale, scale);
        cairo_set_source_surface(canvas->cairo, picture, 0, 0);
        cairo_paint(canvas->cairo);
        cairo_restore(canvas->cairo);
    }
    return height * scale;
}

void pdf_canvas_bookmark(struct pdf_canvas *canvas, int parent, double y, struct text title, int *entry) {
    if (canvas->drawing && title.length > 0) {
        struct text where = text_format(canvas->arena, "page=%d pos=[0 %d]", canvas->page, (int)y);
        *entry = cairo_pdf_surface_add_outline(canvas->surface, parent, text_copy(canvas->arena, title).at,
                                               where.at, (cairo_pdf_outline_flags_t)0);
    }
}
