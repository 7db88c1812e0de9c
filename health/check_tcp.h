// SPDX-License-Identifier: BSD-2-Clause
/* Check type "tcp": connect, send a text, expect a text. Row of the table in health/check.c. */
#pragma once

#include "health/check.h"

#define CHECK_TCP_ANSWER_MAX 4096 /* bytes of the answer that are looked at */

extern const struct check_type check_tcp_type;
