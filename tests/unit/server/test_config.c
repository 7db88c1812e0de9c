// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/server/config_benign.h"
#include "tests/unit/server/config_cases.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct errlist errors;

static void setup(void)
{
    errlist_init(&errors);
}

static void teardown(void)
{
    errlist_fini(&errors);
}

/* --- loading --- */

START_TEST(load_makes_paths_relative_to_the_file)
{
    static const char text[] = "{\"server\": {\"state_dir\": \"state\"}, \"api\": {\"listen\": "
                               "[\"unix:a.sock\"], \"tokens_file\": \"/abs/tokens\"}, "
                               "\"zones\": {\"a.test\": {\"file\": \"z/a.zone\"}}}";
    static const char *const files[] = { "/etc/gslb/gslb.json", "conf/gslb.json", "/gslb.json",
                                         "gslb.json" };
    static const char *const zones[] = { "/etc/gslb/z/a.zone", "conf/z/a.zone", "//z/a.zone",
                                         "z/a.zone" };
    for (size_t i = 0; i < 4; i++) {
        struct config *config = config_load_text(files[i], text, strlen(text), &errors);
        ck_assert_ptr_nonnull(config);
        ck_assert_str_eq(config->file, files[i]);
        ck_assert_str_eq(config->zones[0].file, zones[i]);
        ck_assert_str_eq(config->api.tokens_file, "/abs/tokens");
        if (i == 0) {
            ck_assert_str_eq(config->server.state_dir, "/etc/gslb/state");
            const struct config_api_listen *listen = config->api.listen.items;
            ck_assert_str_eq(listen[0].path, "/etc/gslb/a.sock");
        }
        config_free(config);
    }
    config_free(NULL);
}
END_TEST

/* What is wrong with the rest can be asked of a config with errors, but not of what is no JSON. */
START_TEST(load_any_keeps_what_could_be_read)
{
    static const struct {
        const char *text;
        bool sound;
        bool config;
    } cases[] = {
        { "{\"zones\": {\"a.test\": {\"file\": \"a.zone\"}}}", true, true },
        { "{\"zones\": {\"a.test\": {\"file\": \"a.zone\"}}, \"x\": 1}", false, true },
        { "{\"zones\": ", false, false },
    };
    char file[] = "/tmp/test_config_XXXXXX";
    int fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(cases[i].text);
        bool sound = !cases[i].sound;
        ck_assert_int_eq(ftruncate(fd, 0), 0);
        ck_assert_int_eq(pwrite(fd, cases[i].text, length, 0), (ssize_t)length);
        struct config *config = config_load_any(file, &sound, &errors);
        ck_assert_int_eq(sound, cases[i].sound);
        ck_assert_int_eq(config != NULL, cases[i].config);
        if (config != NULL)
            ck_assert_uint_eq(config->zone_count, 1);
        config_free(config);
        ck_assert_uint_eq(errors.count, i);
    }
    (void)close(fd);
    (void)unlink(file);
    bool sound = true;
    ck_assert_ptr_null(config_load_any(file, &sound, &errors));
    ck_assert(!sound);
}
END_TEST

START_TEST(load_reads_a_file)
{
    char file[] = "/tmp/test_config_XXXXXX";
    int fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "{}", 2), 2);
    struct config *config = config_load(file, &errors);
    ck_assert_ptr_nonnull(config);
    config_free(config);
    ck_assert_int_eq(write(fd, " {}", 3), 3);
    (void)close(fd);
    ck_assert_ptr_null(config_load(file, &errors));
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_ptr_null(config_load(file, &errors));
    ck_assert_uint_eq(errors.count, 2);
    ck_assert_ptr_nonnull(strstr(errors.lines[0], ":1:4: end of file expected"));
    ck_assert_ptr_nonnull(strstr(errors.lines[1], ": cannot read: No such file"));
}
END_TEST

START_TEST(errors_come_in_the_order_of_the_file)
{
    const struct config_case c = {
        "{'pools': {'p': {'check': 'x', 'members': {'a': {}}}},\n'zones': 1, 'zones': {},\n"
        "'server': {'listen': ['127.0.0.1:1', '127.0.0.1:1'], 'lisen': 1}}",
        { "1:27: pools.p.check: there is no check \"x\" in \"checks\"",
          "1:49: pools.p.members.a: needs an \"address\", a \"pool\" or a \"service\"",
          "2:13: zones: duplicate key, first seen at 2:1", "3:38: server.listen[1]: is given twice",
          "3:54: server.lisen: unknown key, did you mean \"listen\"?" },
    };
    run_case(&c);
}
END_TEST

START_TEST(errors_of_others_stay_first)
{
    errlist_add(&errors, "zzz:9:9: of another file");
    ck_assert_ptr_null(load_quoted("{'x': 1, 'y': 2}", &errors));
    ck_assert_uint_eq(errors.count, 3);
    ck_assert_str_eq(errors.lines[0], "zzz:9:9: of another file");
}
END_TEST

START_TEST(a_file_name_as_long_as_they_get)
{
    static char file[5000];
    memset(file, 'f', sizeof(file) - 1);
    ck_assert_ptr_null(config_load_text(file, "{\"x\":1,\"y\":2}", 13, &errors));
    ck_assert_uint_eq(errors.count, 2);
}
END_TEST

/* --- what a reload may not change --- */

static const struct {
    const char *before;
    const char *after;
    const char *error; /* the only one */
} changes[] = {
    { "{}", "{'server': {'listen': ['127.0.0.1:5300'], 'workers': 0}}", NULL },
    { "{'server': {'nsid': 'a'}}", "{'server': {'nsid': 'b', 'log': {'level': 'debug'}}}", NULL },
    { "{}", "{'pools': {'p': {'members': {'a': {'address': '::1'}}}}}", NULL },
    { "{'api': {}}", "{'api': {'listen': ['127.0.0.1:8053'], 'tokens_file': 't'}}", NULL },
    { "{}", "{'server': {'listen': ['127.0.0.1:5301']}}",
      "c.json:1:23: server.listen: a change here needs a restart (restart needed)" },
    { "{'server': {'workers': 2}}", "{}",
      "c.json:1:1: server.workers: a change here needs a restart (restart needed)" },
    { "{'server': {'user': 'a'}}", "{'server': {'user': 'b'}}",
      "c.json:1:21: server.user: a change here needs a restart (restart needed)" },
    { "{'server': {'state_dir': 'a'}}", "{'server': {'state_dir': null}}",
      "c.json:1:26: server.state_dir: a change here needs a restart (restart needed)" },
    { "{}", "{'api': {}}",
      "c.json:1:9: api.listen: a change here needs a restart (restart needed)" },
    { "{'ipvs': {'on_exit': 'drain'}}", "{'ipvs': {'mode': 'shared', 'max_remove': 10}}", NULL },
    { "{'ipvs': {}}", "{'ipvs': {'mode': 'observe'}}",
      "c.json:1:19: ipvs.mode: a change here needs a restart (restart needed)" },
    { "{'ipvs': {'allow': ['10.0.0.0/8']}}", "{'ipvs': {}}",
      "c.json:1:10: ipvs.allow: a change here needs a restart (restart needed)" },
    { "{}", "{'ipvs': {}}",
      "c.json:1:10: ipvs.mode: a change here needs a restart (restart needed)" },
    { "{'ipvs': {}}", "{'ipvs': null}",
      "c.json:1:10: ipvs.mode: a change here needs a restart (restart needed)" },
    { "{'api': {}}", "{}",
      "c.json:1:1: api.listen: a change here needs a restart (restart needed)" },
};

START_TEST(start_only_values)
{
    struct config *before = must_load(changes[_i].before);
    struct config *after = must_load(changes[_i].after);
    ck_assert_int_eq(config_same_start_only(before, after, &errors), changes[_i].error == NULL);
    ck_assert_uint_eq(errors.count, changes[_i].error == NULL ? 0 : 1);
    if (changes[_i].error != NULL)
        ck_assert_str_eq(errors.lines[0], changes[_i].error);
    config_free(before);
    config_free(after);
}
END_TEST

/* --- what documents print --- */

/* Returns owned. The tests run in the top folder of the sources. */
static char *read_document(const char *file)
{
    size_t length = 0;
    char *text = json_read_file(file, (size_t)1 << 20, &length, &errors);
    ck_assert_msg(text != NULL, "%s", errors.count > 0 ? errors.lines[0] : file);
    return text;
}

static void check_block(const char *file, const char *block, size_t length)
{
    struct config *config = config_load_text(file, block, length, &errors);
    ck_assert_msg(config != NULL, "%s: %s\n%.*s", file, errors.count > 0 ? errors.lines[0] : "",
                  (int)length, block);
    config_free(config);
}

/* Every block that begins with ```json; those with more words behind it are no whole configs. */
static unsigned check_blocks(const char *file, char *text)
{
    static const char fence[] = "\n```json\n";
    unsigned count = 0;
    for (char *at = strstr(text, fence); at != NULL; at = strstr(at, fence)) {
        char *start = at + strlen(fence);
        char *end = strstr(start, "\n```");
        ck_assert_ptr_nonnull(end);
        check_block(file, start, (size_t)(end + 1 - start));
        count++;
        at = end;
    }
    return count;
}

static const struct {
    const char *file;
    unsigned blocks; /* at least */
} documents[] = {
    { "docs/config.md", 5 },
    { "README.md", 1 },
};

START_TEST(documents_print_good_configs)
{
    char *text = read_document(documents[_i].file);
    ck_assert_uint_ge(check_blocks(documents[_i].file, text), documents[_i].blocks);
    mem_free(text);
}
END_TEST

START_TEST(the_document_holds_the_schema)
{
    static const char begin[] = "\n<!-- schema: held to `gslbd --schema` by a test -->\n```text\n";
    char *text = read_document("docs/config.md");
    char *start = strstr(text, begin);
    ck_assert_ptr_nonnull(start);
    start += strlen(begin);
    char *end = strstr(start, "```\n<!-- /schema -->\n");
    ck_assert_ptr_nonnull(end);
    *end = '\0';
    struct strbuf schema;
    strbuf_init(&schema);
    config_schema_print(&schema);
    ck_assert_str_eq(start, schema.text);
    strbuf_fini(&schema);
    mem_free(text);
}
END_TEST

START_TEST(the_schema_names_every_section)
{
    struct strbuf schema;
    strbuf_init(&schema);
    config_schema_print(&schema);
    static const char *const lines[] = { "server.listen\n",
                                         "api.tokens_file\n",
                                         "zones.NAME.names.NAME.pool\n",
                                         "checks.NAME.interval\n",
                                         "checks.NAME.path (type http)\n",
                                         "checks.NAME.send (type tcp)\n",
                                         "pools.NAME.members.NAME.weight\n",
                                         "ipvs.services.NAME.servers.NAME.tunnel.port\n" };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        ck_assert_msg(strstr(schema.text, lines[i]) != NULL, "%s", lines[i]);
    strbuf_fini(&schema);
}
END_TEST

START_TEST(shipped_configs_are_good)
{
    static const char *const files[] = { "gslb.json", "packaging/gslb.json" };
    for (size_t i = 0; i < 2; i++) {
        struct config *config = config_load(files[i], &errors);
        ck_assert_msg(config != NULL, "%s", errors.count > 0 ? errors.lines[0] : "");
        ck_assert_uint_ge(config->zone_count, 1);
        config_free(config);
    }
}
END_TEST

/* --- mutants: everything that can be done to one node of a rich config --- */

static const char rich[] =
    "{'server': {'listen': ['127.0.0.1:5300', '[::1]:5300'], 'workers': 2, 'user': 'gslb',"
    "            'state_dir': 'state', 'nsid': 'ns1', 'partial_reload': true,"
    "            'log': {'format': 'json', 'level': 'warn'}},"
    " 'api': {'listen': ['192.0.2.1:8053', 'unix:api.sock'], 'tokens_file': 'tokens',"
    "         'unix_group': 'ops'},"
    " 'zones': {'example.test': {'file': 'example.test.zone',"
    "              'names': {'www': 'web', '@': {'pool': 'web', 'ttl': '10s', 'override': true},"
    "                        'old': {'check': ['h'], 'policy': 'all', 'min_live': 2}}}},"
    " 'checks': {'h': {'type': 'http', 'path': '/x', 'host': 'a.test', 'method': 'HEAD',"
    "                  'headers': {'A': 'b'}, 'expect_status': '200', 'expect_body': 'ok',"
    "                  'weight_header': 'W', 'interval': '1s', 'timeout': 0.5, 'fall': 2, 'rise': "
    "1,"
    "                  'confirm_interval': '500ms'},"
    "            't': {'type': 'tcp', 'port': 25, 'send': 'QUIT', 'expect': '221',"
    "                  'address': '192.0.2.9'}},"
    " 'pools': {'web': {'policy': 'weighted', 'ttl': '5s', 'max_answers': 2, 'check': 'h',"
    "                   'min_live': 1, 'on_all_down': {'pool': 'far'},"
    "                   'members': {'a': {'address': '192.0.2.1', 'port': 80, 'weight': 3},"
    "                               'b': {'address': ['192.0.2.2', '2001:db8::2'], 'order': 2,"
    "                                     'disabled': false, 'check': ['h', 't'], 'tags': ['x']},"
    "                               'c': {'pool': 'far', 'weight': 0}}},"
    "           'far': {'members': {'s': {'address': '198.51.100.2'}}}}}";

#define NODES_MAX 200

struct node {
    json_t *parent;
    const char *key; /* NULL in an array */
    size_t index;
    char path[200];
};

struct mutants {
    json_t *root;
    struct node nodes[NODES_MAX];
    size_t count;
    unsigned tried, accepted;
    bool seen[sizeof(benign) / sizeof(benign[0])];
};

static struct node *add_node(struct mutants *m, json_t *parent, const char *parent_path)
{
    ck_assert_uint_lt(m->count, NODES_MAX);
    struct node *node = &m->nodes[m->count++];
    *node = (struct node){ .parent = parent };
    (void)snprintf(node->path, sizeof(node->path), "%s", parent_path);
    return node;
}

static json_t *value_of(const struct node *node)
{
    return node->key != NULL ? json_object_get(node->parent, node->key)
                             : json_array_get(node->parent, node->index);
}

static void add_children(struct mutants *m, json_t *value, const char *path)
{
    const char *key = NULL;
    size_t index = 0;
    json_t *child = NULL;
    json_object_foreach (value, key, child) {
        struct node *node = add_node(m, value, path);
        node->key = key;
        (void)json_path_key(node->path, sizeof(node->path), path, key);
    }
    json_array_foreach (value, index, child) {
        struct node *node = add_node(m, value, path);
        node->index = index;
        (void)json_path_index(node->path, sizeof(node->path), path, index);
    }
}

static void find_nodes(struct mutants *m)
{
    add_children(m, m->root, "");
    for (size_t i = 0; i < m->count; i++)
        add_children(m, value_of(&m->nodes[i]), m->nodes[i].path);
}

static bool is_benign(struct mutants *m, const char *what)
{
    for (size_t i = 0; i < sizeof(benign) / sizeof(benign[0]); i++) {
        if (strcmp(benign[i], what) == 0) {
            m->seen[i] = true;
            return true;
        }
    }
    return false;
}

/* "m.json:LINE:COL: " with numbers from 1. */
static bool has_place(const char *line)
{
    char *end = NULL;
    if (strncmp(line, "m.json:", 7) != 0 || !isdigit((unsigned char)line[7]))
        return false;
    unsigned long row = strtoul(line + 7, &end, 10);
    if (row == 0 || *end != ':' || !isdigit((unsigned char)end[1]))
        return false;
    return strtoul(end + 1, &end, 10) > 0 && strncmp(end, ": ", 2) == 0 && end[2] != '\0';
}

static void try_text(struct mutants *m, const char *what, const char *text, size_t length)
{
    struct errlist found;
    errlist_init(&found);
    struct config *config = config_load_text("m.json", text, length, &found);
    m->tried++;
    if (config != NULL) {
        m->accepted++;
        ck_assert_msg(is_benign(m, what), "accepted: %s", what);
        ck_assert(errlist_empty(&found));
    } else {
        ck_assert_msg(found.count > 0, "refused without a word: %s", what);
    }
    for (size_t i = 0; i < found.count; i++)
        ck_assert_msg(has_place(found.lines[i]), "%s: %s", what, found.lines[i]);
    config_free(config);
    errlist_fini(&found);
}

static void try_root(struct mutants *m, const char *mutation, const char *path)
{
    char what[300];
    (void)snprintf(what, sizeof(what), "%s %s", mutation, path);
    char *text = json_dumps(m->root, JSON_INDENT(1));
    try_text(m, what, text, strlen(text));
    free(text);
}

static void replace(struct mutants *m, const struct node *node, const char *json)
{
    json_t *original = json_incref(value_of(node));
    json_t *other = json_loads(json, JSON_DECODE_ANY, NULL);
    if (!json_equal(original, other)) {
        if (node->key != NULL)
            (void)json_object_set(node->parent, node->key, other);
        else
            (void)json_array_set(node->parent, node->index, other);
        try_root(m, json, node->path);
        if (node->key != NULL)
            (void)json_object_set(node->parent, node->key, original);
        else
            (void)json_array_set(node->parent, node->index, original);
    }
    json_decref(other);
    json_decref(original);
}

static void delete_and_rename(struct mutants *m, struct node *node)
{
    char renamed[100];
    char *key = mem_strdup(node->key);
    json_t *value = json_incref(value_of(node));
    (void)json_object_del(node->parent, key);
    try_root(m, "delete", node->path);
    (void)snprintf(renamed, sizeof(renamed), "%sx", key);
    (void)json_object_set(node->parent, renamed, value);
    try_root(m, "rename", node->path);
    (void)json_object_del(node->parent, renamed);
    (void)json_object_set(node->parent, key, value);
    /* The key of a deleted entry is freed with it. */
    const char *at = NULL;
    json_t *unused = NULL;
    json_object_foreach (node->parent, at, unused) {
        if (strcmp(at, key) == 0)
            node->key = at;
    }
    json_decref(value);
    mem_free(key);
}

/* jansson cannot write a key twice: a stand-in is replaced in the text. */
static void duplicate(struct mutants *m, const struct node *node)
{
    static const char stand_in[] = "\"STAND-IN\"";
    (void)json_object_set_new(node->parent, "STAND-IN", json_deep_copy(value_of(node)));
    char *text = json_dumps(m->root, JSON_COMPACT);
    (void)json_object_del(node->parent, "STAND-IN");
    struct strbuf twice;
    strbuf_init(&twice);
    char *at = strstr(text, stand_in);
    strbuf_add_bytes(&twice, text, (size_t)(at - text));
    strbuf_addf(&twice, "\"%s\"%s", node->key, at + strlen(stand_in));
    char what[300];
    (void)snprintf(what, sizeof(what), "duplicate %s", node->path);
    try_text(m, what, twice.text, twice.length);
    strbuf_fini(&twice);
    free(text);
}

static void mutate_nodes(struct mutants *m)
{
    static const char *const values[] = { "null", "true",  "-1",      "1.5", "99999999",
                                          "\"\"", "\"?\"", "\"0ms\"", "[]",  "{}" };
    for (size_t i = 0; i < m->count; i++) {
        for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++)
            replace(m, &m->nodes[i], values[k]);
        if (m->nodes[i].key == NULL)
            continue;
        duplicate(m, &m->nodes[i]);
    }
    /* Last and backwards, as they change the order of keys. */
    for (size_t i = m->count; i-- > 0;) {
        if (m->nodes[i].key != NULL)
            delete_and_rename(m, &m->nodes[i]);
    }
}

static void truncate_text(struct mutants *m)
{
    char *text = json_dumps(m->root, JSON_INDENT(1));
    size_t length = strlen(text);
    for (size_t cut = 0; cut < length; cut += 7) {
        char what[40];
        (void)snprintf(what, sizeof(what), "truncate %zu", cut);
        try_text(m, what, text, cut);
    }
    free(text);
}

START_TEST(mutants_are_refused_with_their_place)
{
    struct mutants *m = MEM_NEW(struct mutants);
    char *text = mem_strdup(rich);
    unquote(text);
    check_block("m.json", text, strlen(text));
    m->root = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(m->root);
    find_nodes(m);
    mutate_nodes(m);
    truncate_text(m);
    ck_assert_uint_ge(m->tried, 800);
    ck_assert_uint_lt(m->accepted, m->tried / 5);
    for (size_t i = 0; i < sizeof(benign) / sizeof(benign[0]); i++)
        ck_assert_msg(m->seen[i], "not accepted any more: %s", benign[i]);
    json_decref(m->root);
    mem_free(text);
    mem_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *tcase = tcase_create("config");
    tcase_add_test(tcase, load_makes_paths_relative_to_the_file);
    tcase_add_test(tcase, load_any_keeps_what_could_be_read);
    tcase_add_test(tcase, load_reads_a_file);
    tcase_add_test(tcase, errors_come_in_the_order_of_the_file);
    tcase_add_test(tcase, errors_of_others_stay_first);
    tcase_add_test(tcase, a_file_name_as_long_as_they_get);
    tcase_add_loop_test(tcase, start_only_values, 0, sizeof(changes) / sizeof(changes[0]));
    tcase_add_loop_test(tcase, documents_print_good_configs, 0,
                        sizeof(documents) / sizeof(documents[0]));
    tcase_add_test(tcase, the_document_holds_the_schema);
    tcase_add_test(tcase, the_schema_names_every_section);
    tcase_add_test(tcase, shipped_configs_are_good);
    tcase_add_test(tcase, mutants_are_refused_with_their_place);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
