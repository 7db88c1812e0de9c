// SPDX-License-Identifier: BSD-2-Clause
#include "health/check_loop.h"

#include "base/compiler.h"
#include "health/http_multi.h"

#include <assert.h>

/* Only what waits now is run; what that adds waits for the next round, after sockets had their
 * turn. */
static void on_idle(uv_idle_t *idle)
{
    struct check_loop *loop = CONTAINER_OF(idle, struct check_loop, idle);
    struct check_later last = { 0 };
    TAILQ_INSERT_TAIL(&loop->later, &last, link);
    for (;;) {
        struct check_later *later = TAILQ_FIRST(&loop->later);
        TAILQ_REMOVE(&loop->later, later, link);
        if (later == &last)
            break;
        void (*run)(struct check_later *) = later->run;
        later->run = NULL;
        run(later);
    }
    if (TAILQ_EMPTY(&loop->later))
        uv_idle_stop(idle);
}

int check_loop_init(struct check_loop *loop)
{
    *loop = (struct check_loop){ 0 };
    int rc = uv_loop_init(&loop->uv);
    if (rc != 0)
        return rc;
    TAILQ_INIT(&loop->later);
    uv_idle_init(&loop->uv, &loop->idle);
    loop->http = http_multi_new(loop);
    if (loop->http == NULL) {
        check_loop_fini(loop);
        return UV_ENOMEM;
    }
    return 0;
}

void check_loop_fini(struct check_loop *loop)
{
    if (loop->http != NULL)
        http_multi_free(loop->http);
    uv_close((uv_handle_t *)&loop->idle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&loop->uv);
    assert(rc == 0); /* a handle was left open */
    (void)rc;
}

void check_loop_later(struct check_loop *loop, struct check_later *later,
                      void (*run)(struct check_later *later))
{
    later->run = run;
    TAILQ_INSERT_TAIL(&loop->later, later, link);
    uv_idle_start(&loop->idle, on_idle);
}

void check_loop_forget(struct check_loop *loop, struct check_later *later)
{
    if (later->run == NULL)
        return;
    later->run = NULL;
    TAILQ_REMOVE(&loop->later, later, link);
}
