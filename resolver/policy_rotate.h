// SPDX-License-Identifier: BSD-2-Clause
/* Members in rotation, which several policies end in. Control thread. */
#pragma once

#include "resolver/policy.h"

/* All members in turn, input->max_answers of them an answer. Address members become one SET of all
 * their addresses in file order; where pools are among them, members take turns as they are.
 * Returns one reference. */
struct picker *policy_rotate(const struct policy_input *input);
