// SPDX-License-Identifier: BSD-2-Clause
/* Names that pools answer. */
#include "tests/unit/zones/zones_help.h"

#define BOTH (ZONE_BIND_A | ZONE_BIND_AAAA)

static const char zone_text[] =
    HELP_BASE "www A 192.0.2.7\nwww A 192.0.2.8\nwww AAAA 2001:db8::7\nwww TXT x\n"
              "v4 A 192.0.2.9\nv4 MX 1 ns\nv6 AAAA 2001:db8::9\ntext TXT x\nalias CNAME www\n"
              "cut NS ns\nglue.cut A 192.0.2.3\nd DNAME x.\n";

static const struct {
    const char *owner;
    unsigned flags;
    enum zone_binding_error error;
} single[] = {
    { "new.example.test.", BOTH, ZONE_BINDING_OK },
    { "deep.er.example.test.", BOTH, ZONE_BINDING_OK },
    { "*.pool.example.test.", BOTH, ZONE_BINDING_OK },
    { "example.test.", BOTH, ZONE_BINDING_OK },
    { "text.example.test.", BOTH, ZONE_BINDING_OK },
    { "d.example.test.", BOTH, ZONE_BINDING_OK }, /* at a DNAME, not below it */
    { "www.example.test.", BOTH, ZONE_BINDING_CONFLICT },
    { "www.example.test.", ZONE_BIND_AAAA, ZONE_BINDING_CONFLICT },
    { "v4.example.test.", ZONE_BIND_AAAA, ZONE_BINDING_OK },
    { "v4.example.test.", ZONE_BIND_A, ZONE_BINDING_CONFLICT },
    { "www.example.test.", BOTH | ZONE_BIND_OVERRIDE, ZONE_BINDING_OK },
    { "www.example.test.", ZONE_BIND_FROM_FILE, ZONE_BINDING_OK },
    { "v6.example.test.", ZONE_BIND_FROM_FILE, ZONE_BINDING_OK },
    { "text.example.test.", ZONE_BIND_FROM_FILE, ZONE_BINDING_NO_ADDRESSES },
    { "none.example.test.", ZONE_BIND_FROM_FILE, ZONE_BINDING_NO_ADDRESSES },
    { "alias.example.test.", BOTH, ZONE_BINDING_AT_CNAME },
    { "alias.example.test.", BOTH | ZONE_BIND_OVERRIDE, ZONE_BINDING_AT_CNAME },
    { "cut.example.test.", BOTH, ZONE_BINDING_BELOW_CUT },
    { "glue.cut.example.test.", BOTH | ZONE_BIND_OVERRIDE, ZONE_BINDING_BELOW_CUT },
    { "glue.cut.example.test.", ZONE_BIND_FROM_FILE, ZONE_BINDING_BELOW_CUT },
    { "new.cut.example.test.", BOTH, ZONE_BINDING_BELOW_CUT },
    { "new.d.example.test.", BOTH, ZONE_BINDING_BELOW_CUT },
    { "www.other.test.", BOTH, ZONE_BINDING_NOT_IN_ZONE },
    { "test.", ZONE_BIND_FROM_FILE, ZONE_BINDING_NOT_IN_ZONE },
};

START_TEST(single_binding)
{
    struct errlist errors;
    struct help_name owner = help_name(single[_i].owner);
    struct zone_binding binding = {
        .owner = owner.wire,
        .flags = single[_i].flags,
        .error = ZONE_BINDING_TWICE, /* is overwritten */
    };
    errlist_init(&errors);
    struct zone *zone = help_load_bound(zone_text, &binding, 1, &errors);
    ck_assert_msg(binding.error == single[_i].error, "%s: %d", single[_i].owner, binding.error);
    ck_assert_int_eq(zone != NULL, single[_i].error == ZONE_BINDING_OK);
    ck_assert(errlist_empty(&errors)); /* the caller reports, with the place in the config */
    if (zone != NULL) {
        const struct zone_node *node = help_node(zone, single[_i].owner);
        ck_assert_uint_eq(zone->binding_count, 1);
        ck_assert_uint_eq(node->binding, 0);
        ck_assert_int_ne(node->flags & (ZONE_NODE_BOUND_A | ZONE_NODE_BOUND_AAAA), 0);
    }
    zone_unref(zone);
    errlist_fini(&errors);
}
END_TEST

/* The flags say which types the file has, and its sets stay readable. */
START_TEST(from_file)
{
    static const struct {
        const char *owner;
        unsigned flags;
    } owners[] = {
        { "www.example.test.", BOTH },
        { "v4.example.test.", ZONE_BIND_A },
        { "v6.example.test.", ZONE_BIND_AAAA },
    };
    struct errlist errors;
    struct help_name names[ARRAY_LEN(owners)];
    struct zone_binding bindings[ARRAY_LEN(owners)];
    errlist_init(&errors);
    for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
        names[i] = help_name(owners[i].owner);
        bindings[i] =
            (struct zone_binding){ .owner = names[i].wire, .flags = ZONE_BIND_FROM_FILE | BOTH };
    }
    struct zone *zone = help_load_bound(zone_text, bindings, ARRAY_LEN(owners), &errors);
    ck_assert_ptr_nonnull(zone);
    for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
        const struct zone_node *node = help_node(zone, owners[i].owner);
        unsigned flags = bindings[i].flags;
        ck_assert_uint_eq(flags, ZONE_BIND_FROM_FILE | owners[i].flags);
        ck_assert_uint_eq(node->binding, i);
        ck_assert_int_eq((node->flags & ZONE_NODE_BOUND_A) != 0, (flags & ZONE_BIND_A) != 0);
        ck_assert_int_eq((node->flags & ZONE_NODE_BOUND_AAAA) != 0, (flags & ZONE_BIND_AAAA) != 0);
        ck_assert_int_eq(zone_node_rrset(node, RRTYPE_A) != NULL, (flags & ZONE_BIND_A) != 0);
        ck_assert_int_eq(zone_node_rrset(node, RRTYPE_AAAA) != NULL, (flags & ZONE_BIND_AAAA) != 0);
    }
    zone_unref(zone);
    errlist_fini(&errors);
}
END_TEST

static const struct {
    const char *owner;
    unsigned hidden;
    const char *left; /* types that stay */
    unsigned records; /* fewer than without binding */
} overrides[] = {
    { "www.example.test.", BOTH, "TXT ", 3 },
    { "www.example.test.", ZONE_BIND_A, "AAAA TXT ", 2 },
    { "www.example.test.", ZONE_BIND_AAAA, "A TXT ", 1 },
    { "v4.example.test.", BOTH, "MX ", 1 },
    { "v4.example.test.", ZONE_BIND_AAAA, "A MX ", 0 },
    { "v6.example.test.", ZONE_BIND_AAAA, "", 1 },
    { "text.example.test.", BOTH, "TXT ", 0 },
};

START_TEST(override_hides_sets)
{
    struct errlist errors;
    struct help_name owner = help_name(overrides[_i].owner);
    struct zone_binding binding = {
        .owner = owner.wire,
        .flags = overrides[_i].hidden | ZONE_BIND_OVERRIDE,
    };
    errlist_init(&errors);
    struct zone *plain = help_load(zone_text);
    struct zone *zone = help_load_bound(zone_text, &binding, 1, &errors);
    ck_assert_ptr_nonnull(zone);
    struct strbuf left;
    strbuf_init(&left);
    const struct rrset *set = help_node(zone, overrides[_i].owner)->rrsets;
    for (; set != NULL; set = set->next) {
        char buf[RRTYPE_TEXT_MAX];
        strbuf_addf(&left, "%s ", rrtype_name(set->type, buf));
    }
    ck_assert_str_eq(left.text, overrides[_i].left);
    ck_assert_uint_eq(plain->record_count - zone->record_count, overrides[_i].records);
    strbuf_fini(&left);
    zone_unref(plain);
    zone_unref(zone);
    errlist_fini(&errors);
}
END_TEST

START_TEST(twice)
{
    struct errlist errors;
    struct help_name owner = help_name("new.example.test.");
    struct zone_binding bindings[2] = {
        { .owner = owner.wire, .flags = ZONE_BIND_A },
        { .owner = owner.wire, .flags = ZONE_BIND_AAAA },
    };
    errlist_init(&errors);
    ck_assert_ptr_null(help_load_bound(zone_text, bindings, 2, &errors));
    ck_assert_int_eq(bindings[0].error, ZONE_BINDING_OK);
    ck_assert_int_eq(bindings[1].error, ZONE_BINDING_TWICE);
    errlist_fini(&errors);
}
END_TEST

START_TEST(signed_zone)
{
    struct errlist errors;
    struct help_name owner = help_name("new.example.test.");
    struct zone_binding binding = { .owner = owner.wire, .flags = BOTH };
    errlist_init(&errors);
    ck_assert_ptr_null(help_load_bound(HELP_BASE "ns NSEC @ A NSEC RRSIG\n", &binding, 1, &errors));
    ck_assert_int_eq(binding.error, ZONE_BINDING_SIGNED);
    errlist_fini(&errors);
}
END_TEST

/* Names that the file lacks exist by their binding, with what lies between. */
START_TEST(new_nodes_answer)
{
    struct errlist errors;
    struct help_name owner = help_name("*.a.b.example.test.");
    struct zone_binding binding = { .owner = owner.wire, .flags = BOTH };
    errlist_init(&errors);
    struct zone *zone = help_load_bound(zone_text, &binding, 1, &errors);
    ck_assert_ptr_nonnull(zone);
    ck_assert_int_eq(help_find(zone, "b.example.test.").match, ZONE_EXACT);
    ck_assert_ptr_null(help_find(zone, "b.example.test.").node->rrsets);
    struct zone_found found = help_find(zone, "x.y.a.b.example.test.");
    ck_assert_int_eq(found.match, ZONE_WILDCARDED);
    ck_assert_int_ne(found.node->flags & ZONE_NODE_BOUND_A, 0);
    ck_assert_int_eq(help_find(zone, "x.b.example.test.").match, ZONE_ABSENT);
    zone_unref(zone);
    errlist_fini(&errors);
}
END_TEST

/* With broken lines in the file, only what is there is judged. */
START_TEST(broken_file)
{
    struct errlist errors;
    struct help_name lost = help_name("lost.example.test.");
    struct help_name alias = help_name("alias.example.test.");
    struct zone_binding bindings[2] = {
        { .owner = lost.wire, .flags = ZONE_BIND_FROM_FILE },
        { .owner = alias.wire, .flags = BOTH },
    };
    errlist_init(&errors);
    ck_assert_ptr_null(
        help_load_bound(HELP_BASE "lost A 192.0.2.300\nalias CNAME ns\n", bindings, 2, &errors));
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_int_eq(bindings[0].error, ZONE_BINDING_OK);
    ck_assert_int_eq(bindings[1].error, ZONE_BINDING_AT_CNAME);
    errlist_fini(&errors);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, single_binding, 0, (int)ARRAY_LEN(single));
    tcase_add_test(tcase, from_file);
    tcase_add_loop_test(tcase, override_hides_sets, 0, (int)ARRAY_LEN(overrides));
    tcase_add_test(tcase, twice);
    tcase_add_test(tcase, signed_zone);
    tcase_add_test(tcase, new_nodes_answer);
    tcase_add_test(tcase, broken_file);
}

int main(void)
{
    return help_run("zones/binding", fill, 20);
}
