// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "base/strbuf.h"
#include "tests/scenario/scenario.h"

#include <stdio.h>
#include <string.h>

#define ROOM(s, count, max, what)                                                                  \
    do {                                                                                           \
        if ((count) >= (max))                                                                      \
            scenario_fail((s), "more than %d %s", (max), (what));                                  \
    } while (0)

static void copy_word(char *to, const char *from)
{
    (void)snprintf(to, SCENARIO_WORD, "%s", from);
}

/* zone APEX, the text, end */
void define_zone(struct scenario *s, char *line)
{
    ROOM(s, s->zone_count, SCENARIO_ZONES, "zones");
    struct scenario_zone *zone = &s->zones[s->zone_count++];
    struct strbuf text;
    scenario_owner(s, scenario_need(s, &line, "the apex"), zone->apex);
    zone->line = s->line;
    strbuf_init(&text);
    for (;;) {
        const char *next = scenario_line(s);
        if (next == NULL)
            scenario_fail(s, "zone without \"end\"");
        if (strcmp(next, "end") == 0)
            break;
        strbuf_addf(&text, "%s\n", next);
    }
    zone->text = strbuf_take(&text);
    strbuf_fini(&text);
}

/* check NAME fall=3 rise=2 interval=5s confirm=1s */
void define_check(struct scenario *s, char *line)
{
    ROOM(s, s->check_count, SCENARIO_CHECKS, "checks");
    struct scenario_check *check = &s->checks[s->check_count++];
    copy_word(check->name, scenario_need(s, &line, "a name"));
    check->limits = (struct fsm_limits){ .fall = 3, .rise = 2 };
    check->interval_ms = 5000;
    check->confirm_ms = 1000;
    for (char *word, *value; (word = scenario_word(&line)) != NULL;) {
        if (!scenario_pair(word, &value))
            scenario_fail(s, "\"%s\" is not key=value", word);
        if (strcmp(word, "fall") == 0)
            check->limits.fall = (unsigned)scenario_number(s, value);
        else if (strcmp(word, "rise") == 0)
            check->limits.rise = (unsigned)scenario_number(s, value);
        else if (strcmp(word, "interval") == 0)
            check->interval_ms = scenario_duration(s, value);
        else if (strcmp(word, "confirm") == 0)
            check->confirm_ms = scenario_duration(s, value);
        else
            scenario_fail(s, "a check has no \"%s\"", word);
    }
}

/* ---- pools -------------------------------------------------------------------------------------
 */

/* "http,tcp" */
static size_t read_checks(struct scenario *s, char *value, size_t *out)
{
    size_t count = 0;
    for (char *name; (name = strsep(&value, ",")) != NULL;) {
        size_t i = 0;
        while (i < s->check_count && strcmp(s->checks[i].name, name) != 0)
            i++;
        if (i == s->check_count)
            scenario_fail(s, "there is no check \"%s\" above", name);
        ROOM(s, count, SCENARIO_CHECKS, "checks");
        out[count++] = i;
    }
    return count;
}

static void read_all_down(struct scenario *s, struct pool *pool, const char *value)
{
    static const char *const kinds[] = { "all", "last_good", "nodata", "servfail" };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i], value) == 0) {
            pool->all_down = (enum pool_all_down)i;
            return;
        }
    }
    pool->all_down = POOL_DOWN_POOL;
    pool->fallback = scenario_find_pool(s, value);
}

static void pool_key(struct scenario *s, uint32_t index, const char *key, char *value)
{
    struct pool *pool = &s->pools[index];
    if (strcmp(key, "ttl") == 0) {
        pool->ttl = (uint32_t)(scenario_duration(s, value) / 1000);
    } else if (strcmp(key, "max_answers") == 0) {
        pool->max_answers = (uint32_t)scenario_number(s, value);
        pool->max_answers_given = true;
    } else if (strcmp(key, "min_live") == 0) {
        pool->min_live = (uint32_t)scenario_number(s, value);
    } else if (strcmp(key, "on_all_down") == 0) {
        read_all_down(s, pool, value);
    } else if (strcmp(key, "check") == 0) {
        s->texts[index].check_count = read_checks(s, value, s->texts[index].checks);
    } else {
        scenario_fail(s, "a pool has no \"%s\"", key);
    }
}

static uint32_t new_pool(struct scenario *s, const char *name, const char *policy)
{
    ROOM(s, s->set.count, SCENARIO_POOLS, "pools");
    uint32_t index = (uint32_t)s->set.count;
    struct pool *pool = &s->pools[index];
    s->order[index] = index; /* a pool names only pools above it */
    copy_word(s->texts[index].name, name);
    *pool = (struct pool){ .name = s->texts[index].name,
                           .policy = policy_find(policy),
                           .ttl = PICKER_TTL_NONE,
                           .min_live = 1,
                           .fallback = POOL_NONE,
                           .members = s->texts[index].members };
    if (pool->policy == NULL)
        scenario_fail(s, "there is no policy \"%s\"", policy);
    pool->max_answers = pool->policy->default_max_answers;
    return index;
}

/* pool NAME POLICY ttl= max_answers= min_live= on_all_down= check= */
void define_pool(struct scenario *s, char *line)
{
    const char *name = scenario_need(s, &line, "a name");
    uint32_t index = new_pool(s, name, scenario_need(s, &line, "a policy"));
    for (char *word, *value; (word = scenario_word(&line)) != NULL;) {
        if (!scenario_pair(word, &value))
            scenario_fail(s, "\"%s\" is not key=value", word);
        pool_key(s, index, word, value);
    }
    s->set.count++;
}

/* The target of that check and address; several members may share one. */
static uint32_t find_target(struct scenario *s, size_t check, const struct addr *addr)
{
    for (uint32_t i = 0; i < s->target_count; i++) {
        if (s->targets[i].check == check && addr_equal(&s->targets[i].addr, addr))
            return i;
    }
    ROOM(s, s->target_count, SCENARIO_TARGETS, "targets");
    s->targets[s->target_count] = (struct scenario_target){ .check = check, .addr = *addr };
    return (uint32_t)s->target_count++;
}

static void add_targets(struct scenario *s, struct pool_member *member,
                        struct scenario_member *text, const size_t *checks, size_t count)
{
    for (size_t i = 0; i < member->address_count; i++) {
        text->addresses[i].targets = text->targets[i];
        text->addresses[i].target_count = count;
        for (size_t c = 0; c < count; c++)
            text->targets[i][c] = find_target(s, checks[c], &text->addresses[i].addr);
    }
}

static struct pool_member *new_member(struct scenario *s, uint32_t pool, const char *name)
{
    struct scenario_pool *text = &s->texts[pool];
    size_t index = s->pools[pool].member_count;
    ROOM(s, index, SCENARIO_MEMBERS, "members");
    s->pools[pool].member_count++;
    copy_word(text->texts[index].name, name);
    text->shares[index] = POOL_SHARE_ONE;
    text->members[index] = (struct pool_member){ .name = text->texts[index].name,
                                                 .stat = s->stats_ids++,
                                                 .child = POOL_NONE,
                                                 .addresses = text->texts[index].addresses,
                                                 .weight = 1,
                                                 .order = (uint32_t)index + 1 };
    return &text->members[index];
}

static void member_word(struct scenario *s, struct pool_member *member,
                        struct scenario_member *text, const char *word)
{
    if (strcmp(word, "disabled") == 0) {
        member->disabled = true;
        return;
    }
    if (strcmp(word, "service") == 0) {
        member->service = 1; /* which one is for those who know its servers */
        return;
    }
    ROOM(s, member->address_count, SCENARIO_ADDRESSES, "addresses");
    text->addresses[member->address_count++].addr = scenario_addr(s, word);
}

/* - NAME ADDRESS... | pool=NAME, and weight= order= check= disabled service */
void define_member(struct scenario *s, char *line)
{
    if (s->set.count == 0)
        scenario_fail(s, "a member without a pool");
    uint32_t pool = (uint32_t)s->set.count - 1;
    struct pool_member *member = new_member(s, pool, scenario_need(s, &line, "a name"));
    struct scenario_member *text = &s->texts[pool].texts[member - s->texts[pool].members];
    size_t checks[SCENARIO_CHECKS];
    size_t count = s->texts[pool].check_count;
    memcpy(checks, s->texts[pool].checks, sizeof(checks));
    for (char *word, *value; (word = scenario_word(&line)) != NULL;) {
        if (!scenario_pair(word, &value))
            member_word(s, member, text, word);
        else if (strcmp(word, "weight") == 0)
            member->weight = (uint32_t)scenario_number(s, value);
        else if (strcmp(word, "order") == 0)
            member->order = (uint32_t)scenario_number(s, value);
        else if (strcmp(word, "check") == 0)
            count = read_checks(s, value, checks);
        else if (strcmp(word, "pool") == 0)
            member->child = scenario_find_pool(s, value);
        else
            scenario_fail(s, "a member has no \"%s\"", word);
    }
    if (member->child == pool)
        scenario_fail(s, "a pool in itself");
    add_targets(s, member, text, checks, count);
}

void define_record(struct scenario *s, uint32_t pool, const struct addr *addr)
{
    char name[ADDR_TEXT_MAX];
    addr_print(addr, name);
    struct pool_member *member = new_member(s, pool, name);
    struct scenario_pool *text = &s->texts[pool];
    struct scenario_member *own = &text->texts[member - text->members];
    own->addresses[member->address_count++].addr = *addr;
    add_targets(s, member, own, text->checks, text->check_count);
}

/* ---- names -------------------------------------------------------------------------------------
 */

static void name_key(struct scenario *s, struct scenario_name *name, const char *word, char *value)
{
    if (strcmp(word, "ttl") == 0)
        name->ttl = (uint32_t)(scenario_duration(s, value) / 1000);
    else if (name->from_file)
        pool_key(s, name->pool, word, value);
    else
        scenario_fail(s, "a name has no \"%s\"", word);
}

/* name OWNER POOL ttl= override, or name OWNER records POLICY and the keys of a pool */
void define_name(struct scenario *s, char *line)
{
    ROOM(s, s->name_count, SCENARIO_NAMES, "names");
    struct scenario_name *name = &s->names[s->name_count++];
    const char *owner = scenario_need(s, &line, "a name");
    const char *pool = scenario_need(s, &line, "a pool");
    scenario_owner(s, owner, name->owner);
    name->ttl = PICKER_TTL_NONE;
    name->from_file = strcmp(pool, "records") == 0;
    if (name->from_file) {
        name->pool = new_pool(s, owner, scenario_need(s, &line, "a policy"));
        s->set.count++;
    } else {
        name->pool = scenario_find_pool(s, pool);
    }
    for (char *word, *value; (word = scenario_word(&line)) != NULL;) {
        if (scenario_pair(word, &value))
            name_key(s, name, word, value);
        else if (strcmp(word, "override") == 0)
            name->override = true;
        else
            scenario_fail(s, "a name has no \"%s\"", word);
    }
}
