// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/tree.h"

#include "base/mem.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(int ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    abort();
}

void tree_make(char root[TREE_PATH_MAX])
{
    (void)snprintf(root, TREE_PATH_MAX, "/tmp/gslb-tree-XXXXXX");
    must(mkdtemp(root) != NULL, root);
}

/* Makes the folders that lead to `full`. */
static void make_way(char *full)
{
    for (char *slash = strchr(full + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        must(mkdir(full, 0700) == 0 || errno == EEXIST, full);
        *slash = '/';
    }
}

void tree_write(const char *root, const char *path, const char *text, size_t length)
{
    char full[512];
    (void)snprintf(full, sizeof(full), "%s%s", root, path);
    make_way(full);
    FILE *file = fopen(full, "we");
    must(file != NULL, full);
    must(fwrite(text, 1, length, file) == length, full);
    must(fclose(file) == 0, full);
}

void tree_put(const char *root, const char *path, const char *text)
{
    tree_write(root, path, text, strlen(text));
}

void tree_link(const char *root, const char *path, const char *target)
{
    char full[512];
    (void)snprintf(full, sizeof(full), "%s%s", root, path);
    make_way(full);
    must(symlink(target, full) == 0, full);
}

char *tree_read(const char *root, const char *path)
{
    char full[512];
    (void)snprintf(full, sizeof(full), "%s%s", root, path);
    FILE *file = fopen(full, "re");
    if (file == NULL)
        return NULL;
    char *text = mem_alloc(65536);
    text[fread(text, 1, 65535, file)] = '\0';
    (void)fclose(file);
    return text;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *at)
{
    (void)stat;
    (void)type;
    (void)at;
    return remove(path);
}

void tree_remove(const char *root)
{
    must(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0, root);
}
