/* Requests of the benchmark, made ahead of time as agents make them. */
#ifndef SEATMETER_TESTS_BENCH_CHECKIN_REQUESTS_H
#define SEATMETER_TESTS_BENCH_CHECKIN_REQUESTS_H

#include "load.h"

#include "core/licence/licence_key.h"

/* The next check-in of every device of the store, in an order by chance. */
void checkin_requests_make(const char *url, const unsigned char *secret, struct load_requests *requests);

/* `count` activations of new devices under the keys, one after the other. */
void activation_requests_make(char (*keys)[LICENCE_KEY_BYTES], size_t key_count, size_t count,
                              struct load_requests *requests);

/* Whether the body of an answer is an envelope whose lease is under the head by its path (the head's
 * signature is not looked at), and works. */
bool checkin_answer_is_good(const char *body, size_t length);

#endif
