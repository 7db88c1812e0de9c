// SPDX-License-Identifier: BSD-2-Clause
/* Requests to the kernel over one netlink socket, many in one system call. The messages are
 * libnl's; the socket is our own, since libnl's loses the errno, reads each message with two calls,
 * and takes replies in sequence only. Runs as long as the kernel takes; one thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct ipvs_netlink;
struct nl_msg;
struct nlmsghdr;

#define IPVS_NETLINK_BATCH 64 /* requests of one run */

/* What came for request number `request` of this run, but for acknowledgements. */
typedef void ipvs_netlink_fn(void *ctx, size_t request, struct nlmsghdr *message);

/* For NETLINK_GENERIC or NETLINK_ROUTE. Opens nothing. Returns owned. */
struct ipvs_netlink *ipvs_netlink_new(int protocol);
void ipvs_netlink_free(struct ipvs_netlink *netlink);
/* 0 when open, or opened now; else an errno. */
int ipvs_netlink_open(struct ipvs_netlink *netlink);
/* Forgets the socket, and requests that wait. */
void ipvs_netlink_close(struct ipvs_netlink *netlink);
/* Appends a copy of a request to the next run; its sequence number and NLM_F_REQUEST are filled in.
 * False when it does not fit any more. It wants NLM_F_ACK, or is a dump. */
bool ipvs_netlink_add(struct ipvs_netlink *netlink, struct nl_msg *message);
size_t ipvs_netlink_count(const struct ipvs_netlink *netlink);
/* Sends what was added and reads all answers: results[i] is 0, the kernel's errno, or EINTR for a
 * dump that a change disturbed, and for a request that the kernel ended without an answer. A dump
 * gets EBUSY while another of the same run is not through. Returns 0, or an errno of the socket:
 * the requests without an answer have it too, whether they were done or not, and the socket is
 * closed. */
int ipvs_netlink_run(struct ipvs_netlink *netlink, int *results, ipvs_netlink_fn *on_message,
                     void *ctx);
