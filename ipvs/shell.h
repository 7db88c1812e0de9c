// SPDX-License-Identifier: BSD-2-Clause
/* Text in POSIX shell commands and scripts. Pure; any thread. */
#pragma once

#include "base/strbuf.h"

/* Appends one word of the shell: as it is when nothing in it is special, else in quotes. Control
 * characters become question marks, since no name or address has any. */
void shell_add_word(struct strbuf *out, const char *text);
/* Appends the text as a part of a file name: letters, digits, '.', '-' and '_' stay, everything
 * else becomes '_', and so does a first '.'. */
void shell_add_name(struct strbuf *out, const char *text);
