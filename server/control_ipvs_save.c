// SPDX-License-Identifier: BSD-2-Clause
/* Which services of the kernel are ours, over restarts: the kernel has no place for a name of the
 * owner. Written before a service is made, so that whatever ends us, the next process knows it. */
#include "server/control_ipvs.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <string.h>

#define ALARM "ipvs_save"

void control_ipvs_read(struct control_ipvs *ipvs, const struct world *world)
{
    const char *dir = world->config->server.state_dir;
    struct errlist errors;
    errlist_init(&errors);
    ipvs->read = true;
    if (dir != NULL)
        (void)statefile_read_ipvs(dir, &ipvs->owned, &errors);
    for (size_t i = 0; i < errors.count; i++)
        log_error("ipvs", "%s", errors.lines[i]);
    if (!errlist_empty(&errors))
        alarms_raise(
            ipvs->control->alarms, "ipvs_read",
            "the file of our IPVS services is damaged, it was set aside as *.bad in %s: what "
            "is in no configuration any more stays in the kernel as foreign",
            dir);
    errlist_fini(&errors);
}

struct ipvs_save {
    uv_work_t work;
    struct control_ipvs *ipvs;
    char *dir;
    char *text;
    bool ok;
    char error[512];
};

static void save_work(uv_work_t *work)
{
    struct ipvs_save *save = work->data;
    save->ok =
        statefile_write(save->dir, STATEFILE_IPVS, save->text, save->error, sizeof(save->error));
}

/* Who waited goes on. */
static void go_on(struct control_ipvs *ipvs)
{
    void (*waiter)(struct control_ipvs *) = ipvs->save_waiter;
    (void)uv_timer_stop(&ipvs->save_timer);
    ipvs->save_waiter = NULL;
    if (waiter != NULL)
        waiter(ipvs);
}

/* A disk that hangs must not keep the kernel from what it needs, no more than one that fails. */
static void on_late(uv_timer_t *timer)
{
    struct control_ipvs *ipvs = timer->data;
    alarms_raise(ipvs->control->alarms, ALARM, "saving %s/%s takes long: the disk hangs",
                 control_state_dir(ipvs->control), STATEFILE_IPVS);
    go_on(ipvs);
}

static void saved(uv_work_t *work, int status)
{
    struct ipvs_save *save = work->data;
    struct control_ipvs *ipvs = save->ipvs;
    struct control *control = ipvs->control;
    control->background--;
    ipvs->saving = false;
    if (status != 0 || !save->ok) {
        alarms_raise(control->alarms, ALARM, "cannot save %s", save->error);
        ipvs->owned_changed = true;
        ipvs->save_next_ms = clock_mono_ms() + CONTROL_SAVE_RETRY_MS;
    } else {
        alarms_clear(control->alarms, ALARM);
    }
    mem_free(save->dir);
    mem_free(save->text);
    mem_free(save);
    if (ipvs->link == NULL || control->stopping)
        return;
    if (ipvs->save_again) {
        ipvs->save_again = false;
        control_ipvs_save(ipvs, NULL);
    } else {
        go_on(ipvs);
    }
}

void control_ipvs_save_changed(struct control_ipvs *ipvs)
{
    if (ipvs->owned_changed && !ipvs->busy && !ipvs->saving &&
        clock_mono_ms() >= ipvs->save_next_ms)
        control_ipvs_save(ipvs, NULL);
}

static void start_save(struct control_ipvs *ipvs, const char *dir)
{
    struct ipvs_save *save = MEM_NEW(struct ipvs_save);
    save->work.data = save;
    save->ipvs = ipvs;
    save->dir = mem_strdup(dir);
    save->text = statefile_ipvs_text(&ipvs->owned);
    ipvs->owned_changed = false;
    ipvs->saving = true;
    ipvs->control->background++;
    (void)uv_queue_work(ipvs->control->loop, &save->work, save_work, saved);
}

void control_ipvs_save(struct control_ipvs *ipvs, void (*then)(struct control_ipvs *ipvs))
{
    const char *dir = control_state_dir(ipvs->control);
    if (dir == NULL) {
        ipvs->owned_changed = false;
        if (then != NULL)
            then(ipvs);
        return;
    }
    if (then != NULL) {
        ipvs->save_waiter = then;
        (void)uv_timer_start(&ipvs->save_timer, on_late, CONTROL_SAVE_WAIT_MS, 0);
    }
    if (ipvs->saving) /* two would write the same file */
        ipvs->save_again = true;
    else
        start_save(ipvs, dir);
}
