/* Products, their releases, and the update repository that hands them out. */
#include "programme/delivery/releases.h"
#include "cli/group.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "delivery/tuf.h"
#include "programme/delivery/install_links.h"
#include "programme/delivery/products.h"
#include "programme/delivery/verify_updates.h"
#include "json/represent.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "EPP-STD,EPP-PRO" */
static enum status parse_skus(struct text list, struct text skus[PRODUCT_SKUS_MAX], size_t *count,
                              struct fault *fault) {
    *count = 0;
    while (list.length > 0) {
        const char *comma = memchr(list.at, ',', list.length);
        struct text word = {list.at, comma == NULL ? list.length : (size_t)(comma - list.at)};
        size_t used = word.length + (comma == NULL ? 0 : 1);
        list = (struct text){list.at + used, list.length - used};
        if (*count == PRODUCT_SKUS_MAX) {
            return fault_set(fault, STATUS_INVALID, "too-many-skus", "skus", word,
                             "Name at most %d SKUs at once.", PRODUCT_SKUS_MAX);
        }
        skus[(*count)++] = text_trim(word);
    }
    return STATUS_OK;
}

static void show_product_view(struct operator_session *session, const struct arguments *arguments,
                              const struct product_view *product) {
    struct json_writer writer = {.arena = &session->arena};
    represent_product(&writer, NULL, product);
    show_record(session, arguments, json_written(&writer));
}

static enum status run_product_add(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct text skus[PRODUCT_SKUS_MAX];
    struct add_product_input input = {.vendor = argument_text(arguments, "vendor"),
                                      .code = argument_text(arguments, "code"),
                                      .name = argument_text(arguments, "name"),
                                      .skus = skus};
    struct product_view product;
    TRY(parse_skus(argument_text(arguments, "skus"), skus, &input.sku_count, fault));
    TRY(add_product(&session->call, &input, &product, fault));
    show_product_view(session, arguments, &product);
    return STATUS_OK;
}

static enum status run_product_entitle(struct operator_session *session, const struct arguments *arguments,
                                       struct fault *fault) {
    struct text skus[PRODUCT_SKUS_MAX];
    struct entitle_product_input input = {.product = argument_text(arguments, "PRODUCT"), .skus = skus};
    struct product_view product;
    TRY(parse_skus(argument_text(arguments, "skus"), skus, &input.sku_count, fault));
    TRY(entitle_product(&session->call, &input, &product, fault));
    show_product_view(session, arguments, &product);
    return STATUS_OK;
}

static enum status run_product_show(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct product_view product;
    TRY(show_product(&session->call, argument_text(arguments, "PRODUCT"), &product, fault));
    show_product_view(session, arguments, &product);
    return STATUS_OK;
}

static enum status run_product_list(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct list_products_input input = {.vendor = argument_text(arguments, "vendor"),
                                        .page = {.limit = PAGE_LIMIT_MAX}};
    static const struct column COLUMNS[] = {
        {"product", "code"}, {"id", "id"}, {"vendor", "vendor_name"}, {"name", "name"}, {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct product_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_products(&session->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_product(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

/* ---- releases ---- */

static void show_release_view(struct operator_session *session, const struct arguments *arguments,
                              const struct release_view *release) {
    struct json_writer writer = {.arena = &session->arena};
    represent_release(&writer, NULL, release);
    show_record(session, arguments, json_written(&writer));
}

static struct text last_segment(struct text path) {
    const char *slash = memrchr(path.at, '/', path.length);
    if (slash == NULL) {
        return path;
    }
    return (struct text){slash + 1, path.length - (size_t)(slash + 1 - path.at)};
}

/* The file is durable in the artifact store before anything names it. */
static enum status run_release_publish(struct operator_session *session, const struct arguments *arguments,
                                       struct fault *fault) {
    struct text path = argument_text(arguments, "FILE");
    struct artifact artifact;
    struct publish_artifact published = {.platform = argument_text(arguments, "platform"),
                                         .file_name = argument_given(arguments, "name")
                                                          ? argument_text(arguments, "name")
                                                          : last_segment(path)};
    struct publish_release_input input = {.product = argument_text(arguments, "product"),
                                          .version = argument_text(arguments, "version"),
                                          .channel = argument_text(arguments, "channel"),
                                          .notes = argument_text(arguments, "notes"),
                                          .artifacts = &published,
                                          .artifact_count = 1};
    struct release_view release;
    TRY(artifact_put_file(session->call.artifacts, path, "FILE", &artifact, fault));
    published.sha256 = text_of(artifact.sha256);
    TRY(publish_release(&session->call, &input, &release, fault));
    show_release_view(session, arguments, &release);
    return STATUS_OK;
}

static enum status run_release_promote(struct operator_session *session, const struct arguments *arguments,
                                       struct fault *fault) {
    struct release_view release;
    TRY(promote_release(&session->call, argument_text(arguments, "RELEASE"), &release, fault));
    show_release_view(session, arguments, &release);
    return STATUS_OK;
}

static enum status run_release_withdraw(struct operator_session *session, const struct arguments *arguments,
                                        struct fault *fault) {
    struct withdraw_release_input input = {.release = argument_text(arguments, "RELEASE"),
                                           .reason = argument_text(arguments, "reason")};
    struct release_view release;
    TRY(withdraw_release(&session->call, &input, &release, fault));
    show_release_view(session, arguments, &release);
    return STATUS_OK;
}

static enum status run_release_show(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct release_view release;
    TRY(show_release(&session->call, argument_text(arguments, "RELEASE"), &release, fault));
    show_release_view(session, arguments, &release);
    return STATUS_OK;
}

static enum status run_release_list(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct list_releases_input input = {.product = argument_text(arguments, "product"),
                                        .channel = argument_text(arguments, "channel"),
                                        .state = argument_text(arguments, "state"),
                                        .page = {.limit = PAGE_LIMIT_MAX}};
    static const struct column COLUMNS[] = {{"product", "product.code"},
                                            {"version", "version"},
                                            {"channel", "channel"},
                                            {"state", "state"},
                                            {"published", "published_at"},
                                            {"id", "id"},
                                            {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct release_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_releases(&session->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_release(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

/* ---- the update repository ---- */

static enum status run_release_renew(struct operator_session *session, const struct arguments *arguments,
                                     struct fault *fault) {
    struct renew_updates_input input = {.all = argument_given(arguments, "all")};
    int64_t renewed = 0;
    TRY(renew_updates(&session->call, &input, &renewed, fault));
    printf("%" PRId64 " files of the update repository renewed\n", renewed);
    return STATUS_OK;
}

static enum status run_release_rotate_key(struct operator_session *session, const struct arguments *arguments,
                                          struct fault *fault) {
    struct rotate_update_key_input input = {.role = argument_text(arguments, "role")};
    struct update_repository_view repository;
    TRY(argument_int(arguments, "keys", 0, 1, TUF_KEYS_MAX, &input.keys, fault));
    TRY(argument_int(arguments, "threshold", 0, 1, TUF_KEYS_MAX, &input.threshold, fault));
    TRY(rotate_update_key(&session->call, &input, &repository, fault));
    struct json_writer writer = {.arena = &session->arena};
    represent_update_repository(&writer, NULL, &repository);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static enum status run_release_verify(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct verify_updates_result result;
    TRY(verify_updates(&session->call, &result, fault));
    progress_end();
    session->exit_code = result.problem_count == 0 ? 0 : 1;
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        represent_verified_updates(&writer, NULL, &result);
        show_json(json_written(&writer));
        return STATUS_OK;
    }
    for (size_t i = 0; i < result.problem_count; i++) {
        printf("%.*s\n", TEXT_ARGS(result.problems[i]));
    }
    printf("verified %" PRId64 " metadata files and %" PRId64 " artifacts: %zu problems\n",
           result.files_checked, result.artifacts_checked, result.problem_count);
    return STATUS_OK;
}

static enum status run_release_root(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct first_root root;
    TRY(show_first_root(&session->call, &root, fault));
    if (argument_given(arguments, "sha256")) {
        printf("%.*s\n", TEXT_ARGS(root.sha256));
    } else {
        show_bytes(root.bytes);
    }
    return STATUS_OK;
}

/* ---- installing ---- */

static enum status run_licence_install_link(struct operator_session *session,
                                            const struct arguments *arguments, struct fault *fault) {
    struct make_install_link_input input = {.licence = argument_text(arguments, "LICENCE")};
    struct install_link_view link;
    struct text token;
    TRY(argument_int(arguments, "days", INSTALL_LINK_DAYS_DEFAULT, 1, INSTALL_LINK_DAYS_MAX, &input.days,
                     fault));
    TRY(make_install_link(&session->call, &input, &link, &token, fault));
    struct json_writer writer = {.arena = &session->arena};
    represent_made_install_link(&writer, NULL, &link, token);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

#define RELEASE_OPERAND                                                                                      \
    {                                                                                                        \
        { .name = "RELEASE", .presence = REQUIRED, .help = "rel_… or PRODUCT/VERSION, e.g. EPP/4.2.0" }      \
    }

static const struct command COMMANDS[] = {
    {.words = "product add",
     .summary = "Add a product of a vendor's, of which releases can be published",
     .options = {{.name = "vendor", .value = "A", .presence = REQUIRED, .help = "whose product it is"},
                 {.name = "code", .value = "CODE", .presence = REQUIRED, .help = "its code, e.g. EPP"},
                 {.name = "name", .value = "NAME", .presence = REQUIRED, .help = "its name"},
                 {.name = "skus",
                  .value = "LIST",
                  .help = "SKUs whose licences entitle to it, with commas between"}},
     .details = "A licence of a bundle with such a SKU as a part entitles too.",
     .prints = true,
     .run = run_product_add},
    {.words = "product entitle",
     .summary = "Let licences of more SKUs entitle to a product",
     .operands = {{.name = "PRODUCT", .presence = REQUIRED, .help = "code or prd_…"}},
     .options = {{.name = "skus", .value = "LIST", .presence = REQUIRED, .help = "SKUs, commas between"}},
     .prints = true,
     .run = run_product_entitle},
    {.words = "product show",
     .summary = "Show a product",
     .operands = {{.name = "PRODUCT", .presence = REQUIRED, .help = "code or prd_…"}},
     .prints = true,
     .run = run_product_show},
    {.words = "product list",
     .summary = "List products",
     .options = {{.name = "vendor", .value = "A", .help = "of this vendor"}},
     .prints = true,
     .run = run_product_list},
    {.words = "release publish",
     .summary = "Publish a file as a version of a product for a platform; safe to repeat",
     .operands = {{.name = "FILE",
                   .presence = REQUIRED,
                   .help = "the installer or update",
                   .completion = COMPLETE_FILE}},
     .options = {{.name = "product", .value = "P", .presence = REQUIRED, .help = "the product"},
                 {.name = "version", .value = "V", .presence = REQUIRED, .help = "e.g. 4.2.0"},
                 {.name = "channel",
                  .value = "CHANNEL",
                  .presence = REQUIRED,
                  .help = "beta or stable",
                  .completion = COMPLETE_WORDS,
                  .words = "beta stable"},
                 {.name = "platform", .value = "P", .presence = REQUIRED, .help = "e.g. linux-amd64"},
                 {.name = "name", .value = "FILE", .help = "its name for clients (default: FILE's own)"},
                 {.name = "notes", .value = "TEXT", .help = "what is new"}},
     .details = "The version's other platforms follow with the same command. What is out never changes: "
                "another\nfile for the same platform needs a new version.",
     .prints = true,
     .run = run_release_publish},
    {.words = "release promote",
     .summary = "Make a beta release stable",
     .operands = RELEASE_OPERAND,
     .prints = true,
     .run = run_release_promote},
    {.words = "release withdraw",
     .summary = "Withdraw a release: nobody gets it any more",
     .operands = RELEASE_OPERAND,
     .options = {{.name = "reason", .value = "TEXT", .presence = REQUIRED, .help = "what products show"}},
     .prints = true,
     .run = run_release_withdraw},
    {.words = "release show",
     .summary = "Show a release with its files",
     .operands = RELEASE_OPERAND,
     .prints = true,
     .run = run_release_show},
    {.words = "release list",
     .summary = "List releases",
     .options = {{.name = "product", .value = "P", .help = "of this product"},
                 {.name = "channel",
                  .value = "CHANNEL",
                  .help = "beta or stable",
                  .completion = COMPLETE_WORDS,
                  .words = "beta stable"},
                 {.name = "state",
                  .value = "STATE",
                  .help = "published or withdrawn",
                  .completion = COMPLETE_WORDS,
                  .words = "published withdrawn"}},
     .prints = true,
     .run = run_release_list},
    {.words = "release root",
     .summary = "Print the root.json with which an update client begins",
     .options = {{.name = "sha256", .help = "its SHA-256 alone, for seatmeter-agent --tuf-root-sha256"}},
     .details = "It is no secret. Later roots follow from it, so it never changes.",
     .run = run_release_root},
    {.words = "release renew",
     .summary = "Sign anew what of the update repository has lived half its time",
     .options = {{.name = "all", .help = "sign everything anew: after a restore"}},
     .details = "`seatmeter serve` does it by itself. `seatmeter restore` does it with --all, so that "
                "clients, which\nhave seen later versions, go on.",
     .run = run_release_renew},
    {.words = "release rotate-key",
     .summary = "Replace the oldest key of a role of the update repository",
     .options = {{.name = "role",
                  .value = "ROLE",
                  .presence = REQUIRED,
                  .help = "root, targets, snapshot or timestamp",
                  .completion = COMPLETE_WORDS,
                  .words = "root targets snapshot timestamp"},
                 {.name = "keys", .value = "N", .help = "how many keys the role then has"},
                 {.name = "threshold", .value = "N", .help = "how many of them must sign"}},
     .prints = true,
     .run = run_release_rotate_key},
    {.words = "release verify",
     .summary = "Verify the update repository and every artifact; exit 1 and a list on any problem",
     .prints = true,
     .run = run_release_verify},
    {.words = "licence install-link",
     .summary = "Make an expiring link with which a customer installs by itself",
     .operands = {{.name = "LICENCE", .presence = REQUIRED, .help = "key or lic_…"}},
     .options = {{.name = "days", .value = "N", .help = "how long it is good for (default: 14, at most 90)"}},
     .details = "Prints the path behind the control door's address. Whoever has the link has the key.",
     .prints = true,
     .run = run_licence_install_link},
};

const struct command_group release_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
