// SPDX-License-Identifier: BSD-2-Clause
/* gslbctl ipvs import: the virtual servers of a keepalived.conf as the sections "checks" and "ipvs"
 * of our configuration, and a note for all that is left out. One thread. */
#pragma once

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads FILE and what it includes. Appends indented JSON with a newline at its end, and notes
 * "FILE:LINE: text", one a line. False with `error` ("FILE:LINE: text") and no JSON. */
bool keepalived_import(const char *file, struct strbuf *json_out, struct strbuf *notes_out,
                       char *error, size_t error_size);
