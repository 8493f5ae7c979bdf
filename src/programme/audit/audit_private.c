#include "programme/audit/audit_private.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

void audit_found(struct audit *audit, const char *rule, struct text subject, const char *format, ...) {
    char message[1024];
    va_list arguments;
    assert(audit->result.count <= AUDIT_VIOLATIONS_MAX);
    audit->result.violation_total++;
    if (audit->result.count == AUDIT_VIOLATIONS_MAX) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    struct arena *arena = audit->call->arena;
    audit->violations[audit->result.count++] =
        (struct violation){text_of(rule), text_copy(arena, subject), text_copy(arena, text_of(message))};
}
