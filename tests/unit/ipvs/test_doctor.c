// SPDX-License-Identifier: BSD-2-Clause
/* The judgement: from a host and services to findings. */
#include "ipvs/doctor.h"

#include "base/mem.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct doctor_host host;
static struct doctor_report report;
static struct ipvs_table table;

/* A host on which nothing is wrong. */
static void set_up(void)
{
    static const int good[DOCTOR_SYSCTLS] = { 1, 1, 0, 0, 0, 0, 1, 1, 1, 1 };
    doctor_host_init(&host);
    doctor_report_init(&report);
    ipvs_table_init(&table);
    memcpy(host.sysctls, good, sizeof(good));
    host.modules = mem_calloc(2, DOCTOR_NAME_MAX);
    host.module_count = 2;
    (void)snprintf(host.modules[0], DOCTOR_NAME_MAX, "ip_vs");
    (void)snprintf(host.modules[1], DOCTOR_NAME_MAX, "ip_vs_wlc");
    host.interfaces = mem_calloc(1, sizeof(*host.interfaces));
    host.interface_count = 1;
    (void)snprintf(host.interfaces[0].name, DOCTOR_NAME_MAX, "eth0");
    host.local = mem_calloc(2, sizeof(*host.local));
    host.local_count = 2;
    ck_assert(prefix_parse("192.0.2.1/32", &host.local[0].prefix));
    ck_assert(prefix_parse("2001:db8::1/128", &host.local[1].prefix));
}

static void tear_down(void)
{
    doctor_host_fini(&host);
    doctor_report_fini(&report);
    ipvs_table_fini(&table);
}

/* Adds a service with one server. */
static struct doctor_service service(const char *key, unsigned forward)
{
    struct ipvs_service plain = { .scheduler = "wlc" };
    struct ipvs_dest dest = { .forward = (uint8_t)forward, .weight = 1 };
    ck_assert(ipvs_key_parse(key, &plain.key));
    ck_assert(addr_parse("10.0.0.1", &dest.addr));
    struct ipvs_service *added = ipvs_table_add(&table, &plain);
    (void)ipvs_service_add(added, &dest);
    return (struct doctor_service){ .name = "web", .service = added };
}

static const struct doctor_finding *find(const char *subject)
{
    for (size_t i = 0; i < report.count; i++)
        if (strcmp(report.findings[i].subject, subject) == 0)
            return &report.findings[i];
    return NULL;
}

static const struct doctor_finding *must_find(const char *subject)
{
    const struct doctor_finding *finding = find(subject);
    ck_assert_msg(finding != NULL, "%s", subject);
    return finding;
}

START_TEST(all_is_well)
{
    struct doctor_service web = service("tcp 192.0.2.1:80", IPVS_NAT);
    doctor_judge(&host, &web, 1, false, &report);
    for (size_t i = 0; i < report.count; i++)
        if (strcmp(report.findings[i].subject, "net.ipv4.vs.conntrack") != 0)
            ck_assert_msg(report.findings[i].level == DOCTOR_OK, "%s", report.findings[i].subject);
    ck_assert_int_eq(doctor_worst(&report), DOCTOR_NOTE);
    ck_assert_ptr_null(find("net.ipv6.conf.all.forwarding"));
    ck_assert_ptr_null(find("real servers"));
    ck_assert_ptr_null(find("net.ipv4.vs.expire_quiescent_template"));
}
END_TEST

/* One thing is not as it should be. */
static const struct {
    enum doctor_sysctl sysctl;
    int value;
    enum doctor_level level;
    enum doctor_scope scope;
    const char *found;
    const char *wanted;
} rows[] = {
    { DOCTOR_IPV4_FORWARD, 0, DOCTOR_WRONG, DOCTOR_NAT, "0, should be 1", "1" },
    { DOCTOR_IPV4_FORWARD, -1, DOCTOR_WRONG, DOCTOR_NAT, "cannot be read, should be 1", "1" },
    { DOCTOR_SEND_REDIRECTS_ALL, 1, DOCTOR_WRONG, DOCTOR_NAT, "1, should be 0", "0" },
    { DOCTOR_SEND_REDIRECTS_DEFAULT, 1, DOCTOR_BETTER, DOCTOR_NAT, "1, should be 0", "0" },
    { DOCTOR_EXPIRE_NODEST, 0, DOCTOR_BETTER, DOCTOR_EVERY, "0, should be 1", "1" },
    { DOCTOR_EXPIRE_QUIESCENT, 0, DOCTOR_BETTER, DOCTOR_EVERY, "0, should be 1", "1" },
    { DOCTOR_CONN_REUSE, 0, DOCTOR_BETTER, DOCTOR_EVERY, "0, should be 1", "1" },
    { DOCTOR_RUN_ESTIMATION, 0, DOCTOR_WRONG, DOCTOR_EVERY, "0, should be 1", "1" },
};

START_TEST(sysctl_row)
{
    struct doctor_service web = service("tcp 192.0.2.1:80", IPVS_NAT);
    table.services[0].flags = IPVS_PERSISTENT;
    host.sysctls[rows[_i].sysctl] = rows[_i].value;
    doctor_judge(&host, &web, 1, false, &report);
    const struct doctor_finding *finding = must_find(doctor_sysctl_name(rows[_i].sysctl));
    ck_assert_int_eq(finding->level, rows[_i].level);
    ck_assert_int_eq(finding->scope, rows[_i].scope);
    ck_assert_int_eq(finding->remedy, DOCTOR_SYSCTL);
    ck_assert_str_eq(finding->found, rows[_i].found);
    ck_assert_str_eq(finding->key, finding->subject);
    ck_assert_str_eq(finding->value, rows[_i].wanted);
    ck_assert_str_ne(finding->why, "");
    ck_assert_int_eq(doctor_worst(&report), rows[_i].level);
}
END_TEST

START_TEST(settings_that_cannot_be_read)
{
    struct doctor_service web = service("tcp 192.0.2.1:80", IPVS_DR);
    table.services[0].flags = IPVS_PERSISTENT;
    host.sysctls[DOCTOR_RUN_ESTIMATION] = -1;
    host.sysctls[DOCTOR_EXPIRE_QUIESCENT] = -1;
    doctor_judge(&host, &web, 1, false, &report); /* an old kernel has no such */
    ck_assert_ptr_null(find("net.ipv4.vs.run_estimation"));
    ck_assert_ptr_null(find("net.ipv4.vs.expire_quiescent_template"));
    host.sysctls[DOCTOR_EXPIRE_NODEST] = -1;
    host.sysctls[DOCTOR_CONN_REUSE] = -1;
    doctor_judge(&host, &web, 1, false, &report); /* the module is not loaded */
    ck_assert_ptr_null(find("net.ipv4.vs.run_estimation"));
    ck_assert_ptr_null(find("net.ipv4.vs.conn_reuse_mode"));
    ck_assert_int_eq(must_find("net.ipv4.vs.expire_nodest_conn")->level, DOCTOR_BETTER);
    ck_assert_int_eq(must_find("net.ipv4.vs.expire_quiescent_template")->level, DOCTOR_BETTER);
}
END_TEST

START_TEST(interface_counts_beside_all)
{
    struct doctor_service web = service("tcp 192.0.2.1:80", IPVS_NAT);
    host.interfaces[0].send_redirects = 1;
    host.interfaces[0].rp_filter = 1;
    doctor_judge(&host, &web, 1, false, &report);
    const struct doctor_finding *finding = must_find("net.ipv4.conf.eth0.send_redirects");
    ck_assert_int_eq(finding->level, DOCTOR_WRONG);
    ck_assert_str_eq(finding->value, "0");
    finding = must_find("rp_filter of eth0");
    ck_assert_int_eq(finding->level, DOCTOR_NOTE);
    ck_assert_str_eq(finding->key, "net.ipv4.conf.eth0.rp_filter");
    host.interfaces[0].rp_filter = 0;
    host.sysctls[DOCTOR_RP_FILTER_ALL] = 1; /* the stricter counts */
    doctor_judge(&host, &web, 1, false, &report);
    (void)must_find("rp_filter of eth0");
    host.interfaces[0].rp_filter = 2; /* which is looser than 1, but the number is what counts */
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_int_eq(must_find("rp_filter")->level, DOCTOR_OK);
}
END_TEST

START_TEST(modules)
{
    struct doctor_service web = service("tcp 192.0.2.1:80", IPVS_NAT);
    (void)snprintf(table.services[0].scheduler, IPVS_SCHEDULER_MAX, "mh");
    doctor_judge(&host, &web, 1, false, &report);
    const struct doctor_finding *finding = must_find("module ip_vs_mh");
    ck_assert_int_eq(finding->level, DOCTOR_WRONG);
    ck_assert_int_eq(finding->remedy, DOCTOR_MODPROBE);
    ck_assert_str_eq(finding->key, "ip_vs_mh");
    ck_assert_int_eq(must_find("module ip_vs")->level, DOCTOR_OK);
    host.module_files = mem_calloc(1, DOCTOR_NAME_MAX);
    host.module_file_count = 1;
    (void)snprintf(host.module_files[0], DOCTOR_NAME_MAX, "ip_vs_mh");
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_int_eq(must_find("module ip_vs_mh")->level, DOCTOR_BETTER);
    web.in_kernel = true; /* then it is there, whatever the files say */
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_int_eq(must_find("module ip_vs_mh")->level, DOCTOR_OK);
    (void)snprintf(table.services[0].scheduler, IPVS_SCHEDULER_MAX, "none");
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_ptr_null(find("module ip_vs_none"));
}
END_TEST

START_TEST(addresses)
{
    struct doctor_service web = service("tcp 192.0.2.9:80", IPVS_NAT);
    doctor_judge(&host, &web, 1, false, &report);
    const struct doctor_finding *finding = must_find("address 192.0.2.9 of service web");
    ck_assert_int_eq(finding->level, DOCTOR_WRONG);
    ck_assert_str_eq(finding->value, "ip addr add 192.0.2.9/32 dev INTERFACE");
    web.vip_elsewhere = true;
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_int_eq(must_find("address 192.0.2.9 of service web")->level, DOCTOR_NOTE);
    web.vip_ours = true;
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_int_eq(must_find("address 192.0.2.9 of service web")->level, DOCTOR_NOTE);
    ck_assert(prefix_parse("192.0.2.0/24", &host.local[0].prefix)); /* a local route */
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_int_eq(must_find("address 192.0.2.9 of service web")->level, DOCTOR_OK);
}
END_TEST

START_TEST(ipv6_service)
{
    struct doctor_service web = service("tcp [2001:db8::2]:80", IPVS_NAT);
    host.sysctls[DOCTOR_IPV6_FORWARD] = 0;
    host.sysctls[DOCTOR_IPV4_FORWARD] = 0;
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_int_eq(must_find("net.ipv6.conf.all.forwarding")->level, DOCTOR_WRONG);
    ck_assert_ptr_null(find("net.ipv4.ip_forward"));
    ck_assert_str_eq(must_find("address 2001:db8::2 of service web")->value,
                     "ip addr add 2001:db8::2/128 dev INTERFACE nodad preferred_lft 0");
}
END_TEST

START_TEST(ipv6_address_as_source_of_tunnels)
{
    struct doctor_service web = service("tcp [2001:db8::1]:80", IPVS_TUN);
    static const char subject[] = "address 2001:db8::1 of service web as a source";
    ck_assert(addr_parse("2001:db8:1::1", &table.services[0].dests[0].addr));
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_ptr_null(find(subject));
    host.local[1].preferred = true;
    (void)snprintf(host.local[1].interface, DOCTOR_NAME_MAX, "eth0");
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_int_eq(must_find(subject)->level, DOCTOR_BETTER);
    ck_assert_str_eq(must_find(subject)->value,
                     "ip addr change 2001:db8::1/128 dev eth0 preferred_lft 0");
    ck_assert(addr_parse("10.0.0.1", &table.services[0].dests[0].addr)); /* another outer family */
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_ptr_null(find(subject));
}
END_TEST

START_TEST(mark_service)
{
    struct doctor_service web = service("fwmark 7", IPVS_TUN);
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_int_eq(must_find("fwmark 7 of service web")->level, DOCTOR_NOTE);
    ck_assert_int_eq(must_find("real servers")->scope, DOCTOR_TUN);
    ck_assert_ptr_null(find("net.ipv4.ip_forward"));
}
END_TEST

START_TEST(other_writers)
{
    struct doctor_service web = service("tcp 192.0.2.1:80", IPVS_NAT);
    host.keepalived = true;
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_int_eq(must_find("keepalived")->level, DOCTOR_BETTER);
    host.keepalived_checkers = host.kube_proxy = host.ldirectord = true;
    doctor_judge(&host, &web, 1, false, &report);
    ck_assert_int_eq(must_find("keepalived")->level, DOCTOR_WRONG);
    ck_assert_int_eq(must_find("kube-proxy")->level, DOCTOR_WRONG);
    ck_assert_int_eq(must_find("ldirectord")->level, DOCTOR_WRONG);
    ck_assert_ptr_null(find("other programs that write the table"));
}
END_TEST

START_TEST(all_methods_without_a_service)
{
    unsigned seen = 0;
    doctor_judge(&host, NULL, 0, true, &report);
    for (size_t i = 0; i < report.count; i++) {
        seen |= 1U << report.findings[i].scope;
        ck_assert(i == 0 || report.findings[i].scope >= report.findings[i - 1].scope);
    }
    ck_assert_uint_eq(seen, (1U << DOCTOR_SCOPES) - 1);
    (void)must_find("net.ipv6.conf.all.forwarding");
    doctor_judge(&host, NULL, 0, false, &report);
    ck_assert_ptr_null(find("net.ipv4.ip_forward"));
}
END_TEST

START_TEST(two_services_one_address)
{
    struct doctor_service both[2];
    (void)service("tcp 192.0.2.9:80", IPVS_NAT);
    (void)service("tcp 192.0.2.9:443", IPVS_NAT);
    for (size_t i = 0; i < 2; i++)
        both[i] = (struct doctor_service){ .name = "web", .service = &table.services[i] };
    size_t found = 0;
    doctor_judge(&host, both, 2, false, &report);
    for (size_t i = 0; i < report.count; i++)
        found += strcmp(report.findings[i].subject, "address 192.0.2.9 of service web") == 0;
    ck_assert_uint_eq(found, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doctor");
    TCase *tcase = tcase_create("doctor");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, all_is_well);
    tcase_add_loop_test(tcase, sysctl_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tcase, settings_that_cannot_be_read);
    tcase_add_test(tcase, interface_counts_beside_all);
    tcase_add_test(tcase, modules);
    tcase_add_test(tcase, addresses);
    tcase_add_test(tcase, ipv6_service);
    tcase_add_test(tcase, ipv6_address_as_source_of_tunnels);
    tcase_add_test(tcase, mark_service);
    tcase_add_test(tcase, other_writers);
    tcase_add_test(tcase, all_methods_without_a_service);
    tcase_add_test(tcase, two_services_one_address);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
