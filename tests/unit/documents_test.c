/* Documents: what a reader must find in an invoice and a report, in any script, for any content. */
#include "documents/invoice/document.h"
#include "documents/layout/terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;

static int open_arena(void **state) {
    (void)state;
    arena_init(&arena);
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    arena_clean_up(&arena);
    return 0;
}

static struct currency currency_of(const char *code) {
    struct currency currency;
    struct fault fault;
    assert_int_equal(currency_find(text_of(code), "currency", &currency, &fault), STATUS_OK);
    return currency;
}

static struct invoice_line a_line(const char *customer, const char *name, const char *sku, int64_t units,
                                  int64_t price_millionths, struct currency currency) {
    struct invoice_line line = {.customer_code = text_of(customer),
                                .customer_name = text_of(name),
                                .sku = text_of(sku),
                                .description = TEXT("Endpoint Protection Advanced for Windows"),
                                .policy = TEXT("peak"),
                                .measured = {units, 1},
                                .quantity = {units, 1},
                                .unit_price_millionths = price_millionths,
                                .tax = {"S", 190000},
                                .note = TEXT("")};
    struct fault fault;
    assert_int_equal(money_line_amount(line.quantity, price_millionths, currency, &line.amount_minor, &fault),
                     STATUS_OK);
    return line;
}

static struct invoice an_invoice(const char *currency, struct invoice_line *lines, size_t count) {
    struct invoice invoice = {
        .identifier = TEXT("inv_0123456789ABC"),
        .number = TEXT("NORTH-2026-000012"),
        .kind = INVOICE_KIND_INVOICE,
        .state = INVOICE_ISSUED,
        .month = month_of(2026, 10),
        .issued_on = date_of(2026, 11, 2),
        .due_on = date_of(2026, 12, 2),
        .currency = currency_of(currency),
        .seller = {.identifier = TEXT("acc_1"),
                   .code = TEXT("NORTH"),
                   .name = TEXT("Northwind Distribution"),
                   .address = TEXT("1 Harbour Street\n20095 Hamburg"),
                   .country = TEXT("DE"),
                   .tax_number = TEXT("DE123456789"),
                   .email = TEXT("billing@north.example")},
        .buyer = {.identifier = TEXT("acc_2"),
                  .code = TEXT("CEDAR"),
                  .name = TEXT("Cedar IT"),
                  .address = TEXT("12 Main Street"),
                  .country = TEXT("DE")},
        .terms = TEXT("Payable within 30 days without deduction."),
        .lines = lines,
        .line_count = count,
    };
    struct fault fault;
    assert_int_equal(invoice_total(&arena, &invoice, &fault), STATUS_OK);
    return invoice;
}

static struct text text_of_invoice(const struct invoice *invoice) {
    struct text text;
    struct fault fault;
    assert_int_equal(document_invoice_text(&arena, invoice, &text, &fault), STATUS_OK);
    return text;
}

static struct text pdf_of_invoice(const struct invoice *invoice) {
    struct text pdf;
    struct fault fault;
    assert_int_equal(document_invoice_pdf(&arena, invoice, &pdf, &fault), STATUS_OK);
    assert_true(text_starts_with(pdf, TEXT("%PDF-")));
    return pdf;
}

static bool contains(struct text whole, const char *part) {
    return memmem(whole.at, whole.length, part, strlen(part)) != NULL;
}

/* Where SEATMETER_KEEP_DOCUMENTS names a folder, what was made is kept there to be looked at. */
static struct text as_plain_text(const char *name, struct text pdf) {
    const char *keep = getenv("SEATMETER_KEEP_DOCUMENTS");
    char path[512];
    snprintf(path, sizeof path, "%s/%s.pdf", keep == NULL ? "/tmp" : keep, name);
    if (keep == NULL) {
        snprintf(path, sizeof path, "/tmp/seatmeter-document.XXXXXX");
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        close(fd);
    }
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(pdf.at, 1, pdf.length, file), pdf.length);
    assert_int_equal(fclose(file), 0);
    char command[600];
    snprintf(command, sizeof command, "pdftotext -layout %s - 2>/dev/null", path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    char *text = ARENA_NEW(&arena, char, 4 << 20);
    size_t length = fread(text, 1, (4 << 20) - 1, pipe);
    int status = pclose(pipe);
    if (keep == NULL) {
        unlink(path);
    }
    if (status != 0) {
        print_message("SKIPPED: pdftotext is not there, so the PDF's text is not read\n");
        skip();
    }
    return (struct text){text, length};
}

/* A page ends in a form feed. */
static int pages_of(struct text plain) {
    int pages = 0;
    for (size_t i = 0; i < plain.length; i++) {
        pages += plain.at[i] == '\f';
    }
    return pages;
}

static int times_in(struct text whole, const char *part) {
    int times = 0;
    for (const char *at = whole.at;
         (at = memmem(at, whole.length - (size_t)(at - whole.at), part, strlen(part))); at++) {
        times++;
    }
    return times;
}

/* One of the fuzzer's seeds. */
static struct text a_logo(const char *name) {
    enum { MOST = 1 << 16 };
    struct text path =
        text_format(&arena, "%s/tests/fuzz/corpus/logo/%s", getenv("SEATMETER_SOURCE_ROOT"), name);
    FILE *file = fopen(path.at, "rb");
    assert_non_null(file);
    char *bytes = ARENA_NEW(&arena, char, MOST);
    size_t length = fread(bytes, 1, MOST, file);
    assert_int_equal(fclose(file), 0);
    return (struct text){bytes, length};
}

static void an_invoice_for_a_reseller_sums_up_per_sku_and_then_lists_every_customer(void **state) {
    (void)state;
    struct currency euro = currency_of("EUR");
    struct invoice_line lines[] = {a_line("DENTAL", "Harbour Dental", "EPP-ADV", 12, 3250000, euro),
                                   a_line("LEGAL", "Granite Legal", "EPP-ADV", 1000, 3250000, euro)};
    lines[1].note = TEXT("adjusted: agreed with the customer");
    lines[1].measured.parts = 1002;
    struct invoice invoice = an_invoice("EUR", lines, 2);
    struct text text = text_of_invoice(&invoice);
    assert_true(contains(text, "Invoice NORTH-2026-000012"));
    assert_true(contains(text, "1,012"));    /* both customers' units */
    assert_true(contains(text, "3,289.00")); /* net */
    assert_true(
        contains(text, "Standard rate  19 %        3,289.00  624.91\n")); /* 39.00 + 3,250.00, taxed */
    assert_true(contains(text, "3,913.91"));                              /* gross */
    assert_true(contains(text, "Harbour Dental (DENTAL): 39.00"));
    assert_true(contains(text, "adjusted: agreed with the customer; measured 1,002 (peak)"));
}

static void a_customers_own_invoice_has_no_annex(void **state) {
    (void)state;
    struct invoice_line lines[] = {a_line("CEDAR", "Cedar IT", "EPP-ADV", 3, 9990000, currency_of("EUR"))};
    struct invoice invoice = an_invoice("EUR", lines, 1);
    assert_false(contains(text_of_invoice(&invoice), "Cedar IT (CEDAR)"));
    assert_false(contains(as_plain_text("own", pdf_of_invoice(&invoice)), "per customer"));
}

static void csv_rows_begin_as_the_lines_export_and_end_in_number_tax_and_totals(void **state) {
    (void)state;
    struct invoice_line lines[] = {
        a_line("DENTAL", "Harbour Dental", "EPP,ADV", 217, 3250001, currency_of("EUR"))};
    lines[0].measured = lines[0].quantity = (struct quantity){217, 30};
    lines[0].policy = TEXT("daily");
    lines[0].position = 4;
    struct fault fault;
    assert_int_equal(
        money_line_amount(lines[0].quantity, 3250001, currency_of("EUR"), &lines[0].amount_minor, &fault),
        STATUS_OK);
    struct invoice invoice = an_invoice("EUR", lines, 1);
    struct text csv = document_invoice_csv(&arena, &invoice);
    assert_string_equal(
        text_copy(&arena, csv).at,
        "invoice,month,seller,buyer,customer,sku,policy,measured,quantity,unit_price,amount,currency,note,"
        "line,number,corrects,tax_category,tax_rate,invoice_net,invoice_tax,invoice_gross\n"
        "inv_0123456789ABC,2026-10,NORTH,CEDAR,DENTAL,\"EPP,ADV\",daily,7.233333,7.233333,3.250001,23.51,EUR,"
        ",4,NORTH-2026-000012,,S,19,23.51,4.47,27.98\n");
}

static void amounts_have_the_decimals_of_their_currency(void **state) {
    (void)state;
    struct invoice_line yen[] = {a_line("A", "A", "X", 1234, 1500000000, currency_of("JPY"))};
    struct invoice_line dinar[] = {a_line("A", "A", "X", 3, 1234567, currency_of("KWD"))};
    struct invoice in_yen = an_invoice("JPY", yen, 1);
    struct invoice in_dinar = an_invoice("KWD", dinar, 1);
    assert_true(contains(text_of_invoice(&in_yen), "1,851,000\n"));
    assert_true(contains(text_of_invoice(&in_dinar), "3.704\n"));
}

static void the_same_invoice_gives_the_same_pdf_bytes(void **state) {
    (void)state;
    struct invoice_line lines[] = {
        a_line("DENTAL", "Harbour Dental", "EPP-ADV", 12, 3250000, currency_of("EUR"))};
    struct invoice invoice = an_invoice("EUR", lines, 1);
    struct text first = pdf_of_invoice(&invoice);
    struct text second = pdf_of_invoice(&invoice);
    assert_true(text_equal(first, second));
}

static void any_script_of_the_world_stands_in_the_pdf(void **state) {
    (void)state;
    static const char *const NAMES[] = {"Żółty Ogród Sp. z o.o.",
                                        "株式会社みどり",
                                        "شركة النور للتجارة",
                                        "Ελαία ΑΕ",
                                        "Предприятие",
                                        "חברת האור"};
    struct invoice_line lines[6];
    for (size_t i = 0; i < 6; i++) {
        lines[i] = a_line(NAMES[i], NAMES[i], "EPP-ADV", (int64_t)i + 1, 3250000, currency_of("EUR"));
    }
    struct invoice invoice = an_invoice("EUR", lines, 6);
    invoice.buyer.name = TEXT("株式会社みどりシステムズ");
    invoice.buyer.address = TEXT("東京都千代田区丸の内一丁目");
    struct text text = as_plain_text("scripts", pdf_of_invoice(&invoice));
    assert_true(contains(text, "Żółty Ogród"));
    assert_true(contains(text, "株式会社みどり"));
    assert_true(contains(text, "Предприятие"));
}

static void three_thousand_lines_go_over_many_numbered_pages(void **state) {
    (void)state;
    enum { COUNT = 3000 };
    struct invoice_line *lines = ARENA_NEW(&arena, struct invoice_line, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        struct text code = text_format(&arena, "C%04zu", i / 10);
        struct text name = text_format(&arena, "Customer number %zu", i / 10);
        struct text sku = text_format(&arena, "SKU-%zu", i % 10);
        lines[i] = a_line(code.at, name.at, sku.at, (int64_t)(i % 7), 1999999, currency_of("EUR"));
    }
    struct invoice invoice = an_invoice("EUR", lines, COUNT);
    struct text text = as_plain_text("long", pdf_of_invoice(&invoice));
    assert_true(contains(text, "Page 1 of "));
    assert_true(contains(text, "Customer number 299"));
    assert_true(pages_of(text) <= 75);
}

static void number_format_of_any_size_stand_whole_on_their_line(void **state) {
    (void)state;
    struct currency euro = currency_of("EUR");
    struct invoice_line lines[] = {a_line("DENTAL", "Harbour Dental", "EPP-ADV", 300000000, 1000000000, euro),
                                   a_line("LEGAL", "Granite Legal", "EPP-ADV", 1, 1234567890123456, euro),
                                   a_line("LEGAL", "Granite Legal", "A-CODE-THAT-IS-RATHER-LONG-ITSELF",
                                          -800000000000, 9999999999, euro)};
    struct invoice invoice = an_invoice("EUR", lines, 3);
    struct text text = as_plain_text("large", pdf_of_invoice(&invoice));
    static const char *const FIGURES[] = {
        "300,000,000 ",      "300,000,000,000.00\n", "1,234,567,890.123456 ",      "1,234,567,890.12\n",
        "−800,000,000,000 ", "9,999.999999 ",        "−7,999,999,999,200,000.00\n"};
    for (size_t i = 0; i < sizeof FIGURES / sizeof FIGURES[0]; i++) {
        assert_true(times_in(text, FIGURES[i]) >= 2); /* in the summary and in the annex */
    }
    assert_false(contains(text, "…"));
}

static void each_tax_is_a_row_with_its_category_rate_and_taxable_amount(void **state) {
    (void)state;
    struct currency euro = currency_of("EUR");
    struct invoice_line lines[] = {a_line("CEDAR", "Cedar IT", "EPP-ADV", 12, 3250000, euro),
                                   a_line("CEDAR", "Cedar IT", "BOOK", 3, 9990000, euro),
                                   a_line("CEDAR", "Cedar IT", "ABROAD", 1000, 9990000, euro)};
    lines[1].tax.rate_millionths = 70000;
    lines[2].tax = (struct tax){"AE", 0};
    struct invoice invoice = an_invoice("EUR", lines, 3);
    assert_true(contains(text_of_invoice(&invoice),
                         "Tax                                             Rate  Taxable amount   Tax\n"
                         "--------------------------------------------------------------------------\n"
                         "Reverse charge: the buyer accounts for the tax   0 %        9,990.00  0.00\n"));
    struct text plain = as_plain_text("taxes", pdf_of_invoice(&invoice));
    static const char *const WORDS[] = {"Taxable amount", "Standard rate", "Reverse charge", "19 %",
                                        "9,990.00",       "10,068.48",     "29.97",          "39.00",
                                        "7.41",           "2.10"};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        assert_true(contains(plain, WORDS[i]));
    }
}

static void a_customer_whose_lines_go_over_a_page_is_named_again_on_the_next(void **state) {
    (void)state;
    enum { COUNT = 100 };
    struct invoice_line lines[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        struct text sku = text_format(&arena, "SKU-%zu", i);
        bool first = i < 2;
        lines[i] = a_line(first ? "DENTAL" : "LEGAL", first ? "Harbour Dental" : "Granite Legal", sku.at, 2,
                          1000000, currency_of("EUR"));
    }
    struct invoice invoice = an_invoice("EUR", lines, COUNT);
    struct text text = as_plain_text("continued", pdf_of_invoice(&invoice));
    const char *annex = memmem(text.at, text.length, "per customer", strlen("per customer"));
    assert_non_null(annex);
    struct text rest = {annex, text.length - (size_t)(annex - text.at)};
    assert_int_equal(times_in(rest, "Description"), pages_of(rest)); /* the columns' heading, once per page */
    assert_int_equal(times_in(rest, "Harbour Dental"), 1);
    assert_int_equal(times_in(rest, "Granite Legal"), pages_of(rest));
    assert_int_equal(times_in(rest, "(continued)"), pages_of(rest) - 1);
    assert_int_equal(times_in(rest, "196.00"), 1); /* the subtotal */
}

static void shared_characters_take_the_forms_of_the_buyers_country(void **state) {
    (void)state;
    static const struct {
        const char *country;
        const char *font;
    } FONTS[] = {{"JP", "NotoSansCJKjp"},
                 {"CN", "NotoSansCJKsc"},
                 {"TW", "NotoSansCJKtc"},
                 {"HK", "NotoSansCJKhk"},
                 {"KR", "NotoSansCJKkr"}};
    struct invoice_line lines[] = {a_line("CEDAR", "Cedar IT", "EPP-ADV", 12, 3250000, currency_of("CNY"))};
    struct invoice invoice = an_invoice("CNY", lines, 1);
    invoice.buyer.name = TEXT("直骨角令海");
    for (size_t i = 0; i < sizeof FONTS / sizeof FONTS[0]; i++) {
        invoice.buyer.country = text_of(FONTS[i].country);
        struct text pdf = pdf_of_invoice(&invoice);
        if (!contains(pdf, "NotoSansCJK")) {
            print_message("SKIPPED: Noto Sans CJK is not there, so its choice is not seen\n");
            skip();
        }
        assert_true(contains(pdf, FONTS[i].font));
    }
}

static void long_terms_are_never_cut(void **state) {
    (void)state;
    struct text terms = TEXT("");
    for (int i = 1; i <= 90; i++) {
        terms = text_format(&arena, "%.*sClause %d: what has been agreed is owed.\n", TEXT_ARGS(terms), i);
    }
    struct invoice_line lines[] = {a_line("CEDAR", "Cedar IT", "EPP-ADV", 12, 3250000, currency_of("EUR"))};
    struct invoice invoice = an_invoice("EUR", lines, 1);
    invoice.terms = terms;
    struct text text = as_plain_text("terms", pdf_of_invoice(&invoice));
    assert_int_equal(times_in(text, "what has been agreed is owed."), 90);
    assert_int_equal(pages_of(text), 3);
}

static void what_is_due_and_when_stands_in_the_head_with_the_sellers_logo(void **state) {
    (void)state;
    struct invoice_line lines[] = {a_line("CEDAR", "Cedar IT", "EPP-ADV", 12, 3250000, currency_of("EUR"))};
    struct invoice invoice = an_invoice("EUR", lines, 1);
    struct text without = pdf_of_invoice(&invoice);
    invoice.seller.logo_png = a_logo("banner");
    struct text pdf = pdf_of_invoice(&invoice);
    struct text text = as_plain_text("logo", pdf);
    assert_true(contains(text, "Amount due"));
    assert_true(contains(text, "EUR 46.41"));
    assert_true(contains(text, "2 December 2026"));
    assert_true(contains(text, "Germany"));
    assert_true(contains(pdf, "/Subtype /Image"));
    assert_false(contains(without, "/Subtype /Image"));
    invoice.seller.logo_png = a_logo("garbage");
    assert_true(text_equal(without, pdf_of_invoice(&invoice)));
}

static void texts_without_end_and_control_characters_do_no_harm(void **state) {
    (void)state;
    char *endless = ARENA_NEW(&arena, char, 5001);
    memset(endless, 'W', 5000);
    struct invoice_line lines[] = {
        a_line("DENTAL", "Harbour\x1b[31m Dental", endless, 12, 3250000, currency_of("EUR"))};
    lines[0].description = text_of(endless);
    lines[0].note = text_of(endless);
    struct invoice invoice = an_invoice("EUR", lines, 1);
    invoice.terms = text_of(endless);
    invoice.seller.name = text_of(endless);
    invoice.seller.logo_png = TEXT("this is not a PNG");
    assert_false(contains(text_of_invoice(&invoice), "\x1b"));
    pdf_of_invoice(&invoice);
}

static void an_invoice_without_lines_is_still_a_document(void **state) {
    (void)state;
    struct invoice invoice = an_invoice("EUR", NULL, 0);
    invoice.seller.country = TEXT("US");
    assert_true(contains(text_of_invoice(&invoice), "0.00"));
    pdf_of_invoice(&invoice);
}

static void a_credit_note_says_what_it_corrects_and_is_not_due(void **state) {
    (void)state;
    struct invoice_line lines[] = {a_line("CEDAR", "Cedar IT", "EPP-ADV", -3, 9990000, currency_of("EUR"))};
    struct invoice invoice = an_invoice("EUR", lines, 1);
    invoice.kind = INVOICE_KIND_CREDIT_NOTE;
    invoice.corrects_number = TEXT("NORTH-2026-000011");
    invoice.terms = TEXT("goodwill");
    struct text text = text_of_invoice(&invoice);
    assert_true(contains(text, "Credit note NORTH-2026-000012"));
    assert_true(contains(text, "NORTH-2026-000011"));
    assert_true(contains(text, "-29.97"));
    assert_false(contains(text, "Due"));
    assert_false(contains(text, "Terms"));
    assert_true(contains(text, "Reason        goodwill"));
    struct text paper = as_plain_text("credit", pdf_of_invoice(&invoice));
    assert_false(contains(paper, "Terms"));
    assert_true(contains(paper, "Reason"));
    assert_true(contains(paper, "Line"));
}

static void a_logo_must_be_a_whole_png_of_a_modest_size(void **state) {
    (void)state;
    struct fault fault;
    struct text png = a_logo("pixel");
    assert_int_equal(document_logo_check(png, &fault), STATUS_OK);
    assert_int_equal(document_logo_check((struct text){png.at, png.length - 1}, &fault), STATUS_INVALID);
    char *bytes = ARENA_NEW(&arena, char, png.length + 1);
    memcpy(bytes, png.at, png.length);
    assert_int_equal(document_logo_check((struct text){bytes, png.length + 1}, &fault), STATUS_INVALID);
    bytes[16] = 0x7F; /* two thousand million pixels wide */
    assert_int_equal(document_logo_check((struct text){bytes, png.length}, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "malformed-logo");
    assert_non_null(strstr(fault.message, "too many pixels"));
    assert_int_equal(document_logo_check(TEXT(""), &fault), STATUS_INVALID);
}

static void a_logo_must_have_a_picture_that_can_be_decoded(void **state) {
    (void)state;
    static const char *const GOOD[] = {"banner", "grey16_interlaced", "palette", "text_chunk"};
    static const char *const BAD[] = {"garbage", "short"};
    struct fault fault;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(document_logo_check(a_logo(GOOD[i]), &fault), STATUS_OK);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(document_logo_check(a_logo(BAD[i]), &fault), STATUS_INVALID);
        assert_string_equal(fault.code, "malformed-logo");
        assert_string_equal(fault.field, "logo");
    }
}

static void wide_characters_take_two_cells_and_marks_none(void **state) {
    (void)state;
    assert_int_equal(terminal_width(TEXT("abc")), 3);
    assert_int_equal(terminal_width(TEXT("株式")), 4);
    assert_int_equal(terminal_width(TEXT("e\u0301")), 1);
    struct text rest;
    struct text part = terminal_wrap(TEXT("one two three"), 8, &rest);
    assert_true(text_is(part, "one two"));
    assert_true(text_is(rest, "three"));
}

static struct usage_report a_report(struct usage_report_row *rows, size_t count) {
    return (struct usage_report){.identifier = TEXT("rep_1"),
                                 .seller_name = TEXT("Northwind"),
                                 .provider_code = TEXT("CEDAR"),
                                 .provider_name = TEXT("Cedar IT"),
                                 .month = month_of(2026, 10),
                                 .state = REPORT_DRAFT,
                                 .due_on = date_of(2026, 11, 5),
                                 .currency = {"USD", 2},
                                 .has_late_amount = true,
                                 .late_minor = 9400,
                                 .rows = rows,
                                 .row_count = count};
}

static void a_report_shows_what_was_measured_beside_what_is_charged(void **state) {
    (void)state;
    struct usage_report_row rows[] = {{.customer_code = TEXT("DENTAL"),
                                       .customer_name = TEXT("Harbour Dental"),
                                       .sku = TEXT("EPP-ADV"),
                                       .policy = TEXT("peak"),
                                       .provisioned_units = 12,
                                       .has_used = true,
                                       .used_units = 9,
                                       .over_provisioned_units = 3,
                                       .unlicensed_units = 2,
                                       .measured = {12, 1},
                                       .late = {0, 1},
                                       .has_adjustment = true,
                                       .adjusted_units = 10,
                                       .reason = TEXT("two were returned"),
                                       .chargeable = {10, 1}},
                                      {.customer_code = TEXT("LEGAL"),
                                       .sku = TEXT("MAIL"),
                                       .policy = TEXT("daily"),
                                       .provisioned_units = 5,
                                       .measured = {31, 31},
                                       .late = {47, 1},
                                       .has_late_amount = true,
                                       .late_minor = 9400,
                                       .chargeable = {31, 31}}};
    struct usage_report report = a_report(rows, 2);
    struct text text = document_report_text(&arena, &report);
    assert_true(contains(text, "Usage report of Cedar IT (CEDAR), October 2026"));
    assert_true(contains(text, "adjusted: two were returned"));
    assert_true(contains(text, "take 94.00 USD away, before tax"));
    assert_true(contains(text, "told late, and not counted any more: 47, which takes 94.00 away"));
    struct text csv = document_report_csv(&arena, &report);
    assert_true(contains(
        csv, "rep_1,2026-10,CEDAR,DENTAL,EPP-ADV,peak,12,9,3,12,10,10,two were returned,2,0,,USD\n"));
    assert_true(contains(csv, "rep_1,2026-10,CEDAR,LEGAL,MAIL,daily,5,,,1,,1,,,47,94.00,USD\n"));
}

#define A_TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        A_TEST(an_invoice_for_a_reseller_sums_up_per_sku_and_then_lists_every_customer),
        A_TEST(a_customers_own_invoice_has_no_annex),
        A_TEST(csv_rows_begin_as_the_lines_export_and_end_in_number_tax_and_totals),
        A_TEST(amounts_have_the_decimals_of_their_currency),
        A_TEST(the_same_invoice_gives_the_same_pdf_bytes),
        A_TEST(any_script_of_the_world_stands_in_the_pdf),
        A_TEST(three_thousand_lines_go_over_many_numbered_pages),
        A_TEST(number_format_of_any_size_stand_whole_on_their_line),
        A_TEST(each_tax_is_a_row_with_its_category_rate_and_taxable_amount),
        A_TEST(a_customer_whose_lines_go_over_a_page_is_named_again_on_the_next),
        A_TEST(shared_characters_take_the_forms_of_the_buyers_country),
        A_TEST(long_terms_are_never_cut),
        A_TEST(what_is_due_and_when_stands_in_the_head_with_the_sellers_logo),
        A_TEST(texts_without_end_and_control_characters_do_no_harm),
        A_TEST(an_invoice_without_lines_is_still_a_document),
        A_TEST(a_credit_note_says_what_it_corrects_and_is_not_due),
        A_TEST(a_logo_must_be_a_whole_png_of_a_modest_size),
        A_TEST(a_logo_must_have_a_picture_that_can_be_decoded),
        A_TEST(wide_characters_take_two_cells_and_marks_none),
        A_TEST(a_report_shows_what_was_measured_beside_what_is_charged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
