// SPDX-License-Identifier: BSD-2-Clause
/* gslbd: arguments, order of start and end. */
#include "base/errlist.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/version.h"
#include "server/api.h"
#include "server/control.h"
#include "server/ipvs_helper.h"
#include "server/listen.h"
#include "server/notify.h"
#include "server/parent.h"
#include "server/privs.h"
#include "zones/print.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

static const char usage[] =
    "usage: gslbd -c FILE                   serve, in the foreground\n"
    "       gslbd -t -c FILE                check config, zones and databases, then exit\n"
    "       gslbd --check-zone NAME FILE    print the zone's records in canonical form\n"
    "       gslbd --schema                  print the reference of the config file\n"
    "       gslbd --version | --help\n"
    "Signals: SIGHUP reloads, SIGTERM and SIGINT end. Manual: gslbd(8), gslb.json(5).\n";

struct arguments {
    const char *config;
    const char *zone; /* --check-zone NAME */
    bool test;
    bool schema;
    /* Of the processes that server/parent.c starts; -1 = not given. */
    int ipvs_fd;     /* we are the server, this is the socket to the helper */
    int ipvs_helper; /* we are the helper, this is the socket to the server */
    pid_t parent;
};

#define SIGNALS 3

/* Everything that lives while we serve. */
struct process {
    const struct arguments *arguments;
    struct parent *parent; /* set when we are not to serve, but to start those who do */
    uv_loop_t loop;
    struct control *control;
    struct api *api;
    struct listen_set *listening;
    uv_signal_t signals[SIGNALS];
    size_t signal_count;
    bool ending;       /* asked to end, perhaps before the start is over */
    bool reload_later; /* SIGHUP came before the start was over */
};

static int print_errors(const struct errlist *errors)
{
    for (size_t i = 0; i < errors->count; i++)
        (void)fprintf(stderr, "%s\n", errors->lines[i]);
    if (errors->dropped > 0)
        (void)fprintf(stderr, "... and %zu more errors\n", errors->dropped);
    return EXIT_FAILURE;
}

static int check_zone(const char *name, const char *file)
{
    struct strbuf out;
    struct errlist errors;
    int status = EXIT_SUCCESS;
    strbuf_init(&out);
    errlist_init(&errors);
    if (zone_check_print(name, file, &out, &errors))
        (void)fwrite(out.text, 1, out.length, stdout);
    else
        status = print_errors(&errors);
    if (fflush(stdout) != 0) {
        (void)fprintf(stderr, "gslbd: cannot write: %s\n", strerror(errno));
        status = EXIT_FAILURE;
    }
    errlist_fini(&errors);
    strbuf_fini(&out);
    return status;
}

static int print_schema(void)
{
    struct strbuf out;
    strbuf_init(&out);
    config_schema_print(&out);
    (void)fwrite(out.text, 1, out.length, stdout);
    strbuf_fini(&out);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Becomes the user of a config that may be wrong elsewhere. */
static bool drop_as_told(const char *file, struct errlist *errors)
{
    struct errlist ignored; /* the load that follows tells them */
    char error[256];
    bool sound = false;
    bool ok = true;
    errlist_init(&ignored);
    struct config *config = config_load_any(file, &sound, &ignored);
    if (config != NULL && !privs_drop(config->server.user, error, sizeof(error))) {
        json_error(&config->doc, errors, "server.user", "%s", error);
        ok = false;
    }
    config_free(config);
    errlist_fini(&ignored);
    return ok;
}

/* Rights are dropped first, so that the check sees what the server will see. */
static int check_config(const char *file)
{
    struct errlist errors;
    int status = EXIT_SUCCESS;
    errlist_init(&errors);
    if (drop_as_told(file, &errors)) {
        struct world_options options = { .seed = 1, .check = api_check };
        world_free(world_load(file, &options, &errors));
    }
    if (!errlist_empty(&errors))
        status = print_errors(&errors);
    errlist_fini(&errors);
    return status;
}

/* --- serving --- */

static void on_hangup(uv_signal_t *handle, int number)
{
    struct process *process = handle->data;
    (void)number;
    if (process->ending)
        return;
    if (process->control != NULL)
        control_reload(process->control, "SIGHUP", NULL, NULL);
    else
        process->reload_later = true;
}

static void on_end(uv_signal_t *handle, int number)
{
    struct process *process = handle->data;
    if (process->ending) { /* a drain may be under way */
        if (process->control != NULL)
            control_hurry(process->control);
        return;
    }
    log_info("main", "%s: ending", number == SIGTERM ? "SIGTERM" : "SIGINT");
    process->ending = true;
    uv_stop(handle->loop);
}

static void on_reloaded(void *data)
{
    api_reload(((struct process *)data)->api);
}

static bool start_signals(struct process *process, struct errlist *errors)
{
    static const int numbers[SIGNALS] = { SIGHUP, SIGTERM, SIGINT };
    for (; process->signal_count < SIGNALS; process->signal_count++) {
        uv_signal_t *handle = &process->signals[process->signal_count];
        int number = numbers[process->signal_count];
        int rc = uv_signal_init(&process->loop, handle);
        if (rc == 0) {
            handle->data = process;
            rc = uv_signal_start(handle, number == SIGHUP ? on_hangup : on_end, number);
        }
        if (rc != 0) {
            errlist_add(errors, "signals cannot be watched: %s", uv_strerror(rc));
            return false;
        }
    }
    /* The parent starts us with these blocked. */
    sigset_t ours;
    (void)sigemptyset(&ours);
    for (unsigned i = 0; i < SIGNALS; i++)
        (void)sigaddset(&ours, numbers[i]);
    (void)pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
    return true;
}

static void block_signals(void)
{
    sigset_t all;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
}

/* Signals are heard to the end, since without a handler they would kill. Here no other thread takes
 * them any more (see start_pool), so blocking them in this one is enough. */
static void stop_signals(struct process *process)
{
    block_signals();
    while (process->signal_count > 0)
        uv_close((uv_handle_t *)&process->signals[--process->signal_count], NULL);
}

static void no_work(uv_work_t *work)
{
    (void)work; /* what counts is the thread that is made for it */
}

static void no_work_done(uv_work_t *work, int status)
{
    (void)status;
    *(bool *)work->data = true;
}

/* libuv makes its background threads at the first work, with the signal mask of that moment:
 * signals are the main thread's. After the drop of rights, which these threads share. */
static void start_pool(uv_loop_t *loop)
{
    sigset_t all;
    sigset_t before;
    bool done = false;
    uv_work_t work = { .data = &done };
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)uv_queue_work(loop, &work, no_work, no_work_done);
    while (!done)
        (void)uv_run(loop, UV_RUN_ONCE);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Connections and probes need descriptors; the hard limit is the administrator's word. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Beside a helper, what is the helper's right is not ours. Before the drop, since what it takes is
 * gone after it. */
static bool part_from_helper(const struct arguments *arguments, char *error, size_t error_size)
{
    static const struct privs_caps caps = { .keep = ~PRIVS_NET_ADMIN, .bound = ~PRIVS_NET_ADMIN };
    if (arguments->ipvs_fd < 0)
        return true;
    (void)fcntl(arguments->ipvs_fd, F_SETFD, FD_CLOEXEC);
    (void)prctl(PR_SET_NAME, "gslbd", 0, 0, 0); /* not the name of the link that was executed */
    return privs_keep(NULL, &caps, error, error_size);
}

/* Without the parent nobody would care for the helper, nor hand signals on. */
static void end_with_parent(const struct arguments *arguments)
{
    if (arguments->ipvs_fd >= 0 && !privs_follow_parent(arguments->parent, SIGTERM))
        (void)raise(SIGTERM);
}

/* Sockets are opened with the rights we were started with, everything else is done with those after
 * the drop. */
static bool prepare(struct process *process, const struct config *config, struct errlist *errors)
{
    char error[256];
    log_configure((enum log_level)config->server.log.level,
                  (enum log_format)config->server.log.format);
    process->listening = listen_open(config, errors);
    bool ok = process->listening != NULL;
    if (ok && (!part_from_helper(process->arguments, error, sizeof(error)) ||
               !privs_drop(config->server.user, error, sizeof(error)))) {
        json_error(&config->doc, errors, "server.user", "%s", error);
        ok = false;
    }
    end_with_parent(process->arguments);
    if (ok && geteuid() == 0)
        log_warn("main", "running as root: set server.user to an account without rights");
    return ok;
}

static struct control *start_control(struct process *process, const struct config *config,
                                     struct errlist *errors)
{
    struct control_options options = {
        .loop = &process->loop,
        .config_file = config->file,
        .check = api_check,
        .config = config,
        .workers = listen_workers(process->listening),
        .worker_count = listen_worker_count(process->listening),
        .ipvs = config->ipvs.present,
        .ipvs_fd = process->arguments->ipvs_fd,
        .ending = &process->ending,
    };
    start_pool(&process->loop);
    return control_new(&options, errors);
}

/* Whatever signal comes from here on is the parent's. */
static void become_parent(struct process *process, const struct config *config,
                          struct errlist *errors)
{
    log_configure((enum log_level)config->server.log.level,
                  (enum log_format)config->server.log.format);
    block_signals();
    (void)uv_run(&process->loop, UV_RUN_NOWAIT); /* those that came before */
    if (!process->ending)
        process->parent = parent_new(config, "/proc/self/exe", "gslbd", errors);
}

/* False with errors, or because we are to end, or to be the parent. */
static bool start(struct process *process, struct errlist *errors)
{
    struct config *config = config_load(process->arguments->config, errors);
    bool split = config != NULL && config->ipvs.present && process->arguments->ipvs_fd < 0;
    if (split)
        become_parent(process, config, errors);
    else if (config != NULL && prepare(process, config, errors))
        process->control = start_control(process, config, errors);
    config_free(config);
    if (process->control == NULL)
        return false;
    process->api = api_new(process->control, errors);
    if (!errlist_empty(errors))
        return false;
    control_on_reload(process->control, on_reloaded, process);
    if (process->reload_later)
        control_reload(process->control, "SIGHUP", NULL, NULL);
    return true;
}

static void finish(struct process *process)
{
    process->ending = true;
    if (process->control != NULL)
        control_settle(process->control);
    api_free(process->api);
    control_free(process->control);
    process->control = NULL;
    listen_free(process->listening);
    stop_signals(process);
    (void)uv_run(&process->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&process->loop);
    uv_library_shutdown();
}

static int serve(const struct arguments *arguments)
{
    struct process process = { .arguments = arguments };
    struct errlist errors;
    int status = EXIT_SUCCESS;
    (void)signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    int rc = uv_loop_init(&process.loop);
    if (rc != 0) {
        (void)fprintf(stderr, "gslbd: cannot start: %s\n", uv_strerror(rc));
        return EXIT_FAILURE;
    }
    errlist_init(&errors);
    if (start_signals(&process, &errors) && start(&process, &errors)) {
        log_info("main", "gslbd %s answers", GSLB_VERSION);
        notify_send("READY=1");
        if (!process.ending)
            (void)uv_run(&process.loop, UV_RUN_DEFAULT);
        notify_send("STOPPING=1");
    } else if (!process.ending && process.parent == NULL) {
        status = print_errors(&errors);
    }
    finish(&process);
    errlist_fini(&errors);
    if (process.parent != NULL)
        status = parent_run(process.parent);
    parent_free(process.parent);
    return status;
}

enum long_option {
    OPTION_CHECK_ZONE = 256,
    OPTION_SCHEMA,
    OPTION_VERSION,
    OPTION_HELP,
    OPTION_IPVS_FD,
    OPTION_IPVS_HELPER,
    OPTION_PARENT,
    OPTION_LOG_JSON,
};

static const struct option long_options[] = {
    { "config", required_argument, NULL, 'c' },
    { "test", no_argument, NULL, 't' },
    { "check-zone", required_argument, NULL, OPTION_CHECK_ZONE },
    { "schema", no_argument, NULL, OPTION_SCHEMA },
    { "version", no_argument, NULL, OPTION_VERSION },
    { "help", no_argument, NULL, OPTION_HELP },
    /* by server/parent.c only */
    { "ipvs-fd", required_argument, NULL, OPTION_IPVS_FD },
    { "ipvs-helper", required_argument, NULL, OPTION_IPVS_HELPER },
    { "parent", required_argument, NULL, OPTION_PARENT },
    { "log-json", no_argument, NULL, OPTION_LOG_JSON },
    { NULL, 0, NULL, 0 },
};

static int parse_number(const char *text)
{
    uint64_t number = 0;
    if (!parse_u64(text, strlen(text), INT32_MAX, &number)) {
        (void)fputs(usage, stderr);
        exit(EXIT_FAILURE);
    }
    return (int)number;
}

static void parse_internal(int option, struct arguments *arguments)
{
    switch (option) {
    case OPTION_IPVS_FD:
        arguments->ipvs_fd = parse_number(optarg);
        break;
    case OPTION_IPVS_HELPER:
        arguments->ipvs_helper = parse_number(optarg);
        break;
    case OPTION_PARENT:
        arguments->parent = parse_number(optarg);
        break;
    case OPTION_LOG_JSON:
        log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
        break;
    default:
        (void)fputs(usage, stderr);
        exit(EXIT_FAILURE);
    }
}

/* Ends the process for --version, --help and wrong usage. */
static struct arguments parse_arguments(int argc, char **argv)
{
    struct arguments arguments = { .ipvs_fd = -1, .ipvs_helper = -1 };
    int option = 0;
    while ((option = getopt_long(argc, argv, "c:th", long_options, NULL)) != -1) {
        switch (option) {
        case 'c':
            arguments.config = optarg;
            break;
        case 't':
            arguments.test = true;
            break;
        case OPTION_CHECK_ZONE:
            arguments.zone = optarg;
            break;
        case OPTION_SCHEMA:
            arguments.schema = true;
            break;
        case OPTION_VERSION:
            (void)printf("gslbd %s\n", GSLB_VERSION);
            exit(EXIT_SUCCESS);
        case 'h':
        case OPTION_HELP:
            (void)fputs(usage, stdout);
            exit(EXIT_SUCCESS);
        default:
            parse_internal(option, &arguments);
        }
    }
    return arguments;
}

int main(int argc, char **argv)
{
    struct arguments arguments = parse_arguments(argc, argv);
    int operands = argc - optind;
    if (arguments.ipvs_helper >= 0)
        return ipvs_helper_main(arguments.ipvs_helper, arguments.parent, argv + optind,
                                (size_t)operands);
    if (arguments.schema && operands == 0)
        return print_schema();
    if (arguments.zone != NULL && operands == 1)
        return check_zone(arguments.zone, argv[optind]);
    if (arguments.config != NULL && arguments.zone == NULL && operands == 0)
        return arguments.test ? check_config(arguments.config) : serve(&arguments);
    (void)fputs(usage, stderr);
    return EXIT_FAILURE;
}
