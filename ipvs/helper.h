// SPDX-License-Identifier: BSD-2-Clause
/* The IPVS helper: the only process with CAP_NET_ADMIN. Reads requests from a socket, checks each
 * operation against `allow`, has the backend do it, answers. Keeps nothing between two requests, so
 * that it may be killed at any moment. One thread, blocking. */
#pragma once

#include "ipvs/allow.h"
#include "ipvs/ops.h"

/* Says HELLO, serves until the other end is closed. 0, or an errno when the socket failed; EPROTO
 * when the other end sent what is no request. `fd` stays the caller's. */
int helper_run(int fd, const struct ipvs_backend *backend, const struct ipvs_allow *allow);
