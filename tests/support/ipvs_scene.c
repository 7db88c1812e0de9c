// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ipvs_scene.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "server/control.h"
#include "tests/support/control_zone.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define WAIT_MS 5000

void ipvs_scene_init(struct ipvs_scene *scene)
{
    static const char *const addresses[] = { "127.0.0.21", "127.0.0.22" };
    memset(scene, 0, sizeof(*scene));
    ipvs_fixture_init(&scene->kernel);
    control_fixture_init(&scene->api.control, CONTROL_ZONE);
    for (int i = 0; i < 2; i++) {
        scene->server[i] = backend_new(addresses[i], BACKEND_HTTP);
        (void)snprintf(scene->real[i], sizeof(scene->real[i]), "%s:%u", addresses[i],
                       (unsigned)backend_endpoint(scene->server[i]).port);
    }
    ck_assert(ipvs_key_parse(SCENE_KEY, &scene->key));
}

#define MEMBERS "\"l4\": {\"service\": \"vip\"}, \"plain\": {\"address\": \"192.0.2.1\"}"

static void write_config(struct ipvs_scene *scene, const char *ipvs, const char *services,
                         const char *members)
{
    char sections[4096];
    (void)snprintf(scene->api.socket, sizeof(scene->api.socket), "%s/api.sock",
                   scene->api.control.dir);
    int length = snprintf(
        sections, sizeof(sections),
        "\"api\": {\"listen\": [\"unix:api.sock\"]},"
        "\"checks\": {\"http\": {\"type\": \"http\", \"interval\": \"100ms\", \"timeout\": \"1s\", "
        "\"fall\": 2, \"rise\": 1, \"confirm_interval\": \"100ms\", \"weight_header\": "
        "\"X-Weight\"}},"
        "\"ipvs\": {%s \"services\": {%s}},"
        "\"pools\": {\"web\": {\"policy\": \"weighted\", \"max_answers\": 2, \"ttl\": \"1s\", "
        "\"members\": {%s}}},"
        "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": {\"www\": "
        "\"web\"}}}",
        ipvs, services, members);
    ck_assert_int_lt(length, (int)sizeof(sections));
    control_fixture_config(&scene->api.control, sections);
}

void ipvs_scene_config(struct ipvs_scene *scene, const char *ipvs, const char *service,
                       const char *servers)
{
    char both[512];
    char services[2048];
    (void)snprintf(both, sizeof(both),
                   "\"rs1\": {\"address\": \"127.0.0.21\", \"port\": %u, \"weight\": 4}, "
                   "\"rs2\": {\"address\": \"127.0.0.22\", \"port\": %u, \"weight\": 4}",
                   (unsigned)backend_endpoint(scene->server[0]).port,
                   (unsigned)backend_endpoint(scene->server[1]).port);
    int length =
        snprintf(services, sizeof(services),
                 "\"vip\": {\"address\": \"" SCENE_VIP "\", \"port\": 80, \"scheduler\": "
                 "\"wrr\", \"check\": \"http\", %s \"servers\": {%s}}%s%s",
                 service, servers != NULL ? servers : both, scene->services != NULL ? ", " : "",
                 scene->services != NULL ? scene->services : "");
    ck_assert_int_lt(length, (int)sizeof(services));
    write_config(scene, ipvs, services, scene->members != NULL ? scene->members : MEMBERS);
}

void ipvs_scene_config_without(struct ipvs_scene *scene, const char *ipvs)
{
    write_config(scene, ipvs, scene->services != NULL ? scene->services : "",
                 "\"plain\": {\"address\": \"192.0.2.1\"}");
}

void ipvs_scene_start(struct ipvs_scene *scene)
{
    ipvs_fixture_start(&scene->kernel);
    scene->api.control.ipvs_fd = scene->kernel.server_fd;
    ck_assert_msg(control_fixture_start(&scene->api.control), "%s",
                  scene->api.control.errors.count > 0 ? scene->api.control.errors.lines[0] : "?");
}

void ipvs_scene_stop(struct ipvs_scene *scene)
{
    api_free(scene->api.api);
    scene->api.api = NULL;
    control_fixture_stop(&scene->api.control);
    ipvs_fixture_stop(&scene->kernel);
}

void ipvs_scene_fini(struct ipvs_scene *scene)
{
    ipvs_scene_stop(scene);
    control_fixture_fini(&scene->api.control);
    ipvs_fixture_fini(&scene->kernel);
    for (int i = 0; i < 2; i++)
        backend_free(scene->server[i]);
}

struct control *ipvs_scene_control(struct ipvs_scene *scene)
{
    return scene->api.control.control;
}

static void on_reload(void *data, bool ok, uint64_t generation, const struct errlist *errors)
{
    struct ipvs_scene_reload *reload = data;
    (void)generation;
    reload->called = true;
    reload->ok = ok;
    (void)snprintf(reload->first, sizeof(reload->first), "%s",
                   errors != NULL && errors->count > 0 ? errors->lines[0] : "");
}

static bool is_reloaded(void *data)
{
    return ((struct ipvs_scene_reload *)data)->called;
}

struct ipvs_scene_reload ipvs_scene_reload(struct ipvs_scene *scene, bool force)
{
    struct ipvs_scene_reload result = { 0 };
    if (force)
        control_reload_forced(ipvs_scene_control(scene), "test", on_reload, &result);
    else
        control_reload(ipvs_scene_control(scene), "test", on_reload, &result);
    ck_assert(control_fixture_until(&scene->api.control, is_reloaded, &result, WAIT_MS));
    return result;
}

struct wish {
    struct ipvs_scene *scene;
    const char *dests;
    char got[256];
};

static void print_dests(struct ipvs_scene *scene, const struct ipvs_service *service, char *out,
                        size_t size)
{
    char text[IPVS_TEXT_MAX];
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < service->dest_count; i++) {
        ipvs_dest_print(&service->dests[i], text);
        const char *name = strcmp(text, scene->real[0]) == 0   ? "rs1"
                           : strcmp(text, scene->real[1]) == 0 ? "rs2"
                                                               : text;
        used += (size_t)snprintf(out + used, size - used, "%s%s=%u", used > 0 ? " " : "", name,
                                 (unsigned)service->dests[i].weight);
    }
}

static bool has_dests(void *data)
{
    struct wish *wish = data;
    struct ipvs_table table;
    ipvs_table_init(&table);
    ipvs_fake_copy(wish->scene->kernel.fake, &table);
    const struct ipvs_service *service = ipvs_table_find(&table, &wish->scene->key);
    if (service != NULL)
        print_dests(wish->scene, service, wish->got, sizeof(wish->got));
    else
        (void)snprintf(wish->got, sizeof(wish->got), "-");
    ipvs_table_fini(&table);
    return strcmp(wish->got, wish->dests) == 0;
}

void ipvs_scene_expect(struct ipvs_scene *scene, const char *dests)
{
    struct wish wish = { .scene = scene, .dests = dests };
    bool met = control_fixture_until(&scene->api.control, has_dests, &wish, WAIT_MS);
    ck_assert_msg(met, "the table has \"%s\" instead of \"%s\"", wish.got, dests);
}

bool ipvs_scene_answers(struct ipvs_scene *scene)
{
    char *text = control_fixture_dig(&scene->api.control, "www.example.test A");
    ck_assert_ptr_nonnull(text);
    bool found = strstr(text, SCENE_VIP) != NULL;
    mem_free(text);
    return found;
}

static bool answers(void *data)
{
    return ipvs_scene_answers(data);
}

static bool is_silent(void *data)
{
    return !ipvs_scene_answers(data);
}

void ipvs_scene_expect_dns(struct ipvs_scene *scene, bool vip)
{
    ck_assert_msg(
        control_fixture_until(&scene->api.control, vip ? answers : is_silent, scene, WAIT_MS),
        vip ? "the VIP is not answered" : "the VIP is still answered");
}
