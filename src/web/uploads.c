#include "web/uploads.h"

#include "delivery/artifacts.h"
#include "delivery/target_path.h"
#include "programme/delivery/releases.h"
#include "web/web_private.h"

#include <assert.h>

enum status upload_admit(struct request *request, struct fault *fault) {
    enum status status = sha256_check(request_parameter(request, "sha256"), "sha256", fault);
    if (status == STATUS_OK) {
        status = check_upload(&request->call, request_query(request, "vendor"), fault);
    }
    if (status == STATUS_OK) {
        status = artifact_write_begin(request->server->options->artifacts, ARTIFACT_BYTES_MAX,
                                      &request->upload, fault);
    }
    return status;
}

enum status upload_take(struct request *request, struct text bytes, struct fault *fault) {
    assert(request->upload != NULL);
    enum status status = artifact_write(request->upload, bytes, fault);
    if (status != STATUS_OK) {
        artifact_write_abandon(request->upload);
        request->upload = NULL;
    }
    return status;
}

enum status upload_finish(struct request *request, struct response *response, struct fault *fault) {
    struct artifact artifact;
    assert(request->upload != NULL);
    enum status status =
        artifact_write_finish(request->upload, request_parameter(request, "sha256"), &artifact, fault);
    request->upload = NULL;
    if (status == STATUS_OK) {
        status = note_upload(&request->call, request_query(request, "vendor"), &artifact, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct json_writer *out = response_json(response, request, 200);
    json_write_open(out, NULL);
    json_write_string(out, "sha256", artifact.sha256);
    json_write_int(out, "size", artifact.size_bytes);
    json_write_close(out);
    return STATUS_OK;
}
