// SPDX-License-Identifier: BSD-2-Clause
/* Owned copies of definitions of services. Pure. */
#pragma once

#include "ipvs/director.h"

/* With all strings and servers. Returns owned. */
struct ipvs_spec *ipvs_spec_copy(const struct ipvs_spec *spec);
void ipvs_spec_free(struct ipvs_spec *spec); /* of a copy; NULL is allowed */
