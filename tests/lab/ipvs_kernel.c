// SPDX-License-Identifier: BSD-2-Clause
/* ipvs_kernel [--bench]: runs the suite of IPVS back ends on the kernel it is started on, which
 * must have IPVS; each test in a network namespace of its own. Or measures against ipvsadm. */
#include "base/compiler.h"
#include "base/mem.h"
#include "ipvs/kernel.h"
#include "tests/support/ipvs_suite.h"
#include "tests/support/netns.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct ipvs_kernel *kernel;

static struct ipvs_backend open_kernel(void)
{
    if (!netns_enter()) {
        perror("a network namespace");
        exit(EXIT_FAILURE);
    }
    kernel = ipvs_kernel_new();
    return ipvs_kernel_backend(kernel);
}

static void close_kernel(void)
{
    ipvs_kernel_free(kernel);
}

/* ---- the suite ---------------------------------------------------------------------------------
 */

/* Is `have` a host address, by its mask? */
static bool is_host(const struct ifaddrs *have)
{
    struct endpoint mask;
    if (have->ifa_netmask == NULL || !endpoint_from_sockaddr(have->ifa_netmask, &mask))
        return false;
    for (unsigned i = 0; i < addr_size(&mask.addr); i++) {
        if (mask.addr.bytes[i] != 0xff)
            return false;
    }
    return true;
}

static bool has_vip(const struct addr *addr, const char *interface)
{
    struct ifaddrs *all = NULL;
    bool found = false;
    if (getifaddrs(&all) != 0)
        return false;
    for (const struct ifaddrs *at = all; at != NULL && !found; at = at->ifa_next) {
        struct endpoint have;
        found = at->ifa_addr != NULL && endpoint_from_sockaddr(at->ifa_addr, &have) &&
                addr_equal(&have.addr, addr) && strcmp(at->ifa_name, interface) == 0 && is_host(at);
    }
    freeifaddrs(all);
    return found;
}

/* Of all schedulers only twos is missing from some kernels that are in use. */
static const char *lacking(void)
{
    struct ipvs_backend backend = open_kernel();
    struct ipvs_op op = { .kind = IPVS_OP_ADD_SERVICE, .service = { .scheduler = "twos" } };
    int result = -1;
    if (!ipvs_key_parse("tcp 192.0.2.1:80", &op.service.key))
        abort();
    backend.ops->apply(backend.ctx, &op, 1, &result);
    close_kernel();
    return result == 0 ? NULL : "twos";
}

static bool is_kernel_since(unsigned long major, unsigned long minor)
{
    struct utsname name;
    char *end;
    if (uname(&name) != 0)
        abort();
    unsigned long have = strtoul(name.release, &end, 10);
    return have > major || (have == major && *end == '.' && strtoul(end + 1, NULL, 10) >= minor);
}

static int run_suite(void)
{
    const struct ipvs_suite_host host = { .open = open_kernel,
                                          .close = close_kernel,
                                          .has_vip = has_vip,
                                          .interface = "lo",
                                          .lacks = lacking(),
                                          .small_limits = is_kernel_since(6, 12) };
    Suite *suite = suite_create("ipvs_kernel");
    ipvs_suite_add(suite, &host);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int ran = srunner_ntests_run(runner);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return ran > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- measuring ---------------------------------------------------------------------------------
 */

#define BENCH_DUMPS 3 /* in the first one memory is new, which is dear in a guest */

/* 10 000 servers, in many services or in few. */
static const struct shape {
    unsigned services;
    unsigned dests; /* of each */
} shapes[] = { { 100, 100 }, { 5000, 2 }, { 10, 1000 } };

struct spent {
    double wall; /* all in seconds */
    double cpu;
};

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double cpu_of(int who)
{
    struct rusage usage;
    (void)getrusage(who, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* `ipvsadm OPTIONS`, its input from a file and its output to nowhere. */
static struct spent run_ipvsadm(const char *option, const char *input)
{
    double cpu = cpu_of(RUSAGE_CHILDREN);
    double wall = now();
    (void)fflush(stdout); /* or both would print what waits */
    pid_t pid = fork();
    if (pid == 0) {
        if (freopen(input, "r", stdin) != NULL && freopen("/dev/null", "w", stdout) != NULL)
            (void)execl("/usr/sbin/ipvsadm", "ipvsadm", option, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        (void)fprintf(stderr, "ipvsadm %s failed\n", option);
        exit(EXIT_FAILURE);
    }
    return (struct spent){ .wall = now() - wall, .cpu = cpu_of(RUSAGE_CHILDREN) - cpu };
}

static size_t op_count(const struct shape *shape)
{
    return (size_t)shape->services * (shape->dests + 1);
}

static struct ipvs_op *make_ops(const struct shape *shape)
{
    struct ipvs_op *ops = MEM_NEW_ARRAY(struct ipvs_op, op_count(shape));
    struct ipvs_op *op = ops;
    for (unsigned i = 0; i < shape->services; i++) {
        struct ipvs_service service = {
            .key = { .family = ADDR_V4,
                     .protocol = IPVS_TCP,
                     .port = 80,
                     .addr = { .family = ADDR_V4,
                               .bytes = { 198, 51, (uint8_t)(i >> 8), (uint8_t)i } } },
            .scheduler = "wlc",
            .prefix = 32
        };
        *op++ = (struct ipvs_op){ .kind = IPVS_OP_ADD_SERVICE, .service = service };
        for (unsigned k = 0; k < shape->dests; k++) {
            *op++ = (struct ipvs_op){
                .kind = IPVS_OP_ADD_DEST,
                .service = service,
                .dest = { .addr = { .family = ADDR_V4,
                                    .bytes = { 10, (uint8_t)i, (uint8_t)(k >> 8), (uint8_t)k } },
                          .port = 80,
                          .weight = 1 }
            };
        }
    }
    return ops;
}

/* The same operations as lines for `ipvsadm -R`. */
static bool write_lines(const struct ipvs_op *ops, size_t count, const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        char vip[ENDPOINT_TEXT_MAX];
        char real[ENDPOINT_TEXT_MAX];
        const struct ipvs_op *op = &ops[i];
        endpoint_print(&(struct endpoint){ op->service.key.addr, op->service.key.port }, vip);
        endpoint_print(&(struct endpoint){ op->dest.addr, op->dest.port }, real);
        if (op->kind == IPVS_OP_ADD_SERVICE)
            (void)fprintf(file, "-A -t %s -s wlc\n", vip);
        else
            (void)fprintf(file, "-a -t %s -r %s -m -w 1\n", vip, real);
    }
    return fclose(file) == 0;
}

static struct spent add_all(struct ipvs_backend backend, const struct ipvs_op *ops, size_t count)
{
    int *results = MEM_NEW_ARRAY(int, count);
    double cpu = cpu_of(RUSAGE_SELF);
    double wall = now();
    backend.ops->apply(backend.ctx, ops, count, results);
    struct spent spent = { .wall = now() - wall, .cpu = cpu_of(RUSAGE_SELF) - cpu };
    for (size_t i = 0; i < count; i++) {
        if (results[i] != 0) {
            (void)fprintf(stderr, "operation %zu: %s\n", i, strerror(results[i]));
            exit(EXIT_FAILURE);
        }
    }
    mem_free(results);
    return spent;
}

static struct spent dump_all(struct ipvs_backend backend, size_t dests)
{
    struct ipvs_table table;
    ipvs_table_init(&table);
    double cpu = cpu_of(RUSAGE_SELF);
    double wall = now();
    int error = backend.ops->dump(backend.ctx, &table);
    struct spent spent = { .wall = now() - wall, .cpu = cpu_of(RUSAGE_SELF) - cpu };
    if (error != 0 || ipvs_table_dest_count(&table) != dests) {
        (void)fprintf(stderr, "dump: %zu servers, %s\n", ipvs_table_dest_count(&table),
                      strerror(error));
        exit(EXIT_FAILURE);
    }
    ipvs_table_fini(&table);
    return spent;
}

static void keep_best(struct spent *best, struct spent spent)
{
    if (best->wall == 0 || spent.wall < best->wall)
        best->wall = spent.wall;
    if (best->cpu == 0 || spent.cpu < best->cpu)
        best->cpu = spent.cpu;
}

static void print_spent(const char *name, struct spent spent)
{
    printf("%-40s %8.1f ms  cpu %8.1f ms\n", name, 1e3 * spent.wall, 1e3 * spent.cpu);
}

static bool measure(const struct shape *shape)
{
    char lines[] = "/run/ipvs-bench.lines";
    size_t count = op_count(shape);
    struct ipvs_op *ops = make_ops(shape);
    struct spent dump = { 0 };
    if (!write_lines(ops, count, lines)) {
        perror(lines);
        exit(EXIT_FAILURE);
    }
    struct ipvs_backend backend = open_kernel();
    struct spent restore = run_ipvsadm("-R", lines);
    struct spent list = run_ipvsadm("-Ln", "/dev/null");
    (void)run_ipvsadm("-C", "/dev/null");
    struct spent add = add_all(backend, ops, count);
    for (unsigned i = 0; i < BENCH_DUMPS; i++)
        keep_best(&dump, dump_all(backend, (size_t)shape->services * shape->dests));
    (void)run_ipvsadm("-C", "/dev/null");
    close_kernel();
    mem_free(ops);
    printf("%u services of %u servers\n", shape->services, shape->dests);
    print_spent("ipvsadm -R", restore);
    print_spent("ours: add", add);
    print_spent("ipvsadm -Ln", list);
    print_spent("ours: dump", dump);
    return add.wall <= restore.wall && dump.cpu <= 2 * list.cpu;
}

static int run_bench(void)
{
    bool good = true;
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        good = measure(&shapes[i]) && good;
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[1], "--bench") == 0 ? run_bench() : run_suite();
}
