// SPDX-License-Identifier: BSD-2-Clause
/* A folder of files that a test makes up, such as a /proc. What cannot be made aborts. */
#pragma once

#include <stddef.h>

#define TREE_PATH_MAX 64

/* Makes an empty folder under /tmp. */
void tree_make(char root[TREE_PATH_MAX]);
/* Writes the file below it, with the folders on the way. */
void tree_write(const char *root, const char *path, const char *text, size_t length);
/* The same of text. */
void tree_put(const char *root, const char *path, const char *text);
/* A symbolic link. */
void tree_link(const char *root, const char *path, const char *target);
/* The file's text, owned (mem_free); NULL when there is none. */
char *tree_read(const char *root, const char *path);
/* All of it. */
void tree_remove(const char *root);
