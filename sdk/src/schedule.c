/* Schedule: when to check in next. Jitter keeps devices that were started together from coming together;
 * failures double the wait. All of it scales with the lease, so that one of a minute works like one of a
 * day, and none of it, nor what a server asks for, takes more than a quarter of what is left of a lease. */
#include "client.h"

#include <sodium.h>
#include <string.h>

enum { JITTER_MAX_S = 3600, RETRY_LEAST_S = 60, RETRY_MOST_S = 3600, RETRY_SOON_S = 2, FAR_S = 24 * 3600 };

static int64_t least(int64_t first, int64_t second) {
    return first < second ? first : second;
}

/* From 0 to `most`, the same until the next result. */
static int64_t jitter(const struct sm_client *client, int64_t most) {
    return most <= 0 ? 0 : (int64_t)(client->jitter % (uint64_t)(most + 1));
}

/* What is left of a lease's life when it first asks to be renewed: the time in which retries must succeed. */
static int64_t room_s(const struct sm_client *client) {
    int64_t room = client->lease.expires_s - client->lease.renew_after_s;
    return client->held == SM_OK && room > 0 ? room : (int64_t)RETRY_MOST_S * 4;
}

/* Half of it for sure, half of it by chance. */
static int64_t backed_off_s(const struct sm_client *client, unsigned failures, int64_t most) {
    int64_t first = least(RETRY_LEAST_S, room_s(client) / 16);
    int64_t wait = first < 1 ? 1 : first;
    for (unsigned i = 1; i < failures && wait < most; i++) {
        wait *= 2;
    }
    wait = least(wait, most);
    return wait - wait / 2 + jitter(client, wait / 2);
}

/* The longest wait after a failure `passed_s` ago: a quarter of what was left of the lease then. What was
 * answered is not signed, so whoever stands in between may have said it, and must not be able to have a
 * product wait for longer than its lease lasts. Where no lease is running, there is none to lose. */
static int64_t longest_wait_s(const struct sm_client *client, int64_t now_s, int64_t passed_s) {
    int64_t left = client->lease.expires_s - now_s + passed_s;
    if (client->held != SM_OK || left <= 0) {
        return RETRY_MOST_S;
    }
    return left / 4 < 1 ? 1 : left / 4;
}

static int64_t after_failure(const struct sm_client *client, const struct sm_reading *reading,
                             int64_t now_s) {
    int64_t passed = (reading->boot.ms - client->last_attempt_ms) / 1000;
    passed = passed < 0 ? 0 : passed;
    int64_t most = longest_wait_s(client, now_s, passed);
    int64_t wait = backed_off_s(client, client->failures, least(RETRY_MOST_S, most));
    if (wait < client->retry_after_s) {
        int64_t asked = client->retry_after_s + jitter(client, client->retry_after_s / 8);
        wait = asked <= most ? asked : most - jitter(client, most / 8);
    }
    return passed >= wait ? 0 : wait - passed;
}

/* An activation that waits asks again after a minute, then two, up to an hour; in a new process at once. */
static int64_t when_asked_again(const struct sm_client *client, const struct sm_reading *reading) {
    if (client->refusals == 0) {
        return 0;
    }
    int64_t passed = (reading->boot.ms - client->refused_ms) / 1000;
    int64_t wait = backed_off_s(client, client->refusals, RETRY_MOST_S);
    if (wait < client->refused_retry_after_s) {
        wait = least(client->refused_retry_after_s, RETRY_MOST_S);
    }
    return passed < 0 ? wait : passed >= wait ? 0 : wait - passed;
}

static int64_t when_renewed(const struct sm_client *client, int64_t now_s) {
    const struct sm_lease *lease = &client->lease;
    int64_t life = lease->renew_after_s - lease->issued_s;
    int64_t due = lease->renew_after_s + jitter(client, least(JITTER_MAX_S, life / 10));
    return due <= now_s ? 0 : least(due - now_s, FAR_S);
}

enum sm_code sm_next_check_in(struct sm_client *client, int64_t *wait_s) {
    struct sm_reading reading;
    if (client == NULL || wait_s == NULL) {
        return SM_WRONG_CALL;
    }
    sm_client_refresh(client);
    bool is_waiting = client->state.enrolment.key != NULL;
    if (client->state.device == NULL && !is_waiting) {
        *wait_s = FAR_S;
        return client->is_loaded ? SM_NOT_ACTIVATED : SM_STORE_BROKEN;
    }
    sm_clock_read(&client->clock, &reading);
    struct sm_time time = sm_clock_time(&client->state.marks, &reading);
    if (client->last_result == SM_IN_USE) {
        *wait_s = RETRY_SOON_S;
    } else if (client->state.device == NULL) {
        *wait_s = FAR_S;
    } else if (client->failures > 0) {
        *wait_s = after_failure(client, &reading, time.now_s);
    } else if (client->held != SM_OK) {
        *wait_s = 0;
    } else {
        *wait_s = when_renewed(client, time.now_s);
    }
    if (is_waiting && client->last_result != SM_IN_USE) {
        *wait_s = least(*wait_s, when_asked_again(client, &reading));
    }
    return SM_OK;
}

enum sm_code sm_authorise_target(struct sm_client *client, const char *path, char *buffer, size_t capacity) {
    unsigned char mac[crypto_generichash_BYTES];
    struct sm_buffer covered = SM_BUFFER_EMPTY;
    struct sm_buffer value = SM_BUFFER_EMPTY;
    int64_t now;
    if (client == NULL || path == NULL || path[0] != '/' || strpbrk(path, " \r\n") != NULL ||
        buffer == NULL || capacity == 0) {
        return SM_WRONG_CALL;
    }
    enum sm_code code = sm_trusted_time(client, &now);
    if (code == SM_OK && client->state.device == NULL) {
        code = client->is_loaded ? SM_NOT_ACTIVATED : SM_STORE_BROKEN;
    }
    if (code != SM_OK) {
        return code;
    }
    sm_buffer_text(&covered, "GET ");
    sm_buffer_text(&covered, path);
    sm_buffer_text(&covered, " ");
    sm_buffer_number(&covered, now);
    if (!covered.has_failed) {
        (void)crypto_generichash(mac, sizeof mac, (const unsigned char *)covered.at, covered.length,
                                 client->state.check_in_key, sizeof client->state.check_in_key);
        sm_buffer_text(&value, "Seatmeter ");
        sm_buffer_text(&value, client->state.device);
        sm_buffer_text(&value, " ");
        sm_buffer_number(&value, now);
        sm_buffer_text(&value, " ");
        sm_buffer_base64(&value, mac, sizeof mac);
    }
    struct sm_span text = {value.at, value.length};
    code = covered.has_failed || value.has_failed  ? SM_NO_MEMORY
           : !sm_span_copy(text, buffer, capacity) ? SM_WRONG_CALL
                                                   : SM_OK;
    sm_buffer_free(&covered);
    sm_buffer_free(&value);
    return code;
}
