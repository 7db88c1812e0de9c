// SPDX-License-Identifier: BSD-2-Clause
#include "server/privs.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

bool privs_drop(const char *user, char *error, size_t error_size)
{
    /* Whatever happens later, no child of ours gains rights by a set-uid program. */
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (user == NULL || geteuid() != 0)
        return true;
    errno = 0;
    const struct passwd *entry = getpwnam(user);
    if (entry == NULL) {
        (void)snprintf(error, error_size,
                       "there is no user \"%s\" on this machine (create it: useradd --system %s)",
                       user, user);
        return false;
    }
    if (entry->pw_uid == 0)
        return true;
    /* Leaving uid 0 by setresuid clears all capability sets (capabilities(7)). */
    if (initgroups(user, entry->pw_gid) != 0 ||
        setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
        setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0) {
        (void)snprintf(error, error_size, "cannot become user \"%s\": %s", user, strerror(errno));
        return false;
    }
    if (setuid(0) == 0) {
        (void)snprintf(error, error_size, "user \"%s\" could become root again", user);
        return false;
    }
    return true;
}
