// SPDX-License-Identifier: BSD-2-Clause
/* Check type "http": one request on a fresh connection, pinned to the target's address; status and
 * a text in the body. Row of the table in health/check.c. */
#pragma once

#include "health/check.h"

#define CHECK_HTTP_BODY_MAX   65536 /* bytes of the body that are read */
#define CHECK_HTTP_HEADER_MAX 65536 /* bytes of all header and trailer lines; more is a failure */

extern const struct check_type check_http_type;
