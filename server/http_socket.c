// SPDX-License-Identifier: BSD-2-Clause
#include "server/http_socket.h"

#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG     128
#define SOCKET_MODE 0660

static int fail(int fd, struct errlist *errors, const char *place, const char *what)
{
    errlist_add(errors, "%s: %s: %s", place, what, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static int open_socket(int family)
{
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int http_socket_tcp(const struct endpoint *endpoint, const char *place, struct errlist *errors)
{
    struct sockaddr_storage sa;
    socklen_t size = endpoint_to_sockaddr(endpoint, &sa);
    int on = 1;
    int fd = open_socket(sa.ss_family);
    if (fd < 0)
        return fail(fd, errors, place, "socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        return fail(fd, errors, place, "SO_REUSEADDR");
    if (sa.ss_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
        return fail(fd, errors, place, "IPV6_V6ONLY");
    if (bind(fd, (const struct sockaddr *)&sa, size) != 0)
        return fail(fd, errors, place, "cannot bind");
    if (listen(fd, BACKLOG) != 0)
        return fail(fd, errors, place, "cannot listen");
    return fd;
}

/* True when a process answers at the socket. */
static bool is_alive(const struct sockaddr_un *sa)
{
    int fd = open_socket(AF_UNIX);
    if (fd < 0)
        return true; /* cannot tell: leave it alone */
    bool dead = connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) != 0 && errno == ECONNREFUSED;
    (void)close(fd);
    return !dead;
}

/* Makes way for bind: nothing there is well, a socket that nobody listens on is removed. */
static bool clear_path(const struct sockaddr_un *sa, const char *place, struct errlist *errors)
{
    struct stat found;
    if (lstat(sa->sun_path, &found) != 0) {
        if (errno == ENOENT)
            return true;
        (void)fail(-1, errors, place, sa->sun_path);
        return false;
    }
    if (!S_ISSOCK(found.st_mode)) {
        errlist_add(errors, "%s: %s is there and is not a socket", place, sa->sun_path);
        return false;
    }
    if (is_alive(sa)) {
        errlist_add(errors, "%s: %s is in use by another process", place, sa->sun_path);
        return false;
    }
    if (unlink(sa->sun_path) == 0 || errno == ENOENT)
        return true;
    (void)fail(-1, errors, place, sa->sun_path);
    return false;
}

bool http_socket_regroup(const char *path, gid_t group)
{
    return chown(path, (uid_t)-1, group == HTTP_NO_GROUP ? getegid() : group) == 0;
}

/* The file is made with the mode that the socket has, so nobody gets in before the group is set. */
static const char *bind_guarded(int fd, const struct sockaddr_un *sa, gid_t group,
                                struct stat *made)
{
    if (fchmod(fd, 0600) != 0)
        return "cannot set the mode of the socket";
    if (bind(fd, (const struct sockaddr *)sa, sizeof(*sa)) != 0)
        return "cannot bind";
    if (lstat(sa->sun_path, made) != 0)
        return "cannot look at the socket";
    if (group != HTTP_NO_GROUP && !http_socket_regroup(sa->sun_path, group))
        return "cannot give the socket to api.unix_group";
    if (chmod(sa->sun_path, SOCKET_MODE) != 0)
        return "cannot set the mode of the socket";
    return listen(fd, BACKLOG) == 0 ? NULL : "cannot listen";
}

int http_socket_unix(const char *path, gid_t group, struct stat *made, const char *place,
                     struct errlist *errors)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    size_t length = strlen(path);
    memset(made, 0, sizeof(*made));
    if (length >= sizeof(sa.sun_path)) {
        errlist_add(errors, "%s: the path is longer than %zu bytes", place,
                    sizeof(sa.sun_path) - 1);
        return -1;
    }
    memcpy(sa.sun_path, path, length);
    if (!clear_path(&sa, place, errors))
        return -1;
    int fd = open_socket(AF_UNIX);
    if (fd < 0)
        return fail(fd, errors, place, "socket");
    const char *what = bind_guarded(fd, &sa, group, made);
    if (what == NULL)
        return fd;
    (void)fail(fd, errors, place, what);
    http_socket_remove(path, made);
    return -1;
}

void http_socket_remove(const char *path, const struct stat *made)
{
    struct stat found;
    if (made->st_ino != 0 && lstat(path, &found) == 0 && found.st_dev == made->st_dev &&
        found.st_ino == made->st_ino)
        (void)unlink(path);
}

/* Supplementary groups of the peer process, as they were when it connected. */
static bool has_group(int fd, gid_t primary, gid_t group)
{
    if (group == HTTP_NO_GROUP)
        return false;
    if (primary == group)
        return true;
    gid_t none = HTTP_NO_GROUP;
    socklen_t size = 0; /* too small on purpose: the answer is how much it takes */
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, &none, &size) == 0 || errno != ERANGE)
        return false;
    gid_t *groups = mem_alloc(size);
    bool found = false;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0)
        for (size_t i = 0; i < size / sizeof(gid_t); i++)
            found = found || groups[i] == group;
    mem_free(groups);
    return found;
}

bool http_socket_peer(int fd, gid_t group, struct http_peer *out)
{
    struct sockaddr_storage sa = { 0 };
    socklen_t size = sizeof(sa);
    *out = (struct http_peer){ 0 };
    if (getpeername(fd, (struct sockaddr *)&sa, &size) != 0)
        return false;
    if (sa.ss_family != AF_UNIX)
        return endpoint_from_sockaddr((const struct sockaddr *)&sa, &out->from);
    struct ucred cred;
    size = sizeof(cred);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) != 0)
        return false;
    out->is_unix = true;
    out->uid = cred.uid;
    out->in_group = has_group(fd, cred.gid, group);
    return true;
}
