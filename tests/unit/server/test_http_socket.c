// SPDX-License-Identifier: BSD-2-Clause
#include "server/http_socket.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/gslb-socket-XXXXXX";
static char path[64];
static struct errlist errors;
static struct stat made;

static void set_up(void)
{
    (void)snprintf(folder, sizeof(folder), "/tmp/gslb-socket-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/api.sock", folder);
    errlist_init(&errors);
}

static void tear_down(void)
{
    errlist_fini(&errors);
    (void)unlink(path);
    (void)rmdir(folder);
}

static int open_unix(void)
{
    return http_socket_unix(path, HTTP_NO_GROUP, &made, "api.listen[1]", &errors);
}

static int connect_unix(void)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    (void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
    return fd;
}

START_TEST(tcp_binds_and_names_the_place)
{
    struct endpoint endpoint = { .port = 0 };
    ck_assert(addr_parse("127.0.0.1", &endpoint.addr));
    int fd = http_socket_tcp(&endpoint, "api.listen[0]", &errors);
    ck_assert_int_ge(fd, 0);
    struct sockaddr_storage sa;
    socklen_t size = sizeof(sa);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &size), 0);
    ck_assert(endpoint_from_sockaddr((const struct sockaddr *)&sa, &endpoint));
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert(errlist_empty(&errors));

    ck_assert_int_eq(http_socket_tcp(&endpoint, "api.listen[0]", &errors), -1);
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_int_eq(strncmp(errors.lines[0], "api.listen[0]: cannot bind: ", 28), 0);
    (void)close(fd);
}
END_TEST

START_TEST(unix_has_mode_and_leaves)
{
    mode_t before = umask(0);
    int fd = open_unix();
    (void)umask(before);
    ck_assert_int_ge(fd, 0);
    struct stat found;
    ck_assert_int_eq(lstat(path, &found), 0);
    ck_assert(S_ISSOCK(found.st_mode));
    ck_assert_uint_eq(found.st_mode & 07777, 0660);
    http_socket_remove(path, &made);
    ck_assert_int_ne(lstat(path, &found), 0);
    (void)close(fd);
}
END_TEST

START_TEST(unix_gets_the_group)
{
    struct stat found;
    if (geteuid() != 0)
        return; /* others may give files to their own groups only */
    int fd = http_socket_unix(path, 12345, &made, "api.listen[1]", &errors);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(lstat(path, &found), 0);
    ck_assert_uint_eq(found.st_gid, 12345);
    ck_assert_uint_eq(found.st_mode & 07777, 0660);
    ck_assert(http_socket_regroup(path, HTTP_NO_GROUP));
    ck_assert_int_eq(lstat(path, &found), 0);
    ck_assert_uint_eq(found.st_gid, getegid());
    ck_assert(!http_socket_regroup("/nonexistent", 12345));
    (void)close(fd);
}
END_TEST

START_TEST(unix_replaces_a_stale_socket)
{
    int fd = open_unix();
    ck_assert_int_ge(fd, 0);
    (void)close(fd); /* as after a crash: the file stays */
    fd = open_unix();
    ck_assert_int_ge(fd, 0);
    (void)close(connect_unix());
    (void)close(fd);
}
END_TEST

START_TEST(unix_leaves_a_live_socket)
{
    int fd = open_unix();
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(open_unix(), -1);
    ck_assert_ptr_nonnull(strstr(errors.lines[0], "in use by another process"));
    (void)close(connect_unix());
    (void)close(fd);
}
END_TEST

START_TEST(unix_leaves_other_files)
{
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    (void)fclose(file);
    ck_assert_int_eq(open_unix(), -1);
    ck_assert_ptr_nonnull(strstr(errors.lines[0], "is not a socket"));
    struct stat found;
    ck_assert_int_eq(lstat(path, &found), 0);
    ck_assert(S_ISREG(found.st_mode));
}
END_TEST

START_TEST(unix_refuses_bad_paths)
{
    char longer[200];
    memset(longer, 'a', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    ck_assert_int_eq(http_socket_unix(longer, HTTP_NO_GROUP, &made, "p", &errors), -1);
    ck_assert_int_eq(http_socket_unix("/nonexistent/api.sock", HTTP_NO_GROUP, &made, "p", &errors),
                     -1);
    ck_assert_uint_eq(errors.count, 2);
    ck_assert_int_eq(strncmp(errors.lines[1], "p: ", 3), 0);
}
END_TEST

START_TEST(remove_spares_the_file_of_another)
{
    int fd = open_unix();
    ck_assert_int_ge(fd, 0);
    struct stat first = made;
    ck_assert_int_eq(unlink(path), 0);
    FILE *file = fopen(path, "we"); /* may get the inode number again, so make two */
    ck_assert_ptr_nonnull(file);
    (void)fclose(file);
    struct stat found;
    ck_assert_int_eq(lstat(path, &found), 0);
    first.st_ino = found.st_ino + 1;
    http_socket_remove(path, &first);
    ck_assert_int_eq(lstat(path, &found), 0);
    http_socket_remove(path, &(struct stat){ 0 });
    ck_assert_int_eq(lstat(path, &found), 0);
    (void)close(fd);
}
END_TEST

START_TEST(peer_over_unix)
{
    int listener = open_unix();
    ck_assert_int_ge(listener, 0);
    int client = connect_unix();
    int fd = accept(listener, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    struct http_peer peer;
    ck_assert(http_socket_peer(fd, HTTP_NO_GROUP, &peer));
    ck_assert(peer.is_unix);
    ck_assert_uint_eq(peer.uid, geteuid());
    ck_assert(!peer.in_group);
    ck_assert(http_socket_peer(fd, getegid(), &peer));
    ck_assert(peer.in_group);
    ck_assert(http_socket_peer(fd, 0x7ffffff0, &peer));
    ck_assert(!peer.in_group);
    (void)close(fd);
    (void)close(client);
    (void)close(listener);
}
END_TEST

START_TEST(peer_of_nothing)
{
    struct http_peer peer;
    ck_assert(!http_socket_peer(-1, HTTP_NO_GROUP, &peer));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_socket");
    TCase *tcase = tcase_create("socket");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, tcp_binds_and_names_the_place);
    tcase_add_test(tcase, unix_has_mode_and_leaves);
    tcase_add_test(tcase, unix_gets_the_group);
    tcase_add_test(tcase, unix_replaces_a_stale_socket);
    tcase_add_test(tcase, unix_leaves_a_live_socket);
    tcase_add_test(tcase, unix_leaves_other_files);
    tcase_add_test(tcase, unix_refuses_bad_paths);
    tcase_add_test(tcase, remove_spares_the_file_of_another);
    tcase_add_test(tcase, peer_over_unix);
    tcase_add_test(tcase, peer_of_nothing);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
