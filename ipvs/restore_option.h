// SPDX-License-Identifier: BSD-2-Clause
/* The options of a line of a restore file: which there are, which go with which command, and their
 * values as text. Pure. */
#pragma once

#include "base/compiler.h"
#include "ipvs/restore_line.h"

#define RESTORE_LINE_MAX  1024 /* bytes */
#define RESTORE_WORDS_MAX 64

enum restore_option_id {
    RESTORE_OPTION_SERVICE,
    RESTORE_OPTION_IPV6,
    RESTORE_OPTION_SCHEDULER,
    RESTORE_OPTION_ENGINE,
    RESTORE_OPTION_PERSISTENT,
    RESTORE_OPTION_MASK,
    RESTORE_OPTION_ONE_PACKET,
    RESTORE_OPTION_FLAGS,
    RESTORE_OPTION_SERVER,
    RESTORE_OPTION_FORWARD,
    RESTORE_OPTION_TUNNEL,
    RESTORE_OPTION_TUNNEL_PORT,
    RESTORE_OPTION_CHECKSUM,
    RESTORE_OPTION_WEIGHT,
    RESTORE_OPTION_UPPER,
    RESTORE_OPTION_LOWER,
    RESTORE_OPTION_INTERFACE,
    RESTORE_OPTION_SYNC_ID,
    RESTORE_OPTION_MAX_LENGTH,
    RESTORE_OPTION_GROUP,
    RESTORE_OPTION_PORT,
    RESTORE_OPTION_TTL,
    RESTORE_OPTION_COUNT,
    RESTORE_OPTION_COMMAND, /* `detail` is the enum restore_command */
    RESTORE_OPTION_REFUSED, /* of ipvsadm, but of no use in such a file */
};

#define RESTORE_FWMARK 0 /* detail of RESTORE_OPTION_SERVICE, else the protocol */

struct restore_option;

/* What has been read of a line. */
struct restore_reader {
    char text[RESTORE_LINE_MAX + 1]; /* the line, cut into words */
    const char *words[RESTORE_WORDS_MAX];
    size_t word_count;
    size_t at;                                /* next word */
    uint32_t seen;                            /* bits by option */
    const char *values[RESTORE_OPTION_COUNT]; /* NULL where an option has none */
    unsigned details[RESTORE_OPTION_COUNT];   /* which of the options that exclude each other */
    const struct restore_option *command;
    const char *command_values[3];
    char *message; /* of RESTORE_MESSAGE_MAX bytes */
};

/* Reads a line that is neither blank nor a comment. The reader is zeroed but for `message`. False
 * with a message. */
bool restore_option_read(struct restore_reader *reader, const char *text, size_t length);
bool restore_option_given(const struct restore_reader *reader, enum restore_option_id id);
enum restore_command restore_option_command(const struct restore_reader *reader);
/* Without the dashes. */
const char *restore_option_command_name(const struct restore_reader *reader);
/* Writes the message; false. */
bool restore_fail(struct restore_reader *reader, const char *format, ...) PRINTF(2, 3);
