// SPDX-License-Identifier: BSD-2-Clause
/* For the tests of the config loader: documents written with ' for ", and the errors that they
 * give. */
#pragma once

#include "base/mem.h"
#include "server/config.h"

#include <check.h>
#include <string.h>

#define CASE_ERRORS 6

struct config_case {
    const char *json;
    const char *errors[CASE_ERRORS]; /* all of them, without "c.json:"; none = accepted */
};

static inline void unquote(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            *text = '"';
    }
}

static inline struct config *load_quoted(const char *json, struct errlist *errors)
{
    char *text = mem_strdup(json);
    unquote(text);
    struct config *config = config_load_text("c.json", text, strlen(text), errors);
    mem_free(text);
    return config;
}

/* The config of a document that must be good. Returns owned. */
static inline struct config *must_load(const char *json)
{
    struct errlist errors;
    errlist_init(&errors);
    struct config *config = load_quoted(json, &errors);
    ck_assert_msg(config != NULL, "%s: %s", json, errors.count > 0 ? errors.lines[0] : "");
    ck_assert(errlist_empty(&errors));
    errlist_fini(&errors);
    return config;
}

static inline void run_case(const struct config_case *c)
{
    struct errlist errors;
    errlist_init(&errors);
    struct config *config = load_quoted(c->json, &errors);
    size_t expected = 0;
    while (expected < CASE_ERRORS && c->errors[expected] != NULL)
        expected++;
    for (size_t i = 0; i < errors.count; i++) {
        ck_assert_msg(i < expected, "%s: not expected: %s", c->json, errors.lines[i]);
        ck_assert_str_eq(errors.lines[i] + strlen("c.json:"), c->errors[i]);
    }
    ck_assert_msg(errors.count == expected, "%s: not reported: %s", c->json,
                  c->errors[errors.count < CASE_ERRORS ? errors.count : 0]);
    ck_assert_msg((config != NULL) == (expected == 0), "%s", c->json);
    config_free(config);
    errlist_fini(&errors);
}
