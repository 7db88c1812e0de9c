// SPDX-License-Identifier: BSD-2-Clause
/* SvcParams of SVCB and HTTPS (RFC 9460, 9461, 9540), field kind V, internal to zones/. Any thread;
 * no shared state. */
#pragma once

#include "zones/rdfield.h"

bool svcb_read(struct rdfield_in *in);
bool svcb_write(struct rdfield_out *out);
