#include "client_tally.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void tally_code(struct tally *tally, const char *code) {
    size_t i = 0;
    while (i < tally->code_count && strcmp(tally->codes[i].code, code) != 0) {
        i++;
    }
    if (i == CODES_MAX) {
        return;
    }
    if (i == tally->code_count) {
        snprintf(tally->codes[i].code, CODE_BYTES, "%s", code);
        tally->code_count++;
    }
    tally->codes[i].count++;
}

static size_t bucket_of(uint64_t latency_ns) {
    if (latency_ns < 16) {
        return (size_t)latency_ns;
    }
    int octave = 63 - __builtin_clzll(latency_ns);
    return (size_t)octave * 16 + (size_t)(latency_ns >> (octave - 4) & 15);
}

static uint64_t bucket_top(size_t bucket) {
    size_t octave = bucket / 16;
    return octave < 4 ? bucket : (uint64_t)(16 + bucket % 16 + 1) << (octave - 4);
}

void tally_latency(struct tally *tally, uint64_t latency_ns) {
    tally->buckets[bucket_of(latency_ns)]++;
    tally->max_ns = latency_ns > tally->max_ns ? latency_ns : tally->max_ns;
}

uint64_t tally_percentile_ns(const struct tally *tally, double part) {
    uint64_t total = 0, below = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        total += tally->buckets[i];
    }
    for (size_t i = 0; i < BUCKETS; i++) {
        below += tally->buckets[i];
        if (total > 0 && (double)below >= part * (double)total) {
            uint64_t top = bucket_top(i);
            return top < tally->max_ns ? top : tally->max_ns;
        }
    }
    return 0;
}

void journal_device(FILE *journal, const struct device *device) {
    char key[65], link[17], pending[17];
    fprintf(journal, "device %" PRIu32 " %s %s %" PRIu32 " %s %d %s\n", device->number, device->id,
            sodium_bin2hex(key, sizeof key, device->check_in_key, 32), device->sequence,
            sodium_bin2hex(link, sizeof link, device->link, 8), device->has_pending,
            sodium_bin2hex(pending, sizeof pending, device->pending_link, 8));
}

void journal_refused(FILE *journal, const struct device *device, const char *code) {
    fprintf(journal, "refused %" PRIu32 " %s\n", device->number, code);
}

static bool read_hex(const char *text, unsigned char *bytes, size_t size) {
    size_t got = 0;
    return text != NULL && sodium_hex2bin(bytes, size, text, strlen(text), NULL, &got, NULL) == 0 &&
           got == size;
}

/* A line of journal_device; false for any other, or one that was cut short. */
static bool read_line(char *line, struct device *device) {
    char *words[8] = {NULL};
    char *rest = line;
    for (size_t i = 0; i < 8; i++) {
        words[i] = strtok_r(rest, " \n", &rest);
        if (words[i] == NULL || (i == 0 && strcmp(words[0], "device") != 0)) {
            return false;
        }
    }
    *device = (struct device){.number = (uint32_t)strtoul(words[1], NULL, 10),
                              .is_active = true,
                              .sequence = (uint32_t)strtoul(words[4], NULL, 10),
                              .has_pending = words[6][0] == '1'};
    snprintf(device->id, sizeof device->id, "%s", words[2]);
    return read_hex(words[3], device->check_in_key, 32) && read_hex(words[5], device->link, 8) &&
           read_hex(words[7], device->pending_link, 8);
}

struct device *journal_read(const char *path, size_t *count) {
    FILE *journal = fopen(path, "r");
    char line[512];
    struct device *devices = NULL;
    size_t room = 0;
    if (journal == NULL) {
        perror(path);
        exit(2);
    }
    *count = 0;
    while (fgets(line, sizeof line, journal) != NULL) {
        struct device device;
        if (!read_line(line, &device)) {
            continue;
        }
        if (device.number >= room) {
            size_t more = (size_t)device.number * 2 + 1024;
            devices = realloc(devices, more * sizeof *devices);
            if (devices == NULL) {
                abort();
            }
            memset(devices + room, 0, (more - room) * sizeof *devices);
            room = more;
        }
        devices[device.number] = device;
        *count = device.number >= *count ? device.number + 1 : *count;
    }
    fclose(journal);
    return devices;
}
