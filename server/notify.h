// SPDX-License-Identifier: BSD-2-Clause
/* The service manager's notification protocol (sd_notify(3)): one datagram to $NOTIFY_SOCKET. Any
 * thread. */
#pragma once

/* "READY=1", "RELOADING=1\nMONOTONIC_USEC=...", "STOPPING=1", "STATUS=...". Nothing happens when
 * nobody listens. */
void notify_send(const char *message);
