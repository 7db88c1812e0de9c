// SPDX-License-Identifier: BSD-2-Clause
/* LOC (RFC 1876), field kind L, internal to zones/. ldns loses the hemisphere of 0 degrees and
 * takes values out of range, so this one is our own. Any thread; no shared state. */
#pragma once

#include "zones/rdfield.h"

bool loc_read(struct rdfield_in *in);
bool loc_write(struct rdfield_out *out);
