// SPDX-License-Identifier: BSD-2-Clause
/* One rich scene for the tests of the resolver, the fuzzer and the count of allocations: four
 * zones, each shape of answer at a name of its own, and pools. */
#pragma once

#include "tests/support/scene.h"

/* Owned: scene_free. */
struct scene *rich_scene(void);
/* Names worth asking for, relative to nothing ("www.example.test"); NULL at the end. */
extern const char *const rich_names[];
