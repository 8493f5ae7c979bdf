/* Jobs: closes that go on in the background. */
#include "api/routes.h"

#include "json/represent.h"

static enum status get_jobs(struct request *request, struct response *response, struct fault *fault) {
    struct page where = {0};
    struct job_page page;
    TRY(request_page(request, &where, fault));
    TRY(list_jobs(&request->call, where, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_job(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status get_job(struct request *request, struct response *response, struct fault *fault) {
    struct job_view job;
    TRY(show_job(&request->call, request_parameter(request, "job"), &job, fault));
    represent_job(response_json(response, request, 200), NULL, &job);
    return STATUS_OK;
}

static enum status post_pause(struct request *request, struct response *response, struct fault *fault) {
    struct job_view job;
    TRY(request_no_fields(request, fault));
    TRY(pause_job(&request->call, request_parameter(request, "job"), &job, fault));
    represent_job(response_json(response, request, 200), NULL, &job);
    return STATUS_OK;
}

static enum status post_resume(struct request *request, struct response *response, struct fault *fault) {
    struct job_view job;
    TRY(request_no_fields(request, fault));
    TRY(resume_job(&request->call, request_parameter(request, "job"), &job, fault));
    represent_job(response_json(response, request, 200), NULL, &job);
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/v1/jobs", RIGHT_READ, 0, "limit cursor", get_jobs},
    {METHOD_GET, "/v1/jobs/{job}", RIGHT_READ, 0, "", get_job},
    {METHOD_POST, "/v1/jobs/{job}/pause", RIGHT_BILLING, 0, "", post_pause},
    {METHOD_POST, "/v1/jobs/{job}/resume", RIGHT_BILLING, 0, "", post_resume},
};
const struct route_group JOB_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
