/* Check: may the product work now? And what else the lease says. No network. */
#include "client.h"

#include <stdlib.h>
#include <string.h>

/* After a write that failed, the next try is a minute away. */
enum { KEEP_AGAIN_MS = 60 * 1000 };

static void keep_time(struct sm_client *client, const struct sm_reading *reading) {
    struct sm_state next;
    if (!client->is_loaded || !sm_clock_is_worth_keeping(&client->state.marks, reading) ||
        (client->cannot_keep && reading->boot.ms >= client->keep_tried_ms &&
         reading->boot.ms - client->keep_tried_ms < KEEP_AGAIN_MS)) {
        return;
    }
    client->keep_tried_ms = reading->boot.ms;
    enum sm_code code = sm_client_lock(client);
    if (code == SM_IN_USE) {
        return; /* what the other process is at keeps the time too */
    }
    if (code == SM_OK) {
        if (sm_clock_is_worth_keeping(&client->state.marks, reading)) {
            code = sm_state_copy(&client->state, &next);
            if (code == SM_OK) {
                sm_clock_keep(&next.marks, reading);
                code = sm_client_commit(client, &next);
            }
        }
        sm_client_unlock(client);
    }
    client->cannot_keep = code != SM_OK;
}

static void advise(struct sm_answer *answer, enum sm_code code) {
    for (size_t i = 0; i < answer->advice_count; i++) {
        if (answer->advice[i] == code) {
            return;
        }
    }
    if (answer->advice_count < SM_ADVICE_MAX) {
        answer->advice[answer->advice_count++] = code;
    }
}

static void collect_advice(const struct sm_client *client, const struct sm_time *time,
                           struct sm_answer *answer) {
    if (time->state == SM_CLOCK_BEHIND || time->state == SM_CLOCK_LOST) {
        advise(answer, SM_CLOCK_SET_BACK);
    }
    if (time->state == SM_CLOCK_AHEAD) {
        advise(answer, SM_CLOCK_WRONG);
    }
    if (client->cannot_keep) {
        advise(answer, SM_STORE_BROKEN);
    }
    for (size_t i = 0; client->held == SM_OK && i < client->lease.advice_count; i++) {
        /* The server judged by the time in the request; the clock may have been set right since. */
        if (client->lease.advice[i] != SM_CLOCK_WRONG || !time->is_proven) {
            advise(answer, client->lease.advice[i]);
        }
    }
}

static void decide(const struct sm_client *client, const struct sm_time *time, struct sm_answer *answer) {
    const struct sm_lease *lease = &client->lease;
    enum sm_code why = SM_OK; /* why it will not go on */
    answer->now = time->now_s;
    if (client->held != SM_OK) {
        answer->code = client->held;
        return;
    }
    if (!lease->is_work) {
        why = lease->code;
    } else if (client->state.trouble != SM_OK) {
        why = client->state.trouble;
    }
    answer->expires = lease->expires_s;
    answer->warn = time->now_s >= lease->warn_after_s || why != SM_OK;
    if (time->state == SM_CLOCK_LOST) {
        answer->code = SM_CLOCK_SET_BACK;
    } else if (time->now_s >= lease->expires_s) {
        answer->code = why == SM_OK ? SM_LEASE_EXPIRED : why;
    } else {
        answer->decision = SM_WORK;
        answer->code = why;
    }
}

/* Where an activation waits, its reason is what keeps the product from working. */
static void say_what_waits(const struct sm_client *client, struct sm_answer *answer) {
    if (answer->decision != SM_WORK && client->state.enrolment.key != NULL &&
        client->state.enrolment.refused != SM_OK) {
        answer->code = client->state.enrolment.refused;
    }
}

static void find_words(const struct sm_client *client, struct sm_answer *answer) {
    const struct sm_lease *lease = &client->lease;
    bool is_the_server_s = client->held == SM_OK && !lease->is_work && answer->code == lease->code;
    const char *word = is_the_server_s ? lease->word : sm_code_word(answer->code);
    const char *words =
        is_the_server_s && lease->words[0] != '\0' ? lease->words : sm_code_words(answer->code);
    (void)sm_span_copy(sm_span_of(word), answer->word, sizeof answer->word);
    (void)sm_span_copy(sm_span_of(words), answer->words, sizeof answer->words);
}

static void check(struct sm_client *client, struct sm_answer *answer) {
    struct sm_reading reading;
    memset(answer, 0, sizeof *answer);
    answer->decision = SM_STOP;
    answer->code = SM_WRONG_CALL;
    if (client != NULL) {
        sm_client_refresh(client);
        sm_clock_read(&client->clock, &reading);
        keep_time(client, &reading);
        struct sm_time time = sm_clock_time(&client->state.marks, &reading);
        decide(client, &time, answer);
        say_what_waits(client, answer);
        collect_advice(client, &time, answer);
        answer->last_result = client->last_result;
        find_words(client, answer);
    } else {
        (void)sm_span_copy(sm_span_of(sm_code_word(answer->code)), answer->word, sizeof answer->word);
        (void)sm_span_copy(sm_span_of(sm_code_words(answer->code)), answer->words, sizeof answer->words);
    }
}

/* Fills in as much as the caller knows of. */
static void hand_over(void *to, size_t its_size, const void *from, size_t size) {
    size_t copied = its_size < size ? its_size : size;
    if (copied > sizeof its_size) {
        memcpy((char *)to + sizeof its_size, (const char *)from + sizeof its_size, copied - sizeof its_size);
    }
}

enum sm_decision sm_check(struct sm_client *client, struct sm_answer *answer) {
    struct sm_answer whole;
    check(client, &whole);
    if (answer != NULL) {
        hand_over(answer, answer->size, &whole, sizeof whole);
    }
    return whole.decision;
}

enum sm_code sm_has_component(struct sm_client *client, const char *name) {
    struct sm_answer answer;
    struct sm_json json;
    struct sm_json_value element;
    bool is_open = false;
    check(client, &answer);
    if (client == NULL || name == NULL) {
        return SM_WRONG_CALL;
    }
    if (answer.decision != SM_WORK) {
        return answer.code;
    }
    while (sm_lease_next_component(&client->lease, &json, &is_open, &element)) {
        if (sm_json_text_is(&element, sm_span_of(name))) {
            return SM_OK;
        }
    }
    return SM_COMPONENT_MISSING;
}

enum sm_code sm_lease_info(struct sm_client *client, struct sm_lease_info *info) {
    struct sm_lease_info whole;
    struct sm_json json;
    struct sm_json_value element;
    bool is_open = false;
    if (client == NULL || info == NULL) {
        return SM_WRONG_CALL;
    }
    sm_client_refresh(client);
    if (client->held != SM_OK) {
        return client->held;
    }
    const struct sm_lease *lease = &client->lease;
    memset(&whole, 0, sizeof whole);
    memcpy(whole.device, lease->device, sizeof whole.device);
    memcpy(whole.licence, lease->licence, sizeof whole.licence);
    memcpy(whole.sku, lease->sku, sizeof whole.sku);
    whole.seats = (int32_t)lease->seats; /* at most INT32_MAX, as read */
    whole.sequence = lease->sequence;
    whole.issued = lease->issued_s;
    whole.renew_after = lease->renew_after_s;
    whole.warn_after = lease->warn_after_s;
    whole.expires = lease->expires_s;
    while (sm_lease_next_component(lease, &json, &is_open, &element)) {
        whole.component_count++;
    }
    hand_over(info, info->size, &whole, sizeof whole);
    return SM_OK;
}

const char *sm_lease_component(struct sm_client *client, size_t number) {
    struct sm_json json;
    struct sm_json_value element;
    bool is_open = false;
    size_t at = 0;
    if (client == NULL || client->held != SM_OK) {
        return NULL;
    }
    size_t capacity = client->lease.components.length + 1;
    if (client->component_text == NULL) {
        client->component_text = malloc(capacity);
    }
    while (client->component_text != NULL &&
           sm_lease_next_component(&client->lease, &json, &is_open, &element)) {
        if (at++ == number) {
            return sm_json_text(&element, client->component_text, capacity) ? client->component_text : "";
        }
    }
    return NULL;
}

enum sm_code sm_trusted_time(struct sm_client *client, int64_t *now_s) {
    struct sm_reading reading;
    if (client == NULL || now_s == NULL) {
        return SM_WRONG_CALL;
    }
    sm_client_refresh(client);
    sm_clock_read(&client->clock, &reading);
    keep_time(client, &reading);
    *now_s = sm_clock_time(&client->state.marks, &reading).now_s;
    return SM_OK;
}
