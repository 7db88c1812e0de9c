// SPDX-License-Identifier: BSD-2-Clause
/* The kernel's IPVS by generic netlink (libnl-genl-3), and VIPs on interfaces by rtnetlink. Needs
 * CAP_NET_ADMIN in the initial user namespace; the table is that of the network namespace in which
 * the sockets were opened. Blocking; one thread at a time. */
#pragma once

#include "ipvs/ops.h"

struct ipvs_kernel;

/* Opens nothing yet: sockets are opened with the first request, and again after an error, so that a
 * module loaded later is found. Returns owned. */
struct ipvs_kernel *ipvs_kernel_new(void);
void ipvs_kernel_free(struct ipvs_kernel *kernel);
/* Borrowed from `kernel`. */
struct ipvs_backend ipvs_kernel_backend(struct ipvs_kernel *kernel);
