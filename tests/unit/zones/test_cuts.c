// SPDX-License-Identifier: BSD-2-Clause
/* Glue of referrals. */
#include "tests/unit/zones/zones_help.h"

/* "record:type:last byte of the address[!]" for each, ! for required ones. */
static char *describe(const struct zone *zone, const char *name)
{
    struct strbuf out;
    char buf[RRTYPE_TEXT_MAX];
    strbuf_init(&out);
    const struct zone_cut *cut = zone_cut_of(zone, help_node(zone, name));
    if (cut == NULL)
        strbuf_add(&out, "none");
    for (uint32_t i = 0; cut != NULL && i < cut->glue_count; i++) {
        const struct zone_glue *glue = &cut->glue[i];
        strbuf_addf(&out, "%u:%s:%u%s ", glue->ns_record, rrtype_name(glue->set->type, buf),
                    glue->set->wire[glue->set->length - 1], glue->required ? "!" : "");
    }
    char *text = strbuf_take(&out);
    strbuf_fini(&out);
    return text;
}

static const struct {
    const char *text;
    const char *cut;
    const char *glue;
} cases[] = {
    { "sub NS ns.sub\nns.sub A 192.0.2.9\nns.sub AAAA ::8\n", "sub", "0:A:9! 0:AAAA:8! " },
    { "sub NS sub\nsub A 192.0.2.9\n", "sub", "0:A:9! " },
    { "sub NS ns\n", "sub", "0:A:1 " }, /* authoritative data of this zone */
    { "sub NS NS.Example.TEST.\n", "sub", "0:A:1 " },
    { "sub NS other.\n", "sub", "" },
    { "sub NS nothing\n", "sub", "" },
    { "sub NS other.\nsub NS b.sub\nsub NS a.sub\na.sub A 192.0.2.5\nb.sub A 192.0.2.6\n", "sub",
      "1:A:6! 2:A:5! " },
    /* a sibling's glue is not required */
    { "sub NS ns.sib\nsib NS ns.sib\nns.sib A 192.0.2.4\n", "sub", "0:A:4 " },
    { "sub NS ns.sib\nsib NS ns.sib\nns.sib A 192.0.2.4\n", "sib", "0:A:4! " },
    /* a cut below a cut is never asked for */
    { "sub NS ns\nx.sub NS ns\n", "x.sub", "none" },
    { "sub NS ns\n", "ns", "none" },
};

START_TEST(glue_of_cuts)
{
    char text[512];
    char name[64];
    (void)snprintf(text, sizeof(text), "%s%s", HELP_BASE, cases[_i].text);
    (void)snprintf(name, sizeof(name), "%s.example.test.", cases[_i].cut);
    struct zone *zone = help_load(text);
    char *got = describe(zone, name);
    ck_assert_msg(strcmp(got, cases[_i].glue) == 0, "%s: got %s", cases[_i].text, got);
    mem_free(got);
    zone_unref(zone);
}
END_TEST

/* All are found again, in any order of the file. */
START_TEST(many_cuts)
{
    struct strbuf text;
    char name[64];
    strbuf_init(&text);
    strbuf_add(&text, HELP_BASE);
    for (unsigned i = 0; i < 1000; i++)
        strbuf_addf(&text, "ns.c%u A 192.0.2.%u\nc%u NS ns.c%u\n", i, i % 256, i, i);
    struct zone *zone = help_load(text.text);
    ck_assert_uint_eq(zone->cut_count, 1000);
    for (unsigned i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof(name), "c%u.example.test.", i);
        const struct zone_cut *cut = zone_cut_of(zone, help_node(zone, name));
        ck_assert_ptr_nonnull(cut);
        ck_assert_uint_eq(cut->glue_count, 1);
        ck_assert_uint_eq(cut->glue[0].set->wire[15], i % 256);
    }
    ck_assert_ptr_null(zone_cut_of(zone, &zone->nodes[0]));
    zone_unref(zone);
    strbuf_fini(&text);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, glue_of_cuts, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tcase, many_cuts);
}

int main(void)
{
    return help_run("zones/cuts", fill, 20);
}
