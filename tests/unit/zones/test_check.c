// SPDX-License-Identifier: BSD-2-Clause
/* What a zone must have at its top. */
#include "tests/unit/zones/zones_help.h"

#define SOA "$TTL 5\n@ SOA a b 1 2 3 4 5\n"

static const struct {
    const char *text;
    const char *errors; /* NULL: loads */
} zones[] = {
    { "", "test.zone:1: no SOA record at example.test.\n"
          "test.zone:1: no NS record at example.test.\n" },
    { "$TTL 5\n@ NS n.\n", "test.zone:1: no SOA record at example.test.\n" },
    { SOA, "test.zone:2: no NS record at example.test.\n" },
    { SOA "@ NS n.\n", NULL },
    { SOA "@ NS .\n", NULL },
    { SOA "@ NS ns\n",
      "test.zone:3: the name server ns.example.test. has no address (A or AAAA)\n" },
    { SOA "@ NS n.\n@ NS ns\n",
      "test.zone:4: the name server ns.example.test. has no address (A or AAAA)\n" },
    { SOA "@ NS ns\nns TXT x\n",
      "test.zone:3: the name server ns.example.test. has no address (A or AAAA)\n" },
    { SOA "@ NS ns\nx.ns A 192.0.2.1\n",
      "test.zone:3: the name server ns.example.test. has no address (A or AAAA)\n" },
    { SOA "@ NS ns\nns A 192.0.2.1\n", NULL },
    { SOA "@ NS NS\nns AAAA ::1\n", NULL },
    { SOA "@ NS @\n", "test.zone:3: the name server example.test. has no address (A or AAAA)\n" },
    { SOA "@ NS @\n@ A 192.0.2.1\n", NULL },
    { SOA "@ NS ns\n* A 192.0.2.1\n", NULL },
    { SOA "@ NS ns\n* CNAME x.\n", "test.zone:3: the name server ns.example.test. is a CNAME\n" },
    { SOA "@ NS ns\nns CNAME x.\n", "test.zone:3: the name server ns.example.test. is a CNAME\n" },
    { SOA "@ NS ns.d\nd DNAME x.\n",
      "test.zone:3: the name server ns.d.example.test. lies below a DNAME\n" },
    /* below a cut it is the child's business */
    { SOA "@ NS ns.sub\nsub NS ns.sub\n", NULL },
    /* targets of delegations are not judged, as in BIND */
    { SOA "@ NS n.\nsub NS ns.sub\nsub2 NS nothing\nsub3 NS c\nc CNAME x.\n", NULL },
    /* nor those of MX and SRV */
    { SOA "@ NS n.\n@ MX 1 nothing\n_s._tcp SRV 1 2 3 nothing\n", NULL },
    /* what is missing is not complained of when lines are broken: it may be on them */
    { "@ 5 SOA a b 1 2 3 4 x\n@ 5 NS ns\nns 5 A 192.0.2.300\n",
      "test.zone:1: SOA: 'x' is not a period (such as 3600 or 1h30m) up to 2^32 - 1 s\n"
      "test.zone:3: A: '192.0.2.300' is not an IPv4 address\n" },
};

START_TEST(top_of_the_zone)
{
    if (zones[_i].errors == NULL) {
        zone_unref(help_load(zones[_i].text));
        return;
    }
    char *errors = help_errors(zones[_i].text);
    ck_assert_str_eq(errors, zones[_i].errors);
    mem_free(errors);
}
END_TEST

/* A pool's name has addresses. */
START_TEST(bound_name_server)
{
    struct help_name owner = help_name("ns.example.test.");
    struct zone_binding binding = { .owner = owner.wire, .flags = ZONE_BIND_A };
    struct errlist errors;
    errlist_init(&errors);
    struct zone *zone = help_load_bound(SOA "@ NS ns\n", &binding, 1, &errors);
    ck_assert_ptr_nonnull(zone);
    zone_unref(zone);
    errlist_fini(&errors);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, top_of_the_zone, 0, (int)ARRAY_LEN(zones));
    tcase_add_test(tcase, bound_name_server);
}

int main(void)
{
    return help_run("zones/check", fill, 20);
}
