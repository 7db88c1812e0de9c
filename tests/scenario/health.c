// SPDX-License-Identifier: BSD-2-Clause
#include "tests/scenario/scenario.h"

#include <stdio.h>
#include <string.h>

/* ---- what verdicts and overrides say together --------------------------------------------------
 */

static const struct pool_member *member_at(const struct scenario *s, uint32_t pool, uint32_t member)
{
    return &s->pools[pool].members[member];
}

static const struct override *of_member(const struct scenario *s, enum override_kind kind,
                                        uint32_t pool, uint32_t member)
{
    return override_of_member(s->overrides, kind, s->pools[pool].name,
                              member_at(s, pool, member)->name);
}

static bool measured_down(const struct scenario *s, const struct pool_address *address)
{
    for (size_t i = 0; i < address->target_count; i++) {
        if (s->targets[address->targets[i]].fsm.verdict == HEALTH_DOWN)
            return true;
    }
    return false;
}

/* A member's own override beats one by address. */
static enum pool_use address_use(void *data, uint32_t pool, uint32_t member, size_t index)
{
    const struct scenario *s = data;
    const struct pool_address *address = &member_at(s, pool, member)->addresses[index];
    const struct override *over = of_member(s, OVERRIDE_KIND_STATE, pool, member);
    if (over == NULL)
        over = override_of_backend(s->overrides, &address->addr);
    if (over != NULL)
        return over->state == OVERRIDE_UP ? POOL_LIVE : POOL_BARRED;
    if (member_at(s, pool, member)->disabled)
        return POOL_BARRED;
    return measured_down(s, address) ? POOL_FAILED : POOL_LIVE;
}

static enum pool_use nested_use(void *data, uint32_t pool, uint32_t member)
{
    const struct scenario *s = data;
    const struct override *over = of_member(s, OVERRIDE_KIND_STATE, pool, member);
    if (over != NULL)
        return over->state == OVERRIDE_UP ? POOL_LIVE : POOL_BARRED;
    return member_at(s, pool, member)->disabled ? POOL_BARRED : POOL_LIVE;
}

static uint32_t effective_weight(void *data, uint32_t pool, uint32_t member)
{
    const struct scenario *s = data;
    const struct override *over = of_member(s, OVERRIDE_KIND_WEIGHT, pool, member);
    return over != NULL ? over->weight : member_at(s, pool, member)->weight;
}

static uint32_t live_share(void *data, uint32_t pool, uint32_t member)
{
    const struct scenario *s = data;
    return s->texts[pool].shares[member];
}

/* ---- probes ------------------------------------------------------------------------------------
 */

static bool probe(struct scenario *s, struct scenario_target *target)
{
    static const enum health_result results[] = { HEALTH_PASS, HEALTH_FAIL, HEALTH_NO_VERDICT };
    const struct scenario_check *check = &s->checks[target->check];
    bool changed = fsm_step(&target->fsm, &check->limits, results[target->backend]);
    uint64_t pause = fsm_suspect(&target->fsm) ? check->confirm_ms : check->interval_ms;
    target->next_ms = s->now_ms + (int64_t)pause;
    return changed;
}

void health_start(struct scenario *s)
{
    s->now_ms = 1; /* until_ms 0 means for ever */
    s->view = (struct pool_view){ .data = s,
                                  .address = address_use,
                                  .nested = nested_use,
                                  .weight = effective_weight,
                                  .share = live_share };
    for (size_t i = 0; i < s->target_count; i++) {
        if (s->targets[i].next_ms == 0)
            (void)probe(s, &s->targets[i]);
    }
}

/* backend ADDRESS [CHECK] alive|dead|silent; without CHECK all checks of it. */
void health_backend(struct scenario *s, char *line)
{
    static const char *const words[] = { "alive", "dead", "silent" };
    struct addr addr = scenario_addr(s, scenario_need(s, &line, "an address"));
    const char *check = NULL;
    const char *word = scenario_need(s, &line, "alive, dead or silent");
    const char *more = scenario_word(&line);
    size_t state = 0;
    unsigned hits = 0;
    if (more != NULL) {
        check = word;
        word = more;
    }
    while (state < ARRAY_LEN(words) && strcmp(words[state], word) != 0)
        state++;
    if (state == ARRAY_LEN(words))
        scenario_fail(s, "\"%s\" is not alive, dead or silent", word);
    for (size_t i = 0; i < s->target_count; i++) {
        struct scenario_target *target = &s->targets[i];
        if (!addr_equal(&target->addr, &addr) ||
            (check != NULL && strcmp(s->checks[target->check].name, check) != 0))
            continue;
        target->backend = (enum backend)state;
        hits++;
    }
    if (hits == 0)
        scenario_fail(s, "nothing probes this");
}

static bool has_target(const struct pool *pool, uint32_t target)
{
    for (size_t m = 0; m < pool->member_count; m++) {
        for (size_t a = 0; a < pool->members[m].address_count; a++) {
            const struct pool_address *address = &pool->members[m].addresses[a];
            for (size_t t = 0; t < address->target_count; t++) {
                if (address->targets[t] == target)
                    return true;
            }
        }
    }
    return false;
}

static void verdict_changed(struct scenario *s, uint32_t target)
{
    for (uint32_t p = 0; p < s->set.count; p++) {
        if (has_target(&s->pools[p], target))
            publish_update(s, p);
    }
}

static void probe_due(struct scenario *s)
{
    for (uint32_t i = 0; i < s->target_count; i++) {
        if (s->targets[i].next_ms == s->now_ms && probe(s, &s->targets[i]))
            verdict_changed(s, i);
    }
}

static void expire_overrides(struct scenario *s, int64_t *next_ms)
{
    if (override_expire(s->overrides, s->now_ms, next_ms) == 0)
        return;
    for (uint32_t p = 0; p < s->set.count; p++)
        publish_update(s, p);
}

/* The next moment at which something is due, `end` at the latest. */
static int64_t next_event(struct scenario *s, int64_t end)
{
    int64_t next = 0;
    expire_overrides(s, &next);
    if (next > 0 && next < end)
        end = next;
    for (size_t i = 0; i < s->target_count; i++) {
        if (s->targets[i].next_ms < end)
            end = s->targets[i].next_ms;
    }
    return end;
}

/* wait DURATION */
void health_wait(struct scenario *s, char *line)
{
    uint64_t span = scenario_duration(s, scenario_need(s, &line, "a duration"));
    int64_t end = s->now_ms + (int64_t)span;
    while (s->now_ms < end) {
        s->now_ms = next_event(s, end);
        probe_due(s);
    }
    int64_t next;
    expire_overrides(s, &next);
}

/* ---- operators ---------------------------------------------------------------------------------
 */

static void changed_target(struct scenario *s, const struct override *value)
{
    for (uint32_t p = 0; p < s->set.count; p++) {
        if (value->scope == OVERRIDE_BACKEND || strcmp(s->pools[p].name, value->pool) == 0)
            publish_update(s, p);
    }
}

static void check_member(struct scenario *s, const struct override *value)
{
    uint32_t pool = scenario_find_pool(s, value->pool);
    for (uint32_t m = 0; m < s->pools[pool].member_count; m++) {
        if (strcmp(s->pools[pool].members[m].name, value->member) == 0)
            return;
    }
    scenario_fail(s, "pool \"%s\" has no member \"%s\"", value->pool, value->member);
}

/* POOL/MEMBER or an address */
static void read_target(struct scenario *s, char *word, struct override *out)
{
    char *slash = strchr(word, '/');
    *out = (struct override){ .scope = OVERRIDE_BACKEND, .since_ms = s->now_ms };
    if (slash == NULL) {
        out->address = scenario_addr(s, word);
        return;
    }
    *slash = '\0';
    out->scope = OVERRIDE_MEMBER;
    (void)snprintf(out->pool, sizeof(out->pool), "%s", word);
    (void)snprintf(out->member, sizeof(out->member), "%s", slash + 1);
    check_member(s, out);
}

/* [for DURATION] */
static void read_for(struct scenario *s, char **line, struct override *out)
{
    const char *word = scenario_word(line);
    if (word == NULL)
        return;
    if (strcmp(word, "for") != 0)
        scenario_fail(s, "\"%s\" is not \"for\"", word);
    uint64_t span = scenario_duration(s, scenario_need(s, line, "a duration"));
    out->until_ms = s->now_ms + (int64_t)span;
}

static void apply(struct scenario *s, const struct override *value, bool clear)
{
    if (!clear)
        (void)override_set(s->overrides, value);
    else if (!override_clear(s->overrides, value->scope, value->kind, value->pool, value->member,
                             &value->address))
        scenario_fail(s, "there is no such override");
    changed_target(s, value);
}

/* down|up|drain|auto POOL/MEMBER|ADDRESS [for DURATION] */
void health_state(struct scenario *s, enum override_state state, char *line)
{
    struct override value;
    read_target(s, scenario_need(s, &line, "a target"), &value);
    value.kind = OVERRIDE_KIND_STATE;
    value.state = state;
    read_for(s, &line, &value);
    apply(s, &value, state == OVERRIDE_NONE);
}

/* weight POOL/MEMBER NUMBER|file [for DURATION] */
void health_weight(struct scenario *s, char *line)
{
    struct override value;
    read_target(s, scenario_need(s, &line, "a target"), &value);
    const char *number = scenario_need(s, &line, "a weight");
    bool clear = strcmp(number, "file") == 0;
    value.kind = OVERRIDE_KIND_WEIGHT;
    if (!clear)
        value.weight = (uint32_t)scenario_number(s, number);
    read_for(s, &line, &value);
    apply(s, &value, clear);
}

/* share POOL/MEMBER PERCENT */
void health_share(struct scenario *s, char *line)
{
    struct override value;
    read_target(s, scenario_need(s, &line, "a member"), &value);
    uint64_t percent = scenario_number(s, scenario_need(s, &line, "percent"));
    if (value.scope != OVERRIDE_MEMBER || percent > 100)
        scenario_fail(s, "not POOL/MEMBER and 0 to 100");
    uint32_t pool = scenario_find_pool(s, value.pool);
    for (uint32_t i = 0; i < s->pools[pool].member_count; i++) {
        if (strcmp(s->pools[pool].members[i].name, value.member) == 0)
            s->texts[pool].shares[i] = (uint32_t)percent * (POOL_SHARE_ONE / 100);
    }
    publish_update(s, pool);
}
