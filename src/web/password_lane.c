#include "web/password_lane.h"

#include <assert.h>

void request_queue_add(struct request_queue *queue, struct request *request) {
    request->next = NULL;
    if (queue->last == NULL) {
        queue->first = request;
    } else {
        queue->last->next = request;
    }
    queue->last = request;
    queue->length++;
}

void request_queue_remove(struct request_queue *queue, struct request *before, struct request *request) {
    assert(queue->length > 0 && (before == NULL ? queue->first : before->next) == request);
    if (before == NULL) {
        queue->first = request->next;
    } else {
        before->next = request->next;
    }
    if (queue->last == request) {
        queue->last = before;
    }
    queue->length--;
}

/* How many of the crowd wait in the row. */
static size_t count_crowd(const struct request_queue *row, struct text crowd) {
    size_t count = 0;
    for (const struct request *waiting = row->first; waiting != NULL; waiting = waiting->next) {
        count += text_equal(waiting->crowd, crowd);
    }
    return count;
}

/* Takes out the newest of the largest crowd, where that has at least `least` in the row. */
static struct request *push_out(struct request_queue *row, size_t least) {
    struct request *before = NULL, *newest = NULL, *previous = NULL;
    size_t most = least;
    for (struct request *waiting = row->first; waiting != NULL; waiting = waiting->next) {
        size_t crowd = count_crowd(row, waiting->crowd);
        if (crowd >= most) {
            most = crowd;
            newest = waiting;
            before = previous;
        }
        previous = waiting;
    }
    if (newest != NULL) {
        request_queue_remove(row, before, newest);
    }
    return newest;
}

struct request *password_lane_add(struct password_lane *lane, struct request *request) {
    struct request_queue *row = request->is_known_browser ? &lane->known : &lane->strangers;
    struct request *pushed_out = NULL;
    if (row->length == PASSWORDS_WAITING_MAX) {
        /* a place changes hands only where both crowds are nearer to each other afterwards */
        pushed_out = push_out(row, count_crowd(row, request->crowd) + 2);
        if (pushed_out == NULL) {
            return request;
        }
    }
    request_queue_add(row, request);
    assert(row->length <= PASSWORDS_WAITING_MAX);
    return pushed_out;
}

struct request *password_lane_take(struct password_lane *lane) {
    bool is_strangers_turn = lane->known.first == NULL || lane->known_was_last;
    struct request_queue *row =
        is_strangers_turn && lane->strangers.first != NULL ? &lane->strangers : &lane->known;
    struct request *request = row->first;
    if (request != NULL) {
        request_queue_remove(row, NULL, request);
        lane->known_was_last = row == &lane->known;
    }
    return request;
}

bool password_lane_is_empty(const struct password_lane *lane) {
    return lane->known.first == NULL && lane->strangers.first == NULL;
}
