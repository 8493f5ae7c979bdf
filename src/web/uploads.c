#include "web/uploads.h"

#include "delivery/artifacts.h"
#include "web/web_private.h"

#include <assert.h>

enum status upload_open(struct request *request, struct fault *fault) {
    assert(request->upload == NULL);
    return artifact_write_begin(request->server->options->artifacts, ARTIFACT_BYTES_MAX, &request->upload,
                                fault);
}

enum status upload_write(struct request *request, struct text bytes, struct fault *fault) {
    assert(request->upload != NULL);
    enum status status = artifact_write(request->upload, bytes, fault);
    if (status != STATUS_OK) {
        artifact_write_abandon(request->upload);
        request->upload = NULL;
    }
    return status;
}

enum status upload_close(struct request *request, struct text sha256, struct artifact *artifact,
                         struct fault *fault) {
    assert(request->upload != NULL);
    enum status status = artifact_write_finish(request->upload, sha256, artifact, fault);
    request->upload = NULL;
    return status;
}
