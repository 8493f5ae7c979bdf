/* Parts: which provider's things a use case will change, looked up by the word that somebody gave.
 *
 * They look and judge nothing: the use case finds the same thing again with the actor's eyes, when it has the
 * part. What they do not find is provider 0. */
#ifndef SEATMETER_PROGRAMME_CALL_PARTS_H
#define SEATMETER_PROGRAMME_CALL_PARTS_H

#include "programme/call/call.h"

/* Of the licence that an identifier or a key names. */
enum status parts_of_licence(const struct call *call, struct text word, int64_t *provider_id,
                             struct fault *fault) MUST_CHECK;

/* Of the licence that has the key. */
enum status parts_of_key(const struct call *call, const char *key, int64_t *provider_id,
                         struct fault *fault) MUST_CHECK;

/* Of the block that an identifier names. */
enum status parts_of_block(const struct call *call, struct text word, int64_t *provider_id,
                           struct fault *fault) MUST_CHECK;

/* The provider that a word names, or the actor's own account; and the seller of the customer that it names.
 */
enum status parts_of_provider(const struct call *call, struct text word, int64_t *provider_id,
                              struct fault *fault) MUST_CHECK;
enum status parts_of_customer(const struct call *call, struct text word, int64_t *provider_id,
                              struct fault *fault) MUST_CHECK;

/* Of the licence that the device is activated under. */
enum status parts_of_device(const struct call *call, int64_t device_id, int64_t *provider_id,
                            struct fault *fault) MUST_CHECK;

#endif
