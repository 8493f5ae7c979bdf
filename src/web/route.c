#include "web/route.h"

#include <assert.h>
#include <string.h>

static const char *const METHOD_NAMES[METHOD_COUNT] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

const char *method_name(enum method method) {
    assert(method >= 0 && method < METHOD_COUNT);
    return METHOD_NAMES[method];
}

bool route_takes_query(const struct route *route, struct text name) {
    struct text words = text_of(route->query);
    while (words.length > 0) {
        if (text_equal(text_take_until(&words, ' '), name)) {
            return true;
        }
    }
    return false;
}

void route_table_add(struct route_table *table, const struct route_group *group) {
    assert(table->group_count < ROUTE_GROUPS_MAX);
    assert(group->count > 0);
    table->groups[table->group_count++] = group;
}

size_t route_table_count(const struct route_table *table) {
    size_t count = 0;
    for (size_t i = 0; i < table->group_count; i++) {
        count += table->groups[i]->count;
    }
    return count;
}

const struct route *route_table_at(const struct route_table *table, size_t index) {
    size_t group = 0;
    while (group < table->group_count && index >= table->groups[group]->count) {
        index -= table->groups[group]->count;
        group++;
    }
    assert(group < table->group_count);
    return &table->groups[group]->routes[index];
}
