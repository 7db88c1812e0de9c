// SPDX-License-Identifier: BSD-2-Clause
/* Remedies as text, and carried out on a host that is made up of files. */
#include "ipvs/doctor.h"

#include "base/mem.h"
#include "tests/support/tree.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char root[TREE_PATH_MAX];
static struct doctor_report report;
static struct strbuf out;

static void set_up(void)
{
    tree_make(root);
    doctor_report_init(&report);
    strbuf_init(&out);
}

static void tear_down(void)
{
    strbuf_fini(&out);
    doctor_report_fini(&report);
    tree_remove(root);
}

static struct doctor_finding *add(enum doctor_scope scope, enum doctor_level level,
                                  enum doctor_remedy remedy, const char *key, const char *value)
{
    mem_grow((void **)&report.findings, &report.capacity, report.count + 1,
             sizeof(*report.findings));
    struct doctor_finding *finding = &report.findings[report.count++];
    *finding = (struct doctor_finding){ .scope = scope, .level = level, .remedy = remedy };
    (void)snprintf(finding->subject, sizeof(finding->subject), "thing");
    (void)snprintf(finding->found, sizeof(finding->found), "so");
    (void)snprintf(finding->why, sizeof(finding->why), "%s", level == DOCTOR_OK ? "" : "because");
    (void)snprintf(finding->key, sizeof(finding->key), "%s", key);
    (void)snprintf(finding->value, sizeof(finding->value), "%s", value);
    return finding;
}

static const struct {
    enum doctor_remedy remedy;
    const char *key, *value, *command;
} commands[] = {
    { DOCTOR_NOTHING, "x", "y", "" },
    { DOCTOR_SYSCTL, "net.ipv4.ip_forward", "1", "sysctl -w net.ipv4.ip_forward=1" },
    { DOCTOR_SYSCTL, "net.ipv4.conf.eth0.5.rp_filter", "2",
      "sysctl -w net.ipv4.conf.eth0/5.rp_filter=2" },
    { DOCTOR_SYSCTL, "net.ipv4.conf.a;b.rp_filter", "2",
      "sysctl -w 'net.ipv4.conf.a;b.rp_filter=2'" },
    { DOCTOR_MODPROBE, "ip_vs_rr", "", "modprobe ip_vs_rr" },
    { DOCTOR_COMMAND, "", "ip addr add 192.0.2.1/32 dev X", "ip addr add 192.0.2.1/32 dev X" },
};

START_TEST(command_row)
{
    doctor_command(
        add(DOCTOR_EVERY, DOCTOR_WRONG, commands[_i].remedy, commands[_i].key, commands[_i].value),
        &out);
    ck_assert_str_eq(out.text, commands[_i].command);
}
END_TEST

START_TEST(whole_text)
{
    (void)add(DOCTOR_EVERY, DOCTOR_OK, DOCTOR_NOTHING, "", "");
    (void)add(DOCTOR_EVERY, DOCTOR_BETTER, DOCTOR_MODPROBE, "ip_vs_mh", "");
    (void)add(DOCTOR_NAT, DOCTOR_WRONG, DOCTOR_SYSCTL, "net.ipv4.ip_forward", "1");
    (void)add(DOCTOR_NAT, DOCTOR_NOTE, DOCTOR_SYSCTL, "net.ipv4.vs.conntrack", "1");
    doctor_print(&report, &out);
    ck_assert_str_eq(out.text,
                     "every service\n"
                     "  ok     thing: so\n"
                     "  better thing: so\n"
                     "           because\n"
                     "           # modprobe ip_vs_mh\n"
                     "nat\n"
                     "  wrong  thing: so\n"
                     "           because\n"
                     "           # sysctl -w net.ipv4.ip_forward=1\n"
                     "  note   thing: so\n"
                     "           because\n"
                     "           # sysctl -w net.ipv4.vs.conntrack=1\n"
                     "to keep settings over a reboot, in /etc/sysctl.d/90-gslb-ipvs.conf\n"
                     "  net.ipv4.ip_forward = 1\n"
                     "to load modules at every start, in /etc/modules-load.d/gslb-ipvs.conf\n"
                     "  ip_vs_mh\n");
}
END_TEST

/* What doctor_apply says, owned. */
static char *apply(bool expected)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    ck_assert(doctor_apply(root, &report, stream) == expected);
    (void)fclose(stream);
    return text;
}

static void assert_file(const char *path, const char *expected)
{
    char *text = tree_read(root, path);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, expected);
    mem_free(text);
}

/* What a doctor_print of the report ends with. */
static void assert_end(const char *end)
{
    strbuf_clear(&out);
    doctor_print(&report, &out);
    ck_assert_uint_gt(out.length, strlen(end));
    ck_assert_str_eq(out.text + out.length - strlen(end), end);
}

START_TEST(module_before_its_settings)
{
    (void)add(DOCTOR_EVERY, DOCTOR_BETTER, DOCTOR_SYSCTL, "net.ipv4.vs.expire_nodest_conn", "1");
    assert_end("in /etc/sysctl.d/90-gslb-ipvs.conf\n  net.ipv4.vs.expire_nodest_conn = 1\n"
               "to load modules at every start, in /etc/modules-load.d/gslb-ipvs.conf\n  ip_vs\n");
    (void)add(DOCTOR_EVERY, DOCTOR_WRONG, DOCTOR_MODPROBE, "ip_vs", "");
    (void)add(DOCTOR_EVERY, DOCTOR_WRONG, DOCTOR_MODPROBE, "ip_vs_rr", "");
    assert_end("/gslb-ipvs.conf\n  ip_vs\n  ip_vs_rr\n");
}
END_TEST

START_TEST(settings_are_written)
{
    tree_put(root, "/proc/sys/net/ipv4/ip_forward", "0\n");
    tree_put(root, "/proc/sys/net/ipv4/vs/conntrack", "0\n");
    tree_put(root, "/proc/sys/net/ipv4/conf/eth0.5/send_redirects", "1\n");
    (void)add(DOCTOR_EVERY, DOCTOR_OK, DOCTOR_NOTHING, "", "");
    (void)add(DOCTOR_EVERY, DOCTOR_WRONG, DOCTOR_COMMAND, "", "rm -rf /");
    (void)add(DOCTOR_NAT, DOCTOR_WRONG, DOCTOR_SYSCTL, "net.ipv4.ip_forward", "1");
    (void)add(DOCTOR_NAT, DOCTOR_BETTER, DOCTOR_SYSCTL, "net.ipv4.conf.eth0.5.send_redirects", "0");
    (void)add(DOCTOR_NAT, DOCTOR_NOTE, DOCTOR_SYSCTL, "net.ipv4.vs.conntrack", "1");
    char *said = apply(true);
    ck_assert_str_eq(said, "sysctl -w net.ipv4.ip_forward=1: done\n"
                           "sysctl -w net.ipv4.conf.eth0/5.send_redirects=0: done\n");
    free(said);
    assert_file("/proc/sys/net/ipv4/ip_forward", "1");
    assert_file("/proc/sys/net/ipv4/conf/eth0.5/send_redirects", "0");
    assert_file("/proc/sys/net/ipv4/vs/conntrack", "0\n");
}
END_TEST

START_TEST(failures_are_told_and_the_rest_is_done)
{
    tree_put(root, "/proc/sys/net/ipv4/ip_forward", "0\n");
    (void)add(DOCTOR_NAT, DOCTOR_WRONG, DOCTOR_SYSCTL, "net.ipv4.vs.none", "1");
    (void)add(DOCTOR_NAT, DOCTOR_WRONG, DOCTOR_SYSCTL, "net.ipv4.ip_forward", "1");
    char *said = apply(false);
    ck_assert_str_eq(said, "sysctl -w net.ipv4.vs.none=1: No such file or directory\n"
                           "sysctl -w net.ipv4.ip_forward=1: done\n");
    free(said);
    assert_file("/proc/sys/net/ipv4/ip_forward", "1");
}
END_TEST

START_TEST(module_that_is_not)
{
    (void)add(DOCTOR_EVERY, DOCTOR_WRONG, DOCTOR_MODPROBE, "gslb-no-such-module", "");
    char *said = apply(false);
    ck_assert_ptr_nonnull(strstr(said, "modprobe gslb-no-such-module: "));
    ck_assert_ptr_null(strstr(said, "done"));
    free(said);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doctor_apply");
    TCase *tcase = tcase_create("doctor_apply");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, command_row, 0, (int)(sizeof(commands) / sizeof(commands[0])));
    tcase_add_test(tcase, whole_text);
    tcase_add_test(tcase, module_before_its_settings);
    tcase_add_test(tcase, settings_are_written);
    tcase_add_test(tcase, failures_are_told_and_the_rest_is_done);
    tcase_add_test(tcase, module_that_is_not);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
