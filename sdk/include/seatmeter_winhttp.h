/* libseatmeter-winhttp: a transport for libseatmeter over WinHTTP, which is part of Windows (8.1 and later).
 *
 * TLS is Schannel's, 1.2 at least, with the machine's store of certificates; they are verified. Redirects are
 * not followed, cookies not kept, and neither the user's nor the machine's credentials are given to anybody.
 * The proxy is the one that Windows is set up with (netsh winhttp, a group policy, WPAD). Connections are
 * kept between exchanges. One transport is used by one thread at a time; WinHTTP calls back on threads of its
 * own, which touch nothing but the exchange they belong to. It can be interrupted through an event, so that a
 * program that is told to stop does so at once.
 *
 * It is a static library: link libseatmeter-winhttp.a and winhttp.dll (-lwinhttp), beside libseatmeter.a or
 * the DLL. */
#ifndef SEATMETER_WINHTTP_H
#define SEATMETER_WINHTTP_H

#include "seatmeter.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Set it to zero, then `size`, then what should be other than the default. */
struct sm_winhttp_options {
    size_t size;              /* sizeof(struct sm_winhttp_options) */
    const char *user_agent;   /* UTF-8; NULL: "libseatmeter/VERSION" */
    int64_t connect_limit_s;  /* for the name, and again for the connection; 0: 10 */
    int64_t silence_limit_s;  /* given up when nothing has come for so long; 0: 30 */
    int64_t post_limit_s;     /* for a whole POST; 0: 60 */
    int64_t get_limit_s;      /* for a whole GET; 0: 3,600. What was got until then can be resumed */
    int64_t body_bytes_limit; /* of any answer; 0: 1 TiB. The library has closer limits of its own */
    /* While an exchange runs: asked at least every second, and at once when the event is set (NULL: none);
     * the exchange fails as soon as it answers other than 0. NULL: never interrupted. */
    int (*is_interrupted)(void *context);
    void *interrupt_context;
    void *interrupt_event; /* a HANDLE that stays set (a manual-reset event) */
    const char *proxy;     /* "http://proxy.example.com:3128"; "": none; NULL: Windows' settings */
};

struct sm_winhttp;

/* SM_OK and `*winhttp`, to be closed with sm_winhttp_close after the clients that use it; else `*winhttp` is
 * NULL: SM_WRONG_CALL (a user agent that is no UTF-8 too), SM_NO_MEMORY (WinHTTP cannot start). `options`
 * NULL: the defaults. */
enum sm_code sm_winhttp_open(const struct sm_winhttp_options *options, struct sm_winhttp **winhttp);

/* The transport, for sm_options. An answer that is shorter than its Content-Length is none. */
struct sm_transport sm_winhttp_transport(struct sm_winhttp *winhttp);

/* Why the last exchange failed, in words for a person; empty where it did not. Until the next exchange. */
const char *sm_winhttp_words(const struct sm_winhttp *winhttp);

/* 1 where the last exchange failed for a reason that trying again does not mend: the server's certificate is
 * not trusted or not the server's, or the address cannot be. Else 0. */
int sm_winhttp_failed_for_good(const struct sm_winhttp *winhttp);

/* NULL is nothing. */
void sm_winhttp_close(struct sm_winhttp *winhttp);

#ifdef __cplusplus
}
#endif

#endif
