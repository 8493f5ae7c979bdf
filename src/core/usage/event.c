#include "core/usage/event.h"

#include <assert.h>

static const char *const KIND_NAMES[] = {
    [EVENT_ON] = "on",           [EVENT_OFF] = "off",       [EVENT_SEATS] = "seats",
    [EVENT_SUSPEND] = "suspend", [EVENT_RESUME] = "resume", [EVENT_UNDO] = "undo",
};

const char *event_kind_name(enum event_kind kind) {
    assert(kind >= EVENT_ON && kind <= EVENT_UNDO);
    return KIND_NAMES[kind];
}
