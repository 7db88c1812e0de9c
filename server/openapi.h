// SPDX-License-Identifier: BSD-2-Clause
/* The description of the API (OpenAPI 3.0), made from the route table. Any thread. */
#pragma once

#include <jansson.h>

/* Returns owned. */
json_t *openapi_build(void);
