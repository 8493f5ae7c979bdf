/* The network over WinHTTP. */
#include "network.h"

#ifdef _WIN32

#include "seatmeter_winhttp.h"
#include "wide.h"

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>
#include <winhttp.h>

struct network {
    struct sm_winhttp *winhttp;
};

bool network_read_address(const char *url, struct network_address *address) {
    wchar_t host[sizeof address->host];
    URL_COMPONENTS parts = {
        .dwStructSize = sizeof parts, .lpszHostName = host, .dwHostNameLength = sizeof host / sizeof host[0]};
    wchar_t *wide = sm_wide_of(url);
    bool is_read = wide != NULL && WinHttpCrackUrl(wide, 0, 0, &parts) &&
                   (parts.nScheme == INTERNET_SCHEME_HTTP || parts.nScheme == INTERNET_SCHEME_HTTPS) &&
                   sm_wide_to_text(host, address->host, sizeof address->host);
    address->is_tls = is_read && parts.nScheme == INTERNET_SCHEME_HTTPS;
    free(wide);
    return is_read;
}

enum sm_code network_open(const struct settings *settings, const struct signals *signals,
                          int (*is_interrupted)(void *context), void *context, struct network **network) {
    if (settings->ca_file[0] != '\0') {
        fprintf(stderr, "seatmeter-agent: Windows takes no --ca-file: give the certificate to its store of "
                        "trusted authorities\n");
        return SM_WRONG_CALL;
    }
    struct sm_winhttp_options options = {.size = sizeof options,
                                         .user_agent = "seatmeter-agent/" SM_VERSION,
                                         .is_interrupted = is_interrupted,
                                         .interrupt_context = context,
                                         .interrupt_event = (void *)signals->wake,
                                         .proxy = settings_proxy(settings)};
    struct network *made = malloc(sizeof *made);
    enum sm_code code = made == NULL ? SM_NO_MEMORY : sm_winhttp_open(&options, &made->winhttp);
    if (code != SM_OK) {
        free(made);
        return code;
    }
    *network = made;
    return SM_OK;
}

void network_close(struct network *network) {
    if (network != NULL) {
        sm_winhttp_close(network->winhttp);
        free(network);
    }
}

struct sm_transport network_transport(struct network *network) {
    return sm_winhttp_transport(network->winhttp);
}

bool network_failed_for_good(const struct network *network) {
    return sm_winhttp_failed_for_good(network->winhttp) != 0;
}

const char *network_words(const struct network *network) {
    return sm_winhttp_words(network->winhttp);
}

#endif
