#include "programme/devices/deployment.h"

#include "core/base/base64url.h"
#include "core/base/shell_quote.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_licence.h"
#include "programme/delivery/update_repository.h"
#include "programme/keys/licence_keys.h"
#include "programme/keys/signing_keys.h"
#include "store/delivery/products.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { ADDRESS_BYTES_MAX = 300, SNIPPET_PLATFORMS = 2, SHA256_DIGITS = 64, AGENT_ROOTS_MAX = 4 };

static const char *const PLATFORM_NAMES[SNIPPET_PLATFORMS] = {"linux", "windows"};

const char *snippet_platform_name(enum snippet_platform platform) {
    assert(platform == SNIPPET_LINUX || platform == SNIPPET_WINDOWS);
    return PLATFORM_NAMES[platform];
}

/* The values that all lines of one call share, and the lines. */
struct writing {
    struct call *call;
    struct text server;
    struct text roots;   /* base64url, with commas between */
    struct text updates; /* the option that turns updates on; empty before the first release */
    struct text agent;   /* an address, or empty; then the hash, too */
    struct text agent_sha256;
    bool platforms[SNIPPET_PLATFORMS];
    struct snippet *items;
    size_t count;
    size_t capacity;
    int64_t licences;
};

/* ---- what is given ---- */

/* The characters that an address may have (RFC 3986, section 2), so none that a shell or a program which
 * splits its command line again could take for something else than quoted text. */
static bool is_address(struct text word) {
    static const char ALLOWED[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,"
        ";=%";
    bool is_http = text_starts_with(word, TEXT("https://")) || text_starts_with(word, TEXT("http://"));
    size_t scheme = text_starts_with(word, TEXT("https://")) ? 8 : 7;
    bool is_right = is_http && word.length > scheme && word.length <= ADDRESS_BYTES_MAX &&
                    strchr("/?#:@", word.at[scheme]) == NULL;
    for (size_t i = 0; is_right && i < word.length; i++) {
        is_right = memchr(ALLOWED, word.at[i], sizeof ALLOWED - 1) != NULL;
    }
    return is_right;
}

/* Licence keys go to the server, so what the agent refuses is refused here (is_safe_server in
 * sdk/agent/agent.c): what is not TLS to another machine, and a user's name, behind which another host
 * stands than the one that is read first. */
static bool is_safe_server(struct text word) {
    static const char *const HERE[] = {"127.0.0.1", "localhost", "[::1]"};
    bool is_tls = text_starts_with(word, TEXT("https://"));
    size_t begin = is_tls ? 8 : 7;
    size_t end = begin;
    while (end < word.length && strchr("/?#", word.at[end]) == NULL) {
        end++;
    }
    struct text authority = {word.at + begin, end - begin};
    bool is_here = false;
    for (size_t i = 0; i < sizeof HERE / sizeof HERE[0]; i++) {
        struct text host = text_of(HERE[i]);
        is_here = is_here || (text_starts_with(authority, host) &&
                              (authority.length == host.length || authority.at[host.length] == ':'));
    }
    return memchr(authority.at, '@', authority.length) == NULL && (is_tls || is_here);
}

static enum status check_server(struct text given, struct text *server, struct fault *fault) {
    struct text word = text_trim(given);
    if (word.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "server", word,
                         "Say where devices reach the device door: https://licences.example.net.");
    }
    if (!is_address(word)) {
        return fault_set(
            fault, STATUS_INVALID, "malformed-server", "server", given,
            "Give an address of http:// or https:// and a host, of at most %d characters that an "
            "address may have, such as https://licences.example.net.",
            ADDRESS_BYTES_MAX);
    }
    if (!is_safe_server(word)) {
        return fault_set(fault, STATUS_INVALID, "malformed-server", "server", given,
                         "Licence keys go to the server: give an address of https:// and a host without a "
                         "user's name. http:// is taken for localhost, 127.0.0.1 and [::1] alone.");
    }
    *server = word;
    return STATUS_OK;
}

/* The agent that is fetched is held against the hash, so neither is given without the other. */
static enum status check_agent(const struct write_snippets_input *input, struct writing *writing,
                               struct fault *fault) {
    static const char HEXADECIMAL[] = "0123456789abcdefABCDEF";
    struct text address = text_trim(input->agent);
    struct text hash = text_trim(input->agent_sha256);
    if ((address.length == 0) != (hash.length == 0)) {
        return fault_set(fault, STATUS_INVALID, "missing-field",
                         address.length == 0 ? "agent" : "agent_sha256", TEXT(""),
                         "Say where seatmeter-agent.exe is fetched from, and its SHA-256: both or neither.");
    }
    if (address.length == 0) {
        return STATUS_OK;
    }
    if (!is_address(address)) {
        return fault_set(
            fault, STATUS_INVALID, "malformed-agent", "agent", input->agent,
            "Give an address of http:// or https:// and a host, of at most %d characters that an "
            "address may have, such as https://downloads.example.net/seatmeter-agent.exe.",
            ADDRESS_BYTES_MAX);
    }
    bool is_hash = hash.length == SHA256_DIGITS;
    for (size_t i = 0; is_hash && i < hash.length; i++) {
        is_hash = memchr(HEXADECIMAL, hash.at[i], sizeof HEXADECIMAL - 1) != NULL;
    }
    if (!is_hash) {
        return fault_set(fault, STATUS_INVALID, "malformed-hash", "agent_sha256", input->agent_sha256,
                         "A SHA-256 is %d hexadecimal digits.", SHA256_DIGITS);
    }
    writing->agent = address;
    writing->agent_sha256 = hash;
    return STATUS_OK;
}

static enum status check_platform(struct text given, bool platforms[SNIPPET_PLATFORMS], struct fault *fault) {
    bool found = given.length == 0;
    for (int i = 0; i < SNIPPET_PLATFORMS; i++) {
        platforms[i] = given.length == 0 || text_is(given, PLATFORM_NAMES[i]);
        found = found || platforms[i];
    }
    if (!found) {
        return fault_set(fault, STATUS_INVALID, "unknown-platform", "platform", given,
                         "A snippet is for linux or for windows.");
    }
    return STATUS_OK;
}

/* Adds a root to those of the line. */
static enum status add_root(struct arena *arena, const struct signing_key_row *row, struct text *roots,
                            struct fault *fault) {
    if (row->public_key.length != DEVICE_KEY_BYTES) {
        return fault_set(fault, STATUS_INTERNAL, "key-unreadable", "key", TEXT(""),
                         "A root key should have a public half of %d bytes: run seatmeter check.",
                         DEVICE_KEY_BYTES);
    }
    char encoded[BASE64URL_LENGTH(DEVICE_KEY_BYTES)];
    struct text word = {encoded, base64url_encode(row->public_key.at, DEVICE_KEY_BYTES, encoded)};
    *roots = roots->length == 0 ? text_copy(arena, word)
                                : text_format(arena, "%.*s,%.*s", TEXT_ARGS(*roots), TEXT_ARGS(word));
    return STATUS_OK;
}

/* Finds the roots that are valid, with commas between. The oldest comes first: it signs the key set, so a
 * line without it would activate nothing. Of more than an agent takes, the newest follow. */
static enum status load_roots(struct call *call, struct text *roots, struct fault *fault) {
    struct key_set keys;
    struct signing_key_row *rows = NULL;
    size_t count = 0;
    size_t valid = 0;
    TRY(load_key_set(call, &keys, fault)); /* makes the first */
    sodium_memzero(&keys, sizeof keys);
    TRY(signing_key_list(call->db, call->arena, &rows, &count, fault));
    for (size_t i = 0; i < count; i++) {
        if (rows[i].purpose == SIGNING_ROOT && rows[i].state == SIGNING_ACTIVE) {
            rows[valid++] = rows[i];
        }
    }
    *roots = TEXT("");
    for (size_t i = 0; i < valid; i++) {
        if (i == 0 || i + AGENT_ROOTS_MAX > valid) {
            TRY(add_root(call->arena, &rows[i], roots, fault));
        }
    }
    if (valid == 0) {
        return fault_set(fault, STATUS_INTERNAL, "key-unreadable", "key", TEXT(""),
                         "There should be a root key that is valid: run seatmeter check.");
    }
    return STATUS_OK;
}

/* Writes the option in hexadecimal, which needs no quotes. */
static enum status load_updates(struct call *call, struct text *updates, struct fault *fault) {
    struct first_root root;
    bool found = false;
    TRY(first_root_load(call, &root, &found, fault));
    *updates = found ? text_format(call->arena, " --tuf-root-sha256 %.*s", TEXT_ARGS(root.sha256)) : TEXT("");
    return STATUS_OK;
}

/* ---- lines ---- */

/* Activates, and where there is systemd has the daemon keep the lease fresh from then on, or ask again where
 * the activation waits (3). */
static struct text line_for_sh(struct arena *arena, const struct writing *writing, struct text product,
                               struct text key) {
    struct text server = shell_quote_posix(arena, writing->server);
    struct text roots = shell_quote_posix(arena, writing->roots);
    struct text quoted = shell_quote_posix(arena, product);
    struct text secret = shell_quote_posix(arena, key);
    return text_format(
        arena,
        "printf '%%s\\n' %.*s | seatmeter-agent activate --server %.*s --root %.*s --product "
        "%.*s%.*s --key - || [ $? -eq 3 ] && { ! command -v systemctl >/dev/null || systemctl enable --now "
        "seatmeter-agent; }",
        TEXT_ARGS(secret), TEXT_ARGS(server), TEXT_ARGS(roots), TEXT_ARGS(quoted),
        TEXT_ARGS(writing->updates));
}

/* The agent is fetched where it is missing or is another one, into a directory that administrators alone may
 * write to. It takes its place once its hash is right. An agent that runs may be moved aside, not written
 * over. On Windows of 64 bits ProgramW6432 is the same for PowerShells of 32 bits. */
static const char FETCHES_AGENT[] =
    "$d = \"$env:ProgramW6432\\Seatmeter\"; $a = \"$d\\seatmeter-agent.exe\"; $h = '%.*s'; "
    "if (!(Test-Path $a) -or (Get-FileHash $a -Algorithm SHA256).Hash -ne $h) { "
    "$ProgressPreference = 'SilentlyContinue'; [Net.ServicePointManager]::SecurityProtocol = 'Tls12'; "
    "$null = New-Item $d -ItemType Directory -Force -ErrorAction Stop; "
    "Invoke-WebRequest -UseBasicParsing -Uri %.*s -OutFile \"$a.new\" -ErrorAction Stop; "
    "if ((Get-FileHash \"$a.new\" -Algorithm SHA256).Hash -ne $h) { Remove-Item \"$a.new\"; "
    "throw 'what was fetched is not the agent that was meant: its SHA-256 is another' }; "
    "if (Test-Path $a) { Move-Item $a \"$a.old\" -Force -ErrorAction Stop }; "
    "Move-Item \"$a.new\" $a -ErrorAction Stop }; ";

/* Activates, and has the service keep the lease fresh from then on. */
static struct text line_for_powershell(struct arena *arena, const struct writing *writing,
                                       struct text product, struct text key) {
    struct text server = shell_quote_powershell(arena, writing->server);
    struct text roots = shell_quote_powershell(arena, writing->roots);
    struct text quoted = shell_quote_powershell(arena, product);
    struct text secret = shell_quote_powershell(arena, key);
    struct text agent = shell_quote_powershell(arena, writing->agent);
    struct text begin =
        writing->agent.length == 0
            ? TEXT("$a = 'seatmeter-agent.exe'; ")
            : text_format(arena, FETCHES_AGENT, TEXT_ARGS(writing->agent_sha256), TEXT_ARGS(agent));
    return text_format(arena,
                       "& { %.*s%.*s | & $a activate --server %.*s --root %.*s --product %.*s%.*s --key -; "
                       "if ($LASTEXITCODE -notin 0, 3) { throw 'the activation failed' }; & $a install; "
                       "if ($LASTEXITCODE -ne 0) { throw 'the service was not installed' } }",
                       TEXT_ARGS(begin), TEXT_ARGS(secret), TEXT_ARGS(server), TEXT_ARGS(roots),
                       TEXT_ARGS(quoted), TEXT_ARGS(writing->updates));
}

/* No line can carry what would end it, nor can a program of Windows be given a double quote by every
 * PowerShell. */
static enum status check_product(struct text product, struct fault *fault) {
    for (size_t i = 0; i < product.length; i++) {
        if ((unsigned char)product.at[i] < 0x20 || product.at[i] == 0x7F || product.at[i] == '"') {
            return fault_set(fault, STATUS_CONFLICT, "not-quotable", "sku", product,
                             "The SKU's code cannot stand in a command line: keep a product for the SKU, "
                             "whose code can.");
        }
    }
    return STATUS_OK;
}

static enum status add_lines(struct writing *writing, const struct licence_row *row, struct text product,
                             struct text key, struct fault *fault) {
    struct call *call = writing->call;
    TRY(check_product(product, fault));
    for (int i = 0; i < SNIPPET_PLATFORMS; i++) {
        if (!writing->platforms[i]) {
            continue;
        }
        writing->items = arena_grow(call->arena, writing->items, writing->count, &writing->capacity,
                                    sizeof *writing->items);
        writing->items[writing->count++] = (struct snippet){
            .licence = identifier_text(call, IDENTIFIER_LICENCE, row->licence.id),
            .sku_code = row->sku_code,
            .product = product,
            .platform = (enum snippet_platform)i,
            .command = i == SNIPPET_LINUX ? line_for_sh(call->arena, writing, product, key)
                                          : line_for_powershell(call->arena, writing, product, key),
        };
    }
    return STATUS_OK;
}

/* The lines of every product that the licence entitles to. */
static enum status write_of_licence(struct writing *writing, const struct licence_row *row,
                                    struct fault *fault) {
    struct call *call = writing->call;
    struct product *products = NULL;
    size_t count = 0;
    struct text key = {0};
    TRY(licence_key_open(call, &row->licence, &key, fault));
    TRY(product_load_of_licence(call->db, call->arena, row->licence.id, &products, &count, fault));
    for (size_t i = 0; i < count; i++) {
        TRY(add_lines(writing, row, products[i].update_name, key, fault));
    }
    if (count == 0) {
        TRY(add_lines(writing, row, row->sku_code, key, fault));
    }
    writing->licences++;
    return STATUS_OK;
}

/* The licence or customer whose snippets are written, for the trail. */
struct snippets_about {
    struct text identifier;
    int64_t account_id;
};

static enum status write_of_customer(struct writing *writing, struct text word, struct snippets_about *about,
                                     struct fault *fault) {
    struct call *call = writing->call;
    struct account customer = {0};
    TRY(find_customer_to_licence(call, word, &customer, fault));
    struct licence_filter filter = {.below_id = customer.id, .state = -1, .suspended = -1};
    struct page page = {.limit = PAGE_LIMIT_MAX};
    do {
        struct licence_row *rows = NULL;
        size_t count = 0;
        TRY(licence_list(call->db, call->arena, &filter, page, &rows, &count, &page.after_id, fault));
        for (size_t i = 0; i < count; i++) {
            if (rows[i].licence.state != LICENCE_RETIRED) {
                TRY(write_of_licence(writing, &rows[i], fault));
            }
        }
    } while (page.after_id != 0);
    *about =
        (struct snippets_about){identifier_text(call, IDENTIFIER_ACCOUNT, customer.id), customer.seller_id};
    return STATUS_OK;
}

static enum status write_of_one(struct writing *writing, struct text word, struct snippets_about *about,
                                struct fault *fault) {
    struct call *call = writing->call;
    struct licence_row row = {0};
    TRY(find_licence_to_change(call, word, &row, fault));
    if (row.licence.parent_id != 0) {
        return fault_set(fault, STATUS_CONFLICT, "part-of-bundle", "licence", word,
                         "A part of a bundle has no key of its own: the bundle's key is its key.");
    }
    TRY(write_of_licence(writing, &row, fault));
    *about = (struct snippets_about){identifier_text(call, IDENTIFIER_LICENCE, row.licence.id),
                                     row.licence.provider_id};
    return STATUS_OK;
}

static enum status check_snippets(const struct write_snippets_input *input, struct writing *writing,
                                  struct fault *fault) {
    if ((input->licence.length > 0) == (input->customer.length > 0)) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "licence", input->licence,
                         "Name a licence or a customer, one of them.");
    }
    TRY(check_server(input->server, &writing->server, fault));
    TRY(check_agent(input, writing, fault));
    return check_platform(input->platform, writing->platforms, fault);
}

static enum status do_write_snippets(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct write_snippets_input *write = input;
    struct writing writing = {.call = call};
    struct snippets_about about = {0};
    TRY(check_snippets(write, &writing, fault));
    TRY(require_any_right(call, RIGHT_LICENCES, fault));
    TRY(load_roots(call, &writing.roots, fault));
    TRY(load_updates(call, &writing.updates, fault));
    TRY(write->licence.length > 0 ? write_of_one(&writing, write->licence, &about, fault)
                                  : write_of_customer(&writing, write->customer, &about, fault));
    TRY(audit_write(call, "licence.write-snippets", about.identifier, about.account_id,
                    text_format(call->arena, "%lld keys", (long long)writing.licences), fault));
    *(struct snippet_list *)output = (struct snippet_list){writing.items, writing.count};
    return STATUS_OK;
}

enum status write_snippets(struct call *call, const struct write_snippets_input *input,
                           struct snippet_list *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_write_snippets, input, out, fault);
}
