// SPDX-License-Identifier: BSD-2-Clause
/* UTF-8 as RFC 3629 defines it. Any thread, no state. */
#pragma once

#include <stddef.h>

/* Bytes (1 to 4) of the character that begins at `text`, which has `left` > 0 bytes; 0 when it is
 * none: overlong forms, surrogates and values above U+10FFFF are refused. */
size_t utf8_char_size(const char *text, size_t left);
