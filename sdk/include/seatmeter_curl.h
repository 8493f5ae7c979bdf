/* libseatmeter-curl: a transport for libseatmeter over libcurl.
 *
 * TLS certificates are verified, redirects are not followed, and proxies are taken from the options, else
 * from the environment as curl does (https_proxy, no_proxy). Connections are kept between exchanges. One
 * transport is used by one thread at a time. It can be interrupted through a descriptor, so that a program
 * that is told to stop does so at once. */
#ifndef SEATMETER_CURL_H
#define SEATMETER_CURL_H

#include "seatmeter.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Set it to zero, then `size`, then what should be other than the default. */
struct sm_curl_options {
    size_t size;              /* sizeof(struct sm_curl_options) */
    const char *user_agent;   /* NULL: "libseatmeter/VERSION" */
    const char *ca_file;      /* of certificates to trust instead of the system's; NULL: the system's */
    int64_t connect_limit_s;  /* for name, connection and TLS; 0: 10 */
    int64_t silence_limit_s;  /* given up when next to nothing has come for so long; 0: 30 */
    int64_t post_limit_s;     /* for a whole POST; 0: 60 */
    int64_t get_limit_s;      /* for a whole GET; 0: 3,600. What was got until then can be resumed */
    int64_t body_bytes_limit; /* of any answer; 0: 1 TiB. The library has closer limits of its own */
    /* While an exchange runs: asked at least every second, and at once when `descriptor` can be read
     * (negative, or 0: none); the exchange fails as soon as it answers other than 0. NULL: never interrupted.
     */
    int (*is_interrupted)(void *context);
    void *interrupt_context;
    int interrupt_descriptor;
    /* "http://proxy.example.com:3128", or with another scheme that libcurl knows; "": none, whatever the
     * environment says; NULL: the environment's. */
    const char *proxy;
};

struct sm_curl;

/* SM_OK and `*curl`, to be closed with sm_curl_close after the clients that use it; else `*curl` is NULL:
 * SM_WRONG_CALL, SM_NO_MEMORY (libcurl cannot start). `options` NULL: the defaults. */
SM_API enum sm_code sm_curl_open(const struct sm_curl_options *options, struct sm_curl **curl);

/* The transport, for sm_options. */
SM_API struct sm_transport sm_curl_transport(struct sm_curl *curl);

/* Why the last exchange failed, in libcurl's words; empty where it did not. Until the next exchange. */
SM_API const char *sm_curl_words(const struct sm_curl *curl);

/* 1 where the last exchange failed for a reason that trying again does not mend: the server's certificate is
 * not trusted or not the server's, or what was given (address, proxy, ca_file) cannot be. Else 0. */
SM_API int sm_curl_failed_for_good(const struct sm_curl *curl);

SM_API void sm_curl_close(struct sm_curl *curl);

#ifdef __cplusplus
}
#endif

#endif
