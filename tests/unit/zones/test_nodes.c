// SPDX-License-Identifier: BSD-2-Clause
#include "zones/nodes.h"

#include "tests/unit/zones/zones_help.h"

struct tree {
    struct arena *arena;
    struct nodes nodes;
};

static struct tree tree_new(const char *apex)
{
    struct tree tree = { .arena = arena_new(0) };
    struct name_hashes hashes;
    struct help_name name = help_name(apex);
    name_hash_all(name.wire, HELP_SEED, &hashes);
    nodes_init(&tree.nodes, tree.arena, name.wire, &hashes);
    return tree;
}

static void tree_free(struct tree *tree)
{
    nodes_fini(&tree->nodes);
    arena_free(tree->arena);
}

static uint32_t add(struct tree *tree, const char *text)
{
    struct name_hashes hashes;
    struct help_name name = help_name(text);
    name_hash_all(name.wire, HELP_SEED, &hashes);
    return nodes_add(&tree->nodes, name.wire, &hashes);
}

static uint32_t find(const struct tree *tree, const char *text)
{
    struct name_hashes hashes;
    struct help_name name = help_name(text);
    name_hash_all(name.wire, HELP_SEED, &hashes);
    return nodes_find(&tree->nodes, name.wire, name.length, hashes.hash[hashes.labels]);
}

START_TEST(apex_is_first)
{
    struct tree tree = tree_new("example.test.");
    ck_assert_uint_eq(tree.nodes.count, 1);
    ck_assert_uint_eq(find(&tree, "example.test."), 0);
    ck_assert_uint_eq(add(&tree, "example.test."), 0);
    ck_assert_uint_eq(tree.nodes.items[0].labels, 2);
    ck_assert_uint_eq(tree.nodes.items[0].name_length, 14);
    ck_assert_uint_eq(tree.nodes.items[0].parent, 0);
    ck_assert_uint_eq(find(&tree, "test."), NODES_NONE);
    tree_free(&tree);
}
END_TEST

/* Names between are made, each once, parents before children, and share the bytes of the child. */
START_TEST(names_between_are_made)
{
    struct tree tree = tree_new("example.test.");
    uint32_t deep = add(&tree, "a.b.c.example.test.");
    ck_assert_uint_eq(tree.nodes.count, 4);
    ck_assert_uint_eq(add(&tree, "x.b.c.example.test."), 4);
    ck_assert_uint_eq(add(&tree, "c.example.test."), find(&tree, "c.example.test."));
    ck_assert_uint_eq(tree.nodes.count, 5);
    for (size_t i = 1; i < tree.nodes.count; i++) {
        const struct build_node *node = &tree.nodes.items[i];
        ck_assert_uint_lt(node->parent, i);
        ck_assert_uint_eq(node->labels, tree.nodes.items[node->parent].labels + 1U);
        ck_assert_uint_eq(node->name_length, name_length(node->name));
        ck_assert(name_equal(name_skip(node->name, 1), tree.nodes.items[node->parent].name));
    }
    const struct build_node *child = &tree.nodes.items[deep];
    ck_assert_ptr_eq(tree.nodes.items[child->parent].name, child->name + 2);
    tree_free(&tree);
}
END_TEST

START_TEST(wildcards_mark_their_parent)
{
    struct tree tree = tree_new("example.test.");
    (void)add(&tree, "a.*.b.example.test.");
    (void)add(&tree, "*x.c.example.test.");
    ck_assert_uint_eq(tree.nodes.items[find(&tree, "b.example.test.")].flags, ZONE_NODE_WILDCARD);
    ck_assert_uint_eq(tree.nodes.items[find(&tree, "c.example.test.")].flags, 0);
    ck_assert_uint_eq(tree.nodes.items[0].flags, 0);
    (void)add(&tree, "*.example.test.");
    ck_assert_uint_eq(tree.nodes.items[0].flags, ZONE_NODE_WILDCARD);
    tree_free(&tree);
}
END_TEST

START_TEST(root_zone)
{
    struct tree tree = tree_new(".");
    ck_assert_uint_eq(tree.nodes.items[0].labels, 0);
    ck_assert_uint_eq(tree.nodes.items[0].name_length, 1);
    ck_assert_uint_eq(add(&tree, "a.b."), 2);
    ck_assert_uint_eq(find(&tree, "b."), 1);
    tree_free(&tree);
}
END_TEST

START_TEST(many_names)
{
    struct tree tree = tree_new("example.test.");
    char text[64];
    for (unsigned i = 0; i < 50000; i++) {
        (void)snprintf(text, sizeof(text), "n%u.s%u.example.test.", i, i % 100);
        (void)add(&tree, text);
    }
    ck_assert_uint_eq(tree.nodes.count, 50101);
    for (unsigned i = 0; i < 50000; i++) {
        (void)snprintf(text, sizeof(text), "n%u.s%u.example.test.", i, i % 100);
        uint32_t index = find(&tree, text);
        ck_assert_uint_ne(index, NODES_NONE);
        char got[NAME_TEXT_MAX];
        (void)name_to_text(tree.nodes.items[index].name, got);
        ck_assert_str_eq(got, text);
        (void)snprintf(text, sizeof(text), "n%u.s%u.example.test.", i, i % 100 + 100);
        ck_assert_uint_eq(find(&tree, text), NODES_NONE);
    }
    uint64_t slots = (uint64_t)tree.nodes.mask + 1;
    ck_assert_uint_le(tree.nodes.count * 10, slots * 7);
    tree_free(&tree);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_test(tcase, apex_is_first);
    tcase_add_test(tcase, names_between_are_made);
    tcase_add_test(tcase, wildcards_mark_their_parent);
    tcase_add_test(tcase, root_zone);
    tcase_add_test(tcase, many_names);
}

int main(void)
{
    return help_run("zones/nodes", fill, 30);
}
