// SPDX-License-Identifier: BSD-2-Clause
/* The IPVS table as C structures: services (virtual servers) and their destinations (real servers),
 * the same for what is wanted, what the kernel has, and what a text file says. Numbers of
 * forwarding methods, protocols and flags are the kernel's (include/uapi/linux/ip_vs.h). Pure data;
 * any one thread. */
#pragma once

#include "base/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPVS_SCHEDULER_MAX 16 /* with the final NUL; the kernel's limit */
#define IPVS_ENGINE_MAX    16
#define IPVS_INTERFACE_MAX 16
#define IPVS_WEIGHT_MAX    65535
#define IPVS_TIMEOUT_MAX   2678400 /* seconds, 31 days, as ipvsadm has it */
#define IPVS_TEXT_MAX      256     /* a buffer for any of the texts printed here */

enum ipvs_protocol { IPVS_TCP = 6, IPVS_UDP = 17, IPVS_SCTP = 132 };

enum ipvs_forward { IPVS_NAT = 0, IPVS_LOCAL = 1, IPVS_TUN = 2, IPVS_DR = 3 };

enum ipvs_tunnel { IPVS_IPIP = 0, IPVS_GUE = 1, IPVS_GRE = 2 };

enum ipvs_checksum { IPVS_NOCSUM = 0, IPVS_CSUM = 1, IPVS_REMCSUM = 2 };

/* Service flags. The kernel's own flag HASHED never appears here. */
#define IPVS_PERSISTENT 0x01U
#define IPVS_ONE_PACKET 0x04U
#define IPVS_SCHED1     0x08U /* sh-fallback, mh-fallback, flag-1 */
#define IPVS_SCHED2     0x10U /* sh-port, mh-port, flag-2 */
#define IPVS_SCHED3     0x20U /* flag-3 */
#define IPVS_SCHED_ALL  (IPVS_SCHED1 | IPVS_SCHED2 | IPVS_SCHED3)

struct ipvs_key {
    uint8_t family;   /* ADDR_V4 or ADDR_V6 */
    uint8_t protocol; /* enum ipvs_protocol; 0 with a mark */
    uint16_t port;    /* 0 = all ports, legal with persistence only */
    uint32_t fwmark;  /* 0 = by address */
    struct addr addr; /* family ADDR_NONE with a mark */
};

/* Counters since the last zeroing, and rates: an average over about 8 s; bytes a second, not bits.
 * Out counters stay 0 for DR and TUN. */
struct ipvs_stats {
    uint64_t connections, in_packets, out_packets, in_bytes, out_bytes;
    uint64_t connection_rate, in_packet_rate, out_packet_rate, in_byte_rate, out_byte_rate;
};

struct ipvs_dest {
    struct addr addr; /* key, with the port */
    uint16_t port;
    uint8_t forward; /* enum ipvs_forward */
    uint8_t tunnel;  /* enum ipvs_tunnel; 0 unless forward is TUN, and so the next two */
    uint16_t tunnel_port;
    uint8_t checksum; /* enum ipvs_checksum */
    uint32_t weight;  /* 0 = no new connections */
    uint32_t upper;   /* connections from which on it gets no new ones; 0 = no limit */
    uint32_t lower;   /* and below which it gets them again; 0 = three quarters of `upper` */
    /* only as the kernel tells it */
    uint32_t active, inactive, persistent;
    struct ipvs_stats stats;
};

struct ipvs_service {
    struct ipvs_key key;
    char scheduler[IPVS_SCHEDULER_MAX];
    char engine[IPVS_ENGINE_MAX]; /* persistence engine, "" = none */
    uint32_t flags;
    uint32_t timeout; /* seconds of persistence; 0 unless PERSISTENT */
    uint8_t prefix;   /* bits of the client's address that persistence looks at: 1..32 or 1..128 */
    struct ipvs_dest *dests; /* owned; sorted after ipvs_table_sort */
    size_t dest_count;
    size_t dest_capacity;
    struct ipvs_stats stats; /* of the kernel */
};

/* 0 = not told, or leave as it is. Seconds. */
struct ipvs_timeouts {
    uint32_t tcp, tcp_fin, udp;
};

enum ipvs_role { IPVS_ROLE_NONE = 0, IPVS_MASTER = 1, IPVS_BACKUP = 2 }; /* kernel numbers */

struct ipvs_daemon {
    uint8_t role; /* enum ipvs_role */
    char interface[IPVS_INTERFACE_MAX];
    uint32_t id;         /* 0..255 */
    uint16_t max_length; /* 0 = the kernel's own */
    struct addr group;   /* family ADDR_NONE = 224.0.0.81 */
    uint16_t port;       /* 0 = 8848 */
    uint8_t ttl;         /* 0 = 1 */
};

struct ipvs_table {
    struct ipvs_service *services; /* owned; sorted after ipvs_table_sort */
    size_t count;
    size_t capacity;
    struct ipvs_timeouts timeouts;
    struct ipvs_daemon daemons[2];
    size_t daemon_count;
};

/* --- tables; memory is the table's --- */

void ipvs_table_init(struct ipvs_table *table);
void ipvs_table_fini(struct ipvs_table *table);
void ipvs_table_copy(struct ipvs_table *to,
                     const struct ipvs_table *from); /* `to` is initialised */
/* Appends a copy of `service` without its dests; valid until the next one is added. */
struct ipvs_service *ipvs_table_add(struct ipvs_table *table, const struct ipvs_service *service);
struct ipvs_dest *ipvs_service_add(struct ipvs_service *service, const struct ipvs_dest *dest);
void ipvs_service_fini(struct ipvs_service *service);
/* Sorts services by key and dests by address and port; of equal keys the last one stays (a dump
 * that is disturbed can tell the same thing twice). */
void ipvs_table_sort(struct ipvs_table *table);
size_t ipvs_table_dest_count(const struct ipvs_table *table);
/* In a sorted table; NULL when absent. */
struct ipvs_service *ipvs_table_find(const struct ipvs_table *table, const struct ipvs_key *key);
struct ipvs_dest *ipvs_service_find(const struct ipvs_service *service, const struct addr *addr,
                                    uint16_t port);
/* The same in a sorted table, keeping it sorted. Remove takes the dests along; false when absent.
 */
struct ipvs_service *ipvs_table_insert(struct ipvs_table *table,
                                       const struct ipvs_service *service);
bool ipvs_table_remove(struct ipvs_table *table, const struct ipvs_key *key);
struct ipvs_dest *ipvs_service_insert(struct ipvs_service *service, const struct ipvs_dest *dest);
bool ipvs_service_remove(struct ipvs_service *service, const struct addr *addr, uint16_t port);

/* --- comparing --- */

/* Order of `ipvsadm -Ln`: mark, family, protocol, address, port. With a mark the key is mark and
 * family, as in the kernel, whatever stands in the rest. */
int ipvs_key_compare(const struct ipvs_key *a, const struct ipvs_key *b);
int ipvs_dest_compare(const struct ipvs_dest *a, const struct ipvs_dest *b); /* address, port */
/* Equal settings (keys and what the kernel alone tells are not looked at), after normalising. */
bool ipvs_service_same(const struct ipvs_service *a, const struct ipvs_service *b);
bool ipvs_dest_same(const struct ipvs_dest *a, const struct ipvs_dest *b);
/* Normal form: what does not apply is zero (tunnel fields without TUN, timeout without
 * persistence), prefix full when none is given, TUN's port rule is not touched. */
void ipvs_service_normalise(struct ipvs_service *service);
void ipvs_dest_normalise(struct ipvs_dest *dest);

/* --- words --- */

const char *ipvs_protocol_name(unsigned protocol); /* "tcp", "udp", "sctp"; NULL when unknown */
bool ipvs_protocol_find(const char *name, uint8_t *out);
const char *ipvs_forward_name(unsigned forward); /* "nat", "local", "tun", "dr" */
bool ipvs_forward_find(const char *name, uint8_t *out);
const char *ipvs_tunnel_name(unsigned tunnel); /* "ipip", "gue", "gre" */
bool ipvs_tunnel_find(const char *name, uint8_t *out);
const char *ipvs_checksum_name(unsigned checksum); /* "none", "csum", "remcsum" */
bool ipvs_checksum_find(const char *name, uint8_t *out);
/* NULL-terminated: rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos. */
const char *const *ipvs_schedulers(void);
bool ipvs_scheduler_known(const char *name);
/* True when a changed weight moves clients that are already somewhere (sh, dh, mh), or weight means
 * a rank (fo, ovf): ramps and load feedback are not for these. */
bool ipvs_scheduler_is_hash(const char *name);
bool ipvs_scheduler_is_rank(const char *name);
/* "sh-port" for sh, "mh-fallback" for mh, "flag-1" for any: bit in *out; false when the scheduler
 * has no such flag. */
bool ipvs_flag_find(const char *scheduler, const char *name, uint32_t *out);
/* The name of one IPVS_SCHEDn bit as ipvsadm prints it for that scheduler. */
const char *ipvs_flag_name(const char *scheduler, uint32_t bit);

/* --- texts, IPVS_TEXT_MAX bytes each --- */

/* "tcp 192.0.2.1:80", "udp [2001:db8::1]:53", "fwmark 7", "fwmark 7 ipv6" */
void ipvs_key_print(const struct ipvs_key *key, char *out);
/* Reads that form back. */
bool ipvs_key_parse(const char *text, struct ipvs_key *out);
/* "10.0.0.1:80" */
void ipvs_dest_print(const struct ipvs_dest *dest, char *out);
/* Settings: "wlc, persistent 300 s, clients by /24, one-packet, sh-port" and "nat, weight 5, upper
 * 100" */
void ipvs_service_print_settings(const struct ipvs_service *service, char *out);
void ipvs_dest_print_settings(const struct ipvs_dest *dest, char *out);

/* --- what the kernel would refuse, or accept and not do --- */

/* NULL when sound, else one sentence (constant): port 0 without persistence, one-packet for TCP,
 * unknown scheduler, multicast, prefix out of range, timeout out of range, ... */
const char *ipvs_service_fault(const struct ipvs_service *service);
/* Same for a destination of that service: mixed families without a tunnel, gue without port, weight
 * too large, lower above upper, another port without NAT (not with a mark), ... */
const char *ipvs_dest_fault(const struct ipvs_service *service, const struct ipvs_dest *dest);
