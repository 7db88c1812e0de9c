// SPDX-License-Identifier: BSD-2-Clause
/* Giving up rights: become server.user with its groups, without the capabilities that are not
 * needed, and without the way back. Start-up only, before any thread is made. */
#pragma once

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PRIVS_CAP(capability) (UINT64_C(1) << (capability))
#define PRIVS_NET_ADMIN       PRIVS_CAP(CAP_NET_ADMIN)

/* True when privs_drop(user) would find the user. `user` may be NULL. */
bool privs_user_exists(const char *user, char *error, size_t error_size);

/* True when done, or nothing to do (not root). False with one sentence in `error`. `user` may be
 * NULL: stay. Keeps CAP_NET_BIND_SERVICE for nothing: sockets are open by then. */
bool privs_drop(const char *user, char *error, size_t error_size);

/* Capabilities, as sets of bits PRIVS_CAP(c). */
struct privs_caps {
    uint64_t keep;  /* of those that we have: the others are lost */
    uint64_t pass;  /* of those: also to what we execute */
    uint64_t bound; /* nothing that we execute ever gets others */
};

/* Like privs_drop, but keeps capabilities over the change of the user. */
bool privs_keep(const char *user, const struct privs_caps *caps, char *error, size_t error_size);

/* Has `signal` sent to us when the parent process ends; false when it has ended already. A change
 * of user or capabilities undoes it (prctl(2)), hence after those. */
bool privs_follow_parent(pid_t parent, int signal);
