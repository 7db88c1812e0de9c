// SPDX-License-Identifier: BSD-2-Clause
/* Listening sockets of the API and the identity of who connects. A Unix socket's file belongs to
 * the process that bound it: a stale one is replaced, a live one or any other file is never
 * touched. Control thread. */
#pragma once

#include "base/addr.h"
#include "base/errlist.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define HTTP_NO_GROUP ((gid_t)-1)

struct http_peer {
    bool is_unix;
    bool in_group;        /* Unix: the process has the socket's group (HTTP_NO_GROUP: never) */
    uid_t uid;            /* Unix */
    struct endpoint from; /* TCP */
};

/* Bound, listening, non-blocking, close-on-exec. -1 with "PLACE: message" added. */
int http_socket_tcp(const struct endpoint *endpoint, const char *place, struct errlist *errors);
/* Mode 0660, group `group` unless HTTP_NO_GROUP. `*made` remembers the file for http_socket_remove.
 */
int http_socket_unix(const char *path, gid_t group, struct stat *made, const char *place,
                     struct errlist *errors);
/* Gives the socket's file to `group`, or to the process's own with HTTP_NO_GROUP. False with errno.
 */
bool http_socket_regroup(const char *path, gid_t group);
/* Removes the socket's file if it is still the one that was made. */
void http_socket_remove(const char *path, const struct stat *made);
/* Who is connected on `fd`, as the kernel says. False when it cannot be told. */
bool http_socket_peer(int fd, gid_t group, struct http_peer *out);
