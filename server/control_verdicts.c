// SPDX-License-Identifier: BSD-2-Clause
/* Measured verdicts outlive the process: saved soon after they change, and now and then so that
 * their age stays true; read at start. All but taking the decision happens off the thread. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/strmap.h"
#include "server/control_internal.h"

#define SAVE_SOON_MS    1000  /* after a change: a burst is one save */
#define SAVE_REFRESH_MS 30000 /* without one */
#define SAVE_SHARE      20    /* at most one part in so many of the time is spent saving */

/* --- reading --- */

struct control_seeds {
    struct strmap *index; /* identity -> index in items */
    struct control_seed *items;
    size_t count;
    size_t capacity;
};

static void on_seed(void *data, const struct statefile_verdict *verdict)
{
    struct control_seeds *seeds = data;
    mem_grow((void **)&seeds->items, &seeds->capacity, seeds->count + 1, sizeof(*seeds->items));
    (void)strmap_put(seeds->index, verdict->identity, seeds->count);
    seeds->items[seeds->count++] = (struct control_seed){ .verdict = verdict->verdict,
                                                          .weight = verdict->weight,
                                                          .since_ms = verdict->since_ms,
                                                          .at_ms = verdict->at_ms };
}

struct control_seeds *control_seeds_read(const char *dir, struct errlist *errors)
{
    struct control_seeds *seeds = MEM_NEW(struct control_seeds);
    seeds->index = strmap_new();
    if (dir != NULL)
        (void)statefile_read_verdicts(dir, clock_wall_ms(), CONTROL_VERDICT_AGE_MS, on_seed, seeds,
                                      errors);
    return seeds;
}

const struct control_seed *control_seeds_get(const struct control_seeds *seeds,
                                             const char *identity)
{
    uint64_t at = 0;
    return strmap_get(seeds->index, identity, &at) ? &seeds->items[at] : NULL;
}

void control_seeds_free(struct control_seeds *seeds)
{
    strmap_free(seeds->index);
    mem_free(seeds->items);
    mem_free(seeds);
}

/* --- saving --- */

/* What the background thread needs: the world is referenced, the rest copied. */
struct verdict_save {
    uv_work_t work;
    struct control *control;
    struct world *world;
    char *dir;
    int64_t *seeded_ms; /* by index in world->targets */
    uint64_t started_ms;
    bool ok;
    char error[512];
};

/* One that has not been probed since the start is as old as it was when it was read. */
static bool known_verdict(const struct verdict_save *save, size_t index,
                          struct statefile_verdict *out)
{
    struct prober_status status;
    const struct world_target *target = &save->world->targets[index];
    if (!prober_get(save->control->prober, target->id, &status) || status.verdict == HEALTH_UNKNOWN)
        return false;
    *out = (struct statefile_verdict){ .identity = target->identity,
                                       .verdict = status.verdict,
                                       .weight = status.weight,
                                       .since_ms = status.since_ms,
                                       .at_ms =
                                           status.probed ? status.at_ms : save->seeded_ms[index] };
    return out->at_ms != 0;
}

static void save_work(uv_work_t *work)
{
    struct verdict_save *save = work->data;
    size_t all = save->world->target_count;
    struct statefile_verdict *list = MEM_NEW_ARRAY(struct statefile_verdict, all);
    size_t count = 0;
    for (size_t i = 0; i < all; i++)
        count += known_verdict(save, i, &list[count]);
    char *text = statefile_verdicts_text(list, count);
    save->ok =
        statefile_write(save->dir, STATEFILE_VERDICTS, text, save->error, sizeof(save->error));
    mem_free(text);
    mem_free(list);
}

static struct verdict_save *save_new(struct control *control)
{
    struct verdict_save *save = MEM_NEW(struct verdict_save);
    struct world *world = control->world;
    save->work.data = save;
    save->control = control;
    save->world = world;
    world->refs++;
    save->dir = mem_strdup(control_state_dir(control));
    save->started_ms = clock_mono_ms();
    save->seeded_ms = MEM_NEW_ARRAY(int64_t, world->target_count);
    for (size_t i = 0; i < world->target_count; i++)
        save->seeded_ms[i] = control->seeded_ms[world->targets[i].id];
    return save;
}

static void save_free(struct verdict_save *save)
{
    publisher_world_unref(save->control->publisher, save->world);
    mem_free(save->dir);
    mem_free(save->seeded_ms);
    mem_free(save);
}

static void schedule(struct control *control);

static void saved(uv_work_t *work, int status)
{
    struct verdict_save *save = work->data;
    struct control *control = save->control;
    (void)status;
    control->background--;
    control->verdicts_saving = false;
    control->verdict_pause_ms = (clock_mono_ms() - save->started_ms) * SAVE_SHARE;
    if (save->ok) {
        alarms_clear(control->alarms, "verdict_save");
    } else {
        alarms_raise(control->alarms, "verdict_save", "cannot save %s", save->error);
        control->verdicts_changed = true;
        control->verdict_pause_ms += CONTROL_SAVE_RETRY_MS;
    }
    save_free(save);
    schedule(control);
}

static void on_timer(uv_timer_t *timer)
{
    struct control *control = timer->data;
    struct verdict_save *save = save_new(control);
    control->verdicts_saving = true;
    control->verdicts_changed = false;
    control->background++;
    (void)uv_queue_work(control->loop, &save->work, save_work, saved);
}

static void schedule(struct control *control)
{
    if (control->verdicts_saving || control->stopping || control_state_dir(control) == NULL ||
        control->world->target_count == 0)
        return;
    uint64_t wait = control->verdicts_changed ? SAVE_SOON_MS : SAVE_REFRESH_MS;
    if (wait < control->verdict_pause_ms)
        wait = control->verdict_pause_ms;
    (void)uv_timer_start(&control->verdict_timer, on_timer, wait, 0);
}

void control_verdicts_changed(struct control *control)
{
    if (control->verdicts_changed)
        return;
    control->verdicts_changed = true;
    schedule(control);
}

void control_verdicts_adopted(struct control *control)
{
    control->verdicts_changed = true;
    schedule(control);
}

bool control_verdicts_save_now(struct control *control, char *error, size_t error_size)
{
    if (control->world->target_count == 0)
        return true;
    struct verdict_save *save = save_new(control);
    save_work(&save->work);
    bool ok = save->ok;
    (void)snprintf(error, error_size, "%s", save->error);
    save_free(save);
    return ok;
}

void control_verdicts_init(struct control *control)
{
    (void)uv_timer_init(control->loop, &control->verdict_timer);
    control->verdict_timer.data = control;
}
