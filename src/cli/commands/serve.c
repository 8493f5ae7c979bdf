#include "cli/commands/serve.h"

#include "service/serve.h"
#include "web/server.h"

#include <stdlib.h>

enum status run_serve(struct operator_session *session, const struct arguments *arguments,
                      struct fault *fault) {
    int64_t workers = 0;
    TRY(argument_int(arguments, "workers", WEB_WORKERS_DEFAULT, 1, WEB_WORKERS_MAX, &workers, fault));
    const struct serve_options options = {
        .database_url = arguments->db,
        .secret = session->secret,
        .artifacts = session->artifacts,
        .web_address = argument_text(arguments, "control"),
        .device_address = argument_text(arguments, "device"),
        .worker_count = (int)workers,
        .behind_https = argument_given(arguments, "behind-https"),
        .trust_forwarded = argument_given(arguments, "trust-forwarded"),
        .metrics_token = text_of(getenv("SEATMETER_METRICS_TOKEN")),
    };
    return serve_until_stopped(&options, fault);
}
