// SPDX-License-Identifier: BSD-2-Clause
// dnsload: loads a DNS server on loopback over UDP or TCP and prints one line of JSON. See
// README.md.
#include "tests/bench/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: dnsload --target ADDRESS:PORT --queries FILE [options] | --selftest\n"
    "  --queries FILE   lines `NAME TYPE`, sent in an order shuffled by the seed, over and over\n"
    "  --time S         send for so many seconds (default 1), or\n"
    "  --count N        send so many queries\n"
    "  --tcp            kept TCP connections instead of UDP\n"
    "  --sockets N      sockets or connections (8)    --window N   in flight on each (32)\n"
    "  --timeout S      a query not answered is lost (0.5)\n"
    "  --rate QPS       queries a second (default: as fast as answers come)\n"
    "  --edns BYTES     OPT record with this payload size    --do   with the DO bit\n"
    "  --no-gso         one datagram a message    --block   sleep when idle instead of spinning\n"
    "  --cpu N          run on this CPU only      --seed N  order of queries and ids (1)\n"
    "Only 127.0.0.0/8 and [::1] may be loaded.\n";

enum option_code {
    OPT_TARGET = 256,
    OPT_QUERIES,
    OPT_TIME,
    OPT_COUNT,
    OPT_TCP,
    OPT_SOCKETS,
    OPT_WINDOW,
    OPT_TIMEOUT,
    OPT_RATE,
    OPT_EDNS,
    OPT_DO,
    OPT_NO_GSO,
    OPT_BLOCK,
    OPT_CPU,
    OPT_SEED,
    OPT_SELFTEST,
    OPT_HELP,
};

static const struct option option_rows[] = {
    { "target", required_argument, NULL, OPT_TARGET },
    { "queries", required_argument, NULL, OPT_QUERIES },
    { "time", required_argument, NULL, OPT_TIME },
    { "count", required_argument, NULL, OPT_COUNT },
    { "tcp", no_argument, NULL, OPT_TCP },
    { "sockets", required_argument, NULL, OPT_SOCKETS },
    { "window", required_argument, NULL, OPT_WINDOW },
    { "timeout", required_argument, NULL, OPT_TIMEOUT },
    { "rate", required_argument, NULL, OPT_RATE },
    { "edns", required_argument, NULL, OPT_EDNS },
    { "do", no_argument, NULL, OPT_DO },
    { "no-gso", no_argument, NULL, OPT_NO_GSO },
    { "block", no_argument, NULL, OPT_BLOCK },
    { "cpu", required_argument, NULL, OPT_CPU },
    { "seed", required_argument, NULL, OPT_SEED },
    { "selftest", no_argument, NULL, OPT_SELFTEST },
    { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

// ---- values
// ---------------------------------------------------------------------------------------

static bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-')
        return false;
    *value = number;
    return number >= least && number <= most;
}

static bool parse_seconds(const char *text, uint64_t *nanoseconds)
{
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !(seconds > 0 && seconds <= 86400))
        return false;
    *nanoseconds = (uint64_t)(seconds * (double)LOAD_NS);
    return true;
}

static bool target_set(struct load_options *options, const char *host, uint16_t port)
{
    struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    if (inet_pton(AF_INET, host, &ipv4.sin_addr) == 1) {
        memcpy(&options->target, &ipv4, sizeof(ipv4));
        options->target_len = sizeof(ipv4);
        return ntohl(ipv4.sin_addr.s_addr) >> 24 == 127;
    }
    if (inet_pton(AF_INET6, host, &ipv6.sin6_addr) == 1) {
        memcpy(&options->target, &ipv6, sizeof(ipv6));
        options->target_len = sizeof(ipv6);
        return IN6_IS_ADDR_LOOPBACK(&ipv6.sin6_addr);
    }
    return false;
}

// `127.0.0.1:5300` or `[::1]:5300`. This is a weapon: nothing but loopback is taken.
static bool parse_target(const char *text, struct load_options *options)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    uint64_t port;
    if (colon == NULL || !parse_number(colon + 1, 1, UINT16_MAX, &port))
        return false;
    size_t length = (size_t)(colon - text);
    if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (length >= sizeof(host))
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    return target_set(options, host, (uint16_t)port);
}

// ---- arguments
// --------------------------------------------------------------------------------------

static void option_switch(int code, struct load_options *options)
{
    options->tcp |= code == OPT_TCP;
    options->dnssec_ok |= code == OPT_DO;
    options->block |= code == OPT_BLOCK;
    options->gso &= code != OPT_NO_GSO;
}

// Options that take a number. True if the value is good.
static bool option_number(int code, const char *text, struct load_options *options)
{
    static const struct {
        int code;
        uint64_t least, most;
    } ranges[] = {
        { OPT_COUNT, 1, UINT64_MAX },       { OPT_SOCKETS, 1, 4096 },
        { OPT_WINDOW, 1, LOAD_WINDOW_MAX }, { OPT_RATE, 1, 100000000 },
        { OPT_EDNS, 512, UINT16_MAX },      { OPT_CPU, 0, CPU_SETSIZE - 1 },
        { OPT_SEED, 0, UINT64_MAX },
    };
    uint64_t value = 0;
    bool good = false;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (ranges[i].code == code)
            good = parse_number(text, ranges[i].least, ranges[i].most, &value);
    if (!good)
        return false;
    options->count = code == OPT_COUNT ? value : options->count;
    options->sockets = code == OPT_SOCKETS ? (unsigned)value : options->sockets;
    options->window = code == OPT_WINDOW ? (unsigned)value : options->window;
    options->rate = code == OPT_RATE ? value : options->rate;
    options->edns = code == OPT_EDNS ? (uint16_t)value : options->edns;
    options->cpu = code == OPT_CPU ? (int)value : options->cpu;
    options->seed = code == OPT_SEED ? value : options->seed;
    return true;
}

static bool option_value(int code, const char *text, struct load_options *options)
{
    switch (code) {
    case OPT_TARGET:
        return parse_target(text, options);
    case OPT_QUERIES:
        options->queries_path = text;
        return true;
    case OPT_TIME:
        return parse_seconds(text, &options->duration_ns);
    case OPT_TIMEOUT:
        return parse_seconds(text, &options->timeout_ns);
    default:
        return option_number(code, text, options);
    }
}

// Reads the arguments. True if a run can start; else the exit status is in `status`.
static bool arguments_read(int argc, char **argv, struct load_options *options, int *status)
{
    int code, row = 0;
    *status = 2;
    while ((code = getopt_long(argc, argv, "", option_rows, &row)) != -1) {
        if (code == OPT_SELFTEST || code == OPT_HELP) {
            *status = code == OPT_SELFTEST ? load_selftest() : 0;
            if (code == OPT_HELP)
                fputs(usage_text, stdout);
            return false;
        }
        if (code == '?')
            return false;
        if (optarg == NULL) {
            option_switch(code, options);
        } else if (!option_value(code, optarg, options)) {
            fprintf(stderr, "dnsload: --%s %s: refused\n", option_rows[row].name, optarg);
            return false;
        }
    }
    if (optind == argc && options->target_len != 0 && options->queries_path != NULL)
        return true;
    fputs(usage_text, stderr);
    return false;
}

// ---- the run
// -------------------------------------------------------------------------------------------

int load_connect(const struct load_options *options)
{
    int type = (options->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC;
    int fd = socket(options->target.ss_family, type, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&options->target, options->target_len) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static bool pin(int cpu)
{
    cpu_set_t set;
    if (cpu < 0)
        return true;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    if (sched_setaffinity(0, sizeof(set), &set) == 0)
        return true;
    fprintf(stderr, "dnsload: CPU %d: %s\n", cpu, strerror(errno));
    return false;
}

static void print_rcodes(const struct load_stats *stats)
{
    static const char *const names[16] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                           "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                           "NXRRSET", "NOTAUTH", "NOTZONE" };
    const char *comma = "";
    for (unsigned i = 0; i < 16; i++) {
        if (stats->rcodes[i] == 0)
            continue;
        if (names[i] != NULL)
            printf("%s\"%s\": %" PRIu64, comma, names[i], stats->rcodes[i]);
        else
            printf("%s\"RCODE%u\": %" PRIu64, comma, i, stats->rcodes[i]);
        comma = ", ";
    }
}

static void print_count(const char *name, uint64_t count)
{
    printf(", \"%s\": %" PRIu64, name, count);
}

static void print_report(const struct load_run *run)
{
    const struct load_stats *stats = &run->stats;
    double answered = (double)stats->answered;
    double seconds = (double)(run->timely_ns - run->start_ns) / (double)LOAD_NS;
    printf("{\"proto\": \"%s\"", run->options->tcp ? "tcp" : "udp");
    print_count("sent", stats->sent);
    print_count("answered", stats->answered);
    print_count("lost", stats->lost);
    print_count("stray", stats->stray);
    print_count("bad", stats->bad);
    print_count("truncated", stats->truncated);
    print_count("empty", stats->empty);
    fputs(", \"rcodes\": {", stdout);
    print_rcodes(stats);
    printf("}, \"seconds\": %.4f, \"qps\": %.0f, \"latency_us\": {\"p50\": %.1f, \"p99\": %.1f, "
           "\"max\": %.1f}, \"answer_bytes\": %.1f}\n",
           seconds, seconds > 0 ? (double)run->timely / seconds : 0,
           load_stats_quantile(stats, 0.5), load_stats_quantile(stats, 0.99),
           load_stats_quantile(stats, 1), answered > 0 ? (double)stats->bytes / answered : 0);
}

static bool run_load(const struct load_options *options)
{
    struct load_run *run = load_alloc(1, sizeof(*run));
    run->options = options;
    run->rng.state = options->seed;
    bool good = load_queries_read(&run->queries, options);
    if (good)
        good = options->tcp ? load_tcp_run(run) : load_udp_run(run);
    if (good)
        print_report(run);
    good = good && run->stats.answered > 0;
    load_queries_fini(&run->queries);
    free(run);
    return good;
}

int main(int argc, char **argv)
{
    struct load_options options = {
        .timeout_ns = LOAD_NS / 2,
        .seed = 1,
        .sockets = 8,
        .window = 32,
        .cpu = -1,
        .gso = true,
    };
    int status;
    if (!arguments_read(argc, argv, &options, &status))
        return status;
    if (options.duration_ns == 0 && options.count == 0)
        options.duration_ns = LOAD_NS;
    return pin(options.cpu) && run_load(&options) ? 0 : 1;
}
