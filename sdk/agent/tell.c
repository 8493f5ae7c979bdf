/* Tell: from an answer and a lease to a hook's environment. */
#include "tell.h"

#include "hook.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add_components(struct hook_facts *facts, struct sm_client *client) {
    char names[HOOK_FACT_BYTES] = "";
    size_t length = 0;
    for (size_t i = 0;; i++) {
        const char *name = sm_lease_component(client, i);
        if (name == NULL || length + strlen(name) + 2 > sizeof names) {
            break;
        }
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", i == 0 ? "" : ",", name);
    }
    hook_fact(facts, "COMPONENTS", names);
}

static void fill(struct hook_facts *facts, struct agent *agent, const struct sm_answer *answer,
                 const struct sm_lease_info *lease, const char *event) {
    char installed[VERSION_BYTES];
    facts->count = 0;
    agent_installed_version(agent, installed);
    hook_fact(facts, "EVENT", event);
    hook_fact(facts, "PRODUCT", agent->settings.product);
    hook_fact(facts, "STATE", agent->settings.state);
    hook_fact(facts, "INSTALLED_VERSION", installed);
    hook_fact(facts, "DECISION", answer->decision == SM_WORK ? "work" : "stop");
    hook_fact(facts, "CODE", answer->word);
    hook_fact(facts, "WORDS", answer->words);
    hook_fact_number(facts, "EXPIRES", answer->expires);
    hook_fact_number(facts, "WARN", answer->warn);
    hook_fact(facts, "DEVICE", lease->device);
    hook_fact(facts, "LICENCE", lease->licence);
    hook_fact(facts, "SKU", lease->sku);
    hook_fact_number(facts, "SEATS", lease->seats);
    add_components(facts, agent->client);
}

/* Has the hook told one thing, if it is another than `told`, which then becomes it. */
static bool tell(struct agent *agent, const struct hook_facts *facts, char told[TOLD_BYTES],
                 const char *now) {
    char path[SETTING_PATH_BYTES];
    if (agent->signals.is_stopping) {
        return false;
    }
    if (agent->settings.hook[0] != '\0' &&
        hook_run(agent->settings.hook, facts, agent->settings.hook_limit_s, &agent->signals) != HOOK_DONE) {
        return false;
    }
    snprintf(told, TOLD_BYTES, "%s", now);
    agent_path(agent, "told", path);
    return told_keep(&agent->told, path);
}

bool tell_changes(struct agent *agent, const struct sm_answer *answer) {
    char now[TOLD_BYTES];
    struct hook_facts facts;
    struct sm_lease_info lease = {.size = sizeof lease};
    bool is_told = true;
    bool has_lease = sm_lease_info(agent->client, &lease) == SM_OK;
    snprintf(now, sizeof now, "%s %s", answer->decision == SM_WORK ? "work" : "stop", answer->word);
    if (strcmp(now, agent->told.decision) != 0) {
        fprintf(stderr, "seatmeter-agent: decision: %s (%s)%s%s\n",
                answer->decision == SM_WORK ? "work" : "stop", answer->word,
                answer->words[0] == '\0' ? "" : ": ", answer->words);
        fill(&facts, agent, answer, &lease, "decision-changed");
        is_told = tell(agent, &facts, agent->told.decision, now) && is_told;
    }
    snprintf(now, sizeof now, "%s %" PRId64 " %" PRId64 " %" PRId64, lease.device, lease.sequence,
             lease.issued, lease.expires);
    if (has_lease && strcmp(now, agent->told.lease) != 0) {
        fill(&facts, agent, answer, &lease, "lease-changed");
        is_told = tell(agent, &facts, agent->told.lease, now) && is_told;
    }
    snprintf(now, sizeof now, "%.100s %.100s", agent->told.ready_version, agent->told.ready_sha256);
    if (agent->told.ready[0] != '\0' && strcmp(now, agent->told.update) != 0) {
        fprintf(stderr, "seatmeter-agent: version %s is ready: %s\n", agent->told.ready_version,
                agent->told.ready);
        fill(&facts, agent, answer, &lease, "update-ready");
        hook_fact(&facts, "UPDATE_VERSION", agent->told.ready_version);
        hook_fact(&facts, "UPDATE_FILE", agent->told.ready);
        hook_fact(&facts, "UPDATE_SHA256", agent->told.ready_sha256);
        is_told = tell(agent, &facts, agent->told.update, now) && is_told;
    }
    return is_told;
}
