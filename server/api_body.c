// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "server/api_internal.h"

#include <math.h>
#include <string.h>

#define TEXT_MAX      255
#define PATH_SIZE     512
#define TIME_SPAN_MAX (INT64_C(10) * 365 * 86400 * 1000) /* ten years */

/* --- values --- */

static bool is_text(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) <= TEXT_MAX &&
           strlen(json_string_value(value)) == json_string_length(value);
}

/* A NUL would hide what comes behind it. */
static bool is_long_text(const json_t *value)
{
    return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value);
}

static bool is_word(const json_t *value, const char *const *words)
{
    if (!json_is_string(value))
        return false;
    for (; *words != NULL; words++)
        if (strcmp(json_string_value(value), *words) == 0)
            return true;
    return false;
}

static bool is_weight(const json_t *value)
{
    if (json_is_null(value))
        return true;
    return json_is_integer(value) && json_integer_value(value) >= 0 &&
           json_integer_value(value) <= API_WEIGHT_MAX;
}

/* "10m", or a number of seconds; 0 when it is neither, or beyond reason. */
static int64_t time_span_ms(const json_t *value)
{
    uint64_t ms = 0;
    if (json_is_string(value)) {
        if (!parse_duration_ms(json_string_value(value), &ms) || ms > (uint64_t)TIME_SPAN_MAX)
            return 0;
        return (int64_t)ms;
    }
    if (!json_is_number(value))
        return 0;
    double seconds = json_number_value(value);
    bool usable = seconds >= 0.001 && seconds <= (double)TIME_SPAN_MAX / 1000;
    return usable ? (int64_t)llround(seconds * 1000) : 0;
}

/* NULL, or what the value should have been. */
static const char *check_value(const json_t *value, const struct api_field *field)
{
    switch (field->type) {
    case API_TEXT:
        return is_text(value) ? NULL : "must be a string of at most 255 bytes";
    case API_LONG_TEXT:
        return is_long_text(value) ? NULL : "must be a string";
    case API_BOOL:
        return json_is_boolean(value) ? NULL : "must be true or false";
    case API_WORD:
        return is_word(value, field->words) ? NULL : "must be one of";
    case API_WEIGHT:
        return is_weight(value) ? NULL : "must be a whole number from 0 to 65535, or null";
    case API_TIME_SPAN:
        return time_span_ms(value) > 0 ? NULL
                                       : "must be a time span such as \"30s\", \"10m\", \"2h\", or "
                                         "a number of seconds, at most ten years";
    case API_OBJECT:
        return json_is_object(value) ? NULL : "must be an object";
    }
    return NULL;
}

static const struct api_field *field_of(const struct api_field *fields, const char *key)
{
    for (; fields != NULL && fields->key != NULL; fields++)
        if (strcmp(fields->key, key) == 0)
            return fields;
    return NULL;
}

static void join_words(struct strbuf *out, const char *const *words)
{
    for (size_t i = 0; words != NULL && words[i] != NULL; i++)
        strbuf_addf(out, "%s%s", i == 0 ? " " : ", ", words[i]);
}

static void reply_value_error(struct api_call *call, const struct api_field *field,
                              const char *path, const char *what)
{
    struct strbuf words;
    strbuf_init(&words);
    join_words(&words, field->words);
    api_reply_error(call->api, call->request, 400, path, "%s %s%s", path, what, words.text);
    strbuf_fini(&words);
}

bool api_object_check(struct api_call *call, json_t *object, const struct api_field *fields,
                      const char *parent)
{
    const char *key = NULL;
    json_t *value = NULL;
    char path[PATH_SIZE];
    json_object_foreach (object, key, value) {
        const struct api_field *field = field_of(fields, key);
        (void)json_path_key(path, sizeof(path), parent, key);
        const char *what = field == NULL ? NULL : check_value(value, field);
        if (field == NULL)
            api_reply_error(call->api, call->request, 400, path, "unknown key %s", path);
        else if (what != NULL)
            reply_value_error(call, field, path, what);
        if (field == NULL || what != NULL)
            return false;
    }
    for (; fields != NULL && fields->key != NULL; fields++) {
        if (!fields->required || json_object_get(object, fields->key) != NULL)
            continue;
        (void)json_path_key(path, sizeof(path), parent, fields->key);
        api_reply_error(call->api, call->request, 400, path, "%s is missing", path);
        return false;
    }
    return true;
}

/* --- the body --- */

/* Owned, NULL when it has answered. */
static json_t *parse(struct api_call *call, const char *text, size_t length)
{
    struct json_doc doc;
    struct errlist errors;
    json_t *root = NULL;
    errlist_init(&errors);
    if (json_doc_parse(&doc, "body", text, length, &errors)) {
        root = json_incref(doc.root);
        json_doc_fini(&doc);
    } else {
        api_reply_error(call->api, call->request, 400, "", "%s",
                        errors.count > 0 ? errors.lines[0] : "the body is not JSON");
    }
    errlist_fini(&errors);
    return root;
}

bool api_body_read(struct api_call *call)
{
    static const char empty[] = "{}";
    size_t length = 0;
    const char *text = http_request_body(call->request, &length);
    if (length == 0) {
        text = empty; /* what is required is then missing */
        length = sizeof(empty) - 1;
    }
    json_t *root = parse(call, text, length);
    if (root == NULL)
        return false;
    if (!json_is_object(root)) {
        api_reply_error(call->api, call->request, 400, "", "the body must be a JSON object");
    } else if (api_object_check(call, root, call->route->fields, "")) {
        call->body = root;
        return true;
    }
    json_decref(root);
    return false;
}

const char *api_body_text(const struct api_call *call, const char *key)
{
    return json_string_value(json_object_get(call->body, key));
}

int64_t api_body_until(const struct api_call *call)
{
    const json_t *value = json_object_get(call->body, "for");
    return value == NULL ? 0 : clock_wall_ms() + time_span_ms(value);
}

/* --- query parameters --- */

const char *api_query(const struct api_call *call, const char *name)
{
    return http_uri_param(http_request_uri(call->request), name);
}

bool api_query_check(struct api_call *call)
{
    const struct http_uri *uri = http_request_uri(call->request);
    for (size_t i = 0; i < uri->param_count; i++) {
        const char *name = uri->params[i].name;
        if (field_of(call->route->query, name) == NULL) {
            api_reply_error(call->api, call->request, 400, name, "unknown parameter %s", name);
            return false;
        }
    }
    for (const struct api_field *f = call->route->query; f != NULL && f->key != NULL; f++) {
        if (f->required && http_uri_param(uri, f->key) == NULL) {
            api_reply_error(call->api, call->request, 400, f->key, "the parameter %s is missing",
                            f->key);
            return false;
        }
    }
    return true;
}
