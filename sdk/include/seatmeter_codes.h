/* Codes: why an answer is not a working lease, in a stable word and in words for a person.
 *
 * One table for the server, the SDK and the docs ("seatmeter codes" prints it). A row: the name in C, the
 * word on the wire, the HTTP status where it is an answer by itself (0: it comes in a signed lease, or the
 * SDK finds it by itself), the words. Rows are added at the end of their part and never changed in meaning;
 * the SDK numbers each part from a number of its own, so that its numbers stay too.
 */
#ifndef SEATMETER_CODES_H
#define SEATMETER_CODES_H

/* in a signed lease */
#define SEATMETER_CODES_SIGNED(X)                                                                            \
    X(OK, "ok", 200, "The licence is on.")                                                                   \
    X(NOT_ON_YET, "not-on-yet", 403, "The licence has not been turned on yet. Ask your provider to.")        \
    X(OFF, "off", 403, "The licence is turned off. Ask your provider to turn it on.")                        \
    X(RETIRED, "retired", 403, "The licence has ended for good. Ask your provider for a new one.")           \
    X(SUSPENDED_BY_PROVIDER, "suspended-by-provider", 403,                                                   \
      "Your provider has suspended the agreement under which the licence runs.")                             \
    X(SUSPENDED_BY_DISTRIBUTOR, "suspended-by-distributor", 403,                                             \
      "The distributor has suspended an agreement under which the licence runs. Ask your provider.")         \
    X(SUSPENDED_BY_VENDOR, "suspended-by-vendor", 403,                                                       \
      "The vendor has suspended an agreement under which the licence runs. Ask your provider.")              \
    X(NO_SEAT_LEFT, "no-seat-left", 403,                                                                     \
      "All seats of the licence are taken. Release a device that is no longer used, or ask your provider "   \
      "for more seats.")                                                                                     \
    X(CLONE_SEEN, "clone-seen", 409,                                                                         \
      "Another copy of this device has checked in. This one must be activated anew with the licence key.")   \
    X(REPLACED, "replaced", 409,                                                                             \
      "This machine, or another with its identity, was activated since. Activate this one anew with the "    \
      "licence key.")                                                                                        \
    X(RELEASED, "released", 403, "The device was released. Activate it again to use a seat.")                \
    X(DROPPED, "dropped", 403,                                                                               \
      "The device was silent for so long that its seat went to another. Activate it again to use a seat.")   \
    X(CLOCK_WRONG, "clock-wrong", 0, "The machine's clock is wrong. Set it right.")                          \
    X(VERSION_WITHDRAWN, "version-withdrawn", 410,                                                           \
      "The vendor has withdrawn this version. Install a newer one.")

/* answers by themselves */
#define SEATMETER_CODES_ANSWERS(X)                                                                           \
    X(UNKNOWN_KEY, "unknown-key", 404, "There is no such licence key. Look for a mistake in typing it.")     \
    X(MALFORMED_KEY, "malformed-key", 400, "This is not a whole licence key. Look for a mistake in it.")     \
    X(UNKNOWN_DEVICE, "unknown-device", 404, "There is no such device. Activate it with the licence key.")   \
    X(CREDENTIAL_WRONG, "credential-wrong", 401, "The request does not prove that it is the device's.")      \
    X(MALFORMED_REQUEST, "malformed-request", 400, "The request is not what the protocol says.")             \
    X(RELEASES_EXHAUSTED, "releases-exhausted", 429,                                                         \
      "Too many devices of this licence were released in the last 30 days.")                                 \
    X(TOO_OFTEN, "too-often", 429, "The device asks too often. Try again later.")                            \
    X(BUSY, "busy", 503, "The server is busy. Try again later.")                                             \
    X(UNKNOWN_TARGET, "unknown-target", 404, "There is no such file.")                                       \
    X(NOT_ENTITLED, "not-entitled", 403, "The licence is not for this product.")                             \
    X(LEASE_EXPIRED, "lease-expired", 403, "The lease has expired. Check in again.")                         \
    X(NOT_ALLOWED, "not-allowed", 405, "This address takes other methods.")                                  \
    X(TOO_LARGE, "too-large", 413, "The request is larger than any should be.")                              \
    X(INTERNAL, "internal", 500, "The server failed. Try again later.")

/* what the SDK finds by itself */
#define SEATMETER_CODES_FOUND(X)                                                                             \
    X(NOT_ACTIVATED, "not-activated", 0, "The product has not been activated. Enter the licence key.")       \
    X(LEASE_FORGED, "lease-forged", 0, "The lease is not signed by the licence server.")                     \
    X(LEASE_MALFORMED, "lease-malformed", 0, "The lease cannot be read.")                                    \
    X(LEASE_OF_ANOTHER, "lease-of-another", 0,                                                               \
      "The lease is of another device, as on a copied disk. Activate this one with the licence key.")        \
    X(SIGNING_KEY_UNKNOWN, "signing-key-unknown", 0,                                                         \
      "The lease is signed by a key that is not valid, or no longer.")                                       \
    X(CLOCK_SET_BACK, "clock-set-back", 0,                                                                   \
      "The machine's clock stands before a time that has been. Set it right.")                               \
    X(STORE_BROKEN, "store-broken", 0, "What the product keeps of its licence cannot be read or written.")   \
    X(UNREACHABLE, "unreachable", 0, "The licence server cannot be reached.")                                \
    X(UPDATE_UNTRUSTED, "update-untrusted", 0, "The update's description or content is not as signed.")      \
    X(COMPONENT_MISSING, "component-missing", 0, "The licence is not for this component.")                   \
    X(WRONG_CALL, "wrong-call", 0, "The library was called in a way that it cannot be.")                     \
    X(NO_MEMORY, "no-memory", 0, "There is not enough memory.")                                              \
    X(IN_USE, "in-use", 0,                                                                                   \
      "Another process of the product is talking to the licence server. Try again in a moment.")             \
    X(OTHER_REASON, "other-reason", 0,                                                                       \
      "The licence server gives a reason that this version of the product does not know.")                   \
    X(DISK_FULL, "disk-full", 0, "There is not enough room on the disk.")

#define SEATMETER_CODES(X) SEATMETER_CODES_SIGNED(X) SEATMETER_CODES_ANSWERS(X) SEATMETER_CODES_FOUND(X)

#endif
