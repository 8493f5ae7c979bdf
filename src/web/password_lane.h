/* Password lane: who waits to have a password checked, so that whoever guesses keeps nobody else out.
 *
 * There are two rows, from which requests are taken in turn: browsers in which the very person signed in
 * before, and everybody else. A crowd is who belongs together: of strangers a network (IPv6: /48, IPv4: /24),
 * of the others the person. In a full row a newcomer takes the place of the newest of the largest crowd. */
#ifndef SEATMETER_WEB_PASSWORD_LANE_H
#define SEATMETER_WEB_PASSWORD_LANE_H

#include "web/request.h"

/* A password takes a tenth of a second to check. A client that is told to come again can wait better than one
 * that hangs behind ten others. */
enum { PASSWORDS_WAITING_MAX = 8 /* in a row */ };

struct request_queue {
    struct request *first;
    struct request *last;
    size_t length;
};

void request_queue_add(struct request_queue *queue, struct request *request);
/* `before` stands in front of the request; NULL: nothing does. */
void request_queue_remove(struct request_queue *queue, struct request *before, struct request *request);

struct password_lane {
    struct request_queue known;
    struct request_queue strangers;
    bool known_was_last; /* the last one that was taken */
};

/* Adds the request by its `crowd` and `is_known_browser`. Returns the one that has no place: NULL, another
 * one that lost its place to it, or the request itself. */
struct request *password_lane_add(struct password_lane *lane, struct request *request);

/* The next one; NULL where nobody waits. */
struct request *password_lane_take(struct password_lane *lane);

bool password_lane_is_empty(const struct password_lane *lane);

#endif
