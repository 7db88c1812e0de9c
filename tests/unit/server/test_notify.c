// SPDX-License-Identifier: BSD-2-Clause
#include "server/notify.h"

#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *path, size_t length)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    memcpy(address.sun_path, path, length);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
                     0);
    return fd;
}

static void expect(int fd, const char *text)
{
    char buf[64] = "";
    ssize_t n = recv(fd, buf, sizeof(buf) - 1, 0);
    ck_assert_int_eq(n, (ssize_t)strlen(text));
    ck_assert_str_eq(buf, text);
}

START_TEST(path_socket)
{
    char dir[] = "/tmp/gslb-notify-XXXXXX";
    char path[64];
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/n", dir);
    int fd = listen_at(path, strlen(path));
    (void)setenv("NOTIFY_SOCKET", path, 1);
    notify_send("READY=1");
    expect(fd, "READY=1");
    (void)close(fd);
    /* Nobody there any more: no harm. */
    notify_send("STOPPING=1");
    (void)unlink(path);
    (void)rmdir(dir);
}
END_TEST

START_TEST(abstract_socket)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "@gslb-notify-%d", (int)getpid());
    name[0] = '\0';
    int fd = listen_at(name, strlen(name + 1) + 1);
    name[0] = '@';
    (void)setenv("NOTIFY_SOCKET", name, 1);
    notify_send("STATUS=ok");
    expect(fd, "STATUS=ok");
    (void)close(fd);
}
END_TEST

START_TEST(absent_or_odd_variable_is_ignored)
{
    char big[200];
    memset(big, 'a', sizeof(big));
    big[0] = '/';
    big[sizeof(big) - 1] = '\0';
    (void)unsetenv("NOTIFY_SOCKET");
    notify_send("READY=1");
    (void)setenv("NOTIFY_SOCKET", "relative", 1);
    notify_send("READY=1");
    (void)setenv("NOTIFY_SOCKET", big, 1);
    notify_send("READY=1");
    ck_assert_str_eq(getenv("NOTIFY_SOCKET"), big);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("notify");
    TCase *tcase = tcase_create("notify");
    tcase_add_test(tcase, path_socket);
    tcase_add_test(tcase, abstract_socket);
    tcase_add_test(tcase, absent_or_odd_variable_is_ignored);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
