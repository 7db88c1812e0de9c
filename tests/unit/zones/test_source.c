// SPDX-License-Identifier: BSD-2-Clause
#include "zones/source.h"

#include "tests/unit/zones/zones_help.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* All entries as "LINE[ ]tokens|": a _ before the tokens when the owner is left out, quotes around
 * quoted ones, "LINE!words" for errors. */
static void dump(struct source *source, struct strbuf *out)
{
    struct entry entry = { .tokens = NULL };
    struct source_error error;
    for (;;) {
        enum source_result result = source_next(source, &entry, &error);
        if (result == SOURCE_END)
            break;
        if (result == SOURCE_BAD) {
            strbuf_addf(out, "%u!%s|", error.line, error.text);
            continue;
        }
        strbuf_addf(out, "%u%s", entry.line, entry.blank ? "_" : "");
        for (size_t i = 0; i < entry.count; i++) {
            const struct rdata_token *token = &entry.tokens[i];
            const char *quote = token->quoted ? "\"" : "";
            strbuf_addf(out, " %s%.*s%s", quote, (int)token->length, token->text, quote);
        }
        strbuf_add(out, "|");
    }
    entry_fini(&entry);
}

static const struct {
    const char *text;
    const char *expected;
} texts[] = {
    { "", "" },
    { "\n\n ; only comments\n;x\n", "" },
    { "a b c", "1 a b c|" },
    { "a b\nc d\n", "1 a b|2 c d|" },
    { " a\n\tb\nc", "1_ a|2_ b|3 c|" },
    { "a;b\n", "1 a|" },
    { "a ; b \"\n c", "1 a|2_ c|" },
    { "a ( b\n c ; x)\n d ) e\nf", "1 a b c d e|4 f|" },
    { "(\na b)\n", "2 a b|" },
    { "( a b )", "1 a b|" },
    { " ( a )", "1_ a|" },
    { "(\n a b)\n", "2 a b|" }, /* a space inside of parentheses is no missing owner */
    { "a((b)(c))d", "1 a b c d|" },
    { "a \"b c\" \"\" \";()\"", "1 a \"b c\" \"\" \";()\"|" },
    { "a ab\"cd\"ef", "1 a ab \"cd\" ef|" },
    { "a \"b\\\"c\" \"d\\\\\" e", "1 a \"b\\\"c\" \"d\\\\\" e|" },
    { "a b\\ c \\; \\\" \\( d\\\\ e", "1 a b\\ c \\; \\\" \\( d\\\\ e|" },
    { "a b\\", "1 a b\\|" },
    { "a b\\\nc", "1 a b\\|2 c|" },
    { "a b\r\nc d\r\n", "1 a b|2 c d|" },
    { "a b\rc d", "1 a b|1 c d|" }, /* a carriage return ends a line, which is not counted */
    { "a b\r", "1 a b|" },
    { "a ( b\r\n c )\r\nd", "1 a b c|3 d|" },
    { "a\fb \v", "1 a\fb \v|" }, /* no white space, as in BIND */
    { "a )\nb", "1!a closing parenthesis without an opening one|2 b|" },
    { "a \"b\nc", "1!quotes are not closed on this line|2 c|" },
    { "a \"b\\\nc", "1!quotes are not closed on this line|2 c|" },
    { "a \"b", "1!quotes are not closed on this line|" },
    { "a ( b\n c", "1!the parenthesis is not closed|" },
    /* what stands behind a parenthesis that is not closed is looked at again */
    { "a ( b\n 1\n 2\nd e\nf \"g",
      "1!the parenthesis is not closed|4 d e|5!quotes are not closed on "
      "this line|" },
    { "a ( \"b\n c )\nd e", "1!quotes are not closed on this line|3 d e|" },
    { "a (\n(b\nc d", "1!the parenthesis is not closed|2!the parenthesis is not closed|3 c d|" },
    { "\xef\xbb\xbf"
      "a b\nc",
      "1!the file begins with a byte order mark; take it away|1 a b|2 c|" },
    { "\xef\xbb", "1 \xef\xbb|" },
};

START_TEST(entries_of_text)
{
    struct source source;
    struct strbuf out;
    strbuf_init(&out);
    source_open_text(&source, texts[_i].text, strlen(texts[_i].text), 1);
    dump(&source, &out);
    ck_assert_msg(strcmp(out.text, texts[_i].expected) == 0, "%s: got %s, not %s", texts[_i].text,
                  out.text, texts[_i].expected);
    strbuf_fini(&out);
    source_close(&source);
}
END_TEST

START_TEST(nul_bytes)
{
    static const char text[] = "a \"b\0c\" d\ne\0f g\nh i\n";
    struct source source;
    struct entry entry = { .tokens = NULL };
    struct source_error error;
    source_open_text(&source, text, sizeof(text) - 1, 1);
    ck_assert_int_eq(source_next(&source, &entry, &error), SOURCE_ENTRY);
    ck_assert_uint_eq(entry.tokens[1].length, 3); /* kept in quotes */
    ck_assert_int_eq(source_next(&source, &entry, &error), SOURCE_BAD);
    ck_assert_uint_eq(error.line, 2);
    ck_assert_int_eq(source_next(&source, &entry, &error), SOURCE_ENTRY);
    ck_assert_uint_eq(entry.line, 3);
    entry_fini(&entry);
}
END_TEST

START_TEST(token_lines)
{
    static const char text[] = "a (\n b\n\n c )\n";
    static const unsigned lines[] = { 1, 2, 4 };
    struct source source;
    struct entry entry = { .tokens = NULL };
    struct source_error error;
    source_open_text(&source, text, sizeof(text) - 1, 1);
    ck_assert_int_eq(source_next(&source, &entry, &error), SOURCE_ENTRY);
    ck_assert_uint_eq(entry.count, ARRAY_LEN(lines));
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        ck_assert_uint_eq(entry.tokens[i].line, lines[i]);
    entry_fini(&entry);
}
END_TEST

/* --- files --- */

static char *write_file(const char *text, size_t length)
{
    char *path = mem_strdup("/tmp/zones-test-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    while (length > 0) {
        ssize_t done = write(fd, text, length);
        ck_assert_int_gt(done, 0);
        text += done;
        length -= (size_t)done;
    }
    ck_assert_int_eq(close(fd), 0);
    return path;
}

/* A file that is larger than the buffer gives the same entries as the text in memory, wherever the
 * blocks end. */
START_TEST(file_larger_than_the_buffer)
{
    struct strbuf text, by_memory, by_file;
    struct source source;
    strbuf_init(&text);
    strbuf_init(&by_memory);
    strbuf_init(&by_file);
    for (unsigned i = 0; i < 30000; i++) {
        strbuf_addf(&text, "host%u ( 300\r\n IN ; comment %u\n TXT \"a \\\" %u\" ) \r\n", i, i, i);
        if (i % 100 == 0)
            strbuf_addf(&text, "bad%u \"\n", i);
    }
    strbuf_addf(&text, "big TXT %0300000d\nend ;", 7);
    source_open_text(&source, text.text, text.length, 1);
    dump(&source, &by_memory);
    char *path = write_file(text.text, text.length);
    ck_assert(source_open(&source, path));
    dump(&source, &by_file);
    source_close(&source);
    ck_assert_uint_gt(by_file.length, 300000);
    ck_assert_str_eq(by_file.text, by_memory.text);
    (void)unlink(path);
    mem_free(path);
    strbuf_fini(&text);
    strbuf_fini(&by_memory);
    strbuf_fini(&by_file);
}
END_TEST

/* A parenthesis that is never closed: an error at once, not a file in memory. */
START_TEST(entry_has_a_limit)
{
    struct strbuf text;
    struct source source;
    struct entry entry = { .tokens = NULL };
    struct source_error error;
    strbuf_init(&text);
    strbuf_add(&text, "a b\nc (\n");
    for (unsigned i = 0; i < 100000; i++)
        strbuf_add(&text, " x\n");
    source_open_text(&source, text.text, text.length, 1);
    ck_assert_int_eq(source_next(&source, &entry, &error), SOURCE_ENTRY);
    ck_assert_int_eq(source_next(&source, &entry, &error), SOURCE_BAD);
    ck_assert_uint_eq(error.line, 2);
    ck_assert_ptr_nonnull(strstr(error.text, "too many fields"));
    ck_assert_int_eq(source_next(&source, &entry, &error), SOURCE_END);
    entry_fini(&entry);
    strbuf_fini(&text);
}
END_TEST

/* Each unclosed parenthesis costs a pass over the rest; there is an end to that. */
START_TEST(many_open_parentheses)
{
    struct strbuf text;
    struct source source;
    struct entry entry = { .tokens = NULL };
    struct source_error error;
    unsigned errors = 0;
    strbuf_init(&text);
    for (unsigned i = 0; i < 60000; i++)
        strbuf_add(&text, "a (\n");
    source_open_text(&source, text.text, text.length, 1);
    while (source_next(&source, &entry, &error) == SOURCE_BAD)
        ck_assert_uint_eq(error.line, ++errors);
    ck_assert_uint_eq(errors, 21);
    entry_fini(&entry);
    strbuf_fini(&text);
}
END_TEST

START_TEST(open_refuses)
{
    struct source source;
    char fifo[] = "/tmp/zones-test-XXXXXX";
    ck_assert(!source_open(&source, "/nonexistent/file"));
    ck_assert_int_eq(errno, ENOENT);
    ck_assert(!source_open(&source, "/tmp"));
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_ptr_nonnull(mkdtemp(fifo));
    char path[64];
    (void)snprintf(path, sizeof(path), "%s/fifo", fifo);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!source_open(&source, path)); /* and does not hang */
    ck_assert_int_eq(errno, EINVAL);
    (void)unlink(path);
    (void)rmdir(fifo);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, entries_of_text, 0, (int)ARRAY_LEN(texts));
    tcase_add_test(tcase, nul_bytes);
    tcase_add_test(tcase, token_lines);
    tcase_add_test(tcase, file_larger_than_the_buffer);
    tcase_add_test(tcase, entry_has_a_limit);
    tcase_add_test(tcase, many_open_parentheses);
    tcase_add_test(tcase, open_refuses);
}

int main(void)
{
    return help_run("zones/source", fill, 30);
}
