#include "cli/commands/serve.h"

#include "delivery/artifacts.h"
#include "device/door.h"
#include "service/upkeep.h"
#include "web/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum status fill_control(struct operator_session *session, const struct arguments *arguments,
                                struct web_server_options *options, struct fault *fault) {
    *options = (struct web_server_options){.database_url = arguments->db,
                                           .address = argument_text(arguments, "control"),
                                           .secret = session->secret,
                                           .behind_https = argument_given(arguments, "behind-https"),
                                           .trust_forwarded = argument_given(arguments, "trust-forwarded"),
                                           .metrics_token = text_of(getenv("SEATMETER_METRICS_TOKEN")),
                                           .artifacts = session->artifacts,
                                           .log_fd = STDERR_FILENO};
    int64_t workers = 0;
    enum status status =
        argument_int(arguments, "workers", WEB_WORKERS_DEFAULT, 1, WEB_WORKERS_MAX, &workers, fault);
    options->worker_count = (int)workers;
    return status;
}

static enum status start_device_door(const struct device_options *options, struct device_door **door,
                                     struct fault *fault) {
    if (text_is(options->address, "none")) {
        return STATUS_OK;
    }
    enum status status = device_door_start(options, door, fault);
    if (status == STATUS_OK) {
        dprintf(STDERR_FILENO, "Devices at %.*s\n", TEXT_ARGS(device_door_url(*door)));
    }
    return status;
}

static void wait_for_signal(const sigset_t *signals) {
    int received = 0;
    sigwait(signals, &received);
}

enum status run_serve(struct operator_session *session, const struct arguments *arguments,
                      struct fault *fault) {
    struct web_server_options control_options;
    struct device_options device_options = {.database_url = arguments->db,
                                            .address = argument_text(arguments, "device"),
                                            .secret = session->secret,
                                            .artifacts = artifact_store_place(session->artifacts),
                                            .metrics_token = text_of(getenv("SEATMETER_METRICS_TOKEN")),
                                            .log_fd = STDERR_FILENO};
    enum status status = fill_control(session, arguments, &control_options, fault);
    if (status != STATUS_OK) {
        return status;
    }
    sigset_t signals; /* for this thread alone: those that are started have them blocked */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct web_server *server = NULL;
    struct device_door *door = NULL;
    struct upkeep *upkeep = NULL;
    struct upkeep_options upkeep_options = {arguments->db, session->secret, session->artifacts};
    status = upkeep_start(&upkeep_options, &upkeep, fault);
    if (status == STATUS_OK) {
        status = start_device_door(&device_options, &door, fault);
    }
    if (status == STATUS_OK) {
        status = web_server_start(&control_options, &server, fault);
    }
    if (status == STATUS_OK) {
        dprintf(STDERR_FILENO, "Listening on %.*s\n", TEXT_ARGS(web_server_url(server)));
        wait_for_signal(&signals);
    }
    if (server != NULL) {
        web_server_stop(server);
    }
    if (door != NULL) {
        device_door_stop(door);
    }
    upkeep_stop(upkeep);
    return status;
}
