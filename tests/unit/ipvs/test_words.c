// SPDX-License-Identifier: BSD-2-Clause
#include "base/compiler.h"
#include "base/rng.h"
#include "ipvs/model.h"
#include "tests/unit/ipvs/model_help.h"

#include <stdlib.h>

/* ---- names -------------------------------------------------------------------------------------
 */

static const struct {
    const char *(*name)(unsigned number);
    bool (*find)(const char *name, uint8_t *out);
    const char *word;
    unsigned number;
} words[] = {
    { ipvs_protocol_name, ipvs_protocol_find, "tcp", 6 },
    { ipvs_protocol_name, ipvs_protocol_find, "udp", 17 },
    { ipvs_protocol_name, ipvs_protocol_find, "sctp", 132 },
    { ipvs_forward_name, ipvs_forward_find, "nat", 0 },
    { ipvs_forward_name, ipvs_forward_find, "local", 1 },
    { ipvs_forward_name, ipvs_forward_find, "tun", 2 },
    { ipvs_forward_name, ipvs_forward_find, "dr", 3 },
    { ipvs_tunnel_name, ipvs_tunnel_find, "ipip", 0 },
    { ipvs_tunnel_name, ipvs_tunnel_find, "gue", 1 },
    { ipvs_tunnel_name, ipvs_tunnel_find, "gre", 2 },
    { ipvs_checksum_name, ipvs_checksum_find, "none", 0 },
    { ipvs_checksum_name, ipvs_checksum_find, "csum", 1 },
    { ipvs_checksum_name, ipvs_checksum_find, "remcsum", 2 },
};

START_TEST(words_have_the_kernels_numbers)
{
    uint8_t number = 99;
    ck_assert_str_eq(words[_i].name(words[_i].number), words[_i].word);
    ck_assert(words[_i].find(words[_i].word, &number));
    ck_assert_uint_eq(number, words[_i].number);
    number = 99;
    ck_assert(!words[_i].find("", &number));
    ck_assert(!words[_i].find("TCP", &number));
    ck_assert(!words[_i].find("tcp ", &number));
    ck_assert_uint_eq(number, 99);
    ck_assert_ptr_null(words[_i].name(4));
    ck_assert_ptr_null(words[_i].name(256 + words[_i].number));
}
END_TEST

static const struct {
    const char *name;
    bool known, hash, rank;
} schedulers[] = {
    { "rr", true, false, false },  { "wrr", true, false, false },  { "lc", true, false, false },
    { "wlc", true, false, false }, { "lblc", true, false, false }, { "lblcr", true, false, false },
    { "dh", true, true, false },   { "sh", true, true, false },    { "sed", true, false, false },
    { "nq", true, false, false },  { "fo", true, false, true },    { "ovf", true, false, true },
    { "mh", true, true, false },   { "twos", true, false, false }, { "none", false, false, false },
    { "", false, false, false },   { "WLC", false, false, false }, { "wlc2", false, false, false },
};

START_TEST(scheduler_kinds)
{
    const char *name = schedulers[_i].name;
    bool listed = false;
    for (const char *const *at = ipvs_schedulers(); *at != NULL; at++)
        listed = listed || strcmp(*at, name) == 0;
    ck_assert_int_eq(listed, schedulers[_i].known);
    ck_assert_int_eq(ipvs_scheduler_known(name), schedulers[_i].known);
    ck_assert_int_eq(ipvs_scheduler_is_hash(name), schedulers[_i].hash);
    ck_assert_int_eq(ipvs_scheduler_is_rank(name), schedulers[_i].rank);
}
END_TEST

static const struct {
    const char *scheduler, *flag;
    uint32_t bit; /* 0 = no such flag */
    const char *printed;
} flags[] = {
    { "sh", "sh-fallback", IPVS_SCHED1, "sh-fallback" },
    { "sh", "sh-port", IPVS_SCHED2, "sh-port" },
    { "sh", "flag-2", IPVS_SCHED2, "sh-port" },
    { "sh", "flag-3", IPVS_SCHED3, "flag-3" },
    { "sh", "mh-port", 0, NULL },
    { "mh", "mh-fallback", IPVS_SCHED1, "mh-fallback" },
    { "mh", "mh-port", IPVS_SCHED2, "mh-port" },
    { "mh", "sh-port", 0, NULL },
    { "wlc", "flag-1", IPVS_SCHED1, "flag-1" },
    { "wlc", "flag-2", IPVS_SCHED2, "flag-2" },
    { "wlc", "flag-3", IPVS_SCHED3, "flag-3" },
    { "wlc", "sh-port", 0, NULL },
    { "wlc", "flag-0", 0, NULL },
    { "wlc", "flag-4", 0, NULL },
    { "wlc", "", 0, NULL },
};

START_TEST(flags_of_schedulers)
{
    uint32_t bit = 0;
    ck_assert_int_eq(ipvs_flag_find(flags[_i].scheduler, flags[_i].flag, &bit), flags[_i].bit != 0);
    ck_assert_uint_eq(bit, flags[_i].bit);
    if (bit != 0)
        ck_assert_str_eq(ipvs_flag_name(flags[_i].scheduler, bit), flags[_i].printed);
}
END_TEST

START_TEST(bits_that_are_no_flags_have_no_name)
{
    ck_assert_str_eq(ipvs_flag_name("wlc", IPVS_PERSISTENT), "");
    ck_assert_str_eq(ipvs_flag_name("sh", IPVS_SCHED1 | IPVS_SCHED2), "");
    ck_assert_str_eq(ipvs_flag_name("sh", 0), "");
}
END_TEST

/* ---- keys --------------------------------------------------------------------------------------
 */

static const struct {
    const char *text;
    struct ipvs_key key; /* without the address */
} keys[] = {
    { "tcp 192.0.2.1:80", { .family = ADDR_V4, .protocol = IPVS_TCP, .port = 80 } },
    { "udp [2001:db8::1]:53", { .family = ADDR_V6, .protocol = IPVS_UDP, .port = 53 } },
    { "sctp 192.0.2.1:65535", { .family = ADDR_V4, .protocol = IPVS_SCTP, .port = 65535 } },
    { "tcp 192.0.2.1:0", { .family = ADDR_V4, .protocol = IPVS_TCP } },
    { "fwmark 7", { .family = ADDR_V4, .fwmark = 7 } },
    { "fwmark 4294967295", { .family = ADDR_V4, .fwmark = UINT32_MAX } },
    { "fwmark 7 ipv6", { .family = ADDR_V6, .fwmark = 7 } },
};

START_TEST(key_parse_reads_what_key_print_writes)
{
    struct ipvs_key key;
    struct ipvs_key want = keys[_i].key;
    char text[IPVS_TEXT_MAX];
    ck_assert(ipvs_key_parse(keys[_i].text, &key));
    want.addr = key.addr;
    ck_assert_mem_eq(&key, &want, sizeof(key));
    ck_assert_uint_eq(key.addr.family, key.fwmark != 0 ? ADDR_NONE : key.family);
    ipvs_key_print(&key, text);
    ck_assert_str_eq(text, keys[_i].text);
}
END_TEST

static const char *const bad_keys[] = {
    "",
    " ",
    "tcp",
    "tcp ",
    "tcp 192.0.2.1",
    "tcp 192.0.2.1:",
    "tcp 192.0.2.1:65536",
    "tcp 192.0.2.1:80 ",
    "tcp  192.0.2.1:80",
    " tcp 192.0.2.1:80",
    "tcp 2001:db8::1:80",
    "tcp [192.0.2.1]:80",
    "tcp [fe80::1%lo]:80",
    "TCP 192.0.2.1:80",
    "icmp 192.0.2.1:80",
    "protocol 192.0.2.1:80",
    "192.0.2.1:80",
    "tcp\t192.0.2.1:80",
    "fwmark",
    "fwmark ",
    "fwmark 0",
    "fwmark -1",
    "fwmark 0x7",
    "fwmark 4294967296",
    "fwmark 7 ",
    "fwmark 7 ipv4",
    "fwmark 7 ipv6 ",
    "fwmark  7",
    "fwmarks 7",
};

START_TEST(key_parse_refuses)
{
    struct ipvs_key key;
    ck_assert_msg(!ipvs_key_parse(bad_keys[_i], &key), "%s", bad_keys[_i]);
}
END_TEST

static struct ipvs_key random_key(struct rng *rng)
{
    static const uint8_t protocols[] = { IPVS_TCP, IPVS_UDP, IPVS_SCTP };
    struct ipvs_key key = { .family = rng_below(rng, 2) == 0 ? ADDR_V4 : ADDR_V6 };
    if (rng_below(rng, 4) == 0) {
        key.fwmark = 1 + rng_below(rng, UINT32_MAX);
        return key;
    }
    key.protocol = protocols[rng_below(rng, ARRAY_LEN(protocols))];
    key.port = (uint16_t)rng_next(rng);
    key.addr.family = key.family;
    for (unsigned i = 0; i < addr_size(&key.addr); i++)
        key.addr.bytes[i] = rng_below(rng, 2) == 0 ? 0 : (uint8_t)(rng_next(rng) >> 32);
    return key;
}

START_TEST(random_keys_go_to_text_and_back)
{
    struct rng rng;
    rng_seed(&rng, 1);
    for (int i = 0; i < 20000; i++) {
        struct ipvs_key key = random_key(&rng);
        struct ipvs_key again;
        char text[IPVS_TEXT_MAX];
        ipvs_key_print(&key, text);
        ck_assert_msg(ipvs_key_parse(text, &again), "%s", text);
        ck_assert_msg(ipvs_key_compare(&key, &again) == 0, "%s", text);
    }
}
END_TEST

START_TEST(nonsense_is_printed_all_the_same)
{
    struct ipvs_key key = { .protocol = 1 };
    struct ipvs_dest dest = { .forward = 7 };
    char text[IPVS_TEXT_MAX];
    ipvs_key_print(&key, text);
    ck_assert_str_eq(text, "? none:0");
    ipvs_dest_print(&dest, text);
    ck_assert_str_eq(text, "none:0");
    ipvs_dest_print_settings(&dest, text);
    ck_assert_str_eq(text, "?, weight 0");
    dest = (struct ipvs_dest){ .forward = IPVS_TUN, .tunnel = 9, .checksum = 9 };
    ipvs_dest_print_settings(&dest, text);
    ck_assert_str_eq(text, "tun, ?, ?, weight 0");
}
END_TEST

START_TEST(dest_print_is_its_endpoint)
{
    struct ipvs_dest four = make_dest("10.0.0.1:80");
    struct ipvs_dest six = make_dest("[2001:db8::1]:80");
    char text[IPVS_TEXT_MAX];
    ipvs_dest_print(&four, text);
    ck_assert_str_eq(text, "10.0.0.1:80");
    ipvs_dest_print(&six, text);
    ck_assert_str_eq(text, "[2001:db8::1]:80");
}
END_TEST

/* ---- settings ----------------------------------------------------------------------------------
 */

static const struct {
    const char *want;
    struct ipvs_service service;
} services[] = {
    { "wlc", { .scheduler = "wlc", .prefix = 32 } },
    { "", { .prefix = 32 } },
    { "rr, persistent 300 s",
      { .scheduler = "rr", .flags = IPVS_PERSISTENT, .timeout = 300, .prefix = 32 } },
    { "rr, persistent 300 s", { .scheduler = "rr", .flags = IPVS_PERSISTENT, .timeout = 300 } },
    { "rr, persistent 300 s, clients by /24",
      { .scheduler = "rr", .flags = IPVS_PERSISTENT, .timeout = 300, .prefix = 24 } },
    { "rr, persistent 300 s, clients by /32",
      { .key.family = ADDR_V6,
        .scheduler = "rr",
        .flags = IPVS_PERSISTENT,
        .timeout = 300,
        .prefix = 32 } },
    { "rr, persistent 9 s",
      { .key.family = ADDR_V6,
        .scheduler = "rr",
        .flags = IPVS_PERSISTENT,
        .timeout = 9,
        .prefix = 128 } },
    { "rr", { .scheduler = "rr", .timeout = 300, .prefix = 24 } },
    { "rr, engine sip", { .scheduler = "rr", .engine = "sip" } },
    { "rr, one-packet", { .scheduler = "rr", .flags = IPVS_ONE_PACKET } },
    { "sh, sh-fallback, sh-port", { .scheduler = "sh", .flags = IPVS_SCHED1 | IPVS_SCHED2 } },
    { "mh, mh-port", { .scheduler = "mh", .flags = IPVS_SCHED2 } },
    { "wlc, flag-1, flag-2, flag-3", { .scheduler = "wlc", .flags = IPVS_SCHED_ALL } },
};

START_TEST(service_settings)
{
    char text[IPVS_TEXT_MAX];
    ipvs_service_print_settings(&services[_i].service, text);
    ck_assert_str_eq(text, services[_i].want);
}
END_TEST

static const struct {
    const char *want;
    struct ipvs_dest dest;
} dests[] = {
    { "nat, weight 0", { .forward = IPVS_NAT } },
    { "dr, weight 65535", { .forward = IPVS_DR, .weight = 65535 } },
    { "local, weight 1", { .forward = IPVS_LOCAL, .weight = 1 } },
    { "tun, weight 1", { .forward = IPVS_TUN, .weight = 1 } },
    { "tun, gue, port 6080, weight 1",
      { .forward = IPVS_TUN, .tunnel = IPVS_GUE, .tunnel_port = 6080, .weight = 1 } },
    { "tun, gue, port 1, remcsum, weight 1",
      { .forward = IPVS_TUN,
        .tunnel = IPVS_GUE,
        .tunnel_port = 1,
        .checksum = IPVS_REMCSUM,
        .weight = 1 } },
    { "tun, gre, csum, weight 1",
      { .forward = IPVS_TUN, .tunnel = IPVS_GRE, .checksum = IPVS_CSUM, .weight = 1 } },
    { "nat, weight 1", { .tunnel = IPVS_GUE, .tunnel_port = 6080, .weight = 1 } },
    { "nat, weight 1, upper 100", { .weight = 1, .upper = 100 } },
    { "nat, weight 1, upper 100, lower 50", { .weight = 1, .upper = 100, .lower = 50 } },
};

START_TEST(dest_settings)
{
    char text[IPVS_TEXT_MAX];
    ipvs_dest_print_settings(&dests[_i].dest, text);
    ck_assert_str_eq(text, dests[_i].want);
}
END_TEST

START_TEST(the_longest_texts_are_whole)
{
    struct ipvs_key key = make_key("sctp [ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
    struct ipvs_dest dest = make_dest("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
    struct ipvs_service service = { .key = key,
                                    .scheduler = "fifteen-letters",
                                    .engine = "fifteen-letters",
                                    .flags = UINT32_MAX,
                                    .timeout = UINT32_MAX,
                                    .prefix = UINT8_MAX };
    char text[IPVS_TEXT_MAX + GUARD];
    dest.forward = IPVS_TUN;
    dest.tunnel = IPVS_GUE;
    dest.tunnel_port = UINT16_MAX;
    dest.checksum = IPVS_REMCSUM;
    dest.weight = dest.upper = dest.lower = UINT32_MAX;
    guard_set(text, IPVS_TEXT_MAX);
    ipvs_key_print(&key, text);
    ck_assert_str_eq(text, "sctp [ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
    ipvs_dest_print(&dest, text);
    ck_assert_str_eq(text, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
    ipvs_service_print_settings(&service, text);
    ck_assert_str_eq(text, "fifteen-letters, persistent 4294967295 s, clients by /255, engine "
                           "fifteen-letters, one-packet, flag-1, flag-2, flag-3");
    ipvs_dest_print_settings(&dest, text);
    ck_assert_str_eq(text, "tun, gue, port 65535, remcsum, weight 4294967295, upper 4294967295, "
                           "lower 4294967295");
    guard_check(text, IPVS_TEXT_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words");
    TCase *tcase = tcase_create("words");
    tcase_add_loop_test(tcase, words_have_the_kernels_numbers, 0, ARRAY_LEN(words));
    tcase_add_loop_test(tcase, scheduler_kinds, 0, ARRAY_LEN(schedulers));
    tcase_add_loop_test(tcase, flags_of_schedulers, 0, ARRAY_LEN(flags));
    tcase_add_test(tcase, bits_that_are_no_flags_have_no_name);
    tcase_add_loop_test(tcase, key_parse_reads_what_key_print_writes, 0, ARRAY_LEN(keys));
    tcase_add_loop_test(tcase, key_parse_refuses, 0, ARRAY_LEN(bad_keys));
    tcase_add_test(tcase, random_keys_go_to_text_and_back);
    tcase_add_test(tcase, nonsense_is_printed_all_the_same);
    tcase_add_test(tcase, dest_print_is_its_endpoint);
    tcase_add_loop_test(tcase, service_settings, 0, ARRAY_LEN(services));
    tcase_add_loop_test(tcase, dest_settings, 0, ARRAY_LEN(dests));
    tcase_add_test(tcase, the_longest_texts_are_whole);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
