// SPDX-License-Identifier: BSD-2-Clause
#include "server/parent.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/privs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define YOUNG_MS        500 /* a helper that lived longer is started again at once */
#define DELAY_FIRST_MS  100
#define DELAY_MAX_MS    5000
#define HELPER_FIXED    7 /* arguments beside the prefixes, the final NULL included */
#define PREFIX_TEXT_MAX (ADDR_TEXT_MAX + 4)

struct parent {
    const char *program, *name;
    char *config_file, *user; /* owned; user may be NULL */
    char (*allow)[PREFIX_TEXT_MAX];
    size_t allow_count;
    enum log_format log_format;
    sigset_t signals; /* what we wait for */
    pid_t self;
    int fds[2]; /* server's end, helper's end: kept, so that a new helper takes over the old talk */
    pid_t server, helper; /* 0 = not running */
    int status;           /* of the server, as wait(2) has it */
    uint64_t started_ms;  /* the helper */
    uint64_t start_at_ms; /* the next helper */
    unsigned deaths;      /* of young helpers, in a row */
};

uint64_t parent_delay_ms(unsigned deaths)
{
    uint64_t delay = DELAY_FIRST_MS;
    if (deaths <= 1)
        return 0;
    for (unsigned i = 2; i < deaths && delay < DELAY_MAX_MS; i++)
        delay *= 2;
    return delay < DELAY_MAX_MS ? delay : DELAY_MAX_MS;
}

/* --- starting --- */

/* In the new process. What is ignored or blocked stays so in the program. */
static void set_signals(const struct parent *parent, bool is_server)
{
    sigset_t none;
    if (is_server) {
        /* It lets them in when it is ready to hear them. */
        (void)sigprocmask(SIG_SETMASK, &parent->signals, NULL);
        return;
    }
    /* The helper ends after the server: a signal to the whole group is not for it. */
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void NORETURN execute(const struct parent *parent, char *const *arguments, bool is_server)
{
    set_signals(parent, is_server);
    (void)fcntl(parent->fds[is_server ? 0 : 1], F_SETFD, 0);
    if (privs_follow_parent(parent->self, SIGKILL)) {
        (void)execv(parent->program, arguments);
        log_error("main", "cannot execute %s: %s", parent->program, strerror(errno));
    }
    _exit(EXIT_FAILURE);
}

/* Returns the process, 0 when none could be made. */
static pid_t start(const struct parent *parent, char *const *arguments, bool is_server)
{
    pid_t pid = fork();
    if (pid == 0)
        execute(parent, arguments, is_server);
    if (pid < 0)
        log_error("main", "cannot start a process: %s", strerror(errno));
    return pid > 0 ? pid : 0;
}

static void start_server(struct parent *parent)
{
    char fd[16];
    char self[16];
    char *name = mem_strdup(parent->name);
    char *arguments[] = { name,
                          (char[]){ "-c" },
                          parent->config_file,
                          (char[]){ "--ipvs-fd" },
                          fd,
                          (char[]){ "--parent" },
                          self,
                          NULL };
    (void)snprintf(fd, sizeof(fd), "%d", parent->fds[0]);
    (void)snprintf(self, sizeof(self), "%d", (int)parent->self);
    parent->server = start(parent, arguments, true);
    mem_free(name);
}

static void start_helper(struct parent *parent)
{
    char fd[16];
    char self[16];
    char **arguments = MEM_NEW_ARRAY(char *, HELPER_FIXED + parent->allow_count);
    char *name = mem_strdup(parent->name);
    char *const fixed[] = { name, (char[]){ "--ipvs-helper" }, fd, (char[]){ "--parent" },
                            self, (char[]){ "--log-json" } };
    size_t count = parent->log_format == LOG_FORMAT_JSON ? 6 : 5;
    (void)snprintf(fd, sizeof(fd), "%d", parent->fds[1]);
    (void)snprintf(self, sizeof(self), "%d", (int)parent->self);
    memcpy(arguments, fixed, count * sizeof(*fixed));
    for (size_t i = 0; i < parent->allow_count; i++)
        arguments[count + i] = parent->allow[i];
    parent->started_ms = clock_mono_ms();
    parent->helper = start(parent, arguments, false);
    if (parent->helper == 0)
        parent->start_at_ms = parent->started_ms + DELAY_MAX_MS;
    else
        log_info("main", "the IPVS helper is process %d", (int)parent->helper);
    mem_free(name);
    mem_free(arguments);
}

/* After the server's start, which needs more: it opens sockets. As long as the server is still
 * root, it takes CAP_KILL to hand signals on to it. */
static bool give_up_rights(const struct parent *parent)
{
    static const struct privs_caps caps = { .keep = PRIVS_NET_ADMIN | PRIVS_CAP(CAP_KILL),
                                            .pass = PRIVS_NET_ADMIN,
                                            .bound = PRIVS_NET_ADMIN };
    static const struct rlimit no_core = { 0, 0 };
    char error[256];
    (void)unsetenv("NOTIFY_SOCKET"); /* the server tells the service manager, nobody else */
    (void)setrlimit(RLIMIT_CORE, &no_core);
    if (!privs_keep(parent->user, &caps, error, sizeof(error))) {
        log_error("main", "%s", error);
        return false;
    }
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return true;
}

/* --- watching --- */

static const char *how_ended(int status, char *out, size_t size)
{
    if (WIFSIGNALED(status))
        (void)snprintf(out, size, "was killed by signal %d", WTERMSIG(status));
    else
        (void)snprintf(out, size, "ended with %d", WEXITSTATUS(status));
    return out;
}

static void on_helper_end(struct parent *parent, int status)
{
    char how[64];
    uint64_t now = clock_mono_ms();
    parent->helper = 0;
    parent->deaths = now - parent->started_ms < YOUNG_MS ? parent->deaths + 1 : 0;
    uint64_t delay = parent_delay_ms(parent->deaths);
    parent->start_at_ms = now + delay;
    log_error("main", "the IPVS helper %s after %.1f s; another one starts in %.1f s",
              how_ended(status, how, sizeof(how)), (double)(now - parent->started_ms) / 1000,
              (double)delay / 1000);
}

static void reap(struct parent *parent)
{
    int status = 0;
    pid_t pid = 0;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == parent->server) {
            parent->server = 0;
            parent->status = status;
        } else if (pid == parent->helper) {
            on_helper_end(parent, status);
        }
    }
}

/* Until a signal comes, or it is time for a helper. */
static int wait_signal(const struct parent *parent)
{
    if (parent->helper != 0)
        return sigwaitinfo(&parent->signals, NULL);
    uint64_t now = clock_mono_ms();
    uint64_t wait = parent->start_at_ms > now ? parent->start_at_ms - now : 0;
    struct timespec timeout = { .tv_sec = (time_t)(wait / 1000),
                                .tv_nsec = (long)(wait % 1000) * 1000000 };
    return sigtimedwait(&parent->signals, NULL, &timeout);
}

static void watch(struct parent *parent)
{
    while (parent->server != 0) {
        if (parent->helper == 0 && clock_mono_ms() >= parent->start_at_ms)
            start_helper(parent);
        int number = wait_signal(parent);
        if (number == SIGCHLD)
            reap(parent);
        else if (number > 0)
            (void)kill(parent->server, number);
    }
}

static void end_child(pid_t *pid)
{
    if (*pid == 0)
        return;
    (void)kill(*pid, SIGKILL);
    while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    *pid = 0;
}

/* As if we had been the server. */
static int end_like(int status)
{
    char how[64];
    sigset_t one;
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    log_error("main", "the server %s", how_ended(status, how, sizeof(how)));
    int number = WTERMSIG(status);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
    (void)sigemptyset(&one);
    (void)sigaddset(&one, number);
    (void)sigprocmask(SIG_UNBLOCK, &one, NULL);
    return 128 + number;
}

int parent_run(struct parent *parent)
{
    parent->self = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, parent->fds) != 0) {
        log_error("main", "no socket pair for the IPVS helper: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    (void)signal(SIGCHLD, SIG_DFL); /* who started us may have had it ignored */
    (void)sigprocmask(SIG_SETMASK, &parent->signals, NULL);
    start_server(parent);
    bool ok = parent->server != 0 && give_up_rights(parent);
    if (ok)
        watch(parent);
    end_child(&parent->server);
    end_child(&parent->helper);
    (void)close(parent->fds[0]);
    (void)close(parent->fds[1]);
    return ok ? end_like(parent->status) : EXIT_FAILURE;
}

/* --- life --- */

static void copy_allowed(struct parent *parent, const struct schema_list *allow)
{
    const struct prefix *prefixes = allow->items;
    char text[ADDR_TEXT_MAX];
    parent->allow = mem_calloc(allow->count, sizeof(*parent->allow));
    parent->allow_count = allow->count;
    for (size_t i = 0; i < allow->count; i++) {
        addr_print(&prefixes[i].addr, text);
        (void)snprintf(parent->allow[i], sizeof(parent->allow[i]), "%s/%u", text,
                       (unsigned)prefixes[i].bits);
    }
}

struct parent *parent_new(const struct config *config, const char *program, const char *name,
                          struct errlist *errors)
{
    static const int signals[] = { SIGHUP, SIGTERM, SIGINT, SIGCHLD };
    const char *user = config->server.user;
    char error[256];
    if (!privs_user_exists(user, error, sizeof(error))) {
        json_error(&config->doc, errors, "server.user", "%s", error);
        return NULL;
    }
    struct parent *parent = MEM_NEW(struct parent);
    parent->program = program;
    parent->name = name;
    parent->config_file = mem_strdup(config->file);
    parent->user = user != NULL ? mem_strdup(user) : NULL;
    parent->log_format = (enum log_format)config->server.log.format;
    copy_allowed(parent, &config->ipvs.allow);
    (void)sigemptyset(&parent->signals);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        (void)sigaddset(&parent->signals, signals[i]);
    return parent;
}

void parent_free(struct parent *parent)
{
    if (parent == NULL)
        return;
    mem_free(parent->config_file);
    mem_free(parent->user);
    mem_free(parent->allow);
    mem_free(parent);
}
