// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "server/config_raw.h"

/* Pools above each other: a depth-first walk without recursion. A pool's edges are its nested
 * members, by index, and then its fallback. */

enum color { WHITE, OPEN, DONE };

struct visit {
    enum color color;
    size_t edge;      /* the next to follow */
    uint32_t depth;   /* pools on the longest way down, this one included */
    uint32_t deepest; /* the edge that begins this way, or CONFIG_NONE */
};

struct graph {
    struct config_build *build;
    struct visit *visits;
    uint32_t *stack; /* the pools that are OPEN, the topmost last */
    size_t height;
    uint32_t *order;
    size_t ordered;
};

static uint32_t edge_target(const struct config_pool *pool, size_t edge)
{
    return edge < pool->member_count ? pool->members[edge].pool : pool->fallback;
}

/* Where the config names the pool that the edge leads to. */
static void edge_path(const struct config_pool *pool, size_t edge, char *out)
{
    if (edge < pool->member_count) {
        (void)json_path_key(out, JSON_PATH_MAX, pool->members[edge].path, "pool");
        return;
    }
    char key[JSON_PATH_MAX];
    (void)json_path_key(key, sizeof(key), pool->path, "on_all_down");
    (void)json_path_key(out, JSON_PATH_MAX, key, "pool");
}

static void report(struct graph *graph, const struct config_pool *pool, size_t edge,
                   const char *message, const char *names)
{
    char path[JSON_PATH_MAX];
    edge_path(pool, edge, path);
    json_error(&graph->build->config->doc, graph->build->errors, path, "%s: %.700s", message,
               names);
}

/* `target` is OPEN: the pools from there to the top of the stack are a circle. */
static void report_cycle(struct graph *graph, uint32_t target)
{
    const struct config_pool *pools = graph->build->config->pools;
    uint32_t top = graph->stack[graph->height - 1];
    size_t start = graph->height - 1;
    while (graph->stack[start] != target)
        start--;
    struct strbuf names;
    strbuf_init(&names);
    for (size_t i = start; i < graph->height; i++)
        strbuf_addf(&names, "%s -> ", pools[graph->stack[i]].name);
    strbuf_add(&names, pools[target].name);
    report(graph, &pools[top], graph->visits[top].edge - 1, "pools in a circle", names.text);
    strbuf_fini(&names);
}

static void report_depth(struct graph *graph, uint32_t index)
{
    const struct config_pool *pools = graph->build->config->pools;
    uint32_t edge = graph->visits[index].deepest;
    struct strbuf names;
    strbuf_init(&names);
    strbuf_add(&names, pools[index].name);
    for (uint32_t at = index; graph->visits[at].deepest != CONFIG_NONE;) {
        at = edge_target(&pools[at], graph->visits[at].deepest);
        strbuf_addf(&names, " -> %s", pools[at].name);
    }
    report(graph, &pools[index], edge, "pools nest deeper than 8", names.text);
    strbuf_fini(&names);
}

static void open_pool(struct graph *graph, uint32_t index)
{
    graph->visits[index] = (struct visit){ .color = OPEN, .depth = 1, .deepest = CONFIG_NONE };
    graph->stack[graph->height++] = index;
}

/* The target of an edge is DONE: takes its depth over. */
static void take_depth(struct graph *graph, uint32_t index, size_t edge, uint32_t target)
{
    struct visit *visit = &graph->visits[index];
    uint32_t depth = graph->visits[target].depth + 1;
    if (depth > visit->depth) {
        visit->depth = depth;
        visit->deepest = (uint32_t)edge;
    }
}

static void close_pool(struct graph *graph, uint32_t index)
{
    const struct config_pool *pool = &graph->build->config->pools[index];
    struct visit *visit = &graph->visits[index];
    /* A fallback stands in the place of its pool, it does not lie below it. */
    for (size_t edge = 0; edge < pool->member_count; edge++) {
        uint32_t target = edge_target(pool, edge);
        if (target != CONFIG_NONE && graph->visits[target].color == DONE)
            take_depth(graph, index, edge, target);
    }
    /* Only the first that is too high: those above it are so because of it. */
    if (visit->depth == CONFIG_NESTING_MAX + 1)
        report_depth(graph, index);
    visit->color = DONE;
    graph->order[graph->ordered++] = index;
    graph->height--;
}

static void step(struct graph *graph)
{
    uint32_t index = graph->stack[graph->height - 1];
    const struct config_pool *pool = &graph->build->config->pools[index];
    struct visit *visit = &graph->visits[index];
    if (visit->edge > pool->member_count) {
        close_pool(graph, index);
        return;
    }
    uint32_t target = edge_target(pool, visit->edge++);
    if (target == CONFIG_NONE)
        return;
    if (graph->visits[target].color == WHITE)
        open_pool(graph, target);
    else if (graph->visits[target].color == OPEN)
        report_cycle(graph, target);
}

void config_build_order(struct config_build *build)
{
    size_t count = build->config->pool_count;
    struct graph graph = { .build = build,
                           .visits = MEM_NEW_ARRAY(struct visit, count),
                           .stack = MEM_NEW_ARRAY(uint32_t, count),
                           .order = ARENA_NEW_ARRAY(build->config->arena, uint32_t, count) };
    for (uint32_t i = 0; i < count; i++) {
        if (graph.visits[i].color == WHITE)
            open_pool(&graph, i);
        while (graph.height > 0)
            step(&graph);
    }
    build->config->pool_order = graph.order;
    mem_free(graph.visits);
    mem_free(graph.stack);
}
