// SPDX-License-Identifier: BSD-2-Clause
#include "base/compiler.h"
#include "tests/support/ipvs_suite_help.h"

#include <errno.h>
#include <string.h>

static void set_name(char *to, const char *name)
{
    memset(to, 0, IPVS_SCHEDULER_MAX);
    memcpy(to, name, strlen(name));
}

START_TEST(the_first_table_is_empty)
{
    struct ipvs_table table = take_table();
    ck_assert_uint_eq(table.count, 0);
    ck_assert_uint_eq(table.daemon_count, 0);
    ck_assert_uint_eq(table.timeouts.tcp, 900);
    ck_assert_uint_eq(table.timeouts.tcp_fin, 120);
    ck_assert_uint_eq(table.timeouts.udp, 300);
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(info_tells_the_version)
{
    struct ipvs_info info = { 0 };
    ck_assert_int_eq(take_info(&info), 0);
    ck_assert_uint_eq(info.version, 0x010201);
    ck_assert_uint_gt(info.connection_table_size, 0);
}
END_TEST

static const struct {
    const char *key;
    const char *scheduler;
    const char *engine;
    uint32_t flags;
    uint32_t timeout;
    uint8_t prefix;
} sorts[] = {
    { "tcp 192.0.2.1:80", "wlc", "", 0, 0, 32 },
    { "udp 192.0.2.1:53", "rr", "", 0, 0, 32 },
    { "sctp 192.0.2.1:3868", "wrr", "", 0, 0, 32 },
    { "tcp 192.0.2.255:65535", "lc", "", 0, 0, 32 },
    { "tcp 0.0.0.1:1", "lc", "", 0, 0, 32 },
    { "tcp [2001:db8::1]:80", "wlc", "", 0, 0, 128 },
    { "udp [2001:db8::1]:53", "sed", "", 0, 0, 128 },
    { "sctp [2001:db8::ffff]:3868", "nq", "", 0, 0, 128 },
    { "tcp [::1]:1", "rr", "", 0, 0, 128 },
    { "fwmark 1", "wlc", "", 0, 0, 32 },
    { "fwmark 4294967295", "rr", "", 0, 0, 32 },
    { "fwmark 1 ipv6", "wlc", "", 0, 0, 128 },
    { "fwmark 2147483648 ipv6", "mh", "", 0, 0, 128 },
    { "tcp 192.0.2.1:443", "wlc", "", IPVS_PERSISTENT, 300, 32 },
    { "tcp 192.0.2.1:443", "wlc", "", IPVS_PERSISTENT, 1, 24 },
    { "tcp 192.0.2.1:443", "wlc", "", IPVS_PERSISTENT, IPVS_TIMEOUT_MAX, 1 },
    { "tcp 192.0.2.1:443", "wlc", "", IPVS_PERSISTENT, 360, 31 },
    { "tcp 192.0.2.1:0", "wlc", "", IPVS_PERSISTENT, 360, 32 },
    { "tcp [2001:db8::1]:443", "wlc", "", IPVS_PERSISTENT, 300, 128 },
    { "tcp [2001:db8::1]:443", "wlc", "", IPVS_PERSISTENT, 300, 64 },
    { "tcp [2001:db8::1]:443", "wlc", "", IPVS_PERSISTENT, 300, 1 },
    { "tcp [2001:db8::1]:0", "rr", "", IPVS_PERSISTENT, 300, 127 },
    { "fwmark 7", "wlc", "", IPVS_PERSISTENT, 300, 16 },
    { "fwmark 7 ipv6", "wlc", "", IPVS_PERSISTENT, 300, 48 },
    { "udp 192.0.2.1:53", "rr", "", IPVS_ONE_PACKET, 0, 32 },
    { "udp [2001:db8::1]:53", "rr", "", IPVS_ONE_PACKET, 0, 128 },
    { "fwmark 9", "rr", "", IPVS_ONE_PACKET, 0, 32 },
    { "udp 192.0.2.1:5060", "rr", "sip", IPVS_PERSISTENT, 300, 32 },
    { "udp 192.0.2.1:5060", "rr", "sip", IPVS_PERSISTENT | IPVS_ONE_PACKET, 300, 32 },
    { "udp [2001:db8::1]:5060", "wlc", "sip", IPVS_PERSISTENT, 300, 128 },
    { "tcp 192.0.2.1:80", "sh", "", IPVS_SCHED1, 0, 32 },
    { "tcp 192.0.2.1:80", "sh", "", IPVS_SCHED2, 0, 32 },
    { "tcp 192.0.2.1:80", "mh", "", IPVS_SCHED1 | IPVS_SCHED2, 0, 32 },
    { "tcp [2001:db8::1]:80", "mh", "", IPVS_SCHED1 | IPVS_SCHED2, 0, 128 },
    { "tcp 192.0.2.1:80", "rr", "", IPVS_SCHED3, 0, 32 },
    { "udp 192.0.2.1:80", "sh", "", IPVS_PERSISTENT | IPVS_ONE_PACKET | IPVS_SCHED_ALL, 9, 8 },
    { "tcp 192.0.2.1:81", "none", "", 0, 0, 32 },
};

static struct ipvs_service sort(int i)
{
    struct ipvs_service service = make_service(sorts[i].key);
    set_name(service.scheduler, sorts[i].scheduler);
    set_name(service.engine, sorts[i].engine);
    service.flags = sorts[i].flags;
    service.timeout = sorts[i].timeout;
    service.prefix = sorts[i].prefix;
    return service;
}

START_TEST(a_service_of_every_sort)
{
    struct ipvs_service service = sort(_i);
    do_service(IPVS_OP_ADD_SERVICE, &service, 0);
    expect_service(&service);
    expect_dests(&service, 0);
    do_service(IPVS_OP_ADD_SERVICE, &service, EEXIST);
    do_service(IPVS_OP_EDIT_SERVICE, &service, 0);
    expect_service(&service);
    do_service(IPVS_OP_ZERO, &service, 0);
    do_service(IPVS_OP_DELETE_SERVICE, &service, 0);
    expect_no_service(&service);
    do_service(IPVS_OP_DELETE_SERVICE, &service, ESRCH);
}
END_TEST

/* With the settings of every seventh other. */
START_TEST(a_service_becomes_another_sort)
{
    for (int to = _i % 7; to < (int)ARRAY_LEN(sorts); to += 7) {
        struct ipvs_service from = sort(_i);
        struct ipvs_service wanted = sort(to);
        wanted.key = from.key;
        if (wanted.prefix > 32 || from.prefix > 32)
            wanted.prefix = from.key.family == ADDR_V6 ? 128 : 32;
        do_service(IPVS_OP_ADD_SERVICE, &from, 0);
        do_service(IPVS_OP_EDIT_SERVICE, &wanted, 0);
        expect_service(&wanted);
        do_service(IPVS_OP_DELETE_SERVICE, &from, 0);
    }
}
END_TEST

/* Index of ipvs_schedulers(). */
START_TEST(every_scheduler)
{
    const char *name = ipvs_schedulers()[_i];
    const char *lacks = suite_host()->lacks;
    int error = lacks != NULL && strcmp(lacks, name) == 0 ? ENOENT : 0;
    struct ipvs_service service = make_service("tcp 192.0.2.1:80");
    struct ipvs_service other = make_service("udp [2001:db8::1]:53");
    do_service(IPVS_OP_ADD_SERVICE, &other, 0);
    set_name(service.scheduler, name);
    set_name(other.scheduler, name);
    do_service(IPVS_OP_ADD_SERVICE, &service, error);
    do_service(IPVS_OP_EDIT_SERVICE, &other, error);
    if (error != 0) {
        expect_no_service(&service);
        set_name(other.scheduler, "wlc");
    } else {
        expect_service(&service);
    }
    expect_service(&other);
}
END_TEST

/* Each with servers, so that a scheduler has something to build its state from. */
START_TEST(every_scheduler_takes_servers)
{
    const char *name = ipvs_schedulers()[_i];
    const char *lacks = suite_host()->lacks;
    if (lacks != NULL && strcmp(lacks, name) == 0)
        return;
    struct ipvs_service service = make_service("tcp 192.0.2.1:80");
    struct ipvs_dest one = make_dest("10.0.0.1:80");
    struct ipvs_dest two = make_dest("10.0.0.2:80");
    do_service(IPVS_OP_ADD_SERVICE, &service, 0);
    do_dest(IPVS_OP_ADD_DEST, &service, &one, 0);
    do_dest(IPVS_OP_ADD_DEST, &service, &two, 0);
    set_name(service.scheduler, name);
    do_service(IPVS_OP_EDIT_SERVICE, &service, 0);
    expect_dest(&service, &one);
    expect_dest(&service, &two);
    two.weight = 7;
    do_dest(IPVS_OP_EDIT_DEST, &service, &two, 0);
    do_dest(IPVS_OP_DELETE_DEST, &service, &one, 0);
    expect_service(&service);
    expect_dest(&service, &two);
    expect_dests(&service, 1);
}
END_TEST

/* ---- one field is changed, the others stay -----------------------------------------------------
 */

static void edit_scheduler(struct ipvs_service *service)
{
    set_name(service->scheduler, "rr");
}

static void edit_flags(struct ipvs_service *service)
{
    service->flags |= IPVS_ONE_PACKET | IPVS_SCHED1;
}

static void edit_flags_off(struct ipvs_service *service)
{
    service->flags &= ~(uint32_t)IPVS_SCHED2;
}

static void edit_timeout(struct ipvs_service *service)
{
    service->timeout = 42;
}

static void edit_prefix(struct ipvs_service *service)
{
    service->prefix = 17;
}

static void edit_persistent_off(struct ipvs_service *service)
{
    service->flags &= ~(uint32_t)IPVS_PERSISTENT;
}

static void edit_engine_off(struct ipvs_service *service)
{
    service->engine[0] = '\0';
}

static void (*const service_edits[])(struct ipvs_service *) = {
    edit_scheduler, edit_flags,          edit_flags_off,  edit_timeout,
    edit_prefix,    edit_persistent_off, edit_engine_off,
};

static const char *const edited[] = { "udp 192.0.2.1:5060", "udp [2001:db8::1]:5060" };

START_TEST(an_edit_of_one_field_keeps_the_others)
{
    for (size_t i = 0; i < ARRAY_LEN(edited); i++) {
        struct ipvs_service service = make_service(edited[i]);
        struct ipvs_dest dest = make_dest(i == 0 ? "10.0.0.1:5060" : "[2001:db8::a]:5060");
        set_name(service.scheduler, "sh");
        set_name(service.engine, "sip");
        service.flags = IPVS_PERSISTENT | IPVS_SCHED2;
        service.timeout = 600;
        service.prefix = 24;
        dest.weight = 3;
        do_service(IPVS_OP_ADD_SERVICE, &service, 0);
        do_dest(IPVS_OP_ADD_DEST, &service, &dest, 0);
        service_edits[_i](&service);
        do_service(IPVS_OP_EDIT_SERVICE, &service, 0);
        expect_service(&service);
        expect_dest(&service, &dest);
    }
}
END_TEST

/* ---- errors ------------------------------------------------------------------------------------
 */

START_TEST(a_service_that_is_not_there)
{
    struct ipvs_service service = sort(_i);
    do_service(IPVS_OP_EDIT_SERVICE, &service, ESRCH);
    do_service(IPVS_OP_DELETE_SERVICE, &service, ESRCH);
    do_service(IPVS_OP_ZERO, &service, ESRCH);
    expect_no_service(&service);
}
END_TEST

START_TEST(unknown_scheduler_or_engine)
{
    struct ipvs_service service = make_service("udp 192.0.2.1:5060");
    struct ipvs_service wrong = service;
    set_name(wrong.scheduler, "nosuch");
    do_service(IPVS_OP_ADD_SERVICE, &wrong, ENOENT);
    expect_no_service(&wrong);
    do_service(IPVS_OP_EDIT_SERVICE, &wrong, ESRCH);
    do_service(IPVS_OP_ADD_SERVICE, &service, 0);
    do_service(IPVS_OP_ADD_SERVICE, &wrong, EEXIST);
    do_service(IPVS_OP_EDIT_SERVICE, &wrong, ENOENT);
    expect_service(&service);
    wrong = service;
    set_name(wrong.engine, "nosuch");
    do_service(IPVS_OP_EDIT_SERVICE, &wrong, ENOENT);
    expect_service(&service);
    wrong.key.port = 5061;
    do_service(IPVS_OP_ADD_SERVICE, &wrong, ENOENT);
    expect_no_service(&wrong);
}
END_TEST

START_TEST(prefix_out_of_range)
{
    struct ipvs_service four = make_service("tcp 192.0.2.1:80");
    struct ipvs_service six = make_service("tcp [2001:db8::1]:80");
    four.flags = six.flags = IPVS_PERSISTENT;
    four.timeout = six.timeout = 300;
    four.prefix = 33;
    six.prefix = 129;
    do_service(IPVS_OP_ADD_SERVICE, &four, EINVAL);
    do_service(IPVS_OP_ADD_SERVICE, &six, EINVAL);
    four.prefix = 32;
    six.prefix = 128;
    do_service(IPVS_OP_ADD_SERVICE, &four, 0);
    do_service(IPVS_OP_ADD_SERVICE, &six, 0);
    struct ipvs_service wrong = four;
    wrong.prefix = 255;
    do_service(IPVS_OP_EDIT_SERVICE, &wrong, EINVAL);
    wrong = six;
    wrong.prefix = 200;
    do_service(IPVS_OP_EDIT_SERVICE, &wrong, EINVAL);
    expect_service(&four);
    expect_service(&six);
}
END_TEST

START_TEST(no_family_is_no_service)
{
    struct ipvs_service service = { .scheduler = "wlc",
                                    .key = { .protocol = IPVS_TCP, .port = 80 } };
    struct ipvs_service mark = { .scheduler = "wlc", .key = { .fwmark = 3 } };
    do_service(IPVS_OP_ADD_SERVICE, &service, EAFNOSUPPORT);
    do_service(IPVS_OP_ADD_SERVICE, &mark, EAFNOSUPPORT);
}
END_TEST

/* Neighbours in the key space are services of their own. */
START_TEST(keys_that_differ_in_one_part)
{
    static const char *const keys[] = {
        "tcp 192.0.2.1:80",    "udp 192.0.2.1:80", "sctp 192.0.2.1:80",
        "tcp 192.0.2.1:81",    "tcp 192.0.2.2:80", "tcp [2001:db8::1]:80",
        "tcp [c000:201::]:80", "fwmark 80",        "fwmark 80 ipv6",
        "fwmark 81",
    };
    struct ipvs_service services[ARRAY_LEN(keys)];
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        services[i] = make_service(keys[i]);
        services[i].flags = IPVS_PERSISTENT;
        services[i].timeout = 100 + (uint32_t)i;
        do_service(IPVS_OP_ADD_SERVICE, &services[i], 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        expect_service(&services[i]);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        do_service(IPVS_OP_DELETE_SERVICE, &services[i], 0);
        expect_no_service(&services[i]);
        for (size_t k = i + 1; k < ARRAY_LEN(keys); k++)
            expect_service(&services[k]);
    }
}
END_TEST

TCase *suite_services(void)
{
    int schedulers = 0;
    while (ipvs_schedulers()[schedulers] != NULL)
        schedulers++;
    TCase *tcase = tcase_create("services");
    suite_fixture(tcase);
    tcase_add_test(tcase, the_first_table_is_empty);
    tcase_add_test(tcase, info_tells_the_version);
    tcase_add_loop_test(tcase, a_service_of_every_sort, 0, (int)ARRAY_LEN(sorts));
    tcase_add_loop_test(tcase, a_service_becomes_another_sort, 0, (int)ARRAY_LEN(sorts));
    tcase_add_loop_test(tcase, every_scheduler, 0, schedulers);
    tcase_add_loop_test(tcase, every_scheduler_takes_servers, 0, schedulers);
    tcase_add_loop_test(tcase, an_edit_of_one_field_keeps_the_others, 0,
                        (int)ARRAY_LEN(service_edits));
    tcase_add_loop_test(tcase, a_service_that_is_not_there, 0, (int)ARRAY_LEN(sorts));
    tcase_add_test(tcase, unknown_scheduler_or_engine);
    tcase_add_test(tcase, prefix_out_of_range);
    tcase_add_test(tcase, no_family_is_no_service);
    tcase_add_test(tcase, keys_that_differ_in_one_part);
    return tcase;
}
