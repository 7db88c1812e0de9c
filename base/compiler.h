// SPDX-License-Identifier: BSD-2-Clause
/* Compiler attributes and a few macros. Any thread, no state. */
#pragma once

#include <stddef.h>

#define NODISCARD                    __attribute__((warn_unused_result))
#define PRINTF(fmt_index, first_arg) __attribute__((format(printf, fmt_index, first_arg)))
#define NORETURN                     __attribute__((noreturn))
#define COLD                         __attribute__((cold))
#define LIKELY(x)                    __builtin_expect(!!(x), 1)
#define UNLIKELY(x)                  __builtin_expect(!!(x), 0)
#define CACHE_LINE                   64
#define CACHE_ALIGNED                __attribute__((aligned(CACHE_LINE)))

#define ARRAY_LEN(array)                (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
