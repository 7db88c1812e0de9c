// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/hostaddr.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_SIZE  32768 /* the kernel's largest piece of a dump */
#define READS_MAX    64
#define OPEN_WAIT_MS 2000

struct link {
    int index;
    bool up;
    unsigned round; /* of the dump that told it last */
};

/* The kernel tells two addresses apart by all of these. */
struct place {
    int index; /* of the interface */
    struct addr addr;
    struct addr peer;
    uint8_t bits;
};

struct entry {
    struct place place;
    bool usable; /* neither tentative nor failed */
    unsigned round;
};

enum stage { IDLE, LINKS, ADDRESSES };

struct hostaddr {
    int fd;
    enum stage stage;  /* of the dump under way */
    uint32_t sequence; /* of its request */
    unsigned round;
    bool again;   /* something was lost: dump once more after this one */
    bool changed; /* since the last hostaddr_read */
    struct link *links;
    size_t link_count, link_capacity;
    struct entry *entries;
    size_t entry_count, entry_capacity;
    uint8_t buffer[BUFFER_SIZE];
};

/* --- netlink's layout, read without trust in alignment or lengths --- */

struct view {
    const uint8_t *at;
    size_t left;
};

/* Takes a thing of `head` bytes header and a length that counts it; what is inside goes to `body`.
 */
static bool take(struct view *view, size_t length, size_t head, struct view *body)
{
    if (length < head || length > view->left)
        return false;
    size_t step = NLMSG_ALIGN(length);
    *body = (struct view){ view->at + head, length - head };
    step = step < view->left ? step : view->left;
    view->at += step;
    view->left -= step;
    return true;
}

static bool next_message(struct view *view, struct nlmsghdr *header, struct view *body)
{
    if (view->left < sizeof(*header))
        return false;
    memcpy(header, view->at, sizeof(*header));
    return take(view, header->nlmsg_len, NLMSG_HDRLEN, body);
}

static bool next_attribute(struct view *view, struct rtattr *header, struct view *body)
{
    if (view->left < sizeof(*header))
        return false;
    memcpy(header, view->at, sizeof(*header));
    return take(view, header->rta_len, RTA_LENGTH(0), body);
}

/* The fixed part of a message's body. */
static bool take_head(struct view *body, void *out, size_t size)
{
    struct view head;
    if (body->left < size)
        return false;
    memcpy(out, body->at, size);
    return take(body, size, 0, &head);
}

/* --- the list --- */

static struct link *find_link(const struct hostaddr *hostaddr, int index)
{
    for (size_t i = 0; i < hostaddr->link_count; i++) {
        if (hostaddr->links[i].index == index)
            return &hostaddr->links[i];
    }
    return NULL;
}

static void set_link(struct hostaddr *hostaddr, int index, bool up)
{
    struct link *link = find_link(hostaddr, index);
    if (link == NULL) {
        mem_grow((void **)&hostaddr->links, &hostaddr->link_capacity, hostaddr->link_count + 1,
                 sizeof(*link));
        link = &hostaddr->links[hostaddr->link_count++];
        *link = (struct link){ .index = index };
    }
    hostaddr->changed = hostaddr->changed || link->up != up;
    link->up = up;
    link->round = hostaddr->round;
}

static void remove_link(struct hostaddr *hostaddr, struct link *link)
{
    hostaddr->changed = hostaddr->changed || link->up;
    *link = hostaddr->links[--hostaddr->link_count];
}

static bool same_place(const struct place *a, const struct place *b)
{
    return a->index == b->index && a->bits == b->bits && addr_equal(&a->addr, &b->addr) &&
           addr_equal(&a->peer, &b->peer);
}

static struct entry *find_entry(const struct hostaddr *hostaddr, const struct place *place)
{
    for (size_t i = 0; i < hostaddr->entry_count; i++) {
        if (same_place(&hostaddr->entries[i].place, place))
            return &hostaddr->entries[i];
    }
    return NULL;
}

static void set_entry(struct hostaddr *hostaddr, const struct place *place, bool usable)
{
    struct entry *entry = find_entry(hostaddr, place);
    if (entry == NULL) {
        mem_grow((void **)&hostaddr->entries, &hostaddr->entry_capacity, hostaddr->entry_count + 1,
                 sizeof(*entry));
        entry = &hostaddr->entries[hostaddr->entry_count++];
        *entry = (struct entry){ .place = *place };
    }
    hostaddr->changed = hostaddr->changed || entry->usable != usable;
    entry->usable = usable;
    entry->round = hostaddr->round;
}

static void remove_entry(struct hostaddr *hostaddr, struct entry *entry)
{
    hostaddr->changed = hostaddr->changed || entry->usable;
    *entry = hostaddr->entries[--hostaddr->entry_count];
}

/* What a whole dump did not tell is gone. */
static void sweep(struct hostaddr *hostaddr)
{
    for (size_t i = hostaddr->link_count; i > 0; i--) {
        if (hostaddr->links[i - 1].round != hostaddr->round)
            remove_link(hostaddr, &hostaddr->links[i - 1]);
    }
    for (size_t i = hostaddr->entry_count; i > 0; i--) {
        if (hostaddr->entries[i - 1].round != hostaddr->round)
            remove_entry(hostaddr, &hostaddr->entries[i - 1]);
    }
}

/* --- asking --- */

static void ask(struct hostaddr *hostaddr, enum stage stage)
{
    struct {
        struct nlmsghdr header;
        struct rtgenmsg body;
    } request = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
                              .nlmsg_type = stage == LINKS ? RTM_GETLINK : RTM_GETADDR,
                              .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                              .nlmsg_seq = ++hostaddr->sequence } };
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    hostaddr->stage = stage;
    ssize_t sent = sendto(hostaddr->fd, &request, request.header.nlmsg_len, 0,
                          (struct sockaddr *)&kernel, sizeof(kernel));
    if (sent < 0) {
        log_error("ipvs", "the addresses of this host cannot be asked for: %s", strerror(errno));
        hostaddr->stage = IDLE;
    }
}

static void ask_everything(struct hostaddr *hostaddr)
{
    hostaddr->again = false;
    hostaddr->round++;
    ask(hostaddr, LINKS);
}

/* The kernel does one dump a socket at a time. */
static void on_lost(struct hostaddr *hostaddr)
{
    if (hostaddr->stage != IDLE)
        hostaddr->again = true;
    else
        ask_everything(hostaddr);
}

static void on_done(struct hostaddr *hostaddr)
{
    if (hostaddr->stage == LINKS) {
        ask(hostaddr, ADDRESSES);
        return;
    }
    hostaddr->stage = IDLE;
    if (hostaddr->again)
        ask_everything(hostaddr);
    else
        sweep(hostaddr);
}

/* --- hearing --- */

static void on_link(struct hostaddr *hostaddr, uint16_t type, struct view body)
{
    struct ifinfomsg head;
    if (!take_head(&body, &head, sizeof(head)) || head.ifi_family != AF_UNSPEC)
        return; /* a bridge's port tells of itself too, as AF_BRIDGE */
    struct link *link = find_link(hostaddr, head.ifi_index);
    if (type == RTM_NEWLINK)
        set_link(hostaddr, head.ifi_index, (head.ifi_flags & IFF_UP) != 0);
    else if (link != NULL)
        remove_link(hostaddr, link);
}

static void read_addr(const struct view *body, uint8_t family, struct addr *out)
{
    size_t size = family == AF_INET ? 4 : 16;
    if (body->left < size)
        return;
    out->family = family == AF_INET ? ADDR_V4 : ADDR_V6;
    memcpy(out->bytes, body->at, size);
}

static void on_address(struct hostaddr *hostaddr, uint16_t type, struct view body)
{
    struct ifaddrmsg head;
    struct rtattr header;
    struct view value;
    struct addr local = { 0 };
    struct place place = { 0 };
    if (!take_head(&body, &head, sizeof(head)) ||
        (head.ifa_family != AF_INET && head.ifa_family != AF_INET6))
        return;
    uint32_t flags = head.ifa_flags;
    while (next_attribute(&body, &header, &value)) {
        if (header.rta_type == IFA_LOCAL)
            read_addr(&value, head.ifa_family, &local);
        else if (header.rta_type == IFA_ADDRESS)
            read_addr(&value, head.ifa_family, &place.peer);
        else if (header.rta_type == IFA_FLAGS && value.left >= sizeof(flags))
            memcpy(&flags, value.at, sizeof(flags));
    }
    /* On a point-to-point link IFA_ADDRESS is the other end. */
    place.addr = local.family != ADDR_NONE ? local : place.peer;
    place.index = (int)head.ifa_index;
    place.bits = head.ifa_prefixlen;
    if (place.addr.family == ADDR_NONE)
        return;
    struct entry *entry = find_entry(hostaddr, &place);
    if (type == RTM_NEWADDR)
        set_entry(hostaddr, &place, (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0);
    else if (entry != NULL)
        remove_entry(hostaddr, entry);
}

static void on_error(struct hostaddr *hostaddr, const struct view *body)
{
    int error = 0; /* the first field of struct nlmsgerr */
    if (body->left >= sizeof(error))
        memcpy(&error, body->at, sizeof(error));
    log_error("ipvs", "the addresses of this host are not told: %s", strerror(-error));
    hostaddr->stage = IDLE;
}

static void on_message(struct hostaddr *hostaddr, const struct nlmsghdr *header, struct view body)
{
    bool ours = hostaddr->stage != IDLE && header->nlmsg_seq == hostaddr->sequence;
    if (ours && (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
        hostaddr->again = true; /* the tables changed meanwhile: perhaps not everything was told */
    switch (header->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        on_link(hostaddr, header->nlmsg_type, body);
        break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
        on_address(hostaddr, header->nlmsg_type, body);
        break;
    case NLMSG_DONE:
        if (ours)
            on_done(hostaddr);
        break;
    case NLMSG_ERROR:
        if (ours)
            on_error(hostaddr, &body);
        break;
    case NLMSG_OVERRUN:
        on_lost(hostaddr);
        break;
    default:
        break;
    }
}

/* False when there is nothing more for now. */
static bool receive(struct hostaddr *hostaddr)
{
    struct sockaddr_nl from = { 0 };
    socklen_t from_size = sizeof(from);
    ssize_t size = recvfrom(hostaddr->fd, hostaddr->buffer, sizeof(hostaddr->buffer), MSG_TRUNC,
                            (struct sockaddr *)&from, &from_size);
    if (size < 0 && errno == ENOBUFS) {
        on_lost(hostaddr);
        return true;
    }
    if (size < 0)
        return errno == EINTR;
    if (from.nl_pid != 0)
        return true; /* not the kernel */
    if (size > (ssize_t)sizeof(hostaddr->buffer)) {
        on_lost(hostaddr);
        return true;
    }
    struct view view = { hostaddr->buffer, (size_t)size };
    struct nlmsghdr header;
    struct view body;
    while (next_message(&view, &header, &body))
        on_message(hostaddr, &header, body);
    return true;
}

bool hostaddr_read(struct hostaddr *hostaddr)
{
    for (unsigned i = 0; i < READS_MAX && receive(hostaddr); i++)
        continue;
    bool changed = hostaddr->changed;
    hostaddr->changed = false;
    return changed;
}

bool hostaddr_has(const struct hostaddr *hostaddr, const struct addr *addr)
{
    for (size_t i = 0; i < hostaddr->entry_count; i++) {
        const struct entry *entry = &hostaddr->entries[i];
        if (!entry->usable || !addr_equal(&entry->place.addr, addr))
            continue;
        const struct link *link = find_link(hostaddr, entry->place.index);
        if (link != NULL && link->up)
            return true;
    }
    return false;
}

int hostaddr_fd(const struct hostaddr *hostaddr)
{
    return hostaddr->fd;
}

/* --- life --- */

/* The kernel answers at once; the wait is for when it does not. */
static void read_first(struct hostaddr *hostaddr)
{
    uint64_t end = clock_mono_ms() + OPEN_WAIT_MS;
    ask_everything(hostaddr);
    while (hostaddr->stage != IDLE && clock_mono_ms() < end) {
        struct pollfd wait = { .fd = hostaddr->fd, .events = POLLIN };
        (void)poll(&wait, 1, 100);
        (void)hostaddr_read(hostaddr);
    }
}

static bool subscribe(int fd)
{
    struct sockaddr_nl us = { .nl_family = AF_NETLINK,
                              .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };
    return bind(fd, (struct sockaddr *)&us, sizeof(us)) == 0;
}

struct hostaddr *hostaddr_open(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0)
        return NULL;
    if (!subscribe(fd)) {
        int error = errno;
        (void)close(fd);
        errno = error;
        return NULL;
    }
    struct hostaddr *hostaddr = MEM_NEW(struct hostaddr);
    hostaddr->fd = fd;
    read_first(hostaddr);
    return hostaddr;
}

void hostaddr_close(struct hostaddr *hostaddr)
{
    if (hostaddr == NULL)
        return;
    (void)close(hostaddr->fd);
    mem_free(hostaddr->links);
    mem_free(hostaddr->entries);
    mem_free(hostaddr);
}
