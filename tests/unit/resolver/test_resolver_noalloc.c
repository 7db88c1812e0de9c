// SPDX-License-Identifier: BSD-2-Clause
/* Nothing is allocated per query: malloc and its kin are replaced by counting ones, and 10,000
 * varied queries must not move the count. Not built with sanitizers, which replace malloc as well.
 */
#include "base/mem.h"
#include "base/wire.h"
#include "tests/support/rich.h"

#include <check.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* glibc's own, under the names that are left to call. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *ptr, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_uint_fast64_t allocations;

void *malloc(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *ptr, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_realloc(ptr, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    *out = __libc_memalign(alignment, size);
    return *out == NULL ? ENOMEM : 0;
}

#define QUERIES 10000

static const char *const types[] = { "A",  "AAAA", "TXT", "MX",    "NS",   "SOA",
                                     "DS", "ANY",  "SRV", "CNAME", "AXFR", "TYPE65280" };
static const char *const options[] = { "",
                                       " tcp",
                                       " edns=1232",
                                       " edns=512 do",
                                       " edns=4096 nsid",
                                       " edns=1232 tcp",
                                       " edns=1232 version=1",
                                       " class=3",
                                       " class=255",
                                       " opcode=5",
                                       " rd cd" };

static uint8_t queries[QUERIES][DNSMSG_QUERY_MAX];
static size_t sizes[QUERIES];
static bool over_tcp[QUERIES];

/* Every name with types and options in turn; one in seven is cut short or damaged. */
static void make_queries(void)
{
    size_t names = 1;
    while (rich_names[names] != NULL)
        names++;
    for (size_t i = 0; i < QUERIES; i++) {
        char ask[512];
        (void)snprintf(ask, sizeof(ask), "%s %s%s", rich_names[i % names],
                       types[i / names % ARRAY_LEN(types)], options[i % ARRAY_LEN(options)]);
        sizes[i] = dnsmsg_query(ask, queries[i], &over_tcp[i]);
        if (i % 7 == 0)
            sizes[i] = i / 7 % sizes[i];
        else if (i % 7 == 1)
            queries[i][i / 7 % sizes[i]] ^= (uint8_t)(1 + i % 255);
    }
}

START_TEST(resolver_allocates_nothing)
{
    static uint8_t answer[UINT16_MAX];
    struct scene *scene = rich_scene();
    const struct state *state = scene_state(scene);
    struct resolver_scratch *scratch = scene_scratch(scene);
    make_queries();

    uint64_t start = atomic_load(&allocations);
    mem_free(mem_realloc(mem_alloc(10), 20));
    uint64_t end = atomic_load(&allocations);
    ck_assert_uint_eq(end - start, 2); /* the counters do count */

    size_t answered = 0;
    size_t octets = 0;
    uint64_t before = atomic_load(&allocations);
    for (size_t i = 0; i < QUERIES; i++) {
        struct resolver_request request = { .packet = queries[i],
                                            .size = sizes[i],
                                            .tcp = over_tcp[i] };
        resolver_parse(state, &request);
        size_t length = resolver_answer(state, scratch, &request, answer, sizeof(answer));
        answered += length > 0;
        octets += length;
    }
    uint64_t after = atomic_load(&allocations);
    ck_assert_uint_eq(after - before, 0);
    ck_assert_uint_gt(answered, QUERIES * 9 / 10);
    ck_assert_uint_gt(octets, answered * 40);
    scene_free(scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resolver_noalloc");
    TCase *tcase = tcase_create("resolver_noalloc");
    tcase_add_test(tcase, resolver_allocates_nothing);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
