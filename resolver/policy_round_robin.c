// SPDX-License-Identifier: BSD-2-Clause
/* Strict rotation: each query begins one step further, whatever the weights are. */
#include "resolver/policy_rotate.h"

const struct policy policy_round_robin = {
    .name = "round_robin",
    .default_max_answers = 8,
    .build = policy_rotate,
};
