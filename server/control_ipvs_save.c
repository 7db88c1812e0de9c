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
    void (*then)(struct control_ipvs *ipvs);
};

static void save_work(uv_work_t *work)
{
    struct ipvs_save *save = work->data;
    save->ok =
        statefile_write(save->dir, STATEFILE_IPVS, save->text, save->error, sizeof(save->error));
}

static void saved(uv_work_t *work, int status)
{
    struct ipvs_save *save = work->data;
    struct control_ipvs *ipvs = save->ipvs;
    struct control *control = ipvs->control;
    void (*then)(struct control_ipvs * ipvs) = save->then;
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
    /* A disk that does not work must not keep the kernel from what it needs. */
    if (then != NULL)
        then(ipvs);
    if (ipvs->save_again) {
        ipvs->save_again = false;
        control_ipvs_save(ipvs, ipvs->save_then);
    }
}

void control_ipvs_save_changed(struct control_ipvs *ipvs)
{
    if (ipvs->owned_changed && !ipvs->busy && !ipvs->saving &&
        clock_mono_ms() >= ipvs->save_next_ms)
        control_ipvs_save(ipvs, NULL);
}

void control_ipvs_save(struct control_ipvs *ipvs, void (*then)(struct control_ipvs *ipvs))
{
    struct control *control = ipvs->control;
    const char *dir = control_state_dir(control);
    if (ipvs->saving) { /* two would write the same file */
        ipvs->save_again = true;
        ipvs->save_then = then;
        return;
    }
    ipvs->owned_changed = false;
    if (dir == NULL) {
        if (then != NULL)
            then(ipvs);
        return;
    }
    struct ipvs_save *save = MEM_NEW(struct ipvs_save);
    save->work.data = save;
    save->ipvs = ipvs;
    save->dir = mem_strdup(dir);
    save->text = statefile_ipvs_text(&ipvs->owned);
    save->then = then;
    ipvs->saving = true;
    control->background++;
    (void)uv_queue_work(control->loop, &save->work, save_work, saved);
}
