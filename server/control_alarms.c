// SPDX-License-Identifier: BSD-2-Clause
/* Alarms of pools that are down. When the network is gone all of them are, so only the first ones
 * are named, and one more alarm counts them all: the work and the list stay bounded. */
#include "base/mem.h"
#include "server/control_internal.h"

#include <stdio.h>
#include <string.h>

#define NAMED_MAX 100
#define PREFIX    "pool_down:"
#define KEY_ALL   "pools_down"

enum { POOL_FINE, POOL_DOWN, POOL_DOWN_NAMED };

/* A pool with members of a family, too few of them usable: its names fall back to on_all_down. */
static bool is_down(const struct control *control, uint32_t pool)
{
    struct pool_status status;
    pool_table_status(control->pools, pool, &status);
    for (int f = 0; f < PICKER_FAMILIES; f++) {
        if ((control->world->families[pool] & 1U << f) != 0 && status.down[f])
            return true;
    }
    return false;
}

static void went_down(struct control *control, uint32_t pool)
{
    const char *name = control->world->pools.pools[pool].name;
    char key[NAME_TEXT_MAX + sizeof(PREFIX)];
    control->pools_down++;
    control->pool_alarms[pool] = POOL_DOWN;
    if (control->pools_named >= NAMED_MAX)
        return;
    control->pools_named++;
    control->pool_alarms[pool] = POOL_DOWN_NAMED;
    (void)snprintf(key, sizeof(key), PREFIX "%s", name);
    alarms_raise(control->alarms, key, "pool %s has too few live members", name);
}

static void came_back(struct control *control, uint32_t pool)
{
    char key[NAME_TEXT_MAX + sizeof(PREFIX)];
    control->pools_down--;
    if (control->pool_alarms[pool] == POOL_DOWN_NAMED) {
        control->pools_named--;
        (void)snprintf(key, sizeof(key), PREFIX "%s", control->world->pools.pools[pool].name);
        alarms_clear(control->alarms, key);
    }
    control->pool_alarms[pool] = POOL_FINE;
}

void control_alarms_pool(struct control *control, uint32_t pool)
{
    bool down = is_down(control, pool);
    if (down && control->pool_alarms[pool] == POOL_FINE)
        went_down(control, pool);
    else if (!down && control->pool_alarms[pool] != POOL_FINE)
        came_back(control, pool);
}

void control_alarms_count(struct control *control)
{
    if (control->pools_down > control->pools_named)
        alarms_raise(control->alarms, KEY_ALL,
                     "%zu pools have too few live members, %zu of them are named",
                     control->pools_down, control->pools_named);
    else
        alarms_clear(control->alarms, KEY_ALL);
}

/* The pool that a standing alarm is about, in the current world; POOL_NONE when it is gone. */
static uint32_t pool_of(const struct control *control, const struct alarm *alarm)
{
    return world_pool(control->world, alarm->key + strlen(PREFIX));
}

void control_alarms_adopt(struct control *control)
{
    size_t i = 0;
    mem_free(control->pool_alarms);
    control->pool_alarms = MEM_NEW_ARRAY(uint8_t, control->world->pools.count);
    control->pools_down = control->pools_named = 0;
    while (i < alarms_count(control->alarms)) {
        const struct alarm *alarm = alarms_at(control->alarms, i);
        i++;
        if (strncmp(alarm->key, PREFIX, strlen(PREFIX)) != 0)
            continue;
        uint32_t pool = pool_of(control, alarm);
        if (pool == POOL_NONE) {
            alarms_clear(control->alarms, alarm->key);
            i--;
            continue;
        }
        control->pool_alarms[pool] = POOL_DOWN_NAMED;
        control->pools_down++;
        control->pools_named++;
    }
}
