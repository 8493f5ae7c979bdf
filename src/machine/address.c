/* Addresses are literal: a name server's answer must not decide what a billing system listens on. */
#include "machine/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 4096, SOCKET_FILE_MODE = 0660 };

static enum status refuse_address(struct text text, struct fault *fault) {
    return fault_set(fault, STATUS_INVALID, "malformed-address", "address", text,
                     "Give HOST:PORT (127.0.0.1:7077, [::1]:7077), a port alone, or unix:PATH.");
}

static bool parse_port(struct text text, in_port_t *port) {
    int64_t value = 0;
    if (text.length == 0 || text.length > 5 || !text_to_int64(text, &value) || value < 0 || value > 65535) {
        return false;
    }
    *port = htons((uint16_t)value);
    return true;
}

static bool parse_unix(struct text path, struct address *address) {
    struct sockaddr_un *local = (struct sockaddr_un *)&address->socket_address;
    if (path.length == 0 || path.length >= sizeof local->sun_path ||
        memchr(path.at, 0, path.length) != NULL) {
        return false;
    }
    local->sun_family = AF_UNIX;
    memcpy(local->sun_path, path.at, path.length);
    address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.length + 1);
    return true;
}

static bool parse_host(struct text host, in_port_t port, struct address *address) {
    char name[INET6_ADDRSTRLEN + 1] = {0};
    bool bracketed = host.length >= 2 && host.at[0] == '[' && host.at[host.length - 1] == ']';
    if (bracketed) {
        host = (struct text){host.at + 1, host.length - 2};
    }
    if (host.length == 0 || host.length >= sizeof name) {
        return false;
    }
    memcpy(name, host.at, host.length);
    if (bracketed) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address->socket_address;
        six->sin6_family = AF_INET6;
        six->sin6_port = port;
        address->length = sizeof *six;
        return inet_pton(AF_INET6, name, &six->sin6_addr) == 1;
    }
    struct sockaddr_in *four = (struct sockaddr_in *)&address->socket_address;
    four->sin_family = AF_INET;
    four->sin_port = port;
    address->length = sizeof *four;
    return inet_pton(AF_INET, strcmp(name, "localhost") == 0 ? "127.0.0.1" : name, &four->sin_addr) == 1;
}

enum status address_parse(struct text text, struct address *address, struct fault *fault) {
    struct address made = {0};
    struct text whole = text;
    if (text_starts_with(text, TEXT("unix:"))) {
        if (!parse_unix((struct text){text.at + 5, text.length - 5}, &made)) {
            return refuse_address(whole, fault);
        }
        *address = made;
        return STATUS_OK;
    }
    size_t colon = text.length;
    while (colon > 0 && text.at[colon - 1] != ':') {
        colon--;
    }
    struct text host = colon == 0 ? TEXT("127.0.0.1") : (struct text){text.at, colon - 1};
    in_port_t port = 0;
    if (!parse_port((struct text){text.at + colon, text.length - colon}, &port) ||
        !parse_host(host, port, &made)) {
        return refuse_address(whole, fault);
    }
    *address = made;
    return STATUS_OK;
}

/* Whether the socket file is left over from a process that has ended. */
static bool is_stale_socket(const struct address *address) {
    const struct sockaddr_un *local = (const struct sockaddr_un *)&address->socket_address;
    struct stat found;
    if (lstat(local->sun_path, &found) != 0 || !S_ISSOCK(found.st_mode)) {
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused = fd >= 0 &&
                   connect(fd, (const struct sockaddr *)&address->socket_address, address->length) != 0 &&
                   errno == ECONNREFUSED;
    if (fd >= 0) {
        close(fd);
    }
    return refused;
}

enum status address_listen(const struct address *address, int *fd, struct fault *fault) {
    assert(address->length > 0);
    const struct sockaddr *where = (const struct sockaddr *)&address->socket_address;
    int made = socket(where->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) {
        return fault_set(fault, STATUS_INTERNAL, "address-refused", "address", TEXT(""),
                         "No socket could be made: %s.", strerror(errno));
    }
    int on = 1;
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (where->sa_family == AF_INET6) {
        setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    if (where->sa_family == AF_UNIX && is_stale_socket(address)) {
        address_unlink(address);
    }
    if (bind(made, where, address->length) != 0 || listen(made, LISTEN_BACKLOG) != 0) {
        int trouble = errno;
        close(made);
        return fault_set(fault, STATUS_CONFLICT, trouble == EADDRINUSE ? "address-in-use" : "address-refused",
                         "address", TEXT(""), "Cannot listen there: %s.", strerror(trouble));
    }
    if (where->sa_family == AF_UNIX) {
        chmod(((const struct sockaddr_un *)where)->sun_path, SOCKET_FILE_MODE);
    }
    *fd = made;
    return STATUS_OK;
}

struct text address_peer(struct arena *arena, const struct sockaddr *peer) {
    char name[INET6_ADDRSTRLEN] = "";
    if (peer != NULL && peer->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)peer)->sin_addr, name, sizeof name);
    } else if (peer != NULL && peer->sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)peer)->sin6_addr, name, sizeof name);
    } else {
        return TEXT("unix");
    }
    return text_copy(arena, text_of(name));
}

struct text address_url(struct arena *arena, int fd) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    } bound = {0};
    socklen_t length = sizeof bound;
    if (getsockname(fd, &bound.any, &length) != 0) {
        return TEXT("");
    }
    if (bound.any.sa_family == AF_UNIX) {
        return text_format(arena, "unix:%s", bound.local.sun_path);
    }
    struct text host = address_peer(arena, &bound.any);
    if (bound.any.sa_family == AF_INET6) {
        return text_format(arena, "http://[%.*s]:%d", TEXT_ARGS(host), ntohs(bound.v6.sin6_port));
    }
    return text_format(arena, "http://%.*s:%d", TEXT_ARGS(host), ntohs(bound.v4.sin_port));
}

bool address_is_loopback(const struct sockaddr *peer) {
    if (peer == NULL) {
        return false;
    }
    if (peer->sa_family == AF_INET) {
        return (ntohl(((const struct sockaddr_in *)peer)->sin_addr.s_addr) >> 24) == 127;
    }
    if (peer->sa_family == AF_INET6) {
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)peer)->sin6_addr);
    }
    return peer->sa_family == AF_UNIX;
}

void address_unlink(const struct address *address) {
    if (address->socket_address.ss_family == AF_UNIX) {
        unlink(((const struct sockaddr_un *)&address->socket_address)->sun_path);
    }
}
