/* The network over libcurl. */
#include "network.h"

#ifndef _WIN32

#include "seatmeter_curl.h"

#include <stdlib.h>

struct network {
    struct sm_curl *curl;
};

enum sm_code network_open(const struct settings *settings, const struct signals *signals,
                          int (*is_interrupted)(void *context), void *context, struct network **network) {
    struct sm_curl_options options = {.size = sizeof options,
                                      .user_agent = "seatmeter-agent/" SM_VERSION,
                                      .is_interrupted = is_interrupted,
                                      .interrupt_context = context,
                                      .interrupt_descriptor = (int)signals->wake,
                                      .ca_file = settings->ca_file[0] == '\0' ? NULL : settings->ca_file,
                                      .proxy = settings_proxy(settings)};
    struct network *made = malloc(sizeof *made);
    enum sm_code code = made == NULL ? SM_NO_MEMORY : sm_curl_open(&options, &made->curl);
    if (code != SM_OK) {
        free(made);
        return code;
    }
    *network = made;
    return SM_OK;
}

void network_close(struct network *network) {
    if (network != NULL) {
        sm_curl_close(network->curl);
        free(network);
    }
}

struct sm_transport network_transport(struct network *network) {
    return sm_curl_transport(network->curl);
}

bool network_failed_for_good(const struct network *network) {
    return sm_curl_failed_for_good(network->curl) != 0;
}

const char *network_words(const struct network *network) {
    return sm_curl_words(network->curl);
}

#endif
