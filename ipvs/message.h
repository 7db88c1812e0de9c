// SPDX-License-Identifier: BSD-2-Clause
/* What the server and the IPVS helper say to each other over a SOCK_SEQPACKET socket pair: a few
 * typed messages of fixed layout, both ends being the same program on the same machine. A message
 * that is not exactly as it should be is an error, never a guess. Pure; any one thread.
 *
 *   server -> helper   INFO, DUMP, APPLY (operations; in as many messages as they need)
 *   helper -> server   HELLO at its start (whatever was asked before is lost), then one reply for
 *                      each request: INFO_REPLY, TABLE (in as many messages as it needs), RESULTS
 */
#pragma once

#include "base/compiler.h"
#include "ipvs/ops.h"

#define MESSAGE_SIZE_MAX  65536
#define MESSAGE_OPS_MAX   100000  /* in one request */
#define MESSAGE_TABLE_MAX 1000000 /* services and destinations of one table */
#define MESSAGE_ERROR_MAX 4095    /* the kernel's largest errno */

/* Flags: where a request or reply begins and ends, or a piece would pass for the whole. */
#define MESSAGE_FIRST 1U
#define MESSAGE_LAST  2U

enum message_type {
    MESSAGE_HELLO = 1,
    MESSAGE_INFO,
    MESSAGE_DUMP,
    MESSAGE_APPLY,
    MESSAGE_INFO_REPLY,
    MESSAGE_TABLE,
    MESSAGE_RESULTS,
};

struct message_header {
    uint32_t magic;
    uint16_t type;     /* enum message_type */
    uint16_t flags;    /* MESSAGE_FIRST, MESSAGE_LAST */
    uint32_t sequence; /* of the request; the reply repeats it */
    int32_t error;     /* of replies: 0 or errno */
    uint32_t count;    /* records that follow */
};

/* The header, by itself: false when it cannot be one of ours. For telling what begins anew, and
 * what belongs to a request that was given up. */
bool message_peek(const void *bytes, size_t size, struct message_header *out);

/* Collects a request or reply out of its messages. */
struct message_in {
    bool begun;
    uint16_t type;
    uint32_t sequence;
    int32_t error;
    bool complete;
    struct ipvs_op *ops; /* APPLY */
    size_t op_count, op_capacity;
    int *results; /* RESULTS */
    size_t result_count, result_capacity;
    struct ipvs_table table; /* TABLE; sorted when complete */
    size_t table_records;
    struct ipvs_info info;
};
void message_in_init(struct message_in *in);
void message_in_fini(struct message_in *in);
void message_in_clear(struct message_in *in);
/* Takes one message; false when it is malformed or does not belong to what was begun: then, and
 * when it is complete, it has to be cleared before the next one. */
bool message_in_add(struct message_in *in, const void *bytes, size_t size);

/* Sends all messages of one thing by `send` (false = gave up). Of an operation the settings before
 * it (service_from, dest_from) and counters do not travel: they are for plans. */
typedef bool message_send_fn(void *data, const void *bytes, size_t size);
bool message_send_simple(uint16_t type, uint32_t sequence, message_send_fn *send, void *data);
bool message_send_ops(uint32_t sequence, const struct ipvs_op *ops, size_t count,
                      message_send_fn *send, void *data);
bool message_send_info(uint32_t sequence, int error, const struct ipvs_info *info,
                       message_send_fn *send, void *data);
/* What the model has no word for is left out: one odd destination, made by another program, must
 * not hide the others. */
bool message_send_table(uint32_t sequence, int error, const struct ipvs_table *table,
                        message_send_fn *send, void *data);
bool message_send_results(uint32_t sequence, const int *results, size_t count,
                          message_send_fn *send, void *data);
