// SPDX-License-Identifier: BSD-2-Clause
/* A zone back as text (zone_print is declared in zones/zone.h). Any thread. */
#pragma once

#include "base/errlist.h"
#include "base/strbuf.h"

#include <stdbool.h>

/* What `gslbd --check-zone NAME FILE` does: loads the file as zone `name` and adds its text to
 * `out`, one record a line; false with every error ("FILE:LINE: message") added when it does not
 * load. */
bool zone_check_print(const char *name, const char *file, struct strbuf *out,
                      struct errlist *errors);
