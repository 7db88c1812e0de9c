// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as a keepalived.conf. What is imported must be JSON and, read by the server, hold no
// error; what is not must say where and why, and give no JSON. Files that include others are left
// alone: a fuzzer should not read what it likes.
#include "ctl/keepalived.h"
#include "server/config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_config(const struct strbuf *json)
{
    struct errlist errors;
    errlist_init(&errors);
    struct config *config = config_load_text("fuzz", json->text, json->length, &errors);
    if (config == NULL) {
        (void)fprintf(stderr, "%s\n%s", errors.lines[0], json->text);
        abort();
    }
    config_free(config);
    errlist_fini(&errors);
}

static void import(const char *path)
{
    char error[512] = "";
    struct strbuf json, notes;
    strbuf_init(&json);
    strbuf_init(&notes);
    if (keepalived_import(path, &json, &notes, error, sizeof(error)))
        check_config(&json);
    else if (json.length > 0 || strncmp(error, path, strlen(path)) != 0)
        abort();
    if (notes.length > 0 && notes.text[notes.length - 1] != '\n')
        abort();
    strbuf_fini(&json);
    strbuf_fini(&notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    if (memmem(data, size, "include", strlen("include")) != NULL)
        return 0;
    int fd = memfd_create("keepalived.conf", MFD_CLOEXEC);
    if (fd < 0 || (size > 0 && write(fd, data, size) != (ssize_t)size))
        abort();
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    import(path);
    (void)close(fd);
    return 0;
}
