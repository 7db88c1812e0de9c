// SPDX-License-Identifier: BSD-2-Clause
#include "server/listen.h"

#include "base/errlist.h"
#include "base/json.h"
#include "base/mem.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
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

/* What to do about it, where that is plain. */
static const char *remedy(int error)
{
    if (error == EADDRINUSE)
        return "; another process does already (see: ss -lnp)";
    if (error == EACCES)
        return "; ports below 1024 need root or the capability CAP_NET_BIND_SERVICE";
    if (error == EADDRNOTAVAIL)
        return "; no interface of this machine has the address (see: ip address)";
    return "";
}

/* 0, or why a socket without SO_REUSEPORT cannot be bound: that would let us share the queries with
 * another process in silence. */
static int try_bind(const struct endpoint *endpoint, int type)
{
    struct sockaddr_storage address;
    socklen_t length = endpoint_to_sockaddr(endpoint, &address);
    int one = 1;
    int fd = socket(address.ss_family, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    /* TIME_WAIT of an earlier run is no hindrance; only for TCP, since for UDP it would let two
     * share. */
    if (type == SOCK_STREAM)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (address.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    int error = bind(fd, (struct sockaddr *)&address, length) != 0 ? errno : 0;
    (void)close(fd);
    return error;
}

static bool check_address(const struct config *config, size_t index, int type,
                          struct errlist *errors)
{
    const struct endpoint *listen = config->server.listen.items;
    char path[32];
    char text[ENDPOINT_TEXT_MAX];
    int error = try_bind(&listen[index], type);
    if (error == 0)
        return true;
    (void)snprintf(path, sizeof(path), "server.listen[%zu]", index);
    endpoint_print(&listen[index], text);
    json_error(&config->doc, errors, path, "cannot listen on %s (%s): %s%s", text,
               type == SOCK_DGRAM ? "UDP" : "TCP", strerror(error), remedy(error));
    return false;
}

static bool all_free(const struct config *config, struct errlist *errors)
{
    bool ok = true;
    for (size_t i = 0; i < config->server.listen.count; i++) {
        ok = check_address(config, i, SOCK_DGRAM, errors) && ok;
        ok = check_address(config, i, SOCK_STREAM, errors) && ok;
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
