/* Delivery: products, releases, the update repository, install links, and who may have what. */
#include "channel.h"

#include "delivery/tuf.h"
#include "programme/audit/audit_store.h"
#include "programme/call/authorise.h"
#include "programme/delivery/install_links.h"
#include "programme/delivery/products.h"
#include "programme/delivery/releases.h"
#include "programme/delivery/update_files.h"
#include "programme/delivery/verify_updates.h"
#include "programme/licensing/turn_licence.h"
#include "programme/licensing/undo_licence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The world's artifact store; closed by each test through `done`. */
static struct artifact_store *an_artifact_store(struct world *world) {
    struct artifact_store *store = NULL;
    WORLD_OK(world, artifact_store_open(world_file(world, "artifacts"), &store, &world->fault));
    return store;
}

/* A test with a channel and an artifact store. */
struct stage {
    struct world *world;
    struct artifact_store *artifacts;
};

static struct stage a_stage(void **state) {
    struct stage stage = {.world = *state};
    a_channel(stage.world);
    stage.artifacts = an_artifact_store(stage.world);
    return stage;
}

static void end_stage(struct stage *stage) {
    char command[512];
    struct text place = artifact_store_place(stage->artifacts);
    snprintf(command, sizeof command, "rm -rf '%.*s'", TEXT_ARGS(place));
    assert_int_equal(system(command), 0);
    artifact_store_close(stage->artifacts);
}

/* A call of an account, or the operator's (NULL). */
static struct call call_by(struct stage *stage, const char *account) {
    struct call call = account == NULL ? world_call(stage->world) : call_of(stage->world, account);
    call.artifacts = stage->artifacts;
    return call;
}

static struct product_view a_product(struct stage *stage, const char *by, const char *vendor,
                                     const char *code, const char *sku) {
    struct call call = call_by(stage, by);
    struct product_view product;
    struct text skus[] = {text_of(sku)};
    struct add_product_input input = {.vendor = text_of(vendor),
                                      .code = text_of(code),
                                      .name = text_of(code),
                                      .skus = skus,
                                      .sku_count = 1};
    WORLD_OK(stage->world, add_product(&call, &input, &product, &stage->world->fault));
    return product;
}

static struct text stored(struct stage *stage, const char *content) {
    struct world *world = stage->world;
    struct artifact_writer *writer = NULL;
    struct artifact artifact;
    WORLD_OK(world, artifact_write_begin(stage->artifacts, 1000, &writer, &world->fault));
    WORLD_OK(world, artifact_write(writer, text_of(content), &world->fault));
    WORLD_OK(world, artifact_write_finish(writer, TEXT(""), &artifact, &world->fault));
    return text_copy(&world->arena, text_of(artifact.sha256));
}

static enum status publish(struct stage *stage, struct call *call, const char *product, const char *version,
                           const char *channel, const char *platform, const char *content,
                           struct release_view *out) {
    struct publish_artifact artifact = {text_of(platform), TEXT("setup.bin"), stored(stage, content)};
    struct publish_release_input input = {.product = text_of(product),
                                          .version = text_of(version),
                                          .channel = text_of(channel),
                                          .notes = TEXT(""),
                                          .artifacts = &artifact,
                                          .artifact_count = 1};
    return publish_release(call, &input, out, &stage->world->fault);
}

static struct release_view a_release(struct stage *stage, const char *product, const char *version,
                                     const char *channel) {
    struct call call = call_by(stage, NULL);
    struct release_view release;
    WORLD_OK(stage->world,
             publish(stage, &call, product, version, channel, "linux-amd64", version, &release));
    return release;
}

static struct text file_named(struct stage *stage, const char *name) {
    struct world *world = stage->world;
    struct tuf_file file;
    bool found = false;
    WORLD_OK(world, tuf_file_load(world->db, &world->arena, text_of(name), &file, &found, &world->fault));
    return found ? file.bytes : TEXT("");
}

static bool contains(struct text whole, const char *part) {
    return memmem(whole.at, whole.length, part, strlen(part)) != NULL;
}

/* The targets as a client comes to them: through timestamp and snapshot. */
static struct text present_targets(struct stage *stage) {
    struct world *world = stage->world;
    struct tuf_file targets;
    bool found = false;
    WORLD_OK(world, tuf_file_newest(world->db, &world->arena, TUF_TARGETS, &targets, &found, &world->fault));
    assert_true(found);
    return targets.bytes;
}

static void verify(struct stage *stage, size_t problems) {
    struct call call = call_by(stage, NULL);
    struct verify_updates_result result;
    WORLD_OK(stage->world, verify_updates(&call, &result, &stage->world->fault));
    for (size_t i = 0; i < result.problem_count && problems == 0; i++) {
        print_error("%.*s\n", TEXT_ARGS(result.problems[i]));
    }
    assert_int_equal(result.problem_count, problems);
    struct audit_store_result check;
    WORLD_OK(stage->world, audit_store(&call, &check, &stage->world->fault));
    if (problems == 0) {
        assert_int_equal(check.violation_total, 0);
    }
}

/* ---- products ---- */

static void a_product_is_its_vendors_and_the_distributor_may_add_it_too(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    struct product_view product = a_product(&stage, "ACME", "", "EPP", "OFFICE");
    assert_int_equal(product.sku_count, 1);
    a_product(&stage, "DIST", "ACME", "MAILGUARD", "MAIL");
    struct product_view other;
    struct text office = TEXT("OFFICE");
    struct add_product_input input = {
        .vendor = TEXT("ACME"), .code = TEXT("X"), .name = TEXT("X"), .skus = &office, .sku_count = 1};
    struct call by_provider = call_by(&stage, "P1");
    assert_int_not_equal(add_product(&by_provider, &input, &other, &world->fault), STATUS_OK);
    struct call by_other_vendor = call_by(&stage, "BOLT");
    WORLD_FAULT(world, "unknown-account", add_product(&by_other_vendor, &input, &other, &world->fault));
    input.vendor = TEXT("BOLT");
    WORLD_FAULT(world, "unknown-sku", add_product(&by_other_vendor, &input, &other, &world->fault));
    struct call call = call_by(&stage, NULL);
    input = (struct add_product_input){.vendor = TEXT("ACME"), .code = TEXT("epp"), .name = TEXT("again")};
    WORLD_FAULT(world, "code-taken", add_product(&call, &input, &other, &world->fault));
    input.code = TEXT("../etc");
    WORLD_FAULT(world, "malformed-code", add_product(&call, &input, &other, &world->fault));
    input = (struct add_product_input){.vendor = TEXT("P1"), .code = TEXT("Y"), .name = TEXT("Y")};
    WORLD_FAULT(world, "not-a-vendor", add_product(&call, &input, &other, &world->fault));
    end_stage(&stage);
}

static void another_vendor_knows_of_no_product_and_everybody_else_does(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    struct release_view release = a_release(&stage, "EPP", "1.0", "stable");
    static const struct {
        const char *account;
        size_t count;
    } CASES[] = {{"ACME", 1}, {"BOLT", 0}, {"DIST", 1}, {"P1", 1}, {"C1", 1}, {"P3", 1}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct call call = call_by(&stage, CASES[i].account);
        struct product_page products;
        struct release_page releases;
        struct product_view product;
        WORLD_OK(world, list_products(&call, &(struct list_products_input){0}, &products, &world->fault));
        assert_int_equal(products.count, CASES[i].count);
        WORLD_OK(world, list_releases(&call, &(struct list_releases_input){0}, &releases, &world->fault));
        assert_int_equal(releases.count, CASES[i].count);
        if (CASES[i].count == 1) {
            continue;
        }
        WORLD_FAULT(world, "unknown-product", show_product(&call, TEXT("EPP"), &product, &world->fault));
        WORLD_FAULT(world, "unknown-release",
                    show_release(&call, release.identifier, &release, &world->fault));
        WORLD_FAULT(world, "unknown-release", show_release(&call, TEXT("EPP/1.0"), &release, &world->fault));
    }
    end_stage(&stage);
}

static struct product_view found_by(struct stage *stage, const char *account, const char *word) {
    struct call call = call_by(stage, account);
    struct product_view product = {0};
    WORLD_OK(stage->world, show_product(&call, text_of(word), &product, &stage->world->fault));
    return product;
}

static void two_vendors_may_call_a_product_alike_and_the_older_one_keeps_its_name(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    struct call by_bolt = call_by(&stage, "BOLT");
    struct add_product_input input = {.code = TEXT("epp"), .name = TEXT("Bolt's")};
    struct product_view acmes = a_product(&stage, "ACME", "", "EPP", "OFFICE");
    struct product_view bolts;
    WORLD_OK(world, add_product(&by_bolt, &input, &bolts, &world->fault));
    assert_true(text_is(acmes.update_name, "EPP"));
    assert_true(text_is(bolts.code, "epp"));
    assert_true(text_is(bolts.update_name, "epp-2"));
    static const char *const OTHERS[] = {NULL, "DIST", "P1", "C1", "P3"};
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        assert_int_equal(found_by(&stage, OTHERS[i], "EPP").id, acmes.id);
        assert_int_equal(found_by(&stage, OTHERS[i], "epp").id, acmes.id);
        assert_int_equal(found_by(&stage, OTHERS[i], "BOLT/EPP").id, bolts.id);
        assert_int_equal(found_by(&stage, OTHERS[i], "ACME/EPP").id, acmes.id);
    }
    assert_int_equal(found_by(&stage, "BOLT", "EPP").id, bolts.id);
    assert_int_equal(found_by(&stage, "ACME", "EPP").id, acmes.id);
    WORLD_FAULT(world, "unknown-product", show_product(&by_bolt, TEXT("ACME/EPP"), &bolts, &world->fault));
    WORLD_FAULT(world, "code-taken", add_product(&by_bolt, &input, &bolts, &world->fault));
    end_stage(&stage);
}

static void products_of_one_code_are_apart_in_the_update_repository(void **state) {
    struct stage stage = a_stage(state);
    struct call by_bolt = call_by(&stage, "BOLT");
    struct add_product_input input = {.code = TEXT("EPP"), .name = TEXT("Bolt's")};
    struct product_view bolts;
    struct release_view release;
    a_product(&stage, "ACME", "", "EPP", "OFFICE");
    WORLD_OK(stage.world, add_product(&by_bolt, &input, &bolts, &stage.world->fault));
    a_release(&stage, "ACME/EPP", "1.0", "stable");
    a_release(&stage, "BOLT/EPP", "7.0", "stable");
    assert_true(contains(present_targets(&stage), "\"EPP/stable/linux-amd64/1.0/setup.bin\""));
    assert_true(contains(present_targets(&stage), "\"EPP-2/stable/linux-amd64/7.0/setup.bin\""));
    struct call call = call_by(&stage, "P1");
    WORLD_OK(stage.world, show_release(&call, TEXT("BOLT/EPP/7.0"), &release, &stage.world->fault));
    assert_true(text_equal(release.product, bolts.identifier));
    WORLD_FAULT(stage.world, "unknown-release",
                show_release(&call, TEXT("EPP/7.0"), &release, &stage.world->fault));
    verify(&stage, 0);
    end_stage(&stage);
}

/* ---- releases ---- */

static void a_beta_release_is_listed_on_beta_and_when_promoted_on_both(void **state) {
    struct stage stage = a_stage(state);
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    struct release_view release = a_release(&stage, "EPP", "1.0", "beta");
    assert_true(contains(present_targets(&stage), "\"EPP/beta/linux-amd64/1.0/setup.bin\""));
    assert_false(contains(present_targets(&stage), "EPP/stable"));
    struct call call = call_by(&stage, NULL);
    WORLD_OK(stage.world, promote_release(&call, TEXT("EPP/1.0"), &release, &stage.world->fault));
    assert_true(contains(present_targets(&stage), "\"EPP/beta/linux-amd64/1.0/setup.bin\""));
    assert_true(contains(present_targets(&stage), "\"EPP/stable/linux-amd64/1.0/setup.bin\""));
    WORLD_FAULT(stage.world, "wrong-state",
                promote_release(&call, TEXT("EPP/1.0"), &release, &stage.world->fault));
    verify(&stage, 0);
    end_stage(&stage);
}

static void a_release_grows_by_platforms_and_what_is_out_never_changes(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    struct call call = call_by(&stage, NULL);
    struct release_view release;
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    WORLD_OK(world, publish(&stage, &call, "EPP", "1.0", "beta", "linux-amd64", "one", &release));
    WORLD_OK(world, publish(&stage, &call, "EPP", "1.0", "beta", "windows-amd64", "two", &release));
    assert_int_equal(release.artifact_count, 2);
    struct text before = file_named(&stage, "timestamp.json");
    WORLD_OK(world, publish(&stage, &call, "EPP", "1.0", "beta", "windows-amd64", "two", &release));
    assert_true(text_equal(before, file_named(&stage, "timestamp.json")));
    WORLD_FAULT(world, "platform-taken",
                publish(&stage, &call, "EPP", "1.0", "beta", "windows-amd64", "three", &release));
    WORLD_FAULT(world, "channel-differs",
                publish(&stage, &call, "EPP", "1.0", "stable", "mac-arm64", "four", &release));
    assert_true(text_equal(before, file_named(&stage, "timestamp.json")));
    verify(&stage, 0);
    end_stage(&stage);
}

static void a_withdrawn_release_vanishes_and_its_reason_stays(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    struct call call = call_by(&stage, "ACME");
    struct release_view release;
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    a_release(&stage, "EPP", "1.0", "stable");
    struct withdraw_release_input input = {.release = TEXT("EPP/1.0"), .reason = TEXT("")};
    WORLD_FAULT(world, "missing-field", withdraw_release(&call, &input, &release, &world->fault));
    input.reason = TEXT("It breaks mail.");
    WORLD_OK(world, withdraw_release(&call, &input, &release, &world->fault));
    assert_true(contains(present_targets(&stage), "\"targets\":{}"));
    WORLD_FAULT(world, "wrong-state", withdraw_release(&call, &input, &release, &world->fault));
    WORLD_FAULT(world, "version-withdrawn", promote_release(&call, TEXT("EPP/1.0"), &release, &world->fault));
    WORLD_FAULT(world, "version-withdrawn",
                publish(&stage, &call, "EPP", "1.0", "stable", "mac-arm64", "x", &release));
    struct opened_artifact opened;
    WORLD_FAULT(world, "version-withdrawn",
                open_installer(&call, TEXT("EPP/1.0"), TEXT("linux-amd64"), &opened, &world->fault));
    assert_non_null(strstr(world->fault.message, "It breaks mail."));
    struct update_target target;
    bool found = false;
    struct text path = text_format(&world->arena, "EPP/stable/linux-amd64/1.0/%.*s.setup.bin",
                                   TEXT_ARGS(release.artifacts[0].sha256));
    WORLD_OK(world, release_target_find(world->db, &world->arena, path, &target, &found, &world->fault));
    assert_true(found && target.is_withdrawn);
    assert_true(text_is(target.withdrawn_reason, "It breaks mail."));
    verify(&stage, 0);
    end_stage(&stage);
}

static void names_from_outside_are_checked_before_anything_is_done(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    struct call call = call_by(&stage, NULL);
    struct release_view release;
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    WORLD_FAULT(world, "malformed-version",
                publish(&stage, &call, "EPP", "../1", "beta", "linux-amd64", "x", &release));
    WORLD_FAULT(world, "malformed-platform",
                publish(&stage, &call, "EPP", "1", "beta", "linux/amd64", "x", &release));
    WORLD_FAULT(world, "unknown-channel",
                publish(&stage, &call, "EPP", "1", "nightly", "linux-amd64", "x", &release));
    struct publish_artifact artifact = {TEXT("linux-amd64"), TEXT("..\\x"), stored(&stage, "x")};
    struct publish_release_input input = {.product = TEXT("EPP"),
                                          .version = TEXT("1"),
                                          .channel = TEXT("beta"),
                                          .artifacts = &artifact,
                                          .artifact_count = 1};
    WORLD_FAULT(world, "malformed-file-name", publish_release(&call, &input, &release, &world->fault));
    artifact.file_name = TEXT("x");
    artifact.sha256 = TEXT("ABC");
    WORLD_FAULT(world, "malformed-sha256", publish_release(&call, &input, &release, &world->fault));
    artifact.sha256 = TEXT("0000000000000000000000000000000000000000000000000000000000000000");
    WORLD_FAULT(world, "unknown-artifact", publish_release(&call, &input, &release, &world->fault));
    input.artifact_count = 0;
    WORLD_FAULT(world, "no-artifacts", publish_release(&call, &input, &release, &world->fault));
    assert_int_equal(ask(world, "select count(*) from releases"), 0);
    assert_int_equal(ask(world, "select count(*) from tuf_metadata"), 0);
    end_stage(&stage);
}

static void nobody_publishes_anothers_file_by_its_hash(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    struct call acme = call_by(&stage, "ACME");
    struct call bolt = call_by(&stage, "BOLT");
    struct release_view release;
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    a_product(&stage, NULL, "BOLT", "VAULT", "BACKUP");
    struct artifact artifact = {.size_bytes = 6};
    struct text sha256 = stored(&stage, "secret");
    memcpy(artifact.sha256, sha256.at, sha256.length);
    WORLD_OK(world, check_upload(&acme, TEXT(""), &world->fault));
    WORLD_OK(world, note_upload(&acme, TEXT(""), &artifact, &world->fault));
    WORLD_OK(world, publish(&stage, &acme, "EPP", "1", "beta", "linux-amd64", "secret", &release));
    WORLD_FAULT(world, "unknown-artifact",
                publish(&stage, &bolt, "VAULT", "1", "beta", "linux-amd64", "secret", &release));
    struct call provider = call_by(&stage, "P1");
    WORLD_FAULT(world, "not-a-vendor", check_upload(&provider, TEXT(""), &world->fault));
    WORLD_FAULT(world, "not-yours", publish(&stage, &provider, "EPP", "2", "beta", "x", "y", &release));
    end_stage(&stage);
}

/* ---- who may have it ---- */

static enum status open_by(struct stage *stage, const char *account, struct opened_artifact *opened) {
    struct call call = call_by(stage, account);
    enum status status =
        open_installer(&call, TEXT("EPP/1.0"), TEXT("linux-amd64"), opened, &stage->world->fault);
    if (status == STATUS_OK) {
        close(opened->fd);
    }
    return status;
}

static void an_installer_is_for_those_whose_licence_counts(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    struct opened_artifact opened;
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    a_release(&stage, "EPP", "1.0", "stable");
    WORLD_FAULT(world, "not-entitled", open_by(&stage, "P1", &opened));
    struct text licence = a_licence_on(world, "OFFICE", 3);
    WORLD_OK(world, open_by(&stage, "P1", &opened));
    assert_int_equal(opened.size_bytes, 3);
    WORLD_OK(world, open_by(&stage, "C1", &opened));
    WORLD_OK(world, open_by(&stage, "ACME", &opened));
    WORLD_FAULT(world, "not-entitled", open_by(&stage, "P2", &opened));
    WORLD_FAULT(world, "not-entitled", open_by(&stage, "C2", &opened));
    suspend(world, "DIST", "P1");
    WORLD_FAULT(world, "not-entitled", open_by(&stage, "P1", &opened));
    resume(world, "DIST", "P1");
    WORLD_OK(world, open_by(&stage, "C1", &opened));
    turn_off(world, licence);
    WORLD_FAULT(world, "not-entitled", open_by(&stage, "C1", &opened));
    end_stage(&stage);
}

static bool entitled(struct stage *stage, const struct update_target *target, struct text licence) {
    struct world *world = stage->world;
    bool yes = false;
    int64_t id = licence_of(world, licence).licence.id;
    WORLD_OK(world, release_target_entitled(world->db, target, id, &yes, &world->fault));
    return yes;
}

static void a_bundles_licence_entitles_while_its_part_counts(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    struct release_view release = a_release(&stage, "EPP", "1.0", "stable");
    struct update_target target;
    bool found = false;
    struct text path = text_format(&world->arena, "EPP/stable/linux-amd64/1.0/%.*s.setup.bin",
                                   TEXT_ARGS(release.artifacts[0].sha256));
    WORLD_OK(world, release_target_find(world->db, &world->arena, path, &target, &found, &world->fault));
    assert_true(found);
    assert_int_equal(target.sku_count, 2); /* OFFICE and SUITE */
    struct text suite = a_licence_on(world, "SUITE", 2);
    struct text mail = a_licence_on(world, "MAIL", 2);
    struct text office = a_licence_on(world, "OFFICE", 2);
    assert_true(entitled(&stage, &target, suite));
    assert_true(entitled(&stage, &target, office));
    assert_false(entitled(&stage, &target, mail));
    suspend(world, "ACME", "DIST"); /* the part is suspended, the bundle's own licence counts on */
    assert_false(entitled(&stage, &target, suite));
    resume(world, "ACME", "DIST");
    turn_off(world, suite);
    assert_false(entitled(&stage, &target, suite));
    turn_on(world, suite);
    assert_true(entitled(&stage, &target, suite));
    end_stage(&stage);
}

static void a_target_is_found_by_the_path_and_hash_that_the_metadata_name_alone(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    struct release_view release = a_release(&stage, "EPP", "1.0", "beta");
    struct text sha256 = release.artifacts[0].sha256;
    static const struct {
        const char *format;
        bool found;
    } CASES[] = {
        {"EPP/beta/linux-amd64/1.0/%.*s.setup.bin", true},
        {"EPP/stable/linux-amd64/1.0/%.*s.setup.bin", false},
        {"EPP/beta/linux-amd64/1.1/%.*s.setup.bin", false},
        {"epp/beta/linux-amd64/1.0/%.*s.setup.bin", false},
        {"EPP/beta/linux-amd64/1.0/%.*s.other.bin", false},
        {"EPP/beta/linux-amd64/1.0/../1.0/%.*s.setup.bin", false},
        {"EPP/beta/linux-amd64/1.0/%.*s", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct update_target target;
        bool found = false;
        char path[200];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(path, sizeof path, CASES[i].format, TEXT_ARGS(sha256));
#pragma GCC diagnostic pop
        WORLD_OK(world, release_target_find(world->db, &world->arena, text_of(path), &target, &found,
                                            &world->fault));
        assert_int_equal(found, CASES[i].found);
    }
    end_stage(&stage);
}

/* ---- the repository ---- */

static void files_are_found_by_the_names_that_clients_ask_for(void **state) {
    struct stage stage = a_stage(state);
    assert_int_equal(file_named(&stage, "timestamp.json").length, 0);
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    a_release(&stage, "EPP", "1.0", "beta");
    assert_true(contains(file_named(&stage, "1.root.json"), "\"_type\":\"root\""));
    assert_true(text_equal(file_named(&stage, "root.json"), file_named(&stage, "1.root.json")));
    static const char *const NONE[] = {
        "2.root.json",    "0.root.json",  "01.root.json",     "-1.root.json",
        "snapshot.json",  "targets.json", "1.timestamp.json", "",
        "../1.root.json", ".root.json",   "1.mirrors.json",   "1.snapshot.json"};
    for (size_t i = 0; i < sizeof NONE / sizeof NONE[0]; i++) {
        assert_int_equal(file_named(&stage, NONE[i]).length, 0);
    }
    char name[64];
    struct tuf_file snapshot;
    bool found = false;
    WORLD_OK(stage.world, tuf_file_newest(stage.world->db, &stage.world->arena, TUF_SNAPSHOT, &snapshot,
                                          &found, &stage.world->fault));
    snprintf(name, sizeof name, "%lld.snapshot.json", (long long)snapshot.version);
    assert_true(text_equal(file_named(&stage, name), snapshot.bytes));
    end_stage(&stage);
}

static int64_t renew(struct stage *stage, bool all) {
    struct call call = call_by(stage, NULL);
    int64_t renewed = -1;
    struct renew_updates_input input = {.all = all};
    WORLD_OK(stage->world, renew_updates(&call, &input, &renewed, &stage->world->fault));
    return renewed;
}

static void files_are_renewed_when_half_their_life_is_over_and_not_before(void **state) {
    struct stage stage = a_stage(state);
    static const int64_t HOUR_US = INT64_C(3600) * 1000000;
    assert_int_equal(renew(&stage, true), 0); /* there is no repository yet */
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    a_release(&stage, "EPP", "1.0", "beta");
    assert_int_equal(renew(&stage, false), 0);
    stage.world->now_us += 11 * HOUR_US;
    assert_int_equal(renew(&stage, false), 0);
    stage.world->now_us += HOUR_US;
    assert_int_equal(renew(&stage, false), 1); /* the timestamp */
    assert_int_equal(renew(&stage, false), 0);
    stage.world->now_us += 24 * 4 * HOUR_US;
    assert_int_equal(renew(&stage, false), 2); /* snapshot and timestamp */
    stage.world->now_us += 24 * 50 * HOUR_US;
    verify(&stage, 2); /* both have expired */
    assert_int_equal(renew(&stage, false), 3);
    verify(&stage, 0);
    stage.world->now_us += 24 * 150 * HOUR_US;
    assert_int_equal(renew(&stage, false), 4); /* the root as well */
    assert_true(file_named(&stage, "2.root.json").length > 0);
    assert_int_equal(renew(&stage, true), 4);
    verify(&stage, 0);
    struct call provider = call_by(&stage, "P1");
    WORLD_FAULT(stage.world, "operator-only",
                renew_updates(&provider, &(struct renew_updates_input){0}, NULL, &stage.world->fault));
    end_stage(&stage);
}

static void superseded_files_stay_for_a_day_and_roots_for_ever(void **state) {
    struct stage stage = a_stage(state);
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    a_release(&stage, "EPP", "1.0", "beta");
    a_release(&stage, "EPP", "1.1", "beta");
    assert_int_equal(ask(stage.world, "select count(*) from tuf_metadata where role = 'targets'"), 2);
    stage.world->now_us += INT64_C(90000) * 1000000;
    a_release(&stage, "EPP", "1.2", "beta");
    assert_int_equal(ask(stage.world, "select count(*) from tuf_metadata where role = 'targets'"), 2);
    assert_true(file_named(&stage, "1.root.json").length > 0);
    end_stage(&stage);
}

/* How often the device door was told to read the repository again. */
static int64_t times_told(struct stage *stage) {
    return ask(stage->world, "select count(*) from device_changes where kind = 'releases'");
}

static void rotate(struct stage *stage, const char *role, int64_t keys, int64_t threshold) {
    struct call call = call_by(stage, NULL);
    int64_t told = times_told(stage);
    struct update_repository_view repository;
    struct rotate_update_key_input input = {.role = text_of(role), .keys = keys, .threshold = threshold};
    WORLD_OK(stage->world, rotate_update_key(&call, &input, &repository, &stage->world->fault));
    assert_int_equal(times_told(stage), told + 1);
    verify(stage, 0);
}

static void every_roles_key_can_be_rotated_and_thresholds_raised(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    struct call call = call_by(&stage, NULL);
    struct update_repository_view repository;
    struct rotate_update_key_input input = {.role = TEXT("root")};
    WORLD_FAULT(world, "no-releases", rotate_update_key(&call, &input, &repository, &world->fault));
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    a_release(&stage, "EPP", "1.0", "stable");
    rotate(&stage, "timestamp", 0, 0);
    rotate(&stage, "snapshot", 0, 0);
    rotate(&stage, "targets", 3, 2);
    rotate(&stage, "root", 0, 0);
    rotate(&stage, "root", 5, 3);
    rotate(&stage, "root", 1, 1);
    rotate(&stage, "targets", 1, 1);
    assert_int_equal(ask(world, "select count(*) from tuf_metadata where role = 'root'"), 8);
    assert_int_equal(ask(world, "select count(*) from tuf_keys where state = 'retired' "
                                "and private_sealed is not null"),
                     0);
    input = (struct rotate_update_key_input){.role = TEXT("targets"), .keys = 2, .threshold = 3};
    WORLD_FAULT(world, "threshold-out-of-range",
                rotate_update_key(&call, &input, &repository, &world->fault));
    input.role = TEXT("mirrors");
    WORLD_FAULT(world, "unknown-tuf-role", rotate_update_key(&call, &input, &repository, &world->fault));
    struct call provider = call_by(&stage, "P1");
    WORLD_FAULT(world, "operator-only", rotate_update_key(&provider, &input, &repository, &world->fault));
    end_stage(&stage);
}

static void run(struct world *world, const char *sql) {
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, sql, DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static int64_t violations(struct stage *stage) {
    struct call call = call_by(stage, NULL);
    struct audit_store_result result;
    WORLD_OK(stage->world, audit_store(&call, &result, &stage->world->fault));
    return result.violation_total;
}

static void a_repository_that_does_not_say_what_is_released_is_found_out(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    a_release(&stage, "EPP", "1.0", "stable");
    assert_int_equal(violations(&stage), 0);
    run(world, "update releases set version = '6.6.6'");
    assert_int_equal(violations(&stage), 1);
    run(world, "update releases set version = '1.0'");
    run(world, "update tuf_roles set threshold = 2 where role = 'timestamp'");
    assert_true(violations(&stage) > 0);
    run(world, "update tuf_roles set threshold = 1 where role = 'timestamp'");
    run(world, "delete from tuf_metadata where role = 'snapshot'");
    struct call call = call_by(&stage, NULL);
    struct audit_store_result result;
    WORLD_FAULT(world, "updates-broken", audit_store(&call, &result, &world->fault));
    end_stage(&stage);
}

static void another_secret_opens_no_key(void **state) {
    struct stage stage = a_stage(state);
    static const unsigned char OTHER[PROGRAMME_SECRET_BYTES] = "another secret of thirty-two by";
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    a_release(&stage, "EPP", "1.0", "stable");
    struct call call = call_by(&stage, NULL);
    call.secret = OTHER;
    struct renew_updates_input input = {.all = true};
    WORLD_FAULT(stage.world, "key-unreadable", renew_updates(&call, &input, NULL, &stage.world->fault));
    end_stage(&stage);
}

static void versions_go_on_above_what_clients_have_seen_after_a_restore(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    a_release(&stage, "EPP", "1.0", "stable");
    struct tuf_file before;
    struct tuf_file after;
    bool found = false;
    world->now_us += INT64_C(5000000);
    a_release(&stage, "EPP", "1.1", "stable");
    WORLD_OK(world, tuf_file_newest(world->db, &world->arena, TUF_TIMESTAMP, &before, &found, &world->fault));
    /* What a backup from before the second release would hold. */
    run(world, "delete from tuf_metadata where superseded_at_us is null and role <> 'root'");
    run(world, "update tuf_metadata set superseded_at_us = null where role <> 'root'");
    run(world, "delete from release_artifacts where release_id = 2");
    run(world, "delete from releases where id = 2");
    world->now_us += INT64_C(5000000);
    assert_int_equal(renew(&stage, true), 4);
    WORLD_OK(world, tuf_file_newest(world->db, &world->arena, TUF_TIMESTAMP, &after, &found, &world->fault));
    assert_true(after.version > before.version);
    verify(&stage, 0);
    end_stage(&stage);
}

/* ---- install links ---- */

static struct text a_link(struct stage *stage, struct text licence, int64_t days) {
    struct call call = call_by(stage, "P1");
    struct install_link_view link;
    struct text token;
    struct make_install_link_input input = {.licence = licence, .days = days};
    WORLD_OK(stage->world, make_install_link(&call, &input, &link, &token, &stage->world->fault));
    return token;
}

static void a_link_shows_the_key_and_the_newest_stable_installers(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    struct call call = call_by(&stage, NULL);
    struct release_view release;
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    a_release(&stage, "EPP", "1.0", "stable");
    world->now_us += 1000000;
    a_release(&stage, "EPP", "1.1", "stable");
    a_release(&stage, "EPP", "2.0", "beta");
    call = call_by(&stage, NULL);
    WORLD_OK(world, publish(&stage, &call, "EPP", "1.0", "stable", "windows-amd64", "w", &release));
    struct text licence = a_licence_on(world, "OFFICE", 3);
    struct text token = a_link(&stage, licence, INSTALL_LINK_DAYS_DEFAULT);
    struct call nobody = call_by(&stage, NULL);
    struct install_page page;
    WORLD_OK(world, open_install_page(&nobody, token, &page, &world->fault));
    assert_int_equal(page.choice_count, 2);
    assert_true(text_is(page.choices[0].platform, "linux-amd64") && text_is(page.choices[0].version, "1.1"));
    assert_true(text_is(page.choices[1].platform, "windows-amd64") &&
                text_is(page.choices[1].version, "1.0"));
    assert_true(page.counts && page.choices[0].may_be_had);
    assert_true(licence_of(world, page.key).licence.id == licence_of(world, licence).licence.id);
    struct opened_artifact opened;
    WORLD_OK(world,
             open_install_artifact(&nobody, token, TEXT("linux-amd64"), TEXT(""), &opened, &world->fault));
    assert_int_equal(opened.size_bytes, 3);
    close(opened.fd);
    WORLD_FAULT(world, "unknown-platform",
                open_install_artifact(&nobody, token, TEXT("mac"), TEXT(""), &opened, &world->fault));
    turn_off(world, licence);
    WORLD_OK(world, open_install_page(&nobody, token, &page, &world->fault));
    assert_false(page.counts);
    WORLD_FAULT(world, "not-entitled",
                open_install_artifact(&nobody, token, TEXT("linux-amd64"), TEXT(""), &opened, &world->fault));
    end_stage(&stage);
}

static void an_on_under_which_a_link_gave_an_installer_is_not_undone(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    struct opened_artifact opened;
    struct undone_licence undone;
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    a_release(&stage, "EPP", "1.0", "stable");
    struct text licence = a_licence_on(world, "OFFICE", 3);
    struct text token = a_link(&stage, licence, 2);
    struct call provider = call_by(&stage, "P1");
    struct call nobody = call_by(&stage, NULL);
    const struct undo_licence_input undo = {.licence = licence, .changes = 1};
    WORLD_OK(world, undo_licence(&provider, &undo, &undone, &world->fault));
    assert_int_equal(undone.undone, 1);
    turn_on(world, licence);
    WORLD_OK(world,
             open_install_artifact(&nobody, token, TEXT("linux-amd64"), TEXT(""), &opened, &world->fault));
    close(opened.fd);
    WORLD_OK(world, undo_licence(&provider, &undo, &undone, &world->fault));
    assert_int_equal(undone.undone, 0);
    assert_true(text_is(undone.instead, "off"));
    end_stage(&stage);
}

static void a_link_expires_and_is_revoked_and_its_token_is_kept_nowhere(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    struct install_page page;
    a_product(&stage, NULL, "ACME", "EPP", "OFFICE");
    struct text licence = a_licence_on(world, "OFFICE", 3);
    struct text token = a_link(&stage, licence, 2);
    struct text other = a_link(&stage, licence, 90);
    struct call call = call_by(&stage, "P1");
    struct install_link_list links;
    WORLD_OK(world, list_install_links(&call, licence, &links, &world->fault));
    assert_int_equal(links.count, 2);
    assert_true(text_is(links.items[0].state, "open"));
    struct install_link_view revoked;
    struct call customer = call_by(&stage, "C1");
    struct call other_provider = call_by(&stage, "P2");
    WORLD_FAULT(world, "unknown-install-link",
                revoke_install_link(&customer, links.items[0].identifier, &revoked, &world->fault));
    WORLD_FAULT(world, "unknown-install-link",
                revoke_install_link(&other_provider, links.items[0].identifier, &revoked, &world->fault));
    WORLD_OK(world, revoke_install_link(&call, links.items[0].identifier, &revoked, &world->fault));
    assert_true(text_is(revoked.state, "revoked"));
    struct call nobody = call_by(&stage, NULL);
    WORLD_FAULT(world, "link-revoked", open_install_page(&nobody, other, &page, &world->fault));
    WORLD_OK(world, open_install_page(&nobody, token, &page, &world->fault));
    WORLD_FAULT(world, "link-unknown", open_install_page(&nobody, TEXT("sml_guess"), &page, &world->fault));
    WORLD_FAULT(world, "link-unknown", open_install_page(&nobody, TEXT(""), &page, &world->fault));
    nobody.now_us += INT64_C(86400) * 2 * 1000000;
    WORLD_FAULT(world, "link-expired", open_install_page(&nobody, token, &page, &world->fault));
    end_stage(&stage);
}

static void a_link_is_made_by_the_provider_for_what_can_be_installed(void **state) {
    struct stage stage = a_stage(state);
    struct world *world = stage.world;
    struct install_link_view link;
    struct text token;
    struct text mail = a_licence_on(world, "MAIL", 1);
    struct make_install_link_input input = {.licence = mail, .days = 1};
    struct call provider = call_by(&stage, "P1");
    WORLD_FAULT(world, "no-product", make_install_link(&provider, &input, &link, &token, &world->fault));
    a_product(&stage, NULL, "ACME", "MAILGUARD", "MAIL");
    input.days = 91;
    WORLD_FAULT(world, "number-out-of-range",
                make_install_link(&provider, &input, &link, &token, &world->fault));
    input.days = 1;
    struct call above = call_by(&stage, "DIST");
    WORLD_FAULT(world, "not-yours", make_install_link(&above, &input, &link, &token, &world->fault));
    struct call stranger = call_by(&stage, "P2");
    WORLD_FAULT(world, "unknown-licence", make_install_link(&stranger, &input, &link, &token, &world->fault));
    WORLD_OK(world, make_install_link(&provider, &input, &link, &token, &world->fault));
    end_stage(&stage);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_product_is_its_vendors_and_the_distributor_may_add_it_too),
        WORLD_TEST(another_vendor_knows_of_no_product_and_everybody_else_does),
        WORLD_TEST(two_vendors_may_call_a_product_alike_and_the_older_one_keeps_its_name),
        WORLD_TEST(products_of_one_code_are_apart_in_the_update_repository),
        WORLD_TEST(a_beta_release_is_listed_on_beta_and_when_promoted_on_both),
        WORLD_TEST(a_release_grows_by_platforms_and_what_is_out_never_changes),
        WORLD_TEST(a_withdrawn_release_vanishes_and_its_reason_stays),
        WORLD_TEST(names_from_outside_are_checked_before_anything_is_done),
        WORLD_TEST(nobody_publishes_anothers_file_by_its_hash),
        WORLD_TEST(an_installer_is_for_those_whose_licence_counts),
        WORLD_TEST(a_bundles_licence_entitles_while_its_part_counts),
        WORLD_TEST(a_target_is_found_by_the_path_and_hash_that_the_metadata_name_alone),
        WORLD_TEST(files_are_found_by_the_names_that_clients_ask_for),
        WORLD_TEST(files_are_renewed_when_half_their_life_is_over_and_not_before),
        WORLD_TEST(superseded_files_stay_for_a_day_and_roots_for_ever),
        WORLD_TEST(every_roles_key_can_be_rotated_and_thresholds_raised),
        WORLD_TEST(a_repository_that_does_not_say_what_is_released_is_found_out),
        WORLD_TEST(another_secret_opens_no_key),
        WORLD_TEST(versions_go_on_above_what_clients_have_seen_after_a_restore),
        WORLD_TEST(a_link_shows_the_key_and_the_newest_stable_installers),
        WORLD_TEST(an_on_under_which_a_link_gave_an_installer_is_not_undone),
        WORLD_TEST(a_link_expires_and_is_revoked_and_its_token_is_kept_nowhere),
        WORLD_TEST(a_link_is_made_by_the_provider_for_what_can_be_installed),
    };
    return world_run_tests("delivery", tests, sizeof tests / sizeof tests[0]);
}
