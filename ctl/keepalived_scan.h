// SPDX-License-Identifier: BSD-2-Clause
/* A keepalived.conf as a tree of statements: words, and where there are braces the statements in
 * them. What the words mean is not known here. One thread. */
#pragma once

#include "ctl/keepalived_lines.h"

struct keepalived_node {
    struct keepalived_place place;
    const char *const *words; /* without quotes; at least one, but for the root */
    size_t count;
    bool block; /* has braces */
    struct keepalived_node *parent;
    struct keepalived_node *first; /* statements in the braces */
    struct keepalived_node *last;
    struct keepalived_node *next;
};

/* The tree's memory is the arena's. NULL with report's error. */
struct keepalived_node *keepalived_scan(const char *file, struct arena *arena,
                                        struct keepalived_report *report);
/* Word `index`; "" when there are fewer. */
const char *keepalived_word(const struct keepalived_node *node, size_t index);
bool keepalived_is(const struct keepalived_node *node, const char *keyword);
