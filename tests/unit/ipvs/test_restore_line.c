// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/restore_line.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct restore_line line;
static char message[RESTORE_MESSAGE_MAX];

static bool read_line(const char *text)
{
    message[0] = '\0';
    return restore_line_read(text, strlen(text), &line, message);
}

static void expect(const char *text, enum restore_command command)
{
    ck_assert_msg(read_line(text), "%s: %s", text, message);
    ck_assert_int_eq(line.command, command);
}

/* The same service, said in different ways. */
static const char *const services[] = {
    "-A -t 192.0.2.1:80 -s sh -p 300 -M 255.255.255.0 -b sh-port",
    "-At 192.0.2.1:80 -ssh -p300 -M255.255.255.0 -bsh-port",
    "ipvsadm -A -t 192.0.2.1:80 -s sh -p 300 -M 255.255.255.0 -b sh-port",
    "/sbin/ipvsadm -A -t192.0.2.1:80 -s=sh -p=300 -M 255.255.255.0 -b sh-port,sh-port",
    "--add-service --tcp-service 192.0.2.1:80 --scheduler sh --persistent 300 --netmask "
    "255.255.255.0 --sched-flags sh-port",
    "--add-service --tcp-service=192.0.2.1:80 --scheduler=sh --persistent=300 "
    "--netmask=255.255.255.0 --sched-flags=flag-2",
    "  -b\tsh-port  -M 255.255.255.0 -p 0300 -s sh\t-t 192.0.2.1:080 -A  \r",
};

START_TEST(services_are_read)
{
    char text[IPVS_TEXT_MAX];
    expect(services[_i], RESTORE_ADD_SERVICE);
    ipvs_key_print(&line.service.key, text);
    ck_assert_str_eq(text, "tcp 192.0.2.1:80");
    ck_assert_str_eq(line.service.scheduler, "sh");
    ck_assert_uint_eq(line.service.flags, IPVS_PERSISTENT | IPVS_SCHED2);
    ck_assert_uint_eq(line.service.timeout, 300);
    ck_assert_uint_eq(line.service.prefix, 24);
}
END_TEST

static const struct {
    const char *text, *key;
    unsigned prefix;
} keys[] = {
    { "-A -t 192.0.2.1:80", "tcp 192.0.2.1:80", 32 },
    { "-A -u 192.0.2.1:53", "udp 192.0.2.1:53", 32 },
    { "-A --udp-service 192.0.2.1:53 -p -M 255.128.0.0", "udp 192.0.2.1:53", 9 },
    { "-A --sctp-service [2001:db8::1]:53", "sctp [2001:db8::1]:53", 128 },
    { "-A -t [2001:db8::1] -p", "tcp [2001:db8::1]:0", 128 },
    { "-A -t 192.0.2.1 -p", "tcp 192.0.2.1:0", 32 },
    { "-A -f 7", "fwmark 7", 32 },
    { "-A -f 7 -6 -p -M 48", "fwmark 7 ipv6", 48 },
    { "-A -6 -f 7", "fwmark 7 ipv6", 128 },
    { "-A6f 7", "fwmark 7 ipv6", 128 },
    { "-A --ipv6 --fwmark-service=4294967295", "fwmark 4294967295 ipv6", 128 },
    { "-A -f -294967296", "fwmark 4000000000", 32 },
    { "-A -f -1", "fwmark 4294967295", 32 },
    { "-A -f -2147483648", "fwmark 2147483648", 32 },
};

START_TEST(keys_and_masks_are_read)
{
    char text[IPVS_TEXT_MAX];
    expect(keys[_i].text, RESTORE_ADD_SERVICE);
    ipvs_key_print(&line.service.key, text);
    ck_assert_str_eq(text, keys[_i].key);
    ck_assert_uint_eq(line.service.prefix, keys[_i].prefix);
}
END_TEST

START_TEST(absent_options_have_ipvsadms_defaults)
{
    expect("-A -t 192.0.2.1:80 -p", RESTORE_ADD_SERVICE);
    ck_assert_str_eq(line.service.scheduler, "wlc");
    ck_assert_uint_eq(line.service.timeout, 360);
    expect("-A -p -u 192.0.2.1:80 -o --pe sip", RESTORE_ADD_SERVICE);
    ck_assert_uint_eq(line.service.timeout, 360);
    ck_assert_uint_eq(line.service.flags, IPVS_PERSISTENT | IPVS_ONE_PACKET);
    ck_assert_str_eq(line.service.engine, "sip");
    expect("-a -t 192.0.2.1:80 -r 10.0.0.1", RESTORE_ADD_SERVER);
    ck_assert_uint_eq(line.dest.forward, IPVS_DR);
    ck_assert_uint_eq(line.dest.weight, 1);
    ck_assert_uint_eq(line.dest.port, 80);
    expect("-a -f 7 -r 10.0.0.1 -i", RESTORE_ADD_SERVER);
    ck_assert_uint_eq(line.dest.tunnel, IPVS_IPIP);
    ck_assert_uint_eq(line.dest.port, 0);
}
END_TEST

static const struct {
    const char *text, *settings;
} servers[] = {
    { "-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 5 -x 1000 -y 750",
      "nat, weight 5, upper 1000, lower 750" },
    { "-at 192.0.2.1:80 -r10.0.0.1:8080 -mw5 -x1000 -y750",
      "nat, weight 5, upper 1000, lower 750" },
    { "--add-server --tcp-service 192.0.2.1:80 --real-server=10.0.0.1:8080 --masquerading "
      "--weight=5 --u-threshold=1000 --l-threshold 750",
      "nat, weight 5, upper 1000, lower 750" },
    { "-a -u 192.0.2.1:8080 -r 10.0.0.1 --ipip --tun-type gue --tun-port 6080 --tun-remcsum",
      "tun, gue, port 6080, remcsum, weight 1" },
    { "-a -u 192.0.2.1:8080 -r 10.0.0.1 -i --tun-type=gre --tun-nocsum -w 0",
      "tun, gre, weight 0" },
    { "-a -u 192.0.2.1:8080 -r 10.0.0.1 --gatewaying -w 65535", "dr, weight 65535" },
};

START_TEST(servers_are_read)
{
    char text[IPVS_TEXT_MAX];
    expect(servers[_i].text, RESTORE_ADD_SERVER);
    ipvs_dest_print(&line.dest, text);
    ck_assert_str_eq(text, "10.0.0.1:8080");
    ipvs_dest_print_settings(&line.dest, text);
    ck_assert_str_eq(text, servers[_i].settings);
}
END_TEST

static const struct {
    const char *text;
    enum restore_command command;
} commands[] = {
    { "", RESTORE_NOTHING },
    { " \t\r", RESTORE_NOTHING },
    { "# -A", RESTORE_NOTHING },
    { "\t#", RESTORE_NOTHING },
    { "-E -t 192.0.2.1:80 -s rr", RESTORE_EDIT_SERVICE },
    { "--edit-service -t 192.0.2.1:80", RESTORE_EDIT_SERVICE },
    { "-D -t 192.0.2.1:80", RESTORE_DELETE_SERVICE },
    { "--delete-service -f 1", RESTORE_DELETE_SERVICE },
    { "-e -t 192.0.2.1:80 -r 10.0.0.1 -w 0", RESTORE_EDIT_SERVER },
    { "--edit-server -t 192.0.2.1:80 -r 10.0.0.1", RESTORE_EDIT_SERVER },
    { "-d -t 192.0.2.1:80 -r 10.0.0.1", RESTORE_DELETE_SERVER },
    { "--delete-server -t 192.0.2.1:80 -r 10.0.0.1", RESTORE_DELETE_SERVER },
    { "-C", RESTORE_CLEAR },
    { "ipvsadm --clear", RESTORE_CLEAR },
    { "--set 1 2 3", RESTORE_TIMEOUTS },
    { "--start-daemon master --mcast-interface eth0", RESTORE_START_DAEMON },
    { "--stop-daemon=backup", RESTORE_STOP_DAEMON },
};

START_TEST(commands_are_known)
{
    expect(commands[_i].text, commands[_i].command);
}
END_TEST

START_TEST(timeouts_are_read)
{
    expect("--set 900 0 2678400", RESTORE_TIMEOUTS);
    ck_assert_uint_eq(line.timeouts.tcp, 900);
    ck_assert_uint_eq(line.timeouts.tcp_fin, 0);
    ck_assert_uint_eq(line.timeouts.udp, 2678400);
}
END_TEST

START_TEST(daemons_are_read)
{
    char group[ADDR_TEXT_MAX];
    expect("--start-daemon=backup --mcast-interface eth0.10 --syncid 255 --sync-maxlen 65507 "
           "--mcast-group ff02::81 --mcast-port 8848 --mcast-ttl 255",
           RESTORE_START_DAEMON);
    addr_print(&line.daemon.group, group);
    ck_assert_uint_eq(line.daemon.role, IPVS_BACKUP);
    ck_assert_str_eq(line.daemon.interface, "eth0.10");
    ck_assert_uint_eq(line.daemon.id, 255);
    ck_assert_uint_eq(line.daemon.max_length, 65507);
    ck_assert_str_eq(group, "ff02::81");
    ck_assert_uint_eq(line.daemon.port, 8848);
    ck_assert_uint_eq(line.daemon.ttl, 255);
    expect("--start-daemon master --mcast-interface d0 --mcast-group 239.255.255.255",
           RESTORE_START_DAEMON);
    ck_assert_uint_eq(line.daemon.role, IPVS_MASTER);
    ck_assert_uint_eq(line.daemon.id, 0);
    expect("--stop-daemon master", RESTORE_STOP_DAEMON);
    ck_assert_uint_eq(line.daemon.role, IPVS_MASTER);
}
END_TEST

static const struct {
    const char *text, *words; /* that the message has */
} wrongs[] = {
    { "A -t 192.0.2.1:80", "\"A\" is not expected here" },
    { "add-service -t 192.0.2.1:80", "\"add-service\" is not expected" },
    { "-A -t 192.0.2.1:80 -s wlc # comment", "\"#\" is not expected" },
    { "-A -t 192.0.2.1:80 -", "\"-\" is not expected" },
    { "-A -t 192.0.2.1:80 --", "\"--\" is not an option" },
    { "-A -t 192.0.2.1:80 --pers 30", "\"--pers\" is not an option" },
    { "-A -t 192.0.2.1:80 -q", "\"-q\" is not an option" },
    { "ipvsadm", "no command" },
    { "-t 192.0.2.1:80", "no command" },
    { "-A -E -t 192.0.2.1:80", "has a command already, --add-service" },
    { "-A -A -t 192.0.2.1:80", "has a command already" },
    { "-Z", "--zero does not belong here" },
    { "-A -t 192.0.2.1:80 -n", "--numeric does not belong here" },
    { "-L", "--list does not belong here" },
    { "-A", "--add-service needs a service" },
    { "-A -t", "--tcp-service needs a value" },
    { "-A -t 192.0.2.1:80 --ops=1", "--ops has no value" },
    { "-A -t 192.0.2.1:80 -s", "--scheduler needs a value" },
    { "-A -t 192.0.2.1:80 -t 192.0.2.2:80", "there already" },
    { "-A -t 192.0.2.1:80 -u 192.0.2.1:80", "there already" },
    { "-a -t 192.0.2.1:80 -r 10.0.0.1 -g -m", "--masquerading: this, or what excludes it" },
    { "-a -t 192.0.2.1:80 -r 10.0.0.1 -i --tun-csum --tun-nocsum", "--tun-nocsum" },
    { "-A -t 192.0.2.1:80 -w 5", "--weight does not go with --add-service" },
    { "-a -t 192.0.2.1:80 -r 10.0.0.1 -s rr", "--scheduler does not go with --add-server" },
    { "-D -t 192.0.2.1:80 -s rr", "--scheduler does not go with --delete-service" },
    { "-d -t 192.0.2.1:80 -r 10.0.0.1 -m", "--masquerading does not go with --delete-server" },
    { "-C -t 192.0.2.1:80", "--tcp-service does not go with --clear" },
    { "-C -f 1", "--fwmark-service does not go with --clear" },
    { "-a -t 192.0.2.1:80", "--add-server needs a server: -r" },
    { "-A -t www.example.com:80", "names are not looked up" },
    { "-A -t 192.0.2.1:http", "\"http\" is not a port number" },
    { "-A -t 192.0.2.1:", "is not a port number" },
    { "-A -t 192.0.2.1:65536", "is not a port number" },
    { "-A -t 192.0.2.1:-1", "is not a port number" },
    { "-A -t 192.0.2:80", "is not an address" },
    { "-A -t 192.0.2.1:80:90", "in brackets" },
    { "-A -t 2001:db8::1:80", "in brackets: [ADDRESS]:PORT" },
    { "-A -t [192.0.2.1]:80", "is not an address" },
    { "-A -t [2001:db8::1]80", "behind the address" },
    { "-A -t [2001:db8::1", "is not an address" },
    { "-A -t []:80", "is not an address" },
    { "-A -t :80", "is not an address" },
    { "-A -t [2001:db8:1111:2222:3333:4444:5555:6666:7777:8888:9999]:80", "is not an address" },
    { "-A -f 0", "is not a firewall mark" },
    { "-A -f -0", "is not a firewall mark" },
    { "-A -f 0x10", "is not a firewall mark: a number from 1 to 4294967295" },
    { "-A -f 4294967296", "is not a firewall mark" },
    { "-A -f -2147483649", "is not a firewall mark" },
    { "-A -6 -t 192.0.2.1:80", "-6 goes with -f only" },
    { "-A -f 1 -p 0", "is not a persistence in seconds: a number from 1 to 2678400" },
    { "-A -f 1 -p 2678401", "is not a persistence" },
    { "-A -f 1 -p 5m", "is not a persistence" },
    { "-Af 1 -po", "\"o\" is not a persistence" },
    { "-A -f 1 -M 255.255.255.0", "add -p" },
    { "-A -f 1 -p -M 24", "is not a network mask such as 255.255.255.0" },
    { "-A -f 1 -p -M 255.0.255.0", "is not a network mask" },
    { "-A -f 1 -p -M 0.0.0.0", "is not a network mask" },
    { "-A -f 1 -6 -p -M 0", "is not a prefix length: a number from 1 to 128" },
    { "-A -f 1 -6 -p -M 129", "is not a prefix length" },
    { "-A -f 1 -6 -p -M ffff::", "is not a prefix length" },
    { "-A -f 1 -s rr -b sh-port", "is not a flag of scheduler rr, which has flag-1, flag-2" },
    { "-A -f 1 -s sh -b mh-port", "not a flag of scheduler sh, which has sh-fallback, sh-port" },
    { "-A -f 1 -s sh -b sh-port,,sh-fallback", "\"\" is not a flag" },
    { "-A -f 1 -s sh -b sh-port,", "\"\" is not a flag" },
    { "-A -f 1 -s sh -b a-very-long-name-of-a-flag", "is not a flag" },
    { "-A -f 1 -s 0123456789abcdef", "longer than 15 bytes" },
    { "-A -f 1 -s=", "needs a value" },
    { "-A -f 1 --scheduler=", "or empty" },
    { "-A -f 1 -p --pe 0123456789abcdef", "longer than 15 bytes" },
    { "-a -f 1 -r 10.0.0.1 -w 65536", "is not a weight: a number from 0 to 65535" },
    { "-a -f 1 -r 10.0.0.1 -w -1", "is not a weight" },
    { "-a -f 1 -r 10.0.0.1 -x 2147483648", "is not a threshold" },
    { "-a -f 1 -r 10.0.0.1 -y x", "is not a threshold" },
    { "-a -f 1 -r 10.0.0.1 -m --tun-type ipip", "goes with -i only" },
    { "-a -f 1 -r 10.0.0.1 --tun-csum", "goes with -i only" },
    { "-a -f 1 -r 10.0.0.1 -i --tun-type vxlan", "\"vxlan\" is not a tunnel" },
    { "-a -f 1 -r 10.0.0.1 -i --tun-nocsum", "ipip tunnel has no checksum" },
    { "-a -f 1 -r 10.0.0.1 -i --tun-type gre --tun-port 5", "--tun-port goes with" },
    { "-a -f 1 -r 10.0.0.1 -i --tun-type gue --tun-port 0", "is not a port" },
    { "--set 1 2", "needs three numbers" },
    { "--set", "needs a value" },
    { "--set 1 2 x", "is not a timeout in seconds" },
    { "--set 1 2 3 4", "\"4\" is not expected" },
    { "--set 2678401 2 3", "is not a timeout" },
    { "--start-daemon both --mcast-interface eth0", "\"both\" is not a role" },
    { "--start-daemon master", "needs --mcast-interface" },
    { "--start-daemon master --mcast-interface 0123456789abcdef", "longer than 15" },
    { "--start-daemon master --mcast-interface a/b", "not the name of an interface" },
    { "--start-daemon master --mcast-interface e --syncid 256", "is not a sync id" },
    { "--start-daemon master --mcast-interface e --sync-maxlen 65508", "is not a length" },
    { "--start-daemon master --mcast-interface e --mcast-group 10.0.0.1", "not a multicast" },
    { "--start-daemon master --mcast-interface e --mcast-group fe80::1", "not a multicast" },
    { "--start-daemon master --mcast-interface e --mcast-port 0", "is not a port" },
    { "--start-daemon master --mcast-interface e --mcast-ttl 256", "is not a ttl" },
    { "--stop-daemon master --syncid 1", "--syncid does not go with --stop-daemon" },
    { "-A -t \"192.0.2.1:80\"", "is not an address" },
    { "-A -t 192.0.2.1:80 \001", "not printable ASCII" },
    { "-A -t 192.0.2.1:80 \xc3\xa9", "not printable ASCII" },
};

START_TEST(wrong_lines_are_refused)
{
    ck_assert_msg(!read_line(wrongs[_i].text), "%s", wrongs[_i].text);
    ck_assert_msg(strstr(message, wrongs[_i].words) != NULL, "%s: %s", wrongs[_i].text, message);
}
END_TEST

START_TEST(nul_bytes_are_refused)
{
    static const char text[] = "-C\0-C";
    ck_assert(!restore_line_read(text, sizeof(text) - 1, &line, message));
    ck_assert_ptr_nonnull(strstr(message, "not printable"));
    ck_assert(!restore_line_read("-C\0", 3, &line, message));
}
END_TEST

START_TEST(long_lines_are_refused)
{
    char text[2048];
    memset(text, 'x', sizeof(text));
    ck_assert(!restore_line_read(text, sizeof(text), &line, message));
    ck_assert_ptr_nonnull(strstr(message, "longer than 1024 bytes"));
    ck_assert(!restore_line_read(text, 1024, &line, message));
    ck_assert_ptr_nonnull(strstr(message, "is not expected here"));
    for (size_t i = 0; i < 1024; i += 2)
        text[i] = ' ';
    ck_assert(!restore_line_read(text, 1024, &line, message));
    ck_assert_ptr_nonnull(strstr(message, "more than 64 words"));
    memset(text, '#', sizeof(text));
    ck_assert(restore_line_read(text, sizeof(text), &line, message));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("restore_line");
    TCase *tcase = tcase_create("restore_line_read");
    tcase_add_loop_test(tcase, services_are_read, 0, sizeof(services) / sizeof(*services));
    tcase_add_loop_test(tcase, keys_and_masks_are_read, 0, sizeof(keys) / sizeof(*keys));
    tcase_add_test(tcase, absent_options_have_ipvsadms_defaults);
    tcase_add_loop_test(tcase, servers_are_read, 0, sizeof(servers) / sizeof(*servers));
    tcase_add_loop_test(tcase, commands_are_known, 0, sizeof(commands) / sizeof(*commands));
    tcase_add_test(tcase, timeouts_are_read);
    tcase_add_test(tcase, daemons_are_read);
    tcase_add_loop_test(tcase, wrong_lines_are_refused, 0, sizeof(wrongs) / sizeof(*wrongs));
    tcase_add_test(tcase, nul_bytes_are_refused);
    tcase_add_test(tcase, long_lines_are_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
