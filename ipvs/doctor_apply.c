// SPDX-License-Identifier: BSD-2-Clause
/* What to do: as commands for people, and done. */
#include "base/compiler.h"
#include "ipvs/doctor.h"
#include "ipvs/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_SIZE 512

/* --- as commands --- */

/* sysctl(8) takes dots between folders; a dot within one, as in eth0.5, is written as a slash. */
static void add_sysctl_name(struct strbuf *out, const char *key)
{
    static const char conf[] = "net.ipv4.conf.";
    const char *last = strrchr(key, '.');
    if (strncmp(key, conf, sizeof(conf) - 1) != 0 || last == NULL) {
        strbuf_add(out, key);
        return;
    }
    strbuf_add(out, conf);
    for (const char *at = key + sizeof(conf) - 1; at < last; at++)
        strbuf_add_bytes(out, *at == '.' ? "/" : at, 1);
    strbuf_add(out, last);
}

static void add_sysctl_command(struct strbuf *out, const struct doctor_finding *finding)
{
    struct strbuf setting;
    strbuf_init(&setting);
    add_sysctl_name(&setting, finding->key);
    strbuf_addf(&setting, "=%s", finding->value);
    strbuf_add(out, "sysctl -w ");
    shell_add_word(out, setting.text);
    strbuf_fini(&setting);
}

void doctor_command(const struct doctor_finding *finding, struct strbuf *out)
{
    switch (finding->remedy) {
    case DOCTOR_SYSCTL:
        add_sysctl_command(out, finding);
        break;
    case DOCTOR_MODPROBE:
        strbuf_add(out, "modprobe ");
        shell_add_word(out, finding->key);
        break;
    case DOCTOR_COMMAND:
        strbuf_add(out, finding->value);
        break;
    case DOCTOR_NOTHING:
        break;
    }
}

static void print_finding(const struct doctor_finding *finding, struct strbuf *out)
{
    strbuf_addf(out, "  %-6s %s: %s\n", doctor_level_name(finding->level), finding->subject,
                finding->found);
    if (finding->why[0] != '\0')
        strbuf_addf(out, "           %s\n", finding->why);
    if (finding->remedy == DOCTOR_NOTHING)
        return;
    strbuf_add(out, "           # ");
    doctor_command(finding, out);
    strbuf_add(out, "\n");
}

/* Notes are for a person to weigh. */
static bool is_ours_to_do(const struct doctor_finding *finding, enum doctor_remedy remedy)
{
    return finding->level >= DOCTOR_BETTER && finding->remedy == remedy;
}

static void print_lasting_settings(const struct doctor_report *report, struct strbuf *out)
{
    bool any = false;
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = &report->findings[i];
        if (!is_ours_to_do(finding, DOCTOR_SYSCTL))
            continue;
        if (!any)
            strbuf_add(out, "to keep settings over a reboot, in "
                            "/etc/sysctl.d/90-gslb-ipvs.conf\n");
        any = true;
        strbuf_add(out, "  ");
        add_sysctl_name(out, finding->key);
        strbuf_addf(out, " = %s\n", finding->value);
    }
}

/* Settings of IPVS find no place at the start of the host unless the module is there before. */
static bool needs_early_module(const struct doctor_finding *finding)
{
    return is_ours_to_do(finding, DOCTOR_SYSCTL) &&
           strncmp(finding->key, "net.ipv4.vs.", strlen("net.ipv4.vs.")) == 0;
}

static void print_lasting_modules(const struct doctor_report *report, struct strbuf *out)
{
    struct strbuf names;
    bool early = false;
    strbuf_init(&names);
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = &report->findings[i];
        early = early || needs_early_module(finding) ||
                (is_ours_to_do(finding, DOCTOR_MODPROBE) && strcmp(finding->key, "ip_vs") == 0);
        if (is_ours_to_do(finding, DOCTOR_MODPROBE) && strcmp(finding->key, "ip_vs") != 0)
            strbuf_addf(&names, "  %s\n", finding->key);
    }
    if (early || names.length > 0)
        strbuf_addf(out,
                    "to load modules at every start, in /etc/modules-load.d/gslb-ipvs.conf\n%s%s",
                    early ? "  ip_vs\n" : "", names.text);
    strbuf_fini(&names);
}

void doctor_print(const struct doctor_report *report, struct strbuf *out)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = &report->findings[i];
        if (i == 0 || report->findings[i - 1].scope != finding->scope)
            strbuf_addf(out, "%s\n", doctor_scope_name(finding->scope));
        print_finding(finding, out);
    }
    print_lasting_settings(report, out);
    print_lasting_modules(report, out);
}

/* --- done --- */

/* 0 or an errno. */
static int write_sysctl(const char *root, const char *key, const char *value)
{
    char path[PATH_SIZE];
    struct strbuf name;
    strbuf_init(&name);
    add_sysctl_name(&name, key);
    for (char *at = name.text; *at != '\0'; at++) {
        if (*at == '.')
            *at = '/';
        else if (*at == '/')
            *at = '.';
    }
    (void)snprintf(path, sizeof(path), "%s/proc/sys/%s", root, name.text);
    strbuf_fini(&name);
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0)
        return errno;
    ssize_t written = write(fd, value, strlen(value));
    int error = written < 0 ? errno : 0;
    (void)close(fd);
    return error;
}

/* 0, an errno, or -1 when modprobe itself failed, having told why on standard error. */
static int load_module(const char *name)
{
    static char program[] = "modprobe";
    static char quiet[] = "--";
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char module[DOCTOR_NAME_MAX * 2];
    char *argv[] = { program, quiet, module, NULL };
    char *envp[] = { path, NULL };
    static const char *const places[] = { "/sbin/modprobe", "/usr/sbin/modprobe" };
    pid_t pid = 0;
    int status = 0;
    int error = ENOENT;
    (void)snprintf(module, sizeof(module), "%s", name);
    for (size_t i = 0; i < ARRAY_LEN(places) && error == ENOENT; i++)
        error = posix_spawn(&pid, places[i], NULL, NULL, argv, envp);
    if (error != 0)
        return error;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return errno;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static bool apply(const char *root, const struct doctor_finding *finding, FILE *out)
{
    struct strbuf command;
    strbuf_init(&command);
    doctor_command(finding, &command);
    int error = finding->remedy == DOCTOR_SYSCTL ? write_sysctl(root, finding->key, finding->value)
                                                 : load_module(finding->key);
    const char *result = error == 0 ? "done" : error < 0 ? "failed" : strerror(error);
    (void)fprintf(out, "%s: %s\n", command.text, result);
    strbuf_fini(&command);
    return error == 0;
}

bool doctor_apply(const char *root, const struct doctor_report *report, FILE *out)
{
    bool ok = true;
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = &report->findings[i];
        if (is_ours_to_do(finding, DOCTOR_SYSCTL) || is_ours_to_do(finding, DOCTOR_MODPROBE))
            ok = apply(root, finding, out) && ok;
    }
    return ok;
}
