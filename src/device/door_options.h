/* Door options: how a device door is started. */
#ifndef SEATMETER_DEVICE_DOOR_OPTIONS_H
#define SEATMETER_DEVICE_DOOR_OPTIONS_H

#include "core/base/text.h"

#include <stdint.h>

struct device_options {
    struct text database_url;
    struct text address;         /* as of control_options; empty: DEVICE_ADDRESS_DEFAULT */
    const unsigned char *secret; /* PROGRAMME_SECRET_BYTES */
    struct text artifacts;       /* the directory of the artifact store; empty: no downloads */
    struct text metrics_token;   /* opens /metrics to other machines than this one; empty: nothing does */
    int log_fd;                  /* where notes go, a line of JSON each; check-ins are counted, not logged */
    int64_t (*now_us)(void);     /* NULL: the machine's clock */
    uint32_t connections_max;    /* 0: DEVICE_CONNECTIONS_DEFAULT */
    uint32_t batch_max; /* leases under one signature at most, 1 to MERKLE_LEAVES_MAX; 0: the default */
    int64_t late_us;    /* requests that have waited longer are shed; 0: the default */
};

#define DEVICE_ADDRESS_DEFAULT "127.0.0.1:7078"
enum { DEVICE_CONNECTIONS_DEFAULT = 16384 };

#endif
