#include "service/serve.h"

#include "api/routes.h"
#include "delivery/artifacts.h"
#include "device/door.h"
#include "portal/routes.h"
#include "service/job_runner.h"
#include "service/upkeep.h"
#include "web/server.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* The parts that run; NULL where one does not, or not yet. The options outlive the doors. */
struct running {
    struct route_table routes;
    struct upkeep_options upkeep_options;
    struct job_runner_options job_options;
    struct device_options device_options;
    struct web_server_options web_options;
    struct upkeep *upkeep;
    struct job_runner *jobs;
    struct device_door *devices;
    struct web_server *web;
};

static void fill_options(struct running *running, const struct serve_options *options) {
    api_add_routes(&running->routes);
    portal_add_routes(&running->routes);
    running->upkeep_options = (struct upkeep_options){
        .database_url = options->database_url,
        .secret = options->secret,
        .artifacts = options->artifacts,
    };
    running->job_options = (struct job_runner_options){
        .database_url = options->database_url,
        .secret = options->secret,
    };
    running->device_options = (struct device_options){
        .database_url = options->database_url,
        .address = options->device_address,
        .secret = options->secret,
        .artifacts = artifact_store_place(options->artifacts),
        .metrics_token = options->metrics_token,
        .log_fd = STDERR_FILENO,
    };
    running->web_options = (struct web_server_options){
        .routes = &running->routes,
        .database_url = options->database_url,
        .address = options->web_address,
        .secret = options->secret,
        .worker_count = options->worker_count,
        .behind_https = options->behind_https,
        .trust_forwarded = options->trust_forwarded,
        .metrics_token = options->metrics_token,
        .artifacts = options->artifacts,
        .log_fd = STDERR_FILENO,
    };
}

/* stop_running ends what has been started before a fault. */
static enum status start_running(struct running *running, struct fault *fault) {
    TRY(upkeep_start(&running->upkeep_options, &running->upkeep, fault));
    if (!text_is(running->device_options.address, "none")) {
        TRY(device_door_start(&running->device_options, &running->devices, fault));
        dprintf(STDERR_FILENO, "Devices at %.*s\n", TEXT_ARGS(device_door_url(running->devices)));
    }
    TRY(job_runner_start(&running->job_options, &running->jobs, fault));
    TRY(web_server_start(&running->web_options, &running->web, fault));
    dprintf(STDERR_FILENO, "Listening on %.*s\n", TEXT_ARGS(web_server_url(running->web)));
    return STATUS_OK;
}

static void stop_running(struct running *running) {
    if (running->web != NULL) {
        web_server_stop(running->web);
    }
    if (running->devices != NULL) {
        device_door_stop(running->devices);
    }
    job_runner_stop(running->jobs);
    upkeep_stop(running->upkeep);
}

enum status serve_until_stopped(const struct serve_options *options, struct fault *fault) {
    struct running running = {0};
    sigset_t signals; /* for this thread alone: those that are started have them blocked */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    fill_options(&running, options);
    TRY(start_running(&running, fault));
    int received = 0;
    sigwait(&signals, &received);
    stop_running(&running);
    return STATUS_OK;
}
