// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as a restore file. What is read must be sound, and must print to text that is read to
// the same table; what is not read must say why.
#include "ipvs/restore.h"
#include "ipvs/save.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool parse(const char *text, size_t size, struct ipvs_table *table)
{
    struct errlist errors;
    errlist_init(&errors);
    ipvs_table_init(table);
    bool good = restore_parse("fuzz", text, size, table, &errors);
    if (good != errlist_empty(&errors))
        abort();
    errlist_fini(&errors);
    return good;
}

static void check_sound(const struct ipvs_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct ipvs_service *service = &table->services[i];
        if (ipvs_service_fault(service) != NULL)
            abort();
        if (i > 0 && ipvs_key_compare(&table->services[i - 1].key, &service->key) >= 0)
            abort();
        for (size_t d = 0; d < service->dest_count; d++) {
            if (ipvs_dest_fault(service, &service->dests[d]) != NULL)
                abort();
        }
    }
}

static void check_same(const struct ipvs_table *a, const struct ipvs_table *b)
{
    if (a->count != b->count)
        abort();
    for (size_t i = 0; i < a->count; i++) {
        const struct ipvs_service *left = &a->services[i];
        const struct ipvs_service *right = &b->services[i];
        if (ipvs_key_compare(&left->key, &right->key) != 0 || !ipvs_service_same(left, right) ||
            left->dest_count != right->dest_count)
            abort();
        for (size_t d = 0; d < left->dest_count; d++) {
            if (ipvs_dest_compare(&left->dests[d], &right->dests[d]) != 0 ||
                !ipvs_dest_same(&left->dests[d], &right->dests[d]))
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ipvs_table table, again;
    struct save_options options = { .plain = false };
    struct strbuf text;
    strbuf_init(&text);
    if (parse((const char *)data, size, &table)) {
        check_sound(&table);
        save_print(&table, &options, &text);
        if (!parse(text.text, text.length, &again))
            abort();
        check_same(&table, &again);
        ipvs_table_fini(&again);
    }
    ipvs_table_fini(&table);
    strbuf_fini(&text);
    return 0;
}
