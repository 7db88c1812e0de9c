// SPDX-License-Identifier: BSD-2-Clause
/* The status page: one HTML text with style and script inside and nothing from elsewhere, held to
 * that by its content security policy. Made once; any thread reads. */
#pragma once

#include <stddef.h>

struct statuspage;

struct statuspage *statuspage_new(void);
void statuspage_free(struct statuspage *page); /* NULL is allowed */
const char *statuspage_html(const struct statuspage *page, size_t *length);
/* Value of the header Content-Security-Policy: it allows this very script and style, by hash. */
const char *statuspage_policy(const struct statuspage *page);
