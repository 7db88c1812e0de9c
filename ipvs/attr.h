// SPDX-License-Identifier: BSD-2-Clause
/* Attributes of the generic netlink family IPVS: operations and what the kernel tells, to and from
 * the model. Pure functions of messages; any thread, no state. The numbers are the kernel's
 * (include/uapi/linux/ip_vs.h) under names of our own, since a header may be older than the kernel.
 * Byte orders differ from one attribute to the next: ports and masks go in network order, all else
 * in the machine's. */
#pragma once

#include "ipvs/ops.h"

struct nl_msg;
struct nlattr;

#define IPVS_FAMILY_NAME    "IPVS"
#define IPVS_FAMILY_VERSION 1

enum ipvs_command {
    IPVS_COMMAND_NONE,
    IPVS_COMMAND_NEW_SERVICE,
    IPVS_COMMAND_SET_SERVICE,
    IPVS_COMMAND_DEL_SERVICE,
    IPVS_COMMAND_GET_SERVICE,
    IPVS_COMMAND_NEW_DEST,
    IPVS_COMMAND_SET_DEST,
    IPVS_COMMAND_DEL_DEST,
    IPVS_COMMAND_GET_DEST,
    IPVS_COMMAND_NEW_DAEMON,
    IPVS_COMMAND_DEL_DAEMON,
    IPVS_COMMAND_GET_DAEMON,
    IPVS_COMMAND_SET_CONFIG,
    IPVS_COMMAND_GET_CONFIG,
    IPVS_COMMAND_SET_INFO,
    IPVS_COMMAND_GET_INFO,
    IPVS_COMMAND_ZERO
};

enum ipvs_attr_top {
    IPVS_ATTR_SERVICE = 1,
    IPVS_ATTR_DEST,
    IPVS_ATTR_DAEMON,
    IPVS_ATTR_TIMEOUT_TCP,
    IPVS_ATTR_TIMEOUT_TCP_FIN,
    IPVS_ATTR_TIMEOUT_UDP
};

enum ipvs_attr_service {
    IPVS_SERVICE_AF = 1,
    IPVS_SERVICE_PROTOCOL,
    IPVS_SERVICE_ADDR,
    IPVS_SERVICE_PORT,
    IPVS_SERVICE_FWMARK,
    IPVS_SERVICE_SCHEDULER,
    IPVS_SERVICE_FLAGS,
    IPVS_SERVICE_TIMEOUT,
    IPVS_SERVICE_NETMASK,
    IPVS_SERVICE_STATS,
    IPVS_SERVICE_ENGINE,
    IPVS_SERVICE_STATS64
};

enum ipvs_attr_dest {
    IPVS_DEST_ADDR = 1,
    IPVS_DEST_PORT,
    IPVS_DEST_FORWARD,
    IPVS_DEST_WEIGHT,
    IPVS_DEST_UPPER,
    IPVS_DEST_LOWER,
    IPVS_DEST_ACTIVE,
    IPVS_DEST_INACTIVE,
    IPVS_DEST_PERSISTENT,
    IPVS_DEST_STATS,
    IPVS_DEST_AF,
    IPVS_DEST_STATS64,
    IPVS_DEST_TUNNEL,
    IPVS_DEST_TUNNEL_PORT,
    IPVS_DEST_TUNNEL_FLAGS
};

enum ipvs_attr_daemon {
    IPVS_DAEMON_STATE = 1,
    IPVS_DAEMON_INTERFACE,
    IPVS_DAEMON_ID,
    IPVS_DAEMON_MAX_LENGTH,
    IPVS_DAEMON_GROUP,
    IPVS_DAEMON_GROUP6,
    IPVS_DAEMON_PORT,
    IPVS_DAEMON_TTL
};

/* Of a nest of counters, 64 bits or 32 (but for bytes) wide. */
enum ipvs_attr_stats {
    IPVS_STATS_CONNECTIONS = 1,
    IPVS_STATS_IN_PACKETS,
    IPVS_STATS_OUT_PACKETS,
    IPVS_STATS_IN_BYTES,
    IPVS_STATS_OUT_BYTES,
    IPVS_STATS_CONNECTION_RATE,
    IPVS_STATS_IN_PACKET_RATE,
    IPVS_STATS_OUT_PACKET_RATE,
    IPVS_STATS_IN_BYTE_RATE,
    IPVS_STATS_OUT_BYTE_RATE
};

enum ipvs_attr_info { IPVS_INFO_VERSION = 1, IPVS_INFO_SIZE };

/* --- requests --- */

/* The command of an operation; IPVS_COMMAND_NONE for those that are none of this family. */
enum ipvs_command ipvs_attr_command(unsigned kind);
/* Appends what an operation needs: the whole object for an add or an edit, since the kernel takes
 * what is absent for zero (an edit without tunnel fields would make a gue tunnel an ipip one).
 * 0, EINVAL or EAFNOSUPPORT for what no attribute can express, EMSGSIZE when the message is full.
 */
int ipvs_attr_put_op(struct nl_msg *message, const struct ipvs_op *op);
/* Appends the key of a service, for the request of its destinations; errors as above. */
int ipvs_attr_put_key(struct nl_msg *message, const struct ipvs_key *key);

/* --- replies: the attributes after the generic header; false when malformed --- */

/* Without its destinations; normalised. */
bool ipvs_attr_get_service(struct nlattr *attrs, int length, struct ipvs_service *out);
/* `family` is the service's, for kernels before 3.18, which do not tell the destination's. */
bool ipvs_attr_get_dest(struct nlattr *attrs, int length, uint8_t family, struct ipvs_dest *out);
bool ipvs_attr_get_daemon(struct nlattr *attrs, int length, struct ipvs_daemon *out);
bool ipvs_attr_get_timeouts(struct nlattr *attrs, int length, struct ipvs_timeouts *out);
bool ipvs_attr_get_info(struct nlattr *attrs, int length, struct ipvs_info *out);
