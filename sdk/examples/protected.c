/* A product that works while it is licensed, stops when its lease ends, and works again once there is
 * another. usage: protected SERVER ROOT-KEY DIRECTORY [LICENCE-KEY]      the licence key on the first start
 */
#define _POSIX_C_SOURCE 200809L
#include "seatmeter_curl.h"

#include <stdio.h>
#include <unistd.h>

int main(int count, char **words) {
    struct sm_options options = {.size = sizeof options, .product = "PROTECTED", .root_count = 1};
    struct sm_answer answer = {.size = sizeof answer};
    struct sm_curl *curl = NULL;
    struct sm_client *client = NULL;
    int64_t wait_s;
    if (count < 4) {
        fprintf(stderr, "usage: protected SERVER ROOT-KEY DIRECTORY [LICENCE-KEY]\n");
        return 2;
    }
    enum sm_code code = sm_curl_open(NULL, &curl);
    if (code == SM_OK) {
        options.server = words[1];
        options.roots[0] = words[2];
        options.directory = words[3];
        options.version = "1.0.0";
        options.transport = sm_curl_transport(curl);
        code = sm_client_open(&options, &client);
    }
    if (code == SM_OK && count > 4) {
        code = sm_activate(client, words[4]);
    }
    if (code != SM_OK) {
        fprintf(stderr, "protected: %s: %s\n", sm_code_word(code), sm_code_words(code));
    }
    /* It asks on while it may not work, too: a licence that is turned on later, or again, needs nobody here.
     * A machine that was never activated has nothing to ask for. */
    while (sm_check(client, &answer) == SM_WORK ||
           (answer.code != SM_NOT_ACTIVATED && answer.code != SM_WRONG_CALL)) {
        if (answer.decision == SM_WORK) {
            printf("working: %s, until %lld at the latest\n", answer.word, (long long)answer.expires);
        } else {
            printf("stopped: %s: %s\n", answer.word, answer.words);
        }
        (void)fflush(stdout);
        (void)sleep(1); /* here the product does its work, if it may */
        if (sm_next_check_in(client, &wait_s) == SM_OK && wait_s == 0) {
            (void)sm_check_in(client); /* one that fails stops nothing: sm_check alone decides */
        }
    }
    printf("stopped: %s: %s\n", answer.word, answer.words);
    sm_client_close(client);
    sm_curl_close(curl);
    return 3;
}
