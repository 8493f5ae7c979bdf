#include "documents/sheet.h"

#include "documents/buffer.h"

#include <assert.h>
#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

struct sheet {
    struct buffer bytes;
    cairo_surface_t *surface;
    cairo_t *cairo;
    PangoContext *context;
    PangoLayout *layout;
    struct sheet_size size;
};

struct style {
    double points;
    PangoWeight weight;
    double red, green, blue;
};
static const struct style STYLES[] = {
    [SHEET_BODY] = {9, PANGO_WEIGHT_NORMAL, 0.11, 0.14, 0.19},
    [SHEET_STRONG] = {9, PANGO_WEIGHT_BOLD, 0.11, 0.14, 0.19},
    [SHEET_MUTED] = {8, PANGO_WEIGHT_NORMAL, 0.40, 0.44, 0.52},
    [SHEET_TITLE] = {22, PANGO_WEIGHT_BOLD, 0.11, 0.14, 0.19},
    [SHEET_TOTAL] = {12, PANGO_WEIGHT_BOLD, 0.11, 0.14, 0.19},
};

static cairo_status_t append(void *closure, const unsigned char *bytes, unsigned int length) {
    struct sheet *sheet = closure;
    buffer_add(&sheet->bytes, (struct text){(const char *)bytes, length});
    return CAIRO_STATUS_SUCCESS;
}

struct sheet *sheet_new(struct arena *arena, struct sheet_size size, struct text title, struct text author,
                        struct text created) {
    struct sheet *sheet = ARENA_NEW(arena, struct sheet, 1);
    sheet->bytes.arena = arena;
    sheet->size = size;
    sheet->surface = cairo_pdf_surface_create_for_stream(append, sheet, size.width, size.height);
    cairo_pdf_surface_set_metadata(sheet->surface, CAIRO_PDF_METADATA_TITLE, text_copy(arena, title).at);
    cairo_pdf_surface_set_metadata(sheet->surface, CAIRO_PDF_METADATA_AUTHOR, text_copy(arena, author).at);
    cairo_pdf_surface_set_metadata(sheet->surface, CAIRO_PDF_METADATA_CREATOR, "Seatmeter");
    cairo_pdf_surface_set_metadata(sheet->surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                   text_copy(arena, created).at);
    sheet->cairo = cairo_create(sheet->surface);
    sheet->context = pango_cairo_create_context(sheet->cairo);
    /* One unit is one point, and no locale decides which glyphs are chosen. */
    pango_cairo_context_set_resolution(sheet->context, 72);
    pango_context_set_language(sheet->context, pango_language_from_string("en"));
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(sheet->context, options);
    cairo_font_options_destroy(options);
    sheet->layout = pango_layout_new(sheet->context);
    PangoAttrList *attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1"));
    pango_layout_set_attributes(sheet->layout, attributes);
    pango_attr_list_unref(attributes);
    return sheet;
}

enum status sheet_finish(struct sheet *sheet, struct text *pdf, struct fault *fault) {
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
    cairo_show_page(sheet->cairo);
}

/* The direction of the first letter that has one decides (UAX #9, P2 and P3), as it does for Pango. */
static bool is_right_to_left(struct text text) {
    const uint8_t *bytes = (const uint8_t *)text.at;
    size_t at = 0;
    while (at < text.length) {
        UChar32 c;
        U8_NEXT(bytes, at, text.length, c);
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

double sheet_text(struct sheet *sheet, bool draw, double x, double y, double width, int lines,
                  enum sheet_style style, enum sheet_align align, struct text text) {
    assert(width > 0 && lines >= 1);
    const struct style *look = &STYLES[style];
    PangoFontDescription *font = pango_font_description_from_string("Noto Sans, DejaVu Sans, Sans");
    pango_font_description_set_absolute_size(font, look->points * PANGO_SCALE);
    pango_font_description_set_weight(font, look->weight);
    pango_layout_set_font_description(sheet->layout, font);
    pango_font_description_free(font);
    pango_layout_set_text(sheet->layout, text.at, (int)text.length);
    pango_layout_set_width(sheet->layout, (int)(width * PANGO_SCALE));
    pango_layout_set_height(sheet->layout, -lines);
    pango_layout_set_wrap(sheet->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_ellipsize(sheet->layout, PANGO_ELLIPSIZE_END);
    /* Pango means "where the paragraph begins" by left; a column means its left side. */
    bool right_to_left = is_right_to_left(text);
    pango_layout_set_alignment(sheet->layout, (align == SHEET_RIGHT) != right_to_left ? PANGO_ALIGN_RIGHT
                                                                                      : PANGO_ALIGN_LEFT);
    int height;
    pango_layout_get_size(sheet->layout, NULL, &height);
    if (draw) {
        cairo_set_source_rgb(sheet->cairo, look->red, look->green, look->blue);
        cairo_move_to(sheet->cairo, x, y);
        pango_cairo_show_layout(sheet->cairo, sheet->layout);
    }
    return (double)height / PANGO_SCALE;
}

static void draw_line(struct sheet *sheet, double x, double y, double width, double thickness, double grey) {
    cairo_set_source_rgb(sheet->cairo, grey, grey, grey + 0.02);
    cairo_set_line_width(sheet->cairo, thickness);
    cairo_move_to(sheet->cairo, x, y);
    cairo_line_to(sheet->cairo, x + width, y);
    cairo_stroke(sheet->cairo);
}

void sheet_rule(struct sheet *sheet, double x, double y, double width) {
    draw_line(sheet, x, y, width, 0.5, 0.84);
}

void sheet_strong_rule(struct sheet *sheet, double x, double y, double width) {
    draw_line(sheet, x, y, width, 1, 0.3);
}

void sheet_band(struct sheet *sheet, double x, double y, double width, double height) {
    cairo_set_source_rgb(sheet->cairo, 0.95, 0.96, 0.975);
    cairo_rectangle(sheet->cairo, x, y, width, height);
    cairo_fill(sheet->cairo);
}

static cairo_status_t take(void *closure, unsigned char *bytes, unsigned int length) {
    struct text *left = closure;
    if (left->length < length) {
        return CAIRO_STATUS_READ_ERROR;
    }
    memcpy(bytes, left->at, length);
    *left = (struct text){left->at + length, left->length - length};
    return CAIRO_STATUS_SUCCESS;
}

bool sheet_png(struct sheet *sheet, struct text png, double right, double y, double width_most,
               double height_most) {
    cairo_surface_t *image = cairo_image_surface_create_from_png_stream(take, &png);
    bool read = cairo_surface_status(image) == CAIRO_STATUS_SUCCESS;
    if (read) {
        double width = cairo_image_surface_get_width(image);
        double height = cairo_image_surface_get_height(image);
        double scale = width_most / width < height_most / height ? width_most / width : height_most / height;
        cairo_save(sheet->cairo);
        cairo_translate(sheet->cairo, right - width * scale, y);
        cairo_scale(sheet->cairo, scale, scale);
        cairo_set_source_surface(sheet->cairo, image, 0, 0);
        cairo_paint(sheet->cairo);
        cairo_restore(sheet->cairo);
    }
    cairo_surface_destroy(image);
    return read;
}
