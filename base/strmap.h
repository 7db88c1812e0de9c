// SPDX-License-Identifier: BSD-2-Clause
/* Map from text to a 64-bit value; grows, never shrinks, copies its keys. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strmap;

struct strmap *strmap_new(void);
void strmap_free(struct strmap *map); /* NULL is allowed */
size_t strmap_count(const struct strmap *map);
/* False when absent. */
bool strmap_get(const struct strmap *map, const char *key, uint64_t *value);
/* Sets or replaces; true when the key was new. */
bool strmap_put(struct strmap *map, const char *key, uint64_t value);
