// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/spec.h"

#include "base/mem.h"

/* The copy's own memory, seen through pointers to const. */
static void free_const(const void *memory)
{
    mem_free((void *)(uintptr_t)memory);
}

struct ipvs_spec *ipvs_spec_copy(const struct ipvs_spec *spec)
{
    struct ipvs_spec *copy = mem_dup(spec, sizeof(*spec));
    struct ipvs_server_spec *servers = MEM_NEW_ARRAY(struct ipvs_server_spec, spec->server_count);
    for (size_t i = 0; i < spec->server_count; i++) {
        servers[i] = spec->servers[i];
        servers[i].name = mem_strdup(spec->servers[i].name);
    }
    copy->name = mem_strdup(spec->name);
    copy->servers = servers;
    return copy;
}

void ipvs_spec_free(struct ipvs_spec *spec)
{
    if (spec == NULL)
        return;
    for (size_t i = 0; i < spec->server_count; i++)
        free_const(spec->servers[i].name);
    free_const(spec->servers);
    free_const(spec->name);
    mem_free(spec);
}
