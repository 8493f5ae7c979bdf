/* Live options: how the live state is started. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_OPTIONS_H
#define SEATMETER_DEVICE_LIVE_LIVE_OPTIONS_H

#include "core/base/text.h"

#include <stdint.h>

struct random_source;

struct live_options {
    struct text database_url;
    const unsigned char *secret;  /* PROGRAMME_SECRET_BYTES */
    struct random_source *random; /* the writer and the feed call it, on two threads at once */
    int64_t (*now_us)(void);      /* the writer and the feed call it, on two threads at once */
    uint32_t queue_max;           /* jobs that may wait; 0: 20,000 */
};

#endif
