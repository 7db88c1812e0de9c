// SPDX-License-Identifier: BSD-2-Clause
#include "server/ipvs_helper.h"

#include "ipvs/allow.h"
#include "ipvs/message.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    int ours, theirs;
    pid_t pid;
    struct message_in in;
} t;

static void setup(void)
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    t.ours = fds[0];
    t.theirs = fds[1];
    message_in_init(&t.in);
}

static void teardown(void)
{
    (void)close(t.ours);
    message_in_fini(&t.in);
}

/* Rights given up cannot be had back, so the helper is a process of its own here too. */
static void start(int fd, bool known_parent, char *const *prefixes, size_t count)
{
    pid_t parent = known_parent ? getpid() : 1;
    t.pid = fork();
    if (t.pid == 0)
        _exit(ipvs_helper_main(fd, parent, prefixes, count));
    (void)close(t.theirs);
}

static int join(void)
{
    int status = 0;
    ck_assert_int_eq(waitpid(t.pid, &status, 0), t.pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void receive(void)
{
    static uint8_t bytes[MESSAGE_SIZE_MAX];
    message_in_clear(&t.in);
    while (!t.in.complete) {
        ssize_t size = recv(t.ours, bytes, sizeof(bytes), 0);
        ck_assert_int_gt(size, 0);
        ck_assert(message_in_add(&t.in, bytes, (size_t)size));
    }
}

static bool say(void *data, const void *bytes, size_t size)
{
    (void)data;
    return send(t.ours, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* The line of /proc/PID/status, without its name. */
static void status_of(const char *name, char *out, size_t size)
{
    char path[64];
    char line[256];
    out[0] = '\0';
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)t.pid);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            (void)snprintf(out, size, "%s", line + strlen(name) + 1);
    }
    (void)fclose(file);
}

static uint64_t caps_of(const char *name)
{
    char text[64];
    status_of(name, text, sizeof(text));
    return strtoull(text, NULL, 16);
}

/* Of the helper, but for the standard streams. */
static unsigned count_descriptors(void)
{
    char path[64];
    unsigned count = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)t.pid);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return 1; /* only root may look into a process that keeps rights */
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        count += e->d_name[0] != '.' && strtol(e->d_name, NULL, 10) > STDERR_FILENO;
    (void)closedir(dir);
    return count;
}

START_TEST(keeps_the_socket_and_one_right)
{
    char *prefixes[] = { (char[]){ "10.0.0.0/8" }, (char[]){ "2001:db8::/32" } };
    char text[64];
    int extra[3];
    for (size_t i = 0; i < 3; i++)
        extra[i] = open("/dev/null", O_RDONLY); /* left open by whoever started us */
    start(t.theirs, true, prefixes, 2);
    receive();
    ck_assert_uint_eq(t.in.type, MESSAGE_HELLO);
    ck_assert_uint_eq(count_descriptors(), 1);
    ck_assert_uint_eq(caps_of("CapEff:") & ~(UINT64_C(1) << 12), 0);
    ck_assert_uint_eq(caps_of("CapPrm:") & ~(UINT64_C(1) << 12), 0);
    ck_assert_uint_eq(caps_of("CapInh:"), 0);
    ck_assert_uint_eq(caps_of("CapAmb:"), 0);
    status_of("NoNewPrivs:", text, sizeof(text));
    ck_assert_int_eq(text[0], '1');
    status_of("Name:", text, sizeof(text));
    ck_assert_str_eq(text, "gslbd-ipvs\n");
    /* It works, whatever this machine's kernel says. */
    ck_assert(message_send_simple(MESSAGE_INFO, 5, say, NULL));
    receive();
    ck_assert_uint_eq(t.in.type, MESSAGE_INFO_REPLY);
    ck_assert_uint_eq(t.in.sequence, 5);
    struct ipvs_op op = { .kind = IPVS_OP_DELETE_SERVICE,
                          .service = { .key = { .family = ADDR_V4,
                                                .protocol = IPVS_TCP,
                                                .port = 80,
                                                .addr = { ADDR_V4, { 192, 0, 2, 1 } } } } };
    ck_assert(message_send_ops(6, &op, 1, say, NULL));
    receive();
    ck_assert_uint_eq(t.in.result_count, 1);
    ck_assert_int_eq(t.in.results[0], EACCES); /* not in the prefixes */
    (void)shutdown(t.ours, SHUT_RDWR);
    ck_assert_int_eq(join(), EXIT_SUCCESS);
    for (size_t i = 0; i < 3; i++)
        (void)close(extra[i]);
}
END_TEST

START_TEST(wrong_arguments)
{
    char *prefixes[] = { (char[]){ "10.0.0.0/8" }, (char[]){ "10.0.0.0/99" } };
    start(_i == 0 ? STDERR_FILENO : t.theirs, _i != 1, prefixes, _i == 2 ? 2 : 1);
    ck_assert_int_eq(join(), EXIT_FAILURE);
    char byte = 0;
    ck_assert_int_eq(recv(t.ours, &byte, 1, 0), 0); /* nothing was said */
}
END_TEST

START_TEST(more_prefixes_than_fit)
{
    char text[] = "10.0.0.0/8";
    char *prefixes[IPVS_ALLOW_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        prefixes[i] = text;
    start(t.theirs, true, prefixes, ARRAY_LEN(prefixes));
    ck_assert_int_eq(join(), EXIT_FAILURE);
}
END_TEST

START_TEST(garbage_ends_it)
{
    start(t.theirs, true, NULL, 0);
    receive();
    ck_assert(say(NULL, "garbage", 7));
    ck_assert_int_eq(join(), EXIT_FAILURE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ipvs_helper");
    TCase *tcase = tcase_create("ipvs_helper");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, keeps_the_socket_and_one_right);
    tcase_add_loop_test(tcase, wrong_arguments, 0, 3);
    tcase_add_test(tcase, more_prefixes_than_fit);
    tcase_add_test(tcase, garbage_ends_it);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
