/* Audit documents: what is kept of documents is what was delivered first (R8.7). */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_DOCUMENTS_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_DOCUMENTS_H

#include "programme/audit/audit_private.h"

enum status audit_documents(struct audit *audit, struct fault *fault) MUST_CHECK;

#endif
