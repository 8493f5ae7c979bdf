/* Transfer: a download on its way to its client, first the head, with the body where it is a refusal, then
 * the file.
 *
 * The store says which file the path is a target of and whether the licence entitles to it; the request's
 * Range says which part of the file is sent. */
#ifndef SEATMETER_DEVICE_TRANSFER_H
#define SEATMETER_DEVICE_TRANSFER_H

#include "device/file_source.h"

#include <sys/types.h>

struct transfer {
    struct transfer *next;
    struct transfer *previous;
    int fd;      /* the client's connection */
    int file_fd; /* −1: none */
    bool is_head;
    int64_t licence_id;
    struct text path; /* these three stand behind the struct */
    struct text range;
    struct text if_range;
    struct arena arena;
    struct text head; /* in the arena; the part that is still to be sent */
    off_t offset;     /* of the file */
    off_t end;
    int64_t moved_at_us; /* when the client last took bytes */
};

/* Finds the target, opens its file and makes the head; or makes the refusal. */
void transfer_begin(struct file_source *source, struct transfer *transfer);

/* Sends one piece. Returns its length, 0 at the end, −1 with errno. */
ssize_t transfer_send(struct transfer *transfer);

/* Closes and frees. Unless it is finished, the connection is reset, so that the client does not take a part
 * for the whole. */
void transfer_free(struct transfer *transfer, bool is_finished);

#endif
