/* The terms of an agreement, read from JSON: shared by offering one and adding a customer with one. */
#ifndef SEATMETER_JSON_TERMS_READ_H
#define SEATMETER_JSON_TERMS_READ_H

#include "programme/parties/agreements.h"
#include "json/json_read.h"

static inline struct agreement_terms_input terms_read(struct json_object *object) {
    return (struct agreement_terms_input){
        .currency = json_read_text(object, "currency", JSON_OPTIONAL),
        .time_zone = json_read_text(object, "time_zone", JSON_OPTIONAL),
        .tax_category = json_read_text(object, "tax_category", JSON_OPTIONAL),
        .tax_rate = json_read_text(object, "tax_rate", JSON_OPTIONAL),
        .payment_days = json_read_int_text(object, "payment_days"),
        .report_due_days = json_read_int_text(object, "report_due_days"),
        .text = json_read_text(object, "terms", JSON_OPTIONAL),
    };
}

#endif
