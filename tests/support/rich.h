// SPDX-License-Identifier: BSD-2-Clause
/* One rich world for the tests of the resolver, the fuzzer and the count of allocations: four
 * zones, each shape of answer at a name of its own, and pools. */
#pragma once

#include "tests/support/world.h"

/* Owned: world_free. */
struct world *rich_world(void);
/* Names worth asking for, relative to nothing ("www.example.test"); NULL at the end. */
extern const char *const rich_names[];
