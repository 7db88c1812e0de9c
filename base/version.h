// SPDX-License-Identifier: BSD-2-Clause
/* The version of the programs, as --version, the API and the checks' User-Agent tell it. */
#pragma once

#define GSLB_VERSION "0.1.0"
