#include "machine/client_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static const unsigned char MAPPED[12] = {[10] = 0xFF, [11] = 0xFF};

static struct client_address of_ipv4(const struct in_addr *four) {
    struct client_address made = {.kind = CLIENT_IPV4};
    memcpy(made.bytes, MAPPED, sizeof MAPPED);
    memcpy(made.bytes + sizeof MAPPED, four, 4);
    return made;
}

static struct client_address of_ipv6(const struct in6_addr *six) {
    struct client_address made = {.kind = CLIENT_IPV6};
    memcpy(made.bytes, six, sizeof made.bytes);
    if (memcmp(made.bytes, MAPPED, sizeof MAPPED) == 0) {
        made.kind = CLIENT_IPV4;
    }
    return made;
}

struct client_address client_address_of(const struct sockaddr *peer) {
    if (peer != NULL && peer->sa_family == AF_INET) {
        return of_ipv4(&((const struct sockaddr_in *)peer)->sin_addr);
    }
    if (peer != NULL && peer->sa_family == AF_INET6) {
        return of_ipv6(&((const struct sockaddr_in6 *)peer)->sin6_addr);
    }
    return (struct client_address){.kind = CLIENT_UNIX};
}

static bool is_port(struct text port) {
    int64_t number = 0;
    return port.length >= 1 && port.length <= 5 && port.at[0] != '-' && text_to_int64(port, &number) &&
           number <= 65535;
}

/* Cuts "HOST", "HOST:PORT", "[HOST]" and "[HOST]:PORT" down to HOST. A bare IPv6 address has colons of its
 * own and no port. */
static bool take_host(struct text whole, struct text *host) {
    struct text rest = whole;
    if (text_starts_with(whole, TEXT("["))) {
        rest = (struct text){whole.at + 1, whole.length - 1};
        size_t before = rest.length;
        *host = text_take_until(&rest, ']');
        bool is_closed = host->length < before;
        return is_closed && (rest.length == 0 ||
                             (rest.at[0] == ':' && is_port((struct text){rest.at + 1, rest.length - 1})));
    }
    *host = text_take_until(&rest, ':');
    if (host->length == whole.length) {
        return true;
    }
    struct text port = rest;
    if (text_take_until(&port, ':').length < rest.length) {
        *host = whole;
        return true;
    }
    return is_port(rest);
}

bool client_address_parse(struct text text, struct client_address *address) {
    char name[INET6_ADDRSTRLEN + 1] = {0};
    struct text host;
    struct in_addr four;
    struct in6_addr six;
    *address = (struct client_address){.kind = CLIENT_UNKNOWN};
    if (!take_host(text_trim(text), &host)) {
        return false;
    }
    host = text_take_until(&host, '%');
    if (host.length == 0 || host.length >= sizeof name) {
        return false;
    }
    memcpy(name, host.at, host.length);
    if (strlen(name) == host.length && inet_pton(AF_INET, name, &four) == 1) {
        *address = of_ipv4(&four);
    } else if (strlen(name) == host.length && inet_pton(AF_INET6, name, &six) == 1) {
        *address = of_ipv6(&six);
    }
    return address->kind != CLIENT_UNKNOWN;
}

bool client_address_parse_last(struct text list, struct client_address *address) {
    struct text last = TEXT("");
    while (list.length > 0) {
        struct text element = text_trim(text_take_until(&list, ','));
        last =
            element.length > 0 ? element : last; /* an empty element says nothing (RFC 9110 section 5.6.1) */
    }
    return client_address_parse(last, address);
}

struct text client_address_text(struct arena *arena, const struct client_address *address) {
    char name[INET6_ADDRSTRLEN] = "unknown";
    switch (address->kind) {
    case CLIENT_IPV4:
        inet_ntop(AF_INET, address->bytes + sizeof MAPPED, name, sizeof name);
        break;
    case CLIENT_IPV6:
        inet_ntop(AF_INET6, address->bytes, name, sizeof name);
        break;
    case CLIENT_UNIX:
        return TEXT("unix");
    case CLIENT_UNKNOWN:
        break;
    }
    return text_copy(arena, text_of(name));
}

struct client_address client_address_owner(const struct client_address *address) {
    struct client_address owner = *address;
    if (owner.kind == CLIENT_IPV6) {
        memset(owner.bytes + 8, 0, 8);
    }
    return owner;
}

struct text client_address_owner_text(struct arena *arena, const struct client_address *address) {
    const struct client_address owner = client_address_owner(address);
    struct text text = client_address_text(arena, &owner);
    return owner.kind == CLIENT_IPV6 ? text_format(arena, "%.*s/64", TEXT_ARGS(text)) : text;
}

struct text client_address_network_text(struct arena *arena, const struct client_address *address) {
    struct client_address network = *address;
    if (network.kind == CLIENT_IPV6) {
        memset(network.bytes + 6, 0, sizeof network.bytes - 6);
    } else if (network.kind == CLIENT_IPV4) {
        network.bytes[CLIENT_ADDRESS_BYTES - 1] = 0;
    }
    struct text text = client_address_text(arena, &network);
    const char *bits = network.kind == CLIENT_IPV6 ? "/48" : network.kind == CLIENT_IPV4 ? "/24" : "";
    return text_format(arena, "%.*s%s", TEXT_ARGS(text), bits);
}

bool client_address_is_local(const struct client_address *address) {
    switch (address->kind) {
    case CLIENT_IPV4:
        return address->bytes[sizeof MAPPED] == 127;
    case CLIENT_IPV6:
        return memcmp(address->bytes, &in6addr_loopback, sizeof address->bytes) == 0;
    case CLIENT_UNIX:
        return true;
    case CLIENT_UNKNOWN:
        break;
    }
    return false;
}

bool host_names_this_machine(struct text host) {
    struct text name;
    struct client_address address;
    if (!take_host(host, &name)) {
        return false;
    }
    if (name.length == 9 && strncasecmp(name.at, "localhost", 9) == 0) {
        return true;
    }
    return client_address_parse(host, &address) && client_address_is_local(&address);
}
