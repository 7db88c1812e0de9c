// SPDX-License-Identifier: BSD-2-Clause
/* Saving overrides off the thread: a slow or full disk never stops an operator's change, it raises
 * an alarm. */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/control_internal.h"

#include <stdio.h>
#include <string.h>

struct save {
    uv_work_t work;
    struct control *control;
    const char *name; /* of the file */
    char *dir;
    char *text;
    uint64_t change;
    bool ok;
    char error[512];
};

const char *control_state_dir(const struct control *control)
{
    return control->world == NULL ? NULL : control->world->config->server.state_dir;
}

static void save_work(uv_work_t *work)
{
    struct save *save = work->data;
    save->ok = statefile_write(save->dir, save->name, save->text, save->error, sizeof(save->error));
}

static void judge(struct control *control, const struct save *save, const char *alarm)
{
    if (save->ok)
        alarms_clear(control->alarms, alarm);
    else
        alarms_raise(control->alarms, alarm, "cannot save %s", save->error);
}

static void save_free(struct save *save)
{
    save->control->background--;
    mem_free(save->dir);
    mem_free(save->text);
    mem_free(save);
}

static struct save *save_start(struct control *control, const char *name, char *text,
                               uv_after_work_cb done)
{
    struct save *save = MEM_NEW(struct save);
    save->work.data = save;
    save->control = control;
    save->name = name;
    save->dir = mem_strdup(control_state_dir(control));
    save->text = text;
    save->change = control->change;
    control->background++;
    (void)uv_queue_work(control->loop, &save->work, save_work, done);
    return save;
}

static void save_overrides(struct control *control);

static void on_retry(uv_timer_t *timer)
{
    struct control *control = timer->data;
    if (!control->saving && control_state_dir(control) != NULL)
        save_overrides(control);
}

static void overrides_saved(uv_work_t *work, int status)
{
    struct save *save = work->data;
    struct control *control = save->control;
    if (status != 0)
        save->ok = false;
    control->saving = false;
    control->save_ok = save->ok;
    control->change_saved = save->change;
    judge(control, save, "state_save");
    if (!save->ok && !control->stopping)
        (void)uv_timer_start(&control->save_retry, on_retry, CONTROL_SAVE_RETRY_MS, 0);
    else if (control->change != save->change && !control->stopping)
        save_overrides(control);
    save_free(save);
    control_waiters_check(control);
}

static void save_overrides(struct control *control)
{
    control->saving = true;
    (void)save_start(control, STATEFILE_OVERRIDES, statefile_overrides_text(control->overrides),
                     overrides_saved);
}

void control_save_changed(struct control *control)
{
    control->change++;
    if (control_state_dir(control) != NULL && !control->saving && !control->stopping)
        save_overrides(control);
}

/* --- start and end --- */

struct control_seeds *control_save_read(struct control *control, const struct world *world)
{
    const char *dir = world->config->server.state_dir;
    struct errlist errors;
    char error[512];
    errlist_init(&errors);
    if (dir == NULL) {
        log_warn(
            "state",
            "server.state_dir is not set: overrides and verdicts will not outlive this process");
    } else {
        if (!statefile_prepare(dir, error, sizeof(error))) {
            alarms_raise(control->alarms, "state_save", "server.state_dir cannot be used: %s",
                         error);
            (void)uv_timer_start(&control->save_retry, on_retry, CONTROL_SAVE_RETRY_MS, 0);
        }
        (void)statefile_read_overrides(dir, control->overrides, &errors);
    }
    struct control_seeds *seeds = control_seeds_read(dir, &errors);
    for (size_t i = 0; i < errors.count; i++)
        log_error("state", "%s", errors.lines[i]);
    if (!errlist_empty(&errors))
        alarms_raise(control->alarms, "state_read",
                     "a saved state file is damaged, it was set aside as *.bad in %s", dir);
    errlist_fini(&errors);
    return seeds;
}

void control_save_init(struct control *control)
{
    control->save_ok = true;
    (void)uv_timer_init(control->loop, &control->save_retry);
    control->save_retry.data = control;
}

void control_save_all_now(struct control *control)
{
    const char *dir = control_state_dir(control);
    char error[512];
    if (dir == NULL)
        return;
    char *overrides = statefile_overrides_text(control->overrides);
    if (!statefile_write(dir, STATEFILE_OVERRIDES, overrides, error, sizeof(error)))
        log_error("state", "cannot save %s", error);
    if (!control_verdicts_save_now(control, error, sizeof(error)))
        log_error("state", "cannot save %s", error);
    mem_free(overrides);
}
