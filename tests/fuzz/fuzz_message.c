// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes as messages between server and helper. Input: messages, each behind its length in two
 * octets. Held to: what is taken as a whole says the same bytes again, and is judged by the rules
 * of the helper without harm. */
#include "base/mem.h"
#include "ipvs/allow.h"
#include "ipvs/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "fuzz_message: %s\n", #condition);                                     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* What was said before, against what is said now. */
struct echo {
    const uint8_t *bytes;
    size_t size;
};

static bool compare(void *data, const void *bytes, size_t size)
{
    const struct echo *echo = data;
    HOLDS(size == echo->size && memcmp(bytes, echo->bytes, size) == 0);
    return true;
}

static bool count_only(void *data, const void *bytes, size_t size)
{
    (void)bytes;
    *(size_t *)data += size;
    return true;
}

static void judge(const struct message_in *in)
{
    struct ipvs_allow allow = { .count = 1, .prefixes = { { { ADDR_V4, { 10 } }, 8 } } };
    char text[IPVS_OP_TEXT_MAX];
    for (size_t i = 0; i < in->op_count; i++) {
        int error = ipvs_allow_check(&allow, &in->ops[i]);
        HOLDS(error >= 0);
        ipvs_op_print_key(&in->ops[i], text);
        ipvs_op_print_to(&in->ops[i], text);
    }
}

/* A table is sorted and without doubles, so that it need not come back byte by byte. */
static void say_table(const struct message_in *in)
{
    size_t size = 0;
    HOLDS(message_send_table(in->sequence, in->error, &in->table, count_only, &size));
    HOLDS(size > 0);
}

static void say_again(const struct message_in *in, struct echo *echo)
{
    switch (in->type) {
    case MESSAGE_APPLY:
        HOLDS(message_send_ops(in->sequence, in->ops, in->op_count, compare, echo));
        break;
    case MESSAGE_RESULTS:
        if (in->error == 0)
            HOLDS(message_send_results(in->sequence, in->results, in->result_count, compare, echo));
        break;
    case MESSAGE_INFO_REPLY:
        HOLDS(message_send_info(in->sequence, in->error, &in->info, compare, echo));
        break;
    case MESSAGE_TABLE:
        say_table(in);
        break;
    default:
        HOLDS(message_send_simple(in->type, in->sequence, compare, echo));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct message_in in;
    message_in_init(&in);
    bool fresh = true; /* the present thing consists of one message so far */
    while (size >= 2) {
        size_t length = (size_t)data[0] << 8 | data[1];
        length = length < size - 2 ? length : size - 2;
        struct echo echo = { data + 2, length };
        data += 2 + length;
        size -= 2 + length;
        bool ok = message_in_add(&in, echo.bytes, echo.size);
        if (ok && in.complete) {
            judge(&in);
            if (fresh)
                say_again(&in, &echo);
        }
        fresh = !ok || in.complete;
        if (fresh)
            message_in_clear(&in);
    }
    message_in_fini(&in);
    return 0;
}
