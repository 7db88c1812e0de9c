// SPDX-License-Identifier: BSD-2-Clause
#include "server/statefile.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATEFILE_VERSION  1
#define STATEFILE_SIZE_MAX (256U << 20)
#define CLOCK_STEP_MS      60000 /* a clock that was set back a little makes nothing untrue */

/* --- writing --- */

static json_t *time_json(int64_t unix_ms)
{
    char text[PARSE_TIME_MAX];
    if (unix_ms == 0)
        return json_null();
    parse_time_print(unix_ms, text);
    return json_string(text);
}

static json_t *override_json(const struct override *override)
{
    char address[ADDR_TEXT_MAX] = "";
    json_t *object = json_object();
    json_object_set_new(object, "id", json_string(override->id));
    if (override->scope == OVERRIDE_MEMBER) {
        json_object_set_new(object, "pool", json_string(override->pool));
        json_object_set_new(object, "member", json_string(override->member));
    } else if (override->scope == OVERRIDE_SERVICE) {
        json_object_set_new(object, "service", json_string(override->pool));
        if (override->member[0] != '\0')
            json_object_set_new(object, "server", json_string(override->member));
    } else {
        addr_print(&override->address, address);
        json_object_set_new(object, "address", json_string(address));
    }
    if (override->kind == OVERRIDE_KIND_STATE)
        json_object_set_new(object, "state", json_string(override_state_name(override->state)));
    else
        json_object_set_new(object, "weight", json_integer(override->weight));
    json_object_set_new(object, "reason", json_string(override->reason));
    json_object_set_new(object, "author", json_string(override->author));
    json_object_set_new(object, "since", time_json(override->since_ms));
    json_object_set_new(object, "until", time_json(override->until_ms));
    return object;
}

static char *dump(const char *key, json_t *list)
{
    json_t *root = json_object();
    json_object_set_new(root, "version", json_integer(STATEFILE_VERSION));
    json_object_set_new(root, key, list);
    char *json = json_dumps(root, JSON_INDENT(1));
    char *text = mem_strdup(json != NULL ? json : "");
    free(json);
    json_decref(root);
    return text;
}

char *statefile_overrides_text(const struct override_store *store)
{
    json_t *list = json_array();
    for (size_t i = 0; i < override_count(store); i++)
        json_array_append_new(list, override_json(override_at(store, i)));
    return dump("overrides", list);
}

char *statefile_ipvs_text(const struct ipvs_keys *owned)
{
    char key[IPVS_TEXT_MAX];
    json_t *list = json_array();
    for (size_t i = 0; i < owned->count; i++) {
        ipvs_key_print(&owned->items[i], key);
        json_array_append_new(list, json_string(key));
    }
    return dump("services", list);
}

/* One object at a time: a tree of all would take fifty times the room of the text. */
char *statefile_verdicts_text(const struct statefile_verdict *verdicts, size_t count)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_addf(&text, "{\n \"version\": %d,\n \"verdicts\": [", STATEFILE_VERSION);
    for (size_t i = 0; i < count; i++) {
        json_t *object = json_object();
        json_object_set_new(object, "target", json_string(verdicts[i].identity));
        json_object_set_new(object, "verdict",
                            json_string(health_verdict_name(verdicts[i].verdict)));
        if (verdicts[i].weight != CHECK_WEIGHT_FULL)
            json_object_set_new(object, "weight", json_integer(verdicts[i].weight));
        json_object_set_new(object, "since", time_json(verdicts[i].since_ms));
        json_object_set_new(object, "at", time_json(verdicts[i].at_ms));
        char *line = json_dumps(object, 0);
        strbuf_addf(&text, "%s\n  %s", i > 0 ? "," : "", line != NULL ? line : "{}");
        free(line);
        json_decref(object);
    }
    strbuf_add(&text, "\n ]\n}\n");
    char *whole = strbuf_take(&text);
    strbuf_fini(&text);
    return whole;
}

static bool write_all(int fd, const char *text)
{
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t n = write(fd, text, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        length -= (size_t)n;
    }
    return fsync(fd) == 0;
}

static void sync_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd); /* a file system that cannot sync a folder keeps the rename all the same */
        (void)close(fd);
    }
}

/* The temporary file. A folder that was removed under us is made again. */
static int open_new(const char *dir, const char *path)
{
    char unused[1];
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(path, flags, 0600);
    if (fd < 0 && errno == ENOENT && statefile_prepare(dir, unused, sizeof(unused)))
        fd = open(path, flags, 0600);
    return fd;
}

bool statefile_write(const char *dir, const char *name, const char *text, char *error,
                     size_t error_size)
{
    char path[PATH_MAX];
    char temporary[PATH_MAX];
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path) ||
        (size_t)snprintf(temporary, sizeof(temporary), "%s/%s.new", dir, name) >=
            sizeof(temporary)) {
        (void)snprintf(error, error_size, "%s: path too long", dir);
        return false;
    }
    int fd = open_new(dir, temporary);
    bool ok = fd >= 0 && write_all(fd, text);
    int saved = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        ok = false;
        saved = errno;
    }
    if (ok && rename(temporary, path) != 0) {
        ok = false;
        saved = errno;
    }
    if (!ok) {
        (void)snprintf(error, error_size, "%s: %s", path, strerror(saved));
        (void)unlink(temporary);
        return false;
    }
    sync_folder(dir);
    return true;
}

bool statefile_prepare(const char *dir, char *error, size_t error_size)
{
    char path[PATH_MAX];
    size_t length = strlen(dir);
    if (length == 0 || length >= sizeof(path)) {
        (void)snprintf(error, error_size, "%s: not a usable path", dir);
        return false;
    }
    memcpy(path, dir, length + 1);
    /* Missing parents too, as mkdir -p does; what exists already fails harmlessly and is seen by
     * access below. */
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        (void)mkdir(path, 0755);
        *at = '/';
    }
    int made = mkdir(path, 0700) == 0 ? 0 : errno;
    if (access(path, W_OK | X_OK) == 0)
        return true;
    /* Where the folder is missing, the reason is why it could not be made. */
    int reason = errno == ENOENT ? made : errno;
    (void)snprintf(error, error_size,
                   "%s: %s (the server runs as uid %u: make the folder and give it to that user)",
                   dir, strerror(reason), (unsigned)geteuid());
    return false;
}

/* --- reading --- */

static const char *get_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static bool get_time(const json_t *object, const char *key, int64_t *out)
{
    const json_t *value = json_object_get(object, key);
    *out = 0;
    return json_is_null(value) ||
           (json_is_string(value) && parse_time(json_string_value(value), out));
}

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

static bool read_state(const json_t *object, struct override *out)
{
    const json_t *weight = json_object_get(object, "weight");
    if (json_is_integer(weight)) {
        json_int_t value = json_integer_value(weight);
        out->kind = OVERRIDE_KIND_WEIGHT;
        out->weight = (uint32_t)value;
        return value >= 0 && value <= UINT32_MAX;
    }
    out->kind = OVERRIDE_KIND_STATE;
    for (int s = OVERRIDE_UP; s <= OVERRIDE_DRAIN; s++) {
        if (strcmp(get_text(object, "state"), override_state_name((enum override_state)s)) == 0) {
            out->state = (enum override_state)s;
            return true;
        }
    }
    return false;
}

/* An address, a service and perhaps a server, or a pool and a member. */
static bool read_target(const json_t *object, struct override *out)
{
    const char *address = json_string_value(json_object_get(object, "address"));
    if (address != NULL) {
        out->scope = OVERRIDE_BACKEND;
        return addr_parse(address, &out->address);
    }
    if (json_object_get(object, "service") != NULL) {
        out->scope = OVERRIDE_SERVICE;
        copy_text(out->pool, sizeof(out->pool), get_text(object, "service"));
        copy_text(out->member, sizeof(out->member), get_text(object, "server"));
        return out->pool[0] != '\0';
    }
    out->scope = OVERRIDE_MEMBER;
    copy_text(out->pool, sizeof(out->pool), get_text(object, "pool"));
    copy_text(out->member, sizeof(out->member), get_text(object, "member"));
    return out->pool[0] != '\0' && out->member[0] != '\0';
}

static bool read_override(const json_t *object, struct override *out)
{
    memset(out, 0, sizeof(*out));
    if (!read_target(object, out))
        return false;
    copy_text(out->id, sizeof(out->id), get_text(object, "id"));
    copy_text(out->reason, sizeof(out->reason), get_text(object, "reason"));
    copy_text(out->author, sizeof(out->author), get_text(object, "author"));
    return out->id[0] != '\0' && read_state(object, out) &&
           get_time(object, "since", &out->since_ms) && get_time(object, "until", &out->until_ms);
}

/* Opens DIR/NAME and returns its list `key`; NULL when the file is missing (no error) or bad
 * (error, set aside). */
static json_t *read_list(const char *dir, const char *name, const char *key, struct json_doc *doc,
                         struct errlist *errors)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (access(path, F_OK) != 0)
        return NULL;
    if (!json_doc_load(doc, path, STATEFILE_SIZE_MAX, errors))
        return NULL;
    json_t *list = json_object_get(doc->root, key);
    if (json_integer_value(json_object_get(doc->root, "version")) == STATEFILE_VERSION &&
        json_is_array(list))
        return list;
    errlist_add(errors, "%s: not a version %d file of \"%s\"", path, STATEFILE_VERSION, key);
    json_doc_fini(doc);
    return NULL;
}

static bool set_aside(const char *dir, const char *name, const struct errlist *errors,
                      size_t before)
{
    char path[PATH_MAX];
    char bad[PATH_MAX];
    if (errors->count + errors->dropped == before)
        return true;
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    (void)snprintf(bad, sizeof(bad), "%s/%s.bad", dir, name);
    (void)rename(path, bad);
    return false;
}

bool statefile_read_overrides(const char *dir, struct override_store *store, struct errlist *errors)
{
    struct json_doc doc = { 0 };
    size_t before = errors->count + errors->dropped;
    json_t *list = read_list(dir, STATEFILE_OVERRIDES, "overrides", &doc, errors);
    size_t count = json_array_size(list);
    struct override *all = MEM_NEW_ARRAY(struct override, count);
    /* First all, then into the store: nothing of a damaged file is used. */
    for (size_t i = 0; i < count; i++) {
        if (!read_override(json_array_get(list, i), &all[i])) {
            errlist_add(errors, "%s/%s: overrides[%zu] is damaged", dir, STATEFILE_OVERRIDES, i);
            count = 0;
        }
    }
    for (size_t i = 0; i < count; i++)
        override_restore(store, &all[i]);
    mem_free(all);
    if (list != NULL)
        json_doc_fini(&doc);
    return set_aside(dir, STATEFILE_OVERRIDES, errors, before);
}

static bool read_weight(const json_t *object, uint8_t *out)
{
    const json_t *weight = json_object_get(object, "weight");
    json_int_t percent = weight != NULL ? json_integer_value(weight) : CHECK_WEIGHT_FULL;
    bool good =
        (weight == NULL || json_is_integer(weight)) && percent >= 0 && percent <= CHECK_WEIGHT_FULL;
    *out = good ? (uint8_t)percent : CHECK_WEIGHT_FULL;
    return good;
}

static bool read_verdict(const json_t *object, struct statefile_verdict *out)
{
    out->identity = get_text(object, "target");
    const char *verdict = get_text(object, "verdict");
    if (strcmp(verdict, "up") == 0)
        out->verdict = HEALTH_UP;
    else if (strcmp(verdict, "down") == 0)
        out->verdict = HEALTH_DOWN;
    else
        return false;
    return out->identity[0] != '\0' && get_time(object, "since", &out->since_ms) &&
           get_time(object, "at", &out->at_ms) && read_weight(object, &out->weight);
}

bool statefile_read_verdicts(const char *dir, int64_t now_ms, int64_t max_age_ms,
                             statefile_verdict_fn *fn, void *data, struct errlist *errors)
{
    struct json_doc doc = { 0 };
    size_t before = errors->count + errors->dropped;
    json_t *list = read_list(dir, STATEFILE_VERDICTS, "verdicts", &doc, errors);
    size_t count = json_array_size(list);
    struct statefile_verdict *all = MEM_NEW_ARRAY(struct statefile_verdict, count);
    for (size_t i = 0; i < count; i++) {
        if (!read_verdict(json_array_get(list, i), &all[i])) {
            errlist_add(errors, "%s/%s: verdicts[%zu] is damaged", dir, STATEFILE_VERDICTS, i);
            count = 0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        int64_t age_ms = now_ms - all[i].at_ms;
        if (age_ms <= max_age_ms && age_ms >= -CLOCK_STEP_MS)
            fn(data, &all[i]);
    }
    mem_free(all);
    if (list != NULL)
        json_doc_fini(&doc);
    return set_aside(dir, STATEFILE_VERDICTS, errors, before);
}

bool statefile_read_ipvs(const char *dir, struct ipvs_keys *owned, struct errlist *errors)
{
    struct json_doc doc = { 0 };
    size_t before = errors->count + errors->dropped;
    json_t *list = read_list(dir, STATEFILE_IPVS, "services", &doc, errors);
    size_t count = json_array_size(list);
    struct ipvs_key *keys = MEM_NEW_ARRAY(struct ipvs_key, count);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL || !ipvs_key_parse(text, &keys[i])) {
            errlist_add(errors, "%s/%s: services[%zu] is damaged", dir, STATEFILE_IPVS, i);
            count = 0;
        }
    }
    for (size_t i = 0; i < count; i++)
        (void)ipvs_keys_add(owned, &keys[i]);
    mem_free(keys);
    if (list != NULL)
        json_doc_fini(&doc);
    return set_aside(dir, STATEFILE_IPVS, errors, before);
}
