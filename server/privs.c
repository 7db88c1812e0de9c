// SPDX-License-Identifier: BSD-2-Clause
#include "server/privs.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SETS _LINUX_CAPABILITY_U32S_3

/* NULL with `error` when there is none. */
static const struct passwd *find_user(const char *user, char *error, size_t error_size)
{
    const struct passwd *entry = getpwnam(user);
    if (entry == NULL)
        (void)snprintf(error, error_size,
                       "there is no user \"%s\" on this machine (create it: useradd --system %s)",
                       user, user);
    return entry;
}

bool privs_user_exists(const char *user, char *error, size_t error_size)
{
    return user == NULL || geteuid() != 0 || find_user(user, error, error_size) != NULL;
}

/* Leaving uid 0 clears the effective capabilities, and unless they are kept (PR_SET_KEEPCAPS) the
 * permitted ones (capabilities(7)). */
static bool become(const char *user, char *error, size_t error_size)
{
    if (user == NULL || geteuid() != 0)
        return true;
    const struct passwd *entry = find_user(user, error, error_size);
    if (entry == NULL)
        return false;
    if (entry->pw_uid == 0)
        return true;
    if (initgroups(user, entry->pw_gid) != 0 ||
        setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
        setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0) {
        (void)snprintf(error, error_size, "cannot become user \"%s\": %s", user, strerror(errno));
        return false;
    }
    return true;
}

static bool no_way_back(bool was_root, const char *user, char *error, size_t error_size)
{
    if (!was_root || geteuid() == 0 || setuid(0) != 0)
        return true;
    (void)snprintf(error, error_size, "user \"%s\" could become root again", user);
    return false;
}

bool privs_drop(const char *user, char *error, size_t error_size)
{
    bool was_root = geteuid() == 0;
    /* Whatever happens later, no child of ours gains rights by a set-uid program. */
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return become(user, error, error_size) && no_way_back(was_root, user, error, error_size);
}

/* --- capabilities; by the system calls, a library for six lines being too much --- */

struct sets {
    uint64_t effective, permitted, inheritable;
};

static bool get_sets(struct sets *out)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[SETS] = { { 0 } };
    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    *out = (struct sets){ data[0].effective | (uint64_t)data[1].effective << 32,
                          data[0].permitted | (uint64_t)data[1].permitted << 32,
                          data[0].inheritable | (uint64_t)data[1].inheritable << 32 };
    return true;
}

static bool set_sets(const struct sets *sets)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[SETS];
    for (unsigned i = 0; i < SETS; i++) {
        data[i].effective = (uint32_t)(sets->effective >> (32 * i));
        data[i].permitted = (uint32_t)(sets->permitted >> (32 * i));
        data[i].inheritable = (uint32_t)(sets->inheritable >> (32 * i));
    }
    return syscall(SYS_capset, &header, data) == 0;
}

/* Needs CAP_SETPCAP, which only root has; without it what we execute gains nothing anyhow
 * (PR_SET_NO_NEW_PRIVS). */
static void limit_bounds(uint64_t bound)
{
    for (int capability = 0; capability < 64; capability++) {
        if ((bound & PRIVS_CAP(capability)) == 0 && prctl(PR_CAPBSET_READ, capability) == 1)
            (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
}

/* The ambient set falls with the inheritable one; it is what reaches an executed program. */
static bool limit_sets(const struct privs_caps *caps)
{
    struct sets sets;
    if (!get_sets(&sets))
        return false;
    uint64_t keep = sets.permitted & caps->keep;
    struct sets wanted = { keep, keep, keep & caps->pass };
    bool same = sets.effective == wanted.effective && sets.permitted == wanted.permitted &&
                sets.inheritable == wanted.inheritable;
    if (!same && !set_sets(&wanted))
        return false;
    for (int capability = 0; capability < 64; capability++) {
        if ((wanted.inheritable & PRIVS_CAP(capability)) != 0 &&
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
            return false;
    }
    return true;
}

bool privs_keep(const char *user, const struct privs_caps *caps, char *error, size_t error_size)
{
    bool was_root = geteuid() == 0;
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    limit_bounds(caps->bound);
    (void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    bool ok = become(user, error, error_size);
    (void)prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
    if (!ok)
        return false;
    if (!limit_sets(caps)) {
        (void)snprintf(error, error_size, "capabilities cannot be given up: %s", strerror(errno));
        return false;
    }
    return no_way_back(was_root, user, error, error_size);
}

bool privs_follow_parent(pid_t parent, int signal)
{
    (void)prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0);
    return getppid() == parent;
}
