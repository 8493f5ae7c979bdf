#include "programme/call/call.h"

#include <assert.h>

enum status call_begin(struct call *call, enum db_access access, struct fault *fault) {
    assert(call->db != NULL && call->arena != NULL && call->depth >= 0);
    if (call->depth > 0) {
        assert(access == DB_READ || call->writes);
        call->depth++;
        return STATUS_OK;
    }
    enum status status = db_begin(call->db, access, fault);
    if (status != STATUS_OK) {
        return status;
    }
    call->depth = 1;
    call->writes = access == DB_WRITE;
    return STATUS_OK;
}

enum status call_end(struct call *call, enum status status, struct fault *fault) {
    assert(call->depth > 0);
    call->depth--;
    if (call->depth > 0) {
        return status;
    }
    call->writes = false;
    if (status == STATUS_OK) {
        return db_commit(call->db, fault);
    }
    db_rollback(call->db);
    return status;
}

enum status call_run(struct call *call, enum db_access access, call_body *body, const void *input,
                     void *output, struct fault *fault) {
    TRY(call_begin(call, access, fault));
    return call_end(call, body(call, input, output, fault), fault);
}
