/* Door: the other side of the protocol for the tests, written from docs/device-protocol.md and the RFCs that
 * it names, with libsodium and nothing of ../src. A computer has a disk in memory whose power can fail and
 * clocks that can be set; its door keeps one device's chain and signs what the test wants. */
#ifndef SEATMETER_SDK_TESTS_DOOR_H
#define SEATMETER_SDK_TESTS_DOOR_H

#include "client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DISK_FILES = 6, DOOR_KEYS = 4, DOOR_TEXT = 20000 };

struct pair {
    unsigned char public_key[32];
    unsigned char secret_key[64];
    char x[44];
    char kid[17];
};

struct disk_file {
    char name[200];
    char *bytes; /* NULL: there is no such file */
    size_t size;
};

struct disk {
    struct disk_file now[DISK_FILES];
    struct disk_file durable[DISK_FILES];
    int steps;      /* taken so far: writes, renames, syncs */
    int fails_at;   /* from this step on nothing works; 0: always works */
    size_t room;    /* of all files together; 0: more than enough */
    size_t partial; /* of a write that fails, so many bytes are there */
    int64_t changes;
    bool is_locked;
    bool is_locked_by_other;
    bool cannot_read;
};

struct door {
    struct pair root, next_root, lease_keys[DOOR_KEYS];
    const struct pair *signs_sets; /* which root */
    const struct pair *signs_leases;
    bool is_in_set[DOOR_KEYS];
    bool next_root_in_set, root_in_set;
    int set_version;
    int64_t now_s;
    /* What is answered. */
    const char *decision, *code, *words, *advice, *components;
    int64_t ttl_s, grace_s;
    int leaves; /* of the batch, */
    int leaf;   /* and ours */
    int status; /* 200; else the refusal */
    const char *refusal;
    const char *raw_answer; /* instead of everything */
    const char *raw_keys;   /* instead of the key set */
    int64_t retry_after_s;
    bool is_unreachable;
    const char *fails_path; /* requests to it reach nobody; NULL: none */
    int lose_answers;       /* so many are processed and lost */
    bool other_fingerprint, other_link, other_sequence, other_device;
    int64_t keys_named; /* in the lease; 0: the set's version */
    /* What happened. */
    int requests, key_requests;
    char last_path[64];
    char last_body[DOOR_TEXT];
    char last_answer[DOOR_TEXT];
    char fingerprint[44];
    char device[32];
    int64_t chain_sequence; /* of the last request that was processed, */
    char chain_link[32];    /* with its link */
    unsigned char check_in_key[32];
    int generation;
    /* Of the device before this one. */
    char former_device[32];
    int64_t former_sequence;
    char former_link[32];
    int former_releases;
};

struct computer {
    struct disk disk;
    struct door door;
    int64_t wall_s;
    int64_t boot_ms;
    unsigned char boot;
    bool has_boot_id;
    char machine[64];
    enum sm_fingerprint_source source;
    bool pins_next_root;
    struct sm_files files;
    struct sm_client *client;
};

extern const char KEY[]; /* a licence key, another one, and one with a slip */
extern const char SECOND_KEY[];
extern const char OTHER_KEY[];

void computer_make(struct computer *computer);
void computer_options(struct computer *computer, struct sm_options *options);
void computer_start(struct computer *computer); /* opens the client, closing the one before */
void computer_stop(struct computer *computer);  /* without a word to the disk, as a kill does */
void computer_free(struct computer *computer);
void computer_boot(struct computer *computer, int64_t off_s); /* off and on again; the wall clock goes on */
void time_passes(struct computer *computer, int64_t seconds);

/* After a loss of power: what had been renamed since the last sync of the directory is there, or is not. */
void disk_lose_power(struct disk *disk, bool is_unsynced_lost);
struct disk_file *disk_find(struct disk *disk, const char *ending);

void base64(const void *bytes, size_t size, char *out);
size_t unbase64(const char *text, size_t length, void *out);
void pair_make(struct pair *pair, unsigned char seed);
void jws_make(const struct pair *pair, const char *typ, const char *payload, char *out);
void key_set_make(const struct door *door, char *out);
/* An envelope's members without the opening brace, for the request's link and sequence. */
void envelope_make(const struct door *door, const char *link, int64_t sequence, char *out);
/* The value of a member of a flat body, without quotes. */
void body_value(const char *body, const char *name, char *out, size_t capacity);

/* strcpy and strcat; what is written to is large enough, or an array that is. */
void append(char *out, const char *text);
#define copy_text(to, from) assert_true((size_t)snprintf(to, sizeof(to), "%s", from) < sizeof(to))

struct sm_answer check_now(struct computer *computer);
#define assert_works(computer) assert_int_equal(check_now(computer).decision, SM_WORK)
#define assert_stops(computer, why)                                                                          \
    do {                                                                                                     \
        struct sm_answer stops_ = check_now(computer);                                                       \
        assert_int_equal(stops_.decision, SM_STOP);                                                          \
        assert_string_equal(sm_code_word(stops_.code), sm_code_word(why));                                   \
    } while (0)
#define assert_code(given, wanted) assert_string_equal(sm_code_word(given), sm_code_word(wanted))

#endif
