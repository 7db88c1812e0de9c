// SPDX-License-Identifier: BSD-2-Clause
#include "server/listen.h"

#include "base/errlist.h"
#include "base/mem.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define TCP_TOTAL_MAX  4096
#define TCP_IDLE_MS    10000
#define TCP_UNSENT_MAX ((size_t)16 << 20)

struct listen_set {
    struct worker **workers;
    unsigned count;
};

/* CPUs that this process may run on, which a container or taskset may have cut down. */
static unsigned cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? (unsigned)count : 1;
}

/* A quarter of the descriptors is for DNS over TCP; the rest is for probes, API and files. */
static unsigned tcp_limit(unsigned workers)
{
    struct rlimit limit = { .rlim_cur = 1024 };
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    rlim_t total = limit.rlim_cur / 4 < TCP_TOTAL_MAX ? limit.rlim_cur / 4 : TCP_TOTAL_MAX;
    return total > workers ? (unsigned)total / workers : 1;
}

/* True when nobody listens there: a socket without SO_REUSEPORT can be bound. */
static bool address_is_free(const struct endpoint *endpoint, int type, struct errlist *errors)
{
    struct sockaddr_storage address;
    socklen_t length = endpoint_to_sockaddr(endpoint, &address);
    int one = 1;
    int fd = socket(address.ss_family, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return true; /* the real open reports it better */
    /* TIME_WAIT of an earlier run is no hindrance; only for TCP, since for UDP it would let two
     * share. */
    if (type == SOCK_STREAM)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (address.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    bool busy = bind(fd, (struct sockaddr *)&address, length) != 0 && errno == EADDRINUSE;
    (void)close(fd);
    if (busy) {
        char text[ENDPOINT_TEXT_MAX];
        endpoint_print(endpoint, text);
        errlist_add(errors, "cannot listen on %s (%s): another process does already (see: ss -lnp)",
                    text, type == SOCK_DGRAM ? "UDP" : "TCP");
    }
    return !busy;
}

static bool all_free(const struct config *config, struct errlist *errors)
{
    const struct endpoint *listen = config->server.listen.items;
    bool ok = true;
    for (size_t i = 0; i < config->server.listen.count; i++) {
        ok = address_is_free(&listen[i], SOCK_DGRAM, errors) && ok;
        ok = address_is_free(&listen[i], SOCK_STREAM, errors) && ok;
    }
    return ok;
}

struct listen_set *listen_open(const struct config *config, struct errlist *errors)
{
    if (!all_free(config, errors))
        return NULL;
    unsigned count = config->server.workers > 0 ? (unsigned)config->server.workers : cpu_count();
    struct listen_set *set = MEM_NEW(struct listen_set);
    set->workers = MEM_NEW_ARRAY(struct worker *, count);
    for (set->count = 0; set->count < count; set->count++) {
        struct worker_options options = {
            .index = set->count,
            .listen = config->server.listen.items,
            .listen_count = config->server.listen.count,
            .tcp_max = tcp_limit(count),
            .tcp_unsent_max = TCP_UNSENT_MAX,
            .tcp_idle_ms = TCP_IDLE_MS,
        };
        set->workers[set->count] = worker_new(&options, errors);
        if (set->workers[set->count] == NULL) {
            listen_free(set);
            return NULL;
        }
    }
    return set;
}

struct worker **listen_workers(const struct listen_set *set)
{
    return set->workers;
}

unsigned listen_worker_count(const struct listen_set *set)
{
    return set->count;
}

void listen_free(struct listen_set *set)
{
    if (set == NULL)
        return;
    for (unsigned i = 0; i < set->count; i++)
        worker_free(set->workers[i]);
    mem_free(set->workers);
    mem_free(set);
}
