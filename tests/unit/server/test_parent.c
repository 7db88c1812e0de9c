// SPDX-License-Identifier: BSD-2-Clause
#include "server/parent.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* This program plays server and helper too: the parent executes it with their arguments. The name
 * of the config file says which part the server plays. What they tell goes to standard output, a
 * pipe that the test reads. */
#define WAIT_MS 10000

static void tell(const char *what, long number)
{
    char line[64];
    int length = snprintf(line, sizeof(line), "%s %ld\n", what, number);
    if (write(STDOUT_FILENO, line, (size_t)length) != length)
        abort();
}

/* --- the helper: says its process, then does what the server says --- */

static int play_helper(int argc, char **argv)
{
    char word[32];
    int fd = (int)strtol(argv[2], NULL, 10);
    bool json = argc > 5 && strcmp(argv[5], "--log-json") == 0;
    int prefixes = argc - (json ? 6 : 5);
    sigset_t blocked;
    struct sigaction action;
    (void)snprintf(word, sizeof(word), "%d", (int)getpid());
    if (strcmp(argv[3], "--parent") != 0 || strtol(argv[4], NULL, 10) != getppid())
        return 99;
    if (sigprocmask(SIG_BLOCK, NULL, &blocked) != 0 || sigismember(&blocked, SIGTERM) != 0 ||
        sigaction(SIGTERM, NULL, &action) != 0 || action.sa_handler != SIG_IGN)
        return 98; /* a signal to the whole group is not for us */
    (void)send(fd, word, strlen(word) + 1, 0);
    for (;;) {
        ssize_t size = recv(fd, word, sizeof(word) - 1, 0);
        word[size > 0 ? size : 0] = '\0';
        if (strcmp(word, "die") == 0)
            return 1;
        if (strcmp(word, "prefixes") == 0)
            (void)snprintf(word, sizeof(word), "%d %s", prefixes, argv[argc - 1]);
        else if (strcmp(word, "json") == 0)
            (void)snprintf(word, sizeof(word), "%d", json);
        else if (strcmp(word, "uid") == 0)
            (void)snprintf(word, sizeof(word), "%d", (int)geteuid());
        (void)send(fd, word, strlen(word) + 1, 0);
    }
}

/* --- the server --- */

static void hear(int fd, char word[32])
{
    ssize_t size = recv(fd, word, 31, 0);
    word[size > 0 ? size : 0] = '\0';
}

static void say(int fd, const char *word)
{
    (void)send(fd, word, strlen(word) + 1, MSG_NOSIGNAL);
}

/* Each of five helpers is a process of its own on the same socket. */
static int play_deaths(int fd)
{
    char word[32];
    long before = 0;
    for (int i = 0; i < 5; i++) {
        hear(fd, word);
        long pid = strtol(word, NULL, 10);
        if (pid <= 0 || pid == before)
            return 1;
        before = pid;
        say(fd, "die");
    }
    return 0;
}

static int play_questions(int fd)
{
    static const char *const questions[] = { "prefixes", "json", "uid" };
    char word[32];
    hear(fd, word);
    tell("helper", strtol(word, NULL, 10));
    for (size_t i = 0; i < 3; i++) {
        say(fd, questions[i]);
        hear(fd, word);
        tell(word, (long)i);
    }
    return 0;
}

/* They come blocked, and none that the parent gets is lost. */
static int play_signals(void)
{
    sigset_t set;
    (void)sigprocmask(SIG_BLOCK, NULL, &set);
    if (sigismember(&set, SIGHUP) != 1 || sigismember(&set, SIGTERM) != 1 ||
        sigismember(&set, SIGINT) != 1)
        return 1;
    tell("ready", 0);
    for (;;) {
        int number = sigwaitinfo(&set, NULL);
        if (number == SIGCHLD)
            continue;
        tell("signal", number);
        if (number == SIGTERM)
            return 0;
    }
}

/* Until it is killed. */
static void NORETURN play_stay(int fd)
{
    char word[32];
    hear(fd, word);
    tell("helper", strtol(word, NULL, 10));
    tell("server", getpid());
    for (;;)
        (void)pause();
}

static int play_server(int argc, char **argv)
{
    const char *part = strrchr(argv[2], '/') + 1;
    if (argc != 7 || strcmp(argv[3], "--ipvs-fd") != 0 || strcmp(argv[5], "--parent") != 0 ||
        strtol(argv[6], NULL, 10) != getppid())
        return 99;
    int fd = (int)strtol(argv[4], NULL, 10);
    if (strcmp(part, "deaths") == 0)
        return play_deaths(fd);
    if (strcmp(part, "questions") == 0)
        return play_questions(fd);
    if (strcmp(part, "signals") == 0)
        return play_signals();
    if (strcmp(part, "stay") == 0)
        play_stay(fd);
    if (strcmp(part, "crash") == 0)
        return raise(SIGKILL);
    return strcmp(part, "exit") == 0 ? 7 : 98;
}

/* --- the tests --- */

static struct {
    char dir[64];
    int out; /* read end of the pipe */
    pid_t pid;
    char line[64];
} t;

static struct config *load(const char *part, const char *server, struct errlist *errors)
{
    char path[128];
    bool sound = false;
    (void)snprintf(path, sizeof(path), "%s/%s", t.dir, part);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_gt(fprintf(file,
                             "{\"server\": {\"listen\": [\"127.0.0.1:53\"]%s}, \"zones\": {},\n"
                             " \"ipvs\": {\"allow\": [\"10.0.0.0/8\", \"2001:db8::/32\"]}}\n",
                             server),
                     0);
    ck_assert_int_eq(fclose(file), 0);
    struct config *config = config_load_any(path, &sound, errors);
    ck_assert_ptr_nonnull(config);
    (void)unlink(path);
    return config;
}

static void NORETURN run_child(const struct config *config, int out)
{
    struct errlist errors;
    errlist_init(&errors);
    (void)dup2(out, STDOUT_FILENO);
    struct parent *parent = parent_new(config, "/proc/self/exe", "test", &errors);
    int status = parent != NULL ? parent_run(parent) : 97;
    parent_free(parent);
    _exit(status);
}

/* Runs a parent in a process of its own. */
static void start(const char *part, const char *server)
{
    struct errlist errors;
    int fds[2];
    errlist_init(&errors);
    struct config *config = load(part, server, &errors);
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    t.pid = fork();
    if (t.pid == 0)
        run_child(config, fds[1]);
    (void)close(fds[1]);
    t.out = fds[0];
    config_free(config);
    errlist_fini(&errors);
}

/* The next line that was told, "" at the end, when nobody is left who could tell. */
static const char *next_line(void)
{
    size_t length = 0;
    while (length < sizeof(t.line) - 1) {
        struct pollfd wait = { .fd = t.out, .events = POLLIN };
        ck_assert_int_eq(poll(&wait, 1, WAIT_MS), 1);
        if (read(t.out, t.line + length, 1) != 1 || t.line[length] == '\n')
            break;
        length++;
    }
    t.line[length] = '\0';
    return t.line;
}

static int join(void)
{
    int status = 0;
    ck_assert_int_eq(waitpid(t.pid, &status, 0), t.pid);
    return status;
}

static int join_exited(void)
{
    int status = join();
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void setup(void)
{
    (void)snprintf(t.dir, sizeof(t.dir), "/tmp/gslb-parent-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(t.dir));
}

static void teardown(void)
{
    (void)close(t.out);
    (void)rmdir(t.dir);
}

START_TEST(the_servers_status_is_ours)
{
    start("exit", "");
    ck_assert_int_eq(join_exited(), 7);
    ck_assert_str_eq(next_line(), ""); /* nobody is left */
}
END_TEST

START_TEST(a_killed_server_takes_us_along)
{
    start("crash", "");
    int status = join();
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGKILL);
    ck_assert_str_eq(next_line(), "");
}
END_TEST

START_TEST(helpers_are_started_again_on_the_same_socket)
{
    start("deaths", "");
    ck_assert_int_eq(join_exited(), 0);
    ck_assert_str_eq(next_line(), "");
}
END_TEST

START_TEST(arguments_of_the_helper)
{
    start("questions", ", \"log\": {\"format\": \"json\"}");
    ck_assert_int_eq(strncmp(next_line(), "helper ", 7), 0);
    pid_t helper = (pid_t)strtol(t.line + 7, NULL, 10);
    ck_assert_str_eq(next_line(), "2 2001:db8::/32 0");
    ck_assert_str_eq(next_line(), "1 1");
    char uid[32];
    (void)snprintf(uid, sizeof(uid), "%d 2", (int)geteuid());
    ck_assert_str_eq(next_line(), uid);
    ck_assert_int_eq(join_exited(), 0);
    ck_assert_str_eq(next_line(), "");
    ck_assert(kill(helper, 0) == -1 && errno == ESRCH); /* it was ended, and waited for */
}
END_TEST

START_TEST(the_helper_is_the_user)
{
    start("questions", ", \"user\": \"nobody\"");
    (void)next_line();
    ck_assert_str_eq(next_line(), "2 2001:db8::/32 0");
    ck_assert_str_eq(next_line(), "0 1");
    ck_assert_str_eq(next_line(), "65534 2");
    ck_assert_int_eq(join_exited(), 0);
}
END_TEST

START_TEST(signals_are_handed_on)
{
    static const int numbers[] = { SIGHUP, SIGINT, SIGHUP, SIGTERM };
    char expected[32];
    start("signals", "");
    ck_assert_str_eq(next_line(), "ready 0");
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(kill(t.pid, numbers[i]), 0);
        (void)snprintf(expected, sizeof(expected), "signal %d", numbers[i]);
        ck_assert_str_eq(next_line(), expected);
    }
    ck_assert_int_eq(join_exited(), 0);
}
END_TEST

START_TEST(children_do_not_outlive_the_parent)
{
    start("stay", "");
    (void)next_line();
    pid_t helper = (pid_t)strtol(t.line + 7, NULL, 10);
    (void)next_line();
    pid_t server = (pid_t)strtol(t.line + 7, NULL, 10);
    ck_assert(kill(helper, 0) == 0 && kill(server, 0) == 0);
    ck_assert_int_eq(kill(t.pid, SIGKILL), 0);
    ck_assert_str_eq(next_line(), ""); /* the end of the pipe, which both held */
    ck_assert(WIFSIGNALED(join()));
}
END_TEST

START_TEST(a_user_who_is_not_there_is_told_before_anything_starts)
{
    struct errlist errors;
    errlist_init(&errors);
    struct config *config = load("exit", ", \"user\": \"no-such-user-here\"", &errors);
    struct parent *parent = parent_new(config, "/proc/self/exe", "test", &errors);
    ck_assert_ptr_null(parent);
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_ptr_nonnull(strstr(errors.lines[0], "no-such-user-here"));
    parent_free(NULL);
    config_free(config);
    errlist_fini(&errors);
}
END_TEST

START_TEST(a_program_that_is_not_there)
{
    struct errlist errors;
    errlist_init(&errors);
    struct config *config = load("exit", "", &errors);
    pid_t pid = fork();
    if (pid == 0) {
        struct parent *parent = parent_new(config, "/nonexistent/gslbd", "test", &errors);
        _exit(parent_run(parent));
    }
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), EXIT_FAILURE);
    config_free(config);
    errlist_fini(&errors);
}
END_TEST

START_TEST(delays_grow_and_stop_growing)
{
    static const uint64_t expected[] = { 0, 0, 100, 200, 400, 800, 1600, 3200, 5000, 5000 };
    for (unsigned deaths = 0; deaths < 10; deaths++)
        ck_assert_uint_eq(parent_delay_ms(deaths), expected[deaths]);
    ck_assert_uint_eq(parent_delay_ms(UINT32_MAX), 5000);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "-c") == 0)
        return play_server(argc, argv);
    if (argc > 4 && strcmp(argv[1], "--ipvs-helper") == 0)
        return play_helper(argc, argv);
    Suite *suite = suite_create("parent");
    TCase *tcase = tcase_create("parent");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, the_servers_status_is_ours);
    tcase_add_test(tcase, a_killed_server_takes_us_along);
    tcase_add_test(tcase, helpers_are_started_again_on_the_same_socket);
    tcase_add_test(tcase, arguments_of_the_helper);
    tcase_add_test(tcase, signals_are_handed_on);
    tcase_add_test(tcase, children_do_not_outlive_the_parent);
    tcase_add_test(tcase, a_program_that_is_not_there);
    tcase_add_test(tcase, delays_grow_and_stop_growing);
    if (geteuid() == 0) {
        tcase_add_test(tcase, the_helper_is_the_user);
        tcase_add_test(tcase, a_user_who_is_not_there_is_told_before_anything_starts);
    }
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
