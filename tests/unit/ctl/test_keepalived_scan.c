// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_scan.h"

#include "tests/unit/ctl/keepalived_help.h"

/* "LINE<word><word>{...}" for each statement; the tree is small. */
static void print(const struct keepalived_node *block, struct strbuf *out)
{
    const struct keepalived_node *node = block->first;
    while (node != NULL) {
        strbuf_addf(out, "%u", node->place.line);
        for (size_t i = 0; i < node->count; i++)
            strbuf_addf(out, "<%s>", node->words[i]);
        strbuf_add(out, node->block ? "{" : ";");
        if (node->first != NULL) {
            node = node->first;
            continue;
        }
        if (node->block)
            strbuf_add(out, "}");
        while (node->next == NULL) {
            node = node->parent;
            ck_assert_ptr_nonnull(node);
            if (node == block)
                return;
            strbuf_add(out, "}");
        }
        node = node->next;
    }
}

static const struct {
    const char *text, *tree;
} texts[] = {
    { "", "" },
    { "a b\tc\n", "1<a><b><c>;" },
    { "a {\n b\n}\nc\n", "1<a>{2<b>;}4<c>;" },
    { "a\n{\n b\n}\n", "1<a>{3<b>;}" },
    { "a\n\n# x\n{\n}\n", "1<a>{}" },
    { "a 1{\n b{\n}}\n", "1<a><1>{2<b>{}}" },
    { "a { b { c } d }\n", "1<a>{1<b>{1<c>;}1<d>;}" },
    { "a {b c}\n", "1<a>{1<b><c>;}" },
    { "a {b} {\n", NULL },
    { "a \"b c\" 'd \"e' f\"g h\"i\n", "1<a><b c><d \"e><fg hi>;" },
    { "a \"\" b\n", "1<a><><b>;" },
    { "a \"x\\\"y\\\\z\\n\"\n", "1<a><x\"y\\z\\n>;" },
    { "a \"{ }\" \"{\"\n", "1<a><{ }><{>;" },
    { "a ${X} b{2} ${Y}z\n", "1<a><${X}><b{2}><${Y}z>;" },
    { "a {\n x ${X}\n}\n", "1<a>{2<x><${X}>;}" },
};

START_TEST(texts_become_trees)
{
    struct strbuf out;
    if (texts[_i].tree == NULL) {
        ck_assert_ptr_null(help_node(texts[_i].text));
        ck_assert(help.report.failed);
        return;
    }
    strbuf_init(&out);
    help_write("k", texts[_i].text);
    struct keepalived_node *root = keepalived_scan(help.path, help.arena, &help.report);
    ck_assert_msg(root != NULL, "%s", help.error);
    print(root, &out);
    ck_assert_str_eq(out.text, texts[_i].tree);
    strbuf_fini(&out);
}
END_TEST

static const struct {
    const char *text, *error;
} wrongs[] = {
    { "a {\n b {\n }\n", "k:1: the block \"a\" is never closed" },
    { "a {\n b {\n", "k:2: the block \"b\" is never closed" },
    { "a\n}\n", "k:2: \"}\" without a \"{\" before it" },
    { "a {\n}\n}\n", "k:3: \"}\" without" },
    { "{\n", "k:1: there is nothing before \"{\"" },
    { "a {\n{\n", "k:2: there is nothing before \"{\"" },
    { "a {\n}\n{\n}\n", "k:3: there is nothing before \"{\"" },
    { "a \"b\nc\"\n", "k:1: a quote is not closed" },
    { "a 'b\n", "k:1: a quote is not closed" },
    { "a \"b\\\n", "k:1: a quote is not closed" },
    { "a b\xff\n", "k:1: a word is not UTF-8" },
};

START_TEST(wrong_texts_are_refused)
{
    ck_assert_ptr_null(help_node(wrongs[_i].text));
    help_expect_error(wrongs[_i].error);
}
END_TEST

START_TEST(long_statements_are_refused)
{
    struct strbuf text;
    strbuf_init(&text);
    for (unsigned i = 0; i < 300; i++)
        strbuf_add(&text, "x ");
    ck_assert_ptr_null(help_node(text.text));
    help_expect_error("k:1: a statement has more than 256 words");
    strbuf_fini(&text);
}
END_TEST

START_TEST(deep_blocks_are_no_trouble)
{
    struct strbuf text;
    strbuf_init(&text);
    for (unsigned i = 0; i < 100000; i++)
        strbuf_add(&text, "x { ");
    for (unsigned i = 0; i < 100000; i++)
        strbuf_add(&text, "} ");
    ck_assert_ptr_nonnull(help_node(text.text));
    strbuf_fini(&text);
}
END_TEST

START_TEST(words_that_are_not_there_are_empty)
{
    struct keepalived_node *node = help_node("a b\n");
    ck_assert_str_eq(keepalived_word(node, 1), "b");
    ck_assert_str_eq(keepalived_word(node, 2), "");
    ck_assert(keepalived_is(node, "a"));
    ck_assert(!keepalived_is(node, "b"));
}
END_TEST

static void add(TCase *tcase)
{
    tcase_add_loop_test(tcase, texts_become_trees, 0, sizeof(texts) / sizeof(*texts));
    tcase_add_loop_test(tcase, wrong_texts_are_refused, 0, sizeof(wrongs) / sizeof(*wrongs));
    tcase_add_test(tcase, long_statements_are_refused);
    tcase_add_test(tcase, deep_blocks_are_no_trouble);
    tcase_add_test(tcase, words_that_are_not_there_are_empty);
}

HELP_MAIN("keepalived_scan", add)
