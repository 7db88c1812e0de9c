// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/helper.h"

#include "base/mem.h"
#include "ipvs/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

struct helper {
    int fd;
    const struct ipvs_backend *backend;
    const struct ipvs_allow *allow;
    struct message_in in;
    bool begun; /* a request has begun in our own time */
    int error;  /* of the socket, or EPROTO */
};

static bool send_message(void *data, const void *bytes, size_t size)
{
    struct helper *helper = data;
    ssize_t sent = 0;
    do {
        sent = send(helper->fd, bytes, size, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0)
        helper->error = errno;
    return sent == (ssize_t)size;
}

static void answer_info(struct helper *helper)
{
    struct ipvs_info info = { 0 };
    int error = helper->backend->ops->info(helper->backend->ctx, &info);
    (void)message_send_info(helper->in.sequence, error, &info, send_message, helper);
}

static void answer_dump(struct helper *helper)
{
    struct ipvs_table table;
    ipvs_table_init(&table);
    int error = helper->backend->ops->dump(helper->backend->ctx, &table);
    (void)message_send_table(helper->in.sequence, error, &table, send_message, helper);
    ipvs_table_fini(&table);
}

/* What is not allowed is left out; the rest is done in as few calls as that leaves, in order. */
static void apply(struct helper *helper, int *results)
{
    const struct ipvs_backend *backend = helper->backend;
    const struct ipvs_op *ops = helper->in.ops;
    size_t start = 0;
    for (size_t i = 0; i < helper->in.op_count; i++) {
        results[i] = ipvs_allow_check(helper->allow, &ops[i]);
        if (results[i] == 0)
            continue;
        if (i > start)
            backend->ops->apply(backend->ctx, ops + start, i - start, results + start);
        start = i + 1;
    }
    if (helper->in.op_count > start)
        backend->ops->apply(backend->ctx, ops + start, helper->in.op_count - start,
                            results + start);
}

static void answer_apply(struct helper *helper)
{
    int *results = MEM_NEW_ARRAY(int, helper->in.op_count);
    apply(helper, results);
    (void)message_send_results(helper->in.sequence, results, helper->in.op_count, send_message,
                               helper);
    mem_free(results);
}

static void answer(struct helper *helper)
{
    switch (helper->in.type) {
    case MESSAGE_INFO:
        answer_info(helper);
        break;
    case MESSAGE_DUMP:
        answer_dump(helper);
        break;
    case MESSAGE_APPLY:
        answer_apply(helper);
        break;
    default:
        helper->error = EPROTO; /* a reply is not asked for */
    }
    message_in_clear(&helper->in);
}

static void take(struct helper *helper, const void *bytes, size_t size)
{
    struct message_header header;
    bool sound = message_peek(bytes, size, &header);
    bool first = (header.flags & MESSAGE_FIRST) != 0;
    if (sound && !first && !helper->begun)
        return; /* the rest of a request whose beginning went to a helper before us */
    if (first)
        message_in_clear(&helper->in); /* the asker gave up what it had begun */
    helper->begun = true;
    if (!sound || !message_in_add(&helper->in, bytes, size))
        helper->error = EPROTO;
    else if (helper->in.complete)
        answer(helper);
}

/* False at the end, with helper->error. */
static bool serve_one(struct helper *helper, void *bytes)
{
    ssize_t size = recv(helper->fd, bytes, MESSAGE_SIZE_MAX, MSG_TRUNC);
    if (size < 0 && errno == EINTR)
        return true;
    if (size < 0)
        helper->error = errno;
    else if (size > MESSAGE_SIZE_MAX)
        helper->error = EPROTO;
    else if (size > 0)
        take(helper, bytes, (size_t)size);
    return size > 0 && helper->error == 0;
}

int helper_run(int fd, const struct ipvs_backend *backend, const struct ipvs_allow *allow)
{
    struct helper helper = { .fd = fd, .backend = backend, .allow = allow };
    void *bytes = mem_alloc(MESSAGE_SIZE_MAX);
    message_in_init(&helper.in);
    if (message_send_simple(MESSAGE_HELLO, 0, send_message, &helper))
        while (serve_one(&helper, bytes))
            continue;
    message_in_fini(&helper.in);
    mem_free(bytes);
    return helper.error;
}
