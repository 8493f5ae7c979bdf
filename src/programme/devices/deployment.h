/* Deployment: the lines that a provider gives its remote management tool, which run them on its customers'
 * machines: each activates one product under one licence with seatmeter-agent, and has it run as a service.
 * Linux has the agent from a package; a line for Windows can bring it along.
 *
 * A line holds the licence key, so it is the provider's alone, and each time has an audit entry. Every value
 * is quoted for the shell it is for (core/base/shell_quote.h). The key goes in by standard input, because
 * arguments of a process can be read by others on the machine. */
#ifndef SEATMETER_PROGRAMME_DEVICES_DEPLOYMENT_H
#define SEATMETER_PROGRAMME_DEVICES_DEPLOYMENT_H

#include "programme/call/call.h"

enum snippet_platform { SNIPPET_LINUX, SNIPPET_WINDOWS };
const char *snippet_platform_name(enum snippet_platform platform);

struct snippet {
    struct text licence; /* lic_… */
    struct text sku_code;
    struct text product; /* its code: where no product is kept for the SKU, the SKU's code */
    enum snippet_platform platform;
    struct text command; /* one line for sh, or for PowerShell */
};

/* Faults besides those of finding: "missing-field" and "malformed-server" (what is no https address, or
 * http to the machine itself, or names a user), "malformed-agent", "malformed-hash", "unknown-platform",
 * "part-of-bundle", "not-quotable". */
struct write_snippets_input {
    struct text licence;  /* of this licence, or */
    struct text customer; /* of all of the customer's that are not retired */
    struct text platform; /* "linux", "windows"; empty: both */
    struct text server;   /* where the device door is reached: https://licences.example.net */
    struct text agent; /* where a machine with Windows gets seatmeter-agent.exe; empty: it has it already */
    struct text agent_sha256; /* of that file, in hexadecimal; with `agent`, and only then */
};
struct snippet_list {
    struct snippet *items;
    size_t count;
};
enum status write_snippets(struct call *call, const struct write_snippets_input *input,
                           struct snippet_list *out, struct fault *fault) MUST_CHECK;

#endif
