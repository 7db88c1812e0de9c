// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/restore.h"

#include "base/strbuf.h"
#include "tests/unit/ipvs/reference_help.h"
#include "tests/unit/ipvs/table_random.h"

static struct ipvs_table table;
static struct errlist errors;

static void set_up(void)
{
    ipvs_table_init(&table);
    errlist_init(&errors);
}

static void tear_down(void)
{
    ipvs_table_fini(&table);
    errlist_fini(&errors);
}

static bool parse(const char *text)
{
    ipvs_table_fini(&table);
    errlist_fini(&errors);
    return restore_parse("f", text, strlen(text), &table, &errors);
}

static void expect_good(const char *text)
{
    bool good = parse(text);
    ck_assert_msg(good, "%s", errors.count > 0 ? errors.lines[0] : "no error told");
    ck_assert(errlist_empty(&errors));
}

/* Everything as text, one thing a line. */
static void print_table(struct strbuf *out)
{
    char key[IPVS_TEXT_MAX];
    char settings[IPVS_TEXT_MAX];
    for (size_t i = 0; i < table.count; i++) {
        const struct ipvs_service *service = &table.services[i];
        ipvs_key_print(&service->key, key);
        ipvs_service_print_settings(service, settings);
        strbuf_addf(out, "%s: %s\n", key, settings);
        for (size_t d = 0; d < service->dest_count; d++) {
            ipvs_dest_print(&service->dests[d], key);
            ipvs_dest_print_settings(&service->dests[d], settings);
            strbuf_addf(out, "- %s: %s\n", key, settings);
        }
    }
}

static const struct {
    const char *text, *table;
} goods[] = {
    { "", "" },
    { "\n\n# nothing\n", "" },
    { "-A -t 192.0.2.1:80 -s rr", "tcp 192.0.2.1:80: rr\n" },
    { "-A -t 192.0.2.1:80 -s rr\r\n-a -t 192.0.2.1:80 -r 10.0.0.1 -m\r\n",
      "tcp 192.0.2.1:80: rr\n- 10.0.0.1:80: nat, weight 1\n" },
    /* sorted, whatever the order was */
    { "-A -f 2\n-A -f 1\n-a -f 2 -r 10.0.0.2\n-a -f 1 -r 10.0.0.9\n-a -f 2 -r 10.0.0.1\n",
      "fwmark 1: wlc\n- 10.0.0.9:0: dr, weight 1\nfwmark 2: wlc\n- 10.0.0.1:0: dr, weight 1\n"
      "- 10.0.0.2:0: dr, weight 1\n" },
    /* an edit sets everything anew */
    { "-A -f 1 -s sh -b sh-port -p 50\n-E -f 1 -s rr\n", "fwmark 1: rr\n" },
    { "-A -f 1\n-a -f 1 -r 10.0.0.1 -m -w 7 -x 9\n-E -f 1 -s rr\n-e -f 1 -r 10.0.0.1 -i\n",
      "fwmark 1: rr\n- 10.0.0.1:0: tun, weight 1\n" },
    { "-A -f 1\n-a -f 1 -r 10.0.0.1\n-a -f 1 -r 10.0.0.2\n-d -f 1 -r 10.0.0.1\n",
      "fwmark 1: wlc\n- 10.0.0.2:0: dr, weight 1\n" },
    { "-A -f 1\n-a -f 1 -r 10.0.0.1\n-d -f 1 -r 10.0.0.1\n-a -f 1 -r 10.0.0.1 -w 2\n",
      "fwmark 1: wlc\n- 10.0.0.1:0: dr, weight 2\n" },
    { "-A -f 1\n-a -f 1 -r 10.0.0.1\n-A -f 2\n-D -f 1\n", "fwmark 2: wlc\n" },
    { "-A -f 1\n-a -f 1 -r 10.0.0.1\n-D -f 1\n-A -f 1\n", "fwmark 1: wlc\n" },
    { "-A -f 1\n-a -f 1 -r 10.0.0.1\n-C\n-A -f 1 -s rr\n", "fwmark 1: rr\n" },
    { "-C\n", "" },
    { "-A -f 1 -s none\n", "fwmark 1: none\n" },
};

START_TEST(lines_are_applied_in_order)
{
    struct strbuf out;
    strbuf_init(&out);
    expect_good(goods[_i].text);
    print_table(&out);
    ck_assert_str_eq(out.text, goods[_i].table);
    strbuf_fini(&out);
}
END_TEST

START_TEST(what_ipvsadm_saved_is_the_table_it_was_given)
{
    struct ipvs_table given;
    char *saved = reference_section("save");
    reference_table(&given);
    expect_good(saved);
    for (size_t i = 0; i < given.count; i++) { /* that ipvsadm forgets */
        for (size_t d = 0; d < given.services[i].dest_count; d++)
            given.services[i].dests[d].upper = given.services[i].dests[d].lower = 0;
    }
    assert_same_tables(&given, &table);
    ipvs_table_fini(&given);
    mem_free(saved);
    saved = reference_section("save of a large mark");
    expect_good(saved);
    ck_assert_uint_eq(table.services[0].key.fwmark, 4000000000U);
    mem_free(saved);
}
END_TEST

START_TEST(timeouts_and_daemons_are_kept)
{
    expect_good("--set 1 2 3\n--set 0 5 0\n"
                "--start-daemon backup --mcast-interface b --syncid 2\n"
                "--start-daemon master --mcast-interface a --syncid 1\n"
                "--stop-daemon backup\n");
    ck_assert_uint_eq(table.timeouts.tcp, 1);
    ck_assert_uint_eq(table.timeouts.tcp_fin, 5);
    ck_assert_uint_eq(table.timeouts.udp, 3);
    ck_assert_uint_eq(table.daemon_count, 1);
    ck_assert_uint_eq(table.daemons[0].role, IPVS_MASTER);
    ck_assert_str_eq(table.daemons[0].interface, "a");
    ck_assert_uint_eq(table.daemons[1].role, IPVS_ROLE_NONE);
}
END_TEST

static const struct {
    const char *text;
    const char *errors[4];
} wrongs[] = {
    { "-A -t 192.0.2.1:80 -s rr\n\n-A -t 192.0.2.1:http\n", { "f:3: \"http\" is not a port" } },
    { "-A -f 1\n-A -f 1\n", { "f:2: fwmark 1 was added in line 1 already" } },
    { "-A -f 1\n-E -f 2\n", { "f:2: there is no fwmark 2 before this line: add it with -A" } },
    { "-D -f 2\n", { "f:1: there is no fwmark 2" } },
    { "-a -f 2 -r 10.0.0.1\n", { "f:1: there is no fwmark 2" } },
    { "-e -f 2 -r 10.0.0.1\n", { "f:1: there is no fwmark 2" } },
    { "-d -f 2 -r 10.0.0.1\n", { "f:1: there is no fwmark 2" } },
    { "-A -f 2\n-e -f 2 -r 10.0.0.1\n-d -f 2 -r 10.0.0.2",
      { "f:2: there is no fwmark 2 -> 10.0.0.1:0 before this line: add it with -a",
        "f:3: there is no fwmark 2 -> 10.0.0.2:0" } },
    { "-A -f 2 -6\n-a -f 2 -r 10.0.0.1", { "f:2: there is no fwmark 2 before" } },
    { "-A -f 1\n-a -f 1 -r 10.0.0.1\n-a -f 1 -r 10.0.0.1 -w 3",
      { "f:3: fwmark 1 -> 10.0.0.1:0 was added in line 2 already" } },
    { "-A -f 1\n-C\n-a -f 1 -r 10.0.0.1\n", { "f:3: there is no fwmark 1" } },
    /* an unsound service is told once, its servers are looked at nevertheless */
    { "-A -t 192.0.2.1:80 -s wobble\n-a -t 192.0.2.1:80 -r 10.0.0.1:81\n",
      { "f:1: tcp 192.0.2.1:80: there is no such scheduler: rr, wrr",
        "f:2: tcp 192.0.2.1:80 -> 10.0.0.1:81: only nat changes packets" } },
    /* after a line that cannot be read, what it may have held is not missed */
    { "-A -f 1x\n-a -f 1 -r 10.0.0.1\n-a -f 1 -r 10.0.0.1 -w 99999\n",
      { "f:1: \"1x\" is not a firewall mark", "f:3: \"99999\" is not a weight" } },
    { "-A -t 192.0.2.1\n", { "f:1: tcp 192.0.2.1:0: port 0 (all ports) needs persistence" } },
    { "-A -t 192.0.2.1:80 -o\n", { "f:1: tcp 192.0.2.1:80: one-packet scheduling is for UDP" } },
    { "-A -f 1\n-E -f 1 -s wobble\n", { "f:2: fwmark 1: there is no such scheduler" } },
    { "-A -t 0.0.0.0:80\n", { "f:1: tcp 0.0.0.0:80: the virtual address must be unicast" } },
    { "-A -u 192.0.2.1:53\n-a -u 192.0.2.1:53 -r [2001:db8::1]:53 -m\n",
      { "f:2: udp 192.0.2.1:53 -> [2001:db8::1]:53: a server of the other address family" } },
    { "-A -f 1\n-a -f 1 -r 10.0.0.1 -i --tun-type gue\n",
      { "f:2: fwmark 1 -> 10.0.0.1:0: a gue" } },
    { "-A -f 1\n-a -f 1 -r 10.0.0.1 -x 5 -y 6\n", { "f:2: fwmark 1 -> 10.0.0.1:0: the lower" } },
    { "-A -f 1\n-a -f 1 -r 10.0.0.1\n-e -f 1 -r 10.0.0.1 -i --tun-type gre --tun-remcsum\n",
      { "f:3: fwmark 1 -> 10.0.0.1:0: remcsum is for gue" } },
    { "--start-daemon master --mcast-interface a\n--start-daemon master --mcast-interface b\n",
      { "f:2: this daemon was started in line 1 already" } },
    { "--stop-daemon master\n", { "f:1: there is no such daemon" } },
    { "-A -f 1\n-a -f 1 -r [2001:db8::1] -i\n--start-daemon master --mcast-interface a\n",
      { "f:2: fwmark 1 -> [2001:db8::1]:0: a server of the other address family cannot be beside "
        "a sync daemon (line 3)" } },
};

START_TEST(wrong_texts_are_refused_with_place_and_reason)
{
    ck_assert(!parse(wrongs[_i].text));
    size_t count = 0;
    for (; count < 4 && wrongs[_i].errors[count] != NULL; count++) {
        const char *wanted = wrongs[_i].errors[count];
        ck_assert_msg(count < errors.count, "not told: %s", wanted);
        ck_assert_msg(strncmp(errors.lines[count], wanted, strlen(wanted)) == 0, "%s\n%s",
                      errors.lines[count], wanted);
    }
    ck_assert_msg(errors.count == count, "%s", errors.lines[errors.count - 1]);
}
END_TEST

START_TEST(earlier_errors_of_the_caller_do_not_count)
{
    errlist_add(&errors, "something else");
    ck_assert(restore_parse("f", "-C\n", 3, &table, &errors));
    ck_assert_uint_eq(errors.count, 1);
}
END_TEST

/* A million bytes in the worst order must not take time that grows with its square. */
START_TEST(a_long_text_is_read_in_any_order)
{
    struct strbuf text;
    strbuf_init(&text);
    for (unsigned i = 20000; i > 0; i--)
        strbuf_addf(&text, "-A -f %u\n", i);
    for (unsigned i = 20000; i > 0; i--)
        strbuf_addf(&text, "-a -f 77 -r 10.0.%u.%u -m\n", i / 250, i % 250 + 1);
    expect_good(text.text);
    ck_assert_uint_eq(table.count, 20000);
    ck_assert_uint_eq(ipvs_table_dest_count(&table), 20000);
    ck_assert_uint_eq(table.services[76].dest_count, 20000);
    strbuf_fini(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("restore");
    TCase *tcase = tcase_create("restore_parse");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, lines_are_applied_in_order, 0, sizeof(goods) / sizeof(*goods));
    tcase_add_test(tcase, what_ipvsadm_saved_is_the_table_it_was_given);
    tcase_add_test(tcase, timeouts_and_daemons_are_kept);
    tcase_add_loop_test(tcase, wrong_texts_are_refused_with_place_and_reason, 0,
                        sizeof(wrongs) / sizeof(*wrongs));
    tcase_add_test(tcase, earlier_errors_of_the_caller_do_not_count);
    tcase_add_test(tcase, a_long_text_is_read_in_any_order);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
