// SPDX-License-Identifier: BSD-2-Clause
/* What changes weights while a service runs, and schedulers that do not bear it. */
#include "server/config_raw.h"

static void refuse(struct config_build *build, const char *parent, const char *key,
                   const char *what)
{
    char path[JSON_PATH_MAX];
    (void)json_path_key(path, sizeof(path), parent, key);
    json_error(&build->config->doc, build->errors, path,
               "%sis not for schedulers sh, dh, mh (a new weight moves clients) and fo, ovf (the "
               "weight is a rank)",
               what);
}

static void check_headers(struct config_build *build, const char *parent, const uint32_t *checks,
                          size_t count)
{
    bool tell = false;
    for (size_t i = 0; i < count; i++)
        tell = tell || check_tells_weight(&build->config->checks[checks[i]].check);
    if (tell)
        refuse(build, parent, "check", "a check with \"weight_header\" ");
}

void config_check_weights(struct config_build *build, const struct config_service *service)
{
    const struct ipvs_spec *spec = &service->spec;
    if (!ipvs_scheduler_is_hash(spec->service.scheduler) &&
        !ipvs_scheduler_is_rank(spec->service.scheduler))
        return;
    if (spec->slow_start_ms > 0)
        refuse(build, service->path, "slow_start", "");
    check_headers(build, service->path, service->checks, service->check_count);
    for (size_t i = 0; i < spec->server_count; i++) {
        const struct config_real *real = &service->reals[i];
        check_headers(build, real->path, real->checks, real->check_count);
    }
}
