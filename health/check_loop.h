// SPDX-License-Identifier: BSD-2-Clause
/* What attempts run on: the probe thread's libuv loop, the libcurl multi handle on it, and a list
 * of calls to be made in the loop's next round (an attempt may not end within its start). Probe
 * thread only. */
#pragma once

#include <uv.h>

#include <sys/queue.h>

struct http_multi;

/* A call that is to come; zeroed memory is an idle one. Lies in its owner's struct. */
struct check_later {
    void (*run)(struct check_later *later); /* NULL = idle */
    TAILQ_ENTRY(check_later) link;
};
TAILQ_HEAD(check_later_list, check_later);

struct check_loop {
    uv_loop_t uv;
    uv_idle_t idle; /* active while `later` holds something */
    struct check_later_list later;
    struct http_multi *http;
};

/* 0, or a negative code of libuv. */
int check_loop_init(struct check_loop *loop);
/* Closes what the loop itself owns, runs it until the last handle is closed, and frees it. Every
 * attempt has ended, and whoever else has handles on the loop has called uv_close on them. */
void check_loop_fini(struct check_loop *loop);
/* `run` is called once from the loop, not from within this call. Borrows `later` until then. */
void check_loop_later(struct check_loop *loop, struct check_later *later,
                      void (*run)(struct check_later *later));
/* Takes it back; allowed for an idle one. */
void check_loop_forget(struct check_loop *loop, struct check_later *later);
