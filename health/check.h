// SPDX-License-Identifier: BSD-2-Clause
/* What to ask a target, and the table of check types. A definition is immutable and lives in the
 * config world that made it; the prober copies what it needs (check_copy). One file + one row in
 * check.c = one more type. */
#pragma once

#include "base/addr.h"
#include "base/arena.h"
#include "base/strbuf.h"
#include "health/fsm.h"

#include <stddef.h>
#include <stdint.h>

enum check_type_id { CHECK_TCP, CHECK_HTTP };

struct check_header {
    const char *name;
    const char *value;
};

struct check_tcp_args {
    const char *send;   /* bytes to send after connect, or NULL */
    const char *expect; /* bytes that the answer must contain within 4 KiB, or NULL */
};

struct check_http_args {
    const char *method; /* "GET" */
    const char *path;   /* "/" */
    const char *host;   /* Host header; NULL = the address */
    const struct check_header *headers;
    size_t header_count;
    uint8_t expect_status[75]; /* bit set: bit n is status n, 0..599 */
    const char *expect_body;   /* substring within the first 64 KiB, or NULL */
    const char *weight_header; /* of the answer, tells the weight in percent; NULL = none does */
};

struct check {
    const char *name;
    enum check_type_id type;
    uint64_t interval_ms, timeout_ms, confirm_interval_ms;
    struct fsm_limits limits;
    uint16_t port; /* 0 = the member's, else the type's own */
    bool has_address;
    struct addr address; /* probed instead of the member's */
    union {
        struct check_tcp_args tcp;
        struct check_http_args http;
    } args;
};

/* One attempt that is under way; each type's file defines its own. `check` and `target` given to
 * start stay valid until done or cancel. */
struct check_attempt;
#define CHECK_WEIGHT_FULL 100

/* What an attempt has found. */
struct check_report {
    enum health_result result;
    const char *reason; /* a constant or borrowed for the call, one short line: "connection
                           refused", "timeout", "status 503", "body lacks the text" */
    uint8_t weight;     /* percent, 0 to CHECK_WEIGHT_FULL (also: nothing was told); of a PASS only
                         */
};
/* Called exactly once for each started attempt, never from within start. */
typedef void check_done_fn(void *data, const struct check_report *report);

/* The prober's libuv loop and what the types share on it: health/check_loop.h. */
struct check_loop;

struct check_type {
    const char *name;
    uint16_t default_port; /* 0 = none: the config must give one */
    /* Starts an attempt against `target`; the type owns no timer but the prober's: on timeout the
     * prober calls cancel and reports itself. */
    struct check_attempt *(*start)(struct check_loop *loop, const struct check *check,
                                   const struct endpoint *target, check_done_fn *done, void *data);
    /* Ends an attempt without calling done; frees it (perhaps later, in a close callback). */
    void (*cancel)(struct check_attempt *attempt);
    /* Replaces what `check`'s own args point at by copies in `arena`. */
    void (*copy_args)(struct arena *arena, struct check *check);
    /* Adds the args to an identity, see check_identity. */
    void (*print_args)(struct strbuf *out, const struct check *check);
};

const struct check_type *check_type_get(enum check_type_id id);
/* True and *id set when `name` is a type that this version has. */
bool check_type_find(const char *name, enum check_type_id *id);
/* Deep copy into `arena`. */
struct check *check_copy(struct arena *arena, const struct check *check);
/* Where `check` probes a member at `member` (port 0 = none given): the check's own address and port
 * win, then the member's port, then the type's. Applying it twice changes nothing. */
struct endpoint check_target(const struct check *check, const struct endpoint *member);
/* Text that is equal for two checks that ask the same thing in the same way (all but the name) at
 * the same address and port (check_target is applied): the identity of a target. Printable as far
 * as the check's own texts are. Returns owned (mem_free). */
char *check_identity(const struct check *check, const struct endpoint *target);

/* Its targets may have a weight other than CHECK_WEIGHT_FULL. */
static inline bool check_tells_weight(const struct check *check)
{
    return check->type == CHECK_HTTP && check->args.http.weight_header != NULL;
}

/* True when method, path, host and headers can be sent as they are: no control bytes, no blanks
 * where HTTP has none (RFC 9112 sections 3 and 5), no header that frames the message. Else *why
 * says what is wrong (constant). For the config's check; an attempt that breaks it is refused as
 * well. */
bool check_http_valid(const struct check_http_args *args, const char **why);

/* For the types' copy_args and print_args; NULL stays NULL, and differs from "" in an identity. */
const char *check_copy_text(struct arena *arena, const char *text);
void check_print_text(struct strbuf *out, const char *key, const char *text);

/* expect_status text: "200", "200-299", "200,204,300-399"; false when malformed. */
bool check_status_parse(const char *text, uint8_t set[75]);
static inline bool check_status_has(const uint8_t set[75], long code)
{
    return code >= 0 && code < 600 && (set[code / 8] >> (code % 8) & 1) != 0;
}
