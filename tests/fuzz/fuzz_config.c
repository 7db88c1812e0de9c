// SPDX-License-Identifier: BSD-2-Clause
// Any text as gslb.json: it is either a config, which can be walked, or refused with at least one
// error; each error is one line of printable UTF-8 that names its place.
#include "base/utf8.h"
#include "server/config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void check_line(const char *line)
{
    char *end = NULL;
    must(strncmp(line, "f.json:", 7) == 0);
    must(strtoul(line + 7, &end, 10) > 0 && *end == ':');
    must(strtoul(end + 1, &end, 10) > 0 && strncmp(end, ": ", 2) == 0);
    for (size_t left = strlen(line); left > 0;) {
        size_t bytes = utf8_char_size(line, left);
        must(bytes > 0 && (unsigned char)*line >= 0x20);
        line += bytes;
        left -= bytes;
    }
}

static void check_service(const struct config *config, const struct config_service *service)
{
    const struct ipvs_spec *spec = &service->spec;
    must(spec->name != NULL && spec->server_count > 0 && spec->quorum > 0);
    must(ipvs_service_fault(&spec->service) == NULL);
    must(!spec->has_sorry || ipvs_dest_fault(&spec->service, &spec->sorry) == NULL);
    for (size_t i = 0; i < spec->server_count; i++) {
        const struct config_real *real = &service->reals[i];
        must(spec->servers[i].name != NULL);
        must(ipvs_dest_fault(&spec->service, &spec->servers[i].dest) == NULL);
        for (size_t c = 0; c < real->check_count; c++)
            must(real->checks[c] < config->check_count);
    }
    for (size_t c = 0; c < service->check_count; c++)
        must(service->checks[c] < config->check_count);
    for (size_t c = 0; c < service->vip_check_count; c++)
        must(service->vip_checks[c] < config->check_count);
}

// What the rest of the program relies on without looking.
static void check_config(const struct config *config)
{
    for (size_t i = 0; i < config->pool_count; i++) {
        const struct config_pool *pool = &config->pools[i];
        must(pool->name != NULL && pool->policy != NULL &&
             config->pool_order[i] < config->pool_count);
        must(pool->fallback == CONFIG_NONE || pool->fallback < config->pool_count);
        must(pool->from_file == (pool->member_count == 0));
        for (size_t m = 0; m < pool->member_count; m++) {
            const struct config_member *member = &pool->members[m];
            must((member->addresses.count > 0) == (member->pool == CONFIG_NONE));
            must(member->pool == CONFIG_NONE || member->pool < config->pool_count);
            must(member->service == CONFIG_NONE ||
                 (member->service < config->ipvs.service_count && member->addresses.count == 1));
            for (size_t c = 0; c < member->check_count; c++)
                must(member->checks[c] < config->check_count);
        }
    }
    for (size_t i = 0; i < config->ipvs.service_count; i++)
        check_service(config, &config->ipvs.services[i]);
    for (size_t z = 0; z < config->zone_count; z++) {
        must(config->zones[z].apex != NULL && config->zones[z].file != NULL);
        for (size_t n = 0; n < config->zones[z].name_count; n++) {
            const struct config_name *name = &config->zones[z].names[n];
            must(name->owner != NULL && name->pool < config->pool_count);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct errlist errors;
    errlist_init(&errors);
    struct config *config = config_load_text("f.json", (const char *)data, size, &errors);
    must((config == NULL) == !errlist_empty(&errors));
    for (size_t i = 0; i < errors.count; i++)
        check_line(errors.lines[i]);
    if (config != NULL) {
        check_config(config);
        must(config_same_start_only(config, config, &errors));
    }
    config_free(config);
    errlist_fini(&errors);
    return 0;
}
