// SPDX-License-Identifier: BSD-2-Clause
/* Which addresses this host has, by rtnetlink: a list that is kept up to date by the kernel's
 * notifications. Needs no rights. One thread. */
#pragma once

#include "base/addr.h"

struct hostaddr;

/* Returns owned; NULL with errno set. */
struct hostaddr *hostaddr_open(void);
void hostaddr_close(struct hostaddr *hostaddr);   /* NULL is allowed */
int hostaddr_fd(const struct hostaddr *hostaddr); /* readable = call hostaddr_read */
/* Takes what the kernel has told; true when the list has changed. After an overrun it asks anew. */
bool hostaddr_read(struct hostaddr *hostaddr);
/* On an interface that is up; tentative and failed (RFC 4862) IPv6 addresses do not count. */
bool hostaddr_has(const struct hostaddr *hostaddr, const struct addr *addr);
