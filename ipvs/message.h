// SPDX-License-Identifier: BSD-2-Clause
/* What the server and the IPVS helper say to each other over a SOCK_SEQPACKET socket pair: a few
 * typed messages of fixed layout, both ends being the same program on the same machine. A message
 * that is not exactly as it should be is an error, never a guess. Pure; any one thread.
 *
 *   server -> helper   INFO, DUMP, APPLY (operations; as many messages as they need, the last
 * marked) helper -> server   HELLO at its start (whatever was asked before is lost), then one reply
 * for each request: INFO, TABLE (in as many messages as it needs), RESULTS */
#pragma once

#include "base/compiler.h"
#include "ipvs/ops.h"

#define MESSAGE_SIZE_MAX 65536
#define MESSAGE_OPS_MAX  100000 /* in one request */

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
    uint16_t last;     /* 1 in the last message of a request or reply */
    uint32_t sequence; /* of the request; the reply repeats it */
    int32_t error;     /* of replies: 0 or errno */
    uint32_t count;    /* records that follow */
};

/* Collects a request or reply out of its messages. */
struct message_in {
    uint16_t type;
    uint32_t sequence;
    int32_t error;
    bool complete;
    struct ipvs_op *ops; /* APPLY */
    size_t op_count, op_capacity;
    int *results; /* RESULTS */
    size_t result_count, result_capacity;
    struct ipvs_table table; /* TABLE; sorted when complete */
    struct ipvs_info info;
};
void message_in_init(struct message_in *in);
void message_in_fini(struct message_in *in);
void message_in_clear(struct message_in *in);
/* Takes one message; false when it is malformed or does not belong to what was begun. */
bool message_in_add(struct message_in *in, const void *bytes, size_t size);

/* Sends all messages of one thing by `send` (false = gave up). */
typedef bool message_send_fn(void *data, const void *bytes, size_t size);
bool message_send_simple(uint16_t type, uint32_t sequence, message_send_fn *send, void *data);
bool message_send_ops(uint32_t sequence, const struct ipvs_op *ops, size_t count,
                      message_send_fn *send, void *data);
bool message_send_info(uint32_t sequence, int error, const struct ipvs_info *info,
                       message_send_fn *send, void *data);
bool message_send_table(uint32_t sequence, int error, const struct ipvs_table *table,
                        message_send_fn *send, void *data);
bool message_send_results(uint32_t sequence, const int *results, size_t count,
                          message_send_fn *send, void *data);
