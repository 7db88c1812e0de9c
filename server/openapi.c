// SPDX-License-Identifier: BSD-2-Clause
#include "server/openapi.h"

#include "base/compiler.h"
#include "base/version.h"
#include "server/api_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

/* A time span is a string or a number of seconds, a weight may be null. */
static json_t *schema_of(const struct api_field *field)
{
    switch (field->type) {
    case API_WORD: {
        json_t *words = json_array();
        for (size_t i = 0; field->words[i] != NULL; i++)
            (void)json_array_append_new(words, json_string(field->words[i]));
        return json_pack("{s:s, s:o}", "type", "string", "enum", words);
    }
    case API_WEIGHT:
        return json_pack("{s:s, s:b, s:i, s:i}", "type", "integer", "nullable", 1, "minimum", 0,
                         "maximum", API_WEIGHT_MAX);
    case API_TIME_SPAN:
        return json_pack("{s:[{s:s}, {s:s}]}", "oneOf", "type", "string", "type", "number");
    case API_OBJECT:
        return json_pack("{s:s}", "type", "object");
    case API_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case API_LONG_TEXT:
        return json_pack("{s:s}", "type", "string");
    case API_TEXT:
        break;
    }
    return json_pack("{s:s, s:i}", "type", "string", "maxLength", 255);
}

static json_t *body_of(const struct api_field *fields)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    for (; fields->key != NULL; fields++) {
        json_t *schema = schema_of(fields);
        set(schema, "description", json_string(fields->help));
        set(properties, fields->key, schema);
        if (fields->required)
            (void)json_array_append_new(required, json_string(fields->key));
    }
    return json_pack("{s:b, s:{s:{s:{s:s, s:o, s:o, s:b}}}}", "required", 1, "content",
                     "application/json", "schema", "type", "object", "properties", properties,
                     "required", required, "additionalProperties", 0);
}

static void add_path_parameters(json_t *list, const char *path)
{
    for (const char *at = strchr(path, '{'); at != NULL; at = strchr(at, '{')) {
        at++;
        json_t *name = json_stringn(at, strcspn(at, "}"));
        (void)json_array_append_new(list,
                                    json_pack("{s:o, s:s, s:b, s:{s:s}}", "name", name, "in",
                                              "path", "required", 1, "schema", "type", "string"));
    }
}

static json_t *parameters_of(const struct api_route *route)
{
    json_t *list = json_array();
    add_path_parameters(list, route->path);
    for (const struct api_field *f = route->query; f != NULL && f->key != NULL; f++)
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", f->key, "in", "query", "required",
                            f->required, "description", f->help, "schema", schema_of(f)));
    return list;
}

static const char *media_type(const struct api_route *route)
{
    if (route->handle == api_get_events)
        return "text/event-stream";
    if (route->handle == api_get_metrics)
        return "text/plain";
    return route->handle == api_get_page ? "text/html" : "application/json";
}

static json_t *operation_of(const struct api_route *route)
{
    json_t *operation = json_object();
    set(operation, "summary", json_string(route->summary));
    set(operation, "x-role", json_string(token_role_name(route->role)));
    set(operation, "parameters", parameters_of(route));
    if (route->fields != NULL)
        set(operation, "requestBody", body_of(route->fields));
    set(operation, "responses",
        json_pack("{s:{s:s, s:{s:{}}}, s:{s:s}}", "200", "description", "Done", "content",
                  media_type(route), "default", "$ref", "#/components/responses/Error"));
    return operation;
}

static json_t *components(void)
{
    static const char *const codes[] = { "bad_request", "unauthorized", "forbidden",
                                         "not_found",   "conflict",     "invalid_config",
                                         "too_large",   "unavailable",  "internal" };
    json_t *words = json_array();
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        (void)json_array_append_new(words, json_string(codes[i]));
    json_t *error = json_pack("{s:s, s:{s:{s:s, s:o}, s:{s:s}, s:{s:s}}}", "type", "object",
                              "properties", "code", "type", "string", "enum", words, "message",
                              "type", "string", "path", "type", "string");
    json_t *schema = json_pack("{s:s, s:{s:o}}", "type", "object", "properties", "error", error);
    return json_pack("{s:{s:{s:s, s:{s:{s:o}}}}, s:{s:{s:s, s:s}}}", "responses", "Error",
                     "description", "Refused", "content", "application/json", "schema", schema,
                     "securitySchemes", "token", "type", "http", "scheme", "bearer");
}

json_t *openapi_build(void)
{
    size_t count = 0;
    const struct api_route *routes = api_routes(&count);
    json_t *paths = json_object();
    for (size_t i = 0; i < count; i++) {
        char method[16];
        size_t length = strlen(routes[i].method);
        for (size_t c = 0; c <= length && c < sizeof(method); c++)
            method[c] = (char)tolower((unsigned char)routes[i].method[c]);
        json_t *path = json_object_get(paths, routes[i].path);
        if (path == NULL) {
            path = json_object();
            set(paths, routes[i].path, path);
        }
        set(path, method, operation_of(&routes[i]));
    }
    return json_pack("{s:s, s:{s:s, s:s}, s:[{s:[]}, {}], s:o, s:o}", "openapi", "3.0.3", "info",
                     "title", "gslbd control API", "version", GSLB_VERSION, "security", "token",
                     "paths", paths, "components", components());
}
