// SPDX-License-Identifier: BSD-2-Clause
#include "server/world.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char sections[] =
    "\"checks\": {\"h\": {\"type\": \"http\"}, \"t\": {\"type\": \"tcp\"}, "
    "\"fix\": {\"type\": \"tcp\", \"port\": 7, \"address\": \"192.0.2.77\"}},"
    "\"pools\": {\"web\": {\"check\": \"h\", \"ttl\": 40, \"members\": {\"plain\": {\"address\": "
    "\"10.0.0.1\"}, \"vip\": {\"service\": \"web\", \"weight\": 3}}},"
    "\"top\": {\"policy\": \"failover\", \"ttl\": 90, \"members\": {\"in\": {\"pool\": \"web\"}, "
    "\"six\": {\"service\": \"six\", \"disabled\": true}}},"
    "\"idle\": {\"ttl\": 3600, \"members\": {\"a\": {\"service\": \"web\"}}}},"
    "\"ipvs\": {\"services\": {"
    "\"web\": {\"address\": \"198.51.100.1\", \"port\": 80, \"check\": [\"h\", \"fix\"], "
    "\"vip\": {\"check\": \"h\"}, \"servers\": {"
    "\"a\": {\"address\": \"10.0.0.1\"}, \"b\": {\"address\": \"10.0.0.2\", \"port\": 8080}, "
    "\"c\": {\"address\": \"10.0.0.3\", \"check\": []}, "
    "\"d\": {\"address\": \"10.0.0.1\", \"port\": 81, \"check\": \"t\"}}},"
    "\"six\": {\"address\": \"2001:db8::1\", \"port\": 81, \"forward\": \"tun\", \"check\": \"t\", "
    "\"servers\": {\"z\": {\"address\": \"2001:db8::2\"}, \"a\": {\"address\": \"10.0.0.1\"}}},"
    "\"mark\": {\"fwmark\": 9, \"servers\": {\"a\": {\"address\": \"10.0.0.1\"}}}}},"
    "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": {\"www\": "
    "\"web\", \"top\": \"top\"}}}";

static struct control_fixture fixture;
static struct world *world;

static void setup_with(const char *text)
{
    struct world_options options = { .seed = 7 };
    control_fixture_init(&fixture, CONTROL_ZONE);
    control_fixture_config(&fixture, text);
    world = world_load(fixture.config, &options, &fixture.errors);
    ck_assert_msg(world != NULL, "%s",
                  fixture.errors.count > 0 ? fixture.errors.lines[0] : "no error");
}

static void setup(void)
{
    setup_with(sections);
}

static void teardown(void)
{
    world_free(world);
    control_fixture_fini(&fixture);
}

/* "CHECK ADDRESS:PORT" of the targets of an address, each with a blank behind it. */
static const char *targets_of(const struct pool_address *address)
{
    static char text[512];
    text[0] = '\0';
    for (size_t i = 0; i < address->target_count; i++) {
        const struct world_target *target = &world->targets[address->targets[i]];
        char at[ENDPOINT_TEXT_MAX];
        size_t used = strlen(text);
        endpoint_print(&target->endpoint, at);
        (void)snprintf(text + used, sizeof(text) - used, "%s %s ", target->check->name, at);
    }
    return text;
}

START_TEST(what_is_asked_of_servers)
{
    const struct world_service *web = &world->services[0];
    const struct world_service *six = &world->services[1];
    ck_assert_uint_eq(world->service_count, 3);
    ck_assert_ptr_eq(web->config, &world->config->ipvs.services[0]);
    ck_assert_str_eq(targets_of(&web->servers[0]), "h 10.0.0.1:80 fix 192.0.2.77:7 ");
    ck_assert_str_eq(targets_of(&web->servers[1]), "h 10.0.0.2:8080 fix 192.0.2.77:7 ");
    ck_assert_str_eq(targets_of(&web->servers[2]), "");
    ck_assert_str_eq(targets_of(&web->servers[3]), "t 10.0.0.1:81 ");
    ck_assert_str_eq(targets_of(&web->vip), "h 198.51.100.1:80 ");
    ck_assert_str_eq(targets_of(&six->servers[0]), "t [2001:db8::2]:81 ");
    ck_assert_str_eq(targets_of(&six->vip), "");
    ck_assert_str_eq(targets_of(&world->services[2].servers[0]), "");
    for (size_t i = 0; i < 4; i++)
        ck_assert(addr_equal(&web->servers[i].addr, &web->config->spec.servers[i].dest.addr));
}
END_TEST

/* A question of a member, a server and the way through the VIP is one target. */
START_TEST(one_target_for_one_question)
{
    const struct pool_member *plain = &world->pools.pools[0].members[0];
    const struct world_service *web = &world->services[0];
    const struct world_service *six = &world->services[1];
    ck_assert_uint_eq(plain->addresses[0].targets[0], web->servers[0].targets[0]);
    ck_assert_uint_eq(web->servers[0].targets[1], web->servers[1].targets[1]);
    ck_assert_uint_eq(web->servers[3].targets[0], six->servers[1].targets[0]);
    /* h at .1, .2:8080 and the VIP, fix, t at .1:81 and ::2 */
    ck_assert_uint_eq(world->target_count, 6);
    /* 1 of the pool, 2 + 2 + 1 + 1 of web, 2 of six */
    ck_assert_uint_eq(world->reference_count, 9);
}
END_TEST

START_TEST(references_become_ids)
{
    struct registry *registry = registry_new();
    const struct world_service *web = &world->services[0];
    uint32_t indexes[] = { web->servers[1].targets[0], web->servers[1].targets[1],
                           web->vip.targets[0], world->services[1].servers[0].targets[0] };
    for (size_t i = 0; i < 10; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "old %zu", i);
        (void)registry_target(registry, text);
    }
    world_attach(world, registry);
    ck_assert_uint_eq(web->servers[1].targets[0], world->targets[indexes[0]].id);
    ck_assert_uint_eq(web->servers[1].targets[1], world->targets[indexes[1]].id);
    ck_assert_uint_eq(web->vip.targets[0], world->targets[indexes[2]].id);
    ck_assert_uint_eq(world->services[1].servers[0].targets[0], world->targets[indexes[3]].id);
    ck_assert_uint_ge(web->vip.targets[0], 10);
    registry_free(registry);
}
END_TEST

START_TEST(members_with_a_service)
{
    const struct pool_member *vip = &world->pools.pools[0].members[1];
    const struct pool_member *six = &world->pools.pools[1].members[1];
    const struct addr *addr = &world->services[0].config->spec.service.key.addr;
    size_t count = 0;
    ck_assert_uint_eq(world->pools.pools[0].members[0].service, 0);
    ck_assert_uint_eq(vip->service, 1);
    ck_assert_uint_eq(vip->child, POOL_NONE);
    ck_assert_uint_eq(vip->weight, 3);
    ck_assert_uint_eq(vip->address_count, 1);
    ck_assert(addr_equal(&vip->addresses[0].addr, addr));
    ck_assert_uint_eq(vip->addresses[0].target_count, 0); /* the pool's check is not for it */
    ck_assert_uint_eq(six->service, 2);
    ck_assert(six->disabled);
    ck_assert_uint_eq(world->families[0], 1U << PICKER_A);
    ck_assert_uint_eq(world->families[1], 1U << PICKER_A | 1U << PICKER_AAAA);
    ck_assert_ptr_nonnull(world_users(world, addr, &count));
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(tails)
{
    ck_assert_uint_eq(world->service_tail_s[0], 90); /* by way of top; no name has idle */
    ck_assert_uint_eq(world->service_tail_s[1], 90);
    ck_assert_uint_eq(world->service_tail_s[2], 0);
}
END_TEST

START_TEST(services_and_servers_by_name)
{
    ck_assert_uint_eq(world_service(world, "web"), 0);
    ck_assert_uint_eq(world_service(world, "mark"), 2);
    ck_assert_uint_eq(world_service(world, "we"), POOL_NONE);
    ck_assert_uint_eq(world_server(world, 0, "a"), 0);
    ck_assert_uint_eq(world_server(world, 1, "a"), 1);
    ck_assert_uint_eq(world_server(world, 0, "z"), POOL_NONE);
}
END_TEST

/* "SERVICE/SERVER" of all servers with that address, each with a blank behind it. */
static const char *reals_of(const char *address)
{
    static char text[256];
    struct addr addr;
    size_t count = 0;
    ck_assert(addr_parse(address, &addr));
    const struct world_real *reals = world_reals(world, &addr, &count);
    ck_assert_int_eq(reals != NULL, count > 0);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const struct ipvs_spec *spec = &world->services[reals[i].service].config->spec;
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof(text) - used, "%s/%s ", spec->name,
                       spec->servers[reals[i].server].name);
    }
    return text;
}

START_TEST(servers_by_address)
{
    ck_assert_str_eq(reals_of("10.0.0.1"), "web/a web/d six/a mark/a ");
    ck_assert_str_eq(reals_of("10.0.0.3"), "web/c ");
    ck_assert_str_eq(reals_of("2001:db8::2"), "six/z ");
    ck_assert_str_eq(reals_of("198.51.100.1"), ""); /* a VIP is no server */
    ck_assert_str_eq(reals_of("0.0.0.0"), "");
    ck_assert_str_eq(reals_of("ffff::"), "");
}
END_TEST

START_TEST(no_services)
{
    struct addr addr;
    size_t count = 1;
    teardown();
    setup_with(CONTROL_SECTIONS);
    ck_assert(addr_parse("10.0.0.1", &addr));
    ck_assert_uint_eq(world->service_count, 0);
    ck_assert_ptr_null(world_reals(world, &addr, &count));
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(world_service(world, "web"), POOL_NONE);
    ck_assert_uint_eq(world->pools.pools[0].members[0].service, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("world_services");
    TCase *tcase = tcase_create("world_services");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_is_asked_of_servers);
    tcase_add_test(tcase, one_target_for_one_question);
    tcase_add_test(tcase, references_become_ids);
    tcase_add_test(tcase, members_with_a_service);
    tcase_add_test(tcase, tails);
    tcase_add_test(tcase, services_and_servers_by_name);
    tcase_add_test(tcase, servers_by_address);
    tcase_add_test(tcase, no_services);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
