// SPDX-License-Identifier: BSD-2-Clause
/* Every live member in one answer, rotated. */
#include "resolver/policy_rotate.h"

const struct policy policy_all = {
    .name = "all",
    .default_max_answers = 0,
    .build = policy_rotate,
};
