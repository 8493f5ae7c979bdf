/* The network over libcurl. */
#include "network.h"

#ifndef _WIN32

#include "seatmeter_curl.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct network {
    struct sm_curl *curl;
};

bool network_read_address(const char *url, struct network_address *address) {
    CURLU *handle = curl_url();
    char *scheme = NULL;
    char *host = NULL;
    bool is_read = handle != NULL && curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK &&
                   curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                   curl_url_get(handle, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                   strlen(host) < sizeof address->host &&
                   (strcmp(scheme, "https") == 0 || strcmp(scheme, "http") == 0);
    if (is_read) {
        address->is_tls = strcmp(scheme, "https") == 0;
        snprintf(address->host, sizeof address->host, "%s", host);
    }
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(handle);
    return is_read;
}

/* libcurl opens it as it stands, and would wait for whoever writes into a pipe. */
static bool waits_for_ca_file(const struct settings *settings) {
    FILE *file = settings->ca_file[0] == '\0' ? NULL : platform_open_plain(settings->ca_file);
    bool waits = file == NULL && settings->ca_file[0] != '\0' && errno == EINVAL;
    if (file != NULL) {
        fclose(file);
    }
    if (waits) {
        fprintf(stderr, "seatmeter-agent: ca-file names a plain file, and %s is none\n", settings->ca_file);
    }
    return waits;
}

enum sm_code network_open(const struct settings *settings, const struct signals *signals,
                          int (*is_interrupted)(void *context), void *context, struct network **network) {
    struct sm_curl_options options = {.size = sizeof options,
                                      .user_agent = "seatmeter-agent/" SM_VERSION,
                                      .is_interrupted = is_interrupted,
                                      .interrupt_context = context,
                                      .interrupt_descriptor = (int)signals->wake,
                                      .ca_file = settings->ca_file[0] == '\0' ? NULL : settings->ca_file,
                                      .proxy = settings_proxy(settings)};
    if (waits_for_ca_file(settings)) {
        return SM_WRONG_CALL;
    }
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
