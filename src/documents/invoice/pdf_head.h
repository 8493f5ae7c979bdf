/* PDF head: who, to whom, when, how much and until when. All that stands above the first table. */
#ifndef SEATMETER_DOCUMENTS_INVOICE_PDF_HEAD_H
#define SEATMETER_DOCUMENTS_INVOICE_PDF_HEAD_H

#include "documents/invoice/pdf_page.h"

void pdf_draw_head(struct pdf *pdf);

#endif
