#include "client_setup.h"

int client_set_up(void **state) {
    struct computer *computer = malloc(sizeof *computer);
    computer_make(computer);
    computer_start(computer);
    *state = computer;
    return 0;
}

int client_set_up_activated(void **state) {
    client_set_up(state);
    assert_code(sm_activate(((struct computer *)*state)->client, KEY), SM_OK);
    return 0;
}

int client_tear_down(void **state) {
    computer_free(*state);
    free(*state);
    return 0;
}

bool is_advised(struct computer *computer, enum sm_code code) {
    struct sm_answer answer = check_now(computer);
    for (size_t i = 0; i < answer.advice_count; i++) {
        if (answer.advice[i] == code) {
            return true;
        }
    }
    return false;
}

void refuse_with(struct computer *computer, int status, enum sm_code code) {
    computer->door.status = status;
    computer->door.refusal = code == SM_OK ? NULL : sm_code_word(code);
}
