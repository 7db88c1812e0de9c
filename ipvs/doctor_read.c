// SPDX-License-Identifier: BSD-2-Clause
/* The host as /proc, /sys and /lib/modules tell it. */
#include "base/compiler.h"
#include "base/mem.h"
#include "base/parse.h"
#include "ipvs/doctor.h"

#include <ctype.h>
#include <dirent.h>
#include <linux/if_addr.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 512
#define LINE_SIZE 1024

static FILE *open_below(const char *root, const char *path)
{
    char full[PATH_SIZE];
    (void)snprintf(full, sizeof(full), "%s%s", root, path);
    return fopen(full, "re");
}

/* Called with each line, without its newline. */
typedef void line_fn(void *data, char *line);

static void each_line(const char *root, const char *path, line_fn *fn, void *data)
{
    char line[LINE_SIZE];
    FILE *file = open_below(root, path);
    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        fn(data, line);
    }
    (void)fclose(file);
}

/* --- settings --- */

/* The number in a file of one line; -1 when there is none. */
static int read_number(const char *root, const char *path)
{
    char text[32] = "";
    uint64_t value = 0;
    FILE *file = open_below(root, path);
    if (file == NULL)
        return -1;
    bool ok = fgets(text, sizeof(text), file) != NULL;
    (void)fclose(file);
    text[strcspn(text, "\n")] = '\0';
    return ok && parse_u64(text, strlen(text), 1000000, &value) ? (int)value : -1;
}

static int read_conf(const char *root, const char *interface, const char *key)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", interface, key);
    return read_number(root, path);
}

static void read_sysctls(const char *root, struct doctor_host *host)
{
    for (size_t i = 0; i < DOCTOR_SYSCTLS; i++) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof(path), "/proc/sys/%s",
                       doctor_sysctl_name((enum doctor_sysctl)i));
        for (char *dot = path; (dot = strchr(dot, '.')) != NULL;)
            *dot = '/';
        host->sysctls[i] = read_number(root, path);
    }
}

static int by_name(const void *a, const void *b)
{
    const struct doctor_interface *left = a;
    const struct doctor_interface *right = b;
    return strcmp(left->name, right->name);
}

static void add_interface(const char *root, const char *name, struct doctor_host *host)
{
    if (strcmp(name, "all") == 0 || strcmp(name, "default") == 0 || strcmp(name, "lo") == 0)
        return;
    mem_grow((void **)&host->interfaces, &host->interface_capacity, host->interface_count + 1,
             sizeof(*host->interfaces));
    struct doctor_interface *out = &host->interfaces[host->interface_count++];
    (void)snprintf(out->name, sizeof(out->name), "%.*s", DOCTOR_NAME_MAX - 1, name);
    out->send_redirects = read_conf(root, name, "send_redirects");
    out->rp_filter = read_conf(root, name, "rp_filter");
    host->kube_proxy = host->kube_proxy || strcmp(name, "kube-ipvs0") == 0;
}

static void read_interfaces(const char *root, struct doctor_host *host)
{
    char path[PATH_SIZE];
    const struct dirent *entry = NULL;
    (void)snprintf(path, sizeof(path), "%s/proc/sys/net/ipv4/conf", root);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            add_interface(root, entry->d_name, host);
    (void)closedir(dir);
    if (host->interface_count > 1)
        qsort(host->interfaces, host->interface_count, sizeof(*host->interfaces), by_name);
}

/* --- addresses --- */

static struct doctor_local *add_local(struct doctor_host *host, const struct addr *addr,
                                      unsigned bits)
{
    mem_grow((void **)&host->local, &host->local_capacity, host->local_count + 1,
             sizeof(*host->local));
    struct doctor_local *local = &host->local[host->local_count++];
    *local = (struct doctor_local){ .prefix = { *addr, (uint8_t)bits } };
    return local;
}

struct fib {
    struct doctor_host *host;
    struct addr node; /* of the last "|-- ADDRESS" */
};

/* fib_trie: "  |-- 192.0.2.1", then "    /32 host LOCAL" below it. */
static void take_fib_line(void *data, char *line)
{
    struct fib *fib = data;
    uint64_t bits = 0;
    const char *node = strstr(line, "|-- ");
    const char *slash = strchr(line, '/');
    if (node != NULL && !addr_parse(node + 4, &fib->node))
        fib->node.family = ADDR_NONE;
    if (node != NULL || slash == NULL || fib->node.family != ADDR_V4)
        return;
    if (strstr(slash, " host LOCAL") != NULL &&
        parse_u64(slash + 1, strcspn(slash + 1, " "), 32, &bits))
        (void)add_local(fib->host, &fib->node, (unsigned)bits);
}

/* if_inet6: 32 hexadecimal digits, then index, length, scope, flags, interface. */
static void take_inet6_line(void *data, char *line)
{
    struct addr addr = { .family = ADDR_V6 };
    char *fields[6];
    uint8_t flags = 0;
    char *rest = NULL;
    size_t count = 0;
    for (char *field = strtok_r(line, " ", &rest); field != NULL && count < ARRAY_LEN(fields);
         field = strtok_r(NULL, " ", &rest))
        fields[count++] = field;
    if (count < ARRAY_LEN(fields) || strlen(fields[0]) != 32 ||
        !parse_hex(fields[0], addr.bytes, sizeof(addr.bytes)) ||
        !parse_hex(fields[4], &flags, sizeof(flags)))
        return;
    struct doctor_local *local = add_local(data, &addr, 128);
    local->preferred = (flags & IFA_F_DEPRECATED) == 0;
    (void)snprintf(local->interface, sizeof(local->interface), "%.63s", fields[5]);
}

/* --- modules --- */

static void add_module(char (**names)[DOCTOR_NAME_MAX], size_t *count, size_t *capacity,
                       const char *name)
{
    if (strncmp(name, "ip_vs", 5) != 0)
        return;
    mem_grow((void **)names, capacity, *count + 1, DOCTOR_NAME_MAX);
    (void)snprintf((*names)[(*count)++], DOCTOR_NAME_MAX, "%s", name);
}

static void take_loaded(void *data, char *line)
{
    struct doctor_host *host = data;
    line[strcspn(line, " ")] = '\0';
    add_module(&host->modules, &host->module_count, &host->module_capacity, line);
}

/* "kernel/net/netfilter/ipvs/ip_vs_rr.ko.xz: ...": the name in it. */
static const char *module_of(char *line)
{
    line[strcspn(line, ":")] = '\0';
    char *slash = strrchr(line, '/');
    char *name = slash == NULL ? line : slash + 1;
    char *suffix = strstr(name, ".ko");
    if (suffix != NULL)
        *suffix = '\0';
    return name;
}

static void take_builtin(void *data, char *line)
{
    struct doctor_host *host = data;
    add_module(&host->modules, &host->module_count, &host->module_capacity, module_of(line));
}

static void take_file(void *data, char *line)
{
    struct doctor_host *host = data;
    add_module(&host->module_files, &host->module_file_count, &host->module_file_capacity,
               module_of(line));
}

static void read_modules(const char *root, struct doctor_host *host)
{
    char release[128] = "";
    char path[PATH_SIZE];
    FILE *file = open_below(root, "/proc/sys/kernel/osrelease");
    each_line(root, "/proc/modules", take_loaded, host);
    if (file == NULL)
        return;
    if (fgets(release, sizeof(release), file) == NULL)
        release[0] = '\0';
    (void)fclose(file);
    release[strcspn(release, "\n")] = '\0';
    (void)snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", release);
    each_line(root, path, take_builtin, host);
    (void)snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
    each_line(root, path, take_file, host);
}

/* --- processes --- */

/* True when the process is known to be in another network namespace than we are. */
static bool is_elsewhere(const char *root, const char *pid)
{
    char path[PATH_SIZE];
    char theirs[64] = "";
    char ours[64] = "";
    (void)snprintf(path, sizeof(path), "%s/proc/%s/ns/net", root, pid);
    bool known = readlink(path, theirs, sizeof(theirs) - 1) > 0;
    (void)snprintf(path, sizeof(path), "%s/proc/self/ns/net", root);
    known = readlink(path, ours, sizeof(ours) - 1) > 0 && known;
    return known && strcmp(theirs, ours) != 0;
}

/* -P or --vrrp among the arguments, which are separated by NULs. */
static bool only_vrrp(const char *args, size_t length)
{
    static const char flags[] = "nlDdRVPCIXva"; /* short options without a value */
    for (size_t at = 0; at < length; at += strlen(args + at) + 1) {
        const char *arg = args + at;
        if (strcmp(arg, "--vrrp") == 0)
            return true;
        if (arg[0] == '-' && arg[1] != '-' && memchr(arg, 'P', 1 + strspn(arg + 1, flags)) != NULL)
            return true;
    }
    return false;
}

static size_t read_bytes(const char *root, const char *pid, const char *name, char *out,
                         size_t size)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
    FILE *file = open_below(root, path);
    size_t length = file == NULL ? 0 : fread(out, 1, size - 1, file);
    out[length] = '\0';
    if (file != NULL)
        (void)fclose(file);
    return length;
}

static void take_process(const char *root, const char *pid, struct doctor_host *host)
{
    char comm[64];
    char args[4096];
    (void)read_bytes(root, pid, "comm", comm, sizeof(comm));
    comm[strcspn(comm, "\n")] = '\0';
    bool keepalived = strcmp(comm, "keepalived") == 0;
    bool checkers = strcmp(comm, "keepalived_ipvs") == 0;
    bool ldirectord = strcmp(comm, "ldirectord") == 0;
    if ((!keepalived && !checkers && !ldirectord) || is_elsewhere(root, pid))
        return;
    size_t length = read_bytes(root, pid, "cmdline", args, sizeof(args));
    host->keepalived = host->keepalived || (keepalived && !only_vrrp(args, length));
    host->keepalived_checkers = host->keepalived_checkers || checkers;
    host->ldirectord = host->ldirectord || ldirectord;
}

static void read_processes(const char *root, struct doctor_host *host)
{
    char path[PATH_SIZE];
    const struct dirent *entry = NULL;
    (void)snprintf(path, sizeof(path), "%s/proc", root);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]) != 0)
            take_process(root, entry->d_name, host);
    (void)closedir(dir);
}

void doctor_host_read(const char *root, struct doctor_host *host)
{
    struct fib fib = { .host = host };
    doctor_host_fini(host);
    doctor_host_init(host);
    read_sysctls(root, host);
    read_interfaces(root, host);
    each_line(root, "/proc/net/fib_trie", take_fib_line, &fib);
    each_line(root, "/proc/net/if_inet6", take_inet6_line, host);
    read_modules(root, host);
    read_processes(root, host);
}
