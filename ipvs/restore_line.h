// SPDX-License-Identifier: BSD-2-Clause
/* One line of a restore file (see ipvs/restore.h): from words to what it says, with everything
 * checked that can be told from the line alone. Pure. */
#pragma once

#include "ipvs/model.h"

#define RESTORE_MESSAGE_MAX 512

enum restore_command {
    RESTORE_NOTHING, /* blank, or a comment */
    RESTORE_ADD_SERVICE,
    RESTORE_EDIT_SERVICE,
    RESTORE_DELETE_SERVICE,
    RESTORE_ADD_SERVER,
    RESTORE_EDIT_SERVER,
    RESTORE_DELETE_SERVER,
    RESTORE_CLEAR,
    RESTORE_TIMEOUTS,
    RESTORE_START_DAEMON,
    RESTORE_STOP_DAEMON,
};

/* What is not of the command is zero. */
struct restore_line {
    enum restore_command command;
    struct ipvs_service service; /* normal form; only the key unless it is added or edited */
    struct ipvs_dest dest;       /* normal form; only address and port when it is deleted */
    struct ipvs_timeouts timeouts;
    struct ipvs_daemon daemon; /* only the role when it is stopped */
};

/* False with `message`, which has RESTORE_MESSAGE_MAX bytes. Whether service and server are sound
 * (ipvs_service_fault, ipvs_dest_fault) is the caller's to ask. */
bool restore_line_read(const char *text, size_t length, struct restore_line *out, char *message);
