// SPDX-License-Identifier: BSD-2-Clause
/* Scenarios: text files that tell a story (zones, checks, pools, names; then what happens and what
 * is asked) and the engine that plays them in one process against the real zones, health state
 * machine, overrides, pools and resolver, with a clock that moves only when the story says so.
 * README.md in this folder has the words. A story that does not hold ends the Check test with
 * FILE:LINE. One thread. */
#pragma once

#include "base/addr.h"
#include "base/compiler.h"
#include "health/fsm.h"
#include "health/override.h"
#include "resolver/pool.h"
#include "resolver/resolver.h"
#include "zones/zone.h"

#include <stdbool.h>
#include <stdint.h>

#define SCENARIO_ZONES     4
#define SCENARIO_CHECKS    4
#define SCENARIO_POOLS     24
#define SCENARIO_MEMBERS   32 /* of a pool */
#define SCENARIO_ADDRESSES 4  /* of a member */
#define SCENARIO_NAMES     16
#define SCENARIO_TARGETS   128
#define SCENARIO_WORD      256

struct scenario_zone {
    uint8_t apex[NAME_MAX_LEN];
    char *text;
    unsigned line; /* of the story, where the text begins */
    struct zone *zone;
    struct zone_binding bindings[SCENARIO_NAMES];
    struct state_binding pools[SCENARIO_NAMES];
    size_t binding_count;
};

struct scenario_check {
    char name[SCENARIO_WORD];
    struct fsm_limits limits;
    uint64_t interval_ms, confirm_ms;
};

/* How a backend behaves when it is probed; SILENT makes each probe end without a verdict. */
enum backend { BACKEND_ALIVE, BACKEND_DEAD, BACKEND_SILENT };

struct scenario_target {
    size_t check;
    struct addr addr;
    enum backend backend;
    struct fsm fsm;
    int64_t next_ms;
};

/* A name that a pool answers. */
struct scenario_name {
    uint8_t owner[NAME_MAX_LEN];
    uint32_t pool;
    bool override, from_file;
    uint32_t ttl;
    struct turn *turn[PICKER_FAMILIES];
};

struct scenario_member {
    char name[SCENARIO_WORD];
    uint32_t targets[SCENARIO_ADDRESSES][SCENARIO_CHECKS];
    struct pool_address addresses[SCENARIO_ADDRESSES];
};

struct scenario_pool {
    char name[SCENARIO_WORD];
    size_t checks[SCENARIO_CHECKS];
    size_t check_count;
    struct scenario_member texts[SCENARIO_MEMBERS];
    struct pool_member members[SCENARIO_MEMBERS];
    uint32_t shares[SCENARIO_MEMBERS]; /* of members with a service */
};

struct scenario {
    const char *file;
    unsigned line;
    char *story;
    char *rest; /* of the story */
    struct scenario_zone zones[SCENARIO_ZONES];
    size_t zone_count;
    struct scenario_check checks[SCENARIO_CHECKS];
    size_t check_count;
    struct scenario_pool texts[SCENARIO_POOLS];
    struct pool pools[SCENARIO_POOLS];
    uint32_t order[SCENARIO_POOLS];
    struct poolset set;
    struct scenario_name names[SCENARIO_NAMES];
    size_t name_count;
    struct scenario_target targets[SCENARIO_TARGETS];
    size_t target_count;
    uint32_t stats_ids;
    bool started;
    unsigned asked; /* statements that compared something */
    int64_t now_ms;
    struct override_store *overrides;
    struct pool_view view;
    struct pool_table *table;
    struct turn *turns; /* STATE_TURNS, then one for each name and family */
    struct zonedb *zonedb;
    struct state_zone state_zones[SCENARIO_ZONES];
    struct state state;
    struct stats *stats;
    struct resolver_scratch scratch;
};

/* Plays one file. */
void scenario_play(const char *file);

/* --- what the parts of the engine share --- */

NORETURN void scenario_fail(const struct scenario *s, const char *format, ...) PRINTF(2, 3);
/* Next word of a line, NULL at its end; the line is cut up. */
char *scenario_word(char **line);
char *scenario_need(struct scenario *s, char **line, const char *what);
/* Next line of the story, without its end; NULL after the last. */
char *scenario_line(struct scenario *s);
/* "key=value" into its halves; false when there is no '='. */
bool scenario_pair(char *word, char **value);
uint64_t scenario_number(struct scenario *s, const char *text);
uint64_t scenario_duration(struct scenario *s, const char *text); /* milliseconds */
struct addr scenario_addr(struct scenario *s, const char *text);
void scenario_owner(struct scenario *s, const char *text, uint8_t *out);
uint32_t scenario_find_pool(struct scenario *s, const char *name);

/* define.c: the words before the story starts. */
void define_zone(struct scenario *s, char *line);
void define_check(struct scenario *s, char *line);
void define_pool(struct scenario *s, char *line);
void define_member(struct scenario *s, char *line); /* of the last pool */
void define_name(struct scenario *s, char *line);
/* A member for a record of a zone file. */
void define_record(struct scenario *s, uint32_t pool, const struct addr *addr);

/* health.c: backends, time, overrides. */
void health_backend(struct scenario *s, char *line);
void health_wait(struct scenario *s, char *line);
void health_state(struct scenario *s, enum override_state state, char *line);
void health_weight(struct scenario *s, char *line);
void health_share(struct scenario *s, char *line);
/* The first probe of each target; s->view gives verdicts and overrides. */
void health_start(struct scenario *s);

/* publish.c: from definitions to a state. */
void publish_start(struct scenario *s);
void publish(struct scenario *s);
void publish_update(struct scenario *s, uint32_t pool); /* one pool changed */
void publish_reload(struct scenario *s);
void publish_stop(struct scenario *s);

/* ask.c: questions and what is expected. */
void ask(struct scenario *s, char *line);
void ask_shares(struct scenario *s, char *line);
void ask_status(struct scenario *s, char *line);
void ask_explain(struct scenario *s, char *line);
