// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "tests/scenario/scenario.h"
#include "tests/support/dnsmsg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_MAX      65535
#define SHARE_DRAWS     100000
#define SHARE_TOLERANCE 1.0 /* percentage points */

/* Splits "WHAT -> EXPECTED"; both without spaces around. */
static char *split_arrow(struct scenario *s, char *line)
{
    char *arrow = strstr(line, "->");
    if (arrow == NULL)
        scenario_fail(s, "\"->\" is missing");
    char *end = arrow;
    while (end > line && end[-1] == ' ')
        end--;
    *end = '\0';
    arrow += 2;
    arrow += strspn(arrow, " ");
    size_t length = strlen(arrow);
    while (length > 0 && arrow[length - 1] == ' ')
        arrow[--length] = '\0';
    return arrow;
}

static size_t resolve(struct scenario *s, const char *words, uint8_t *out)
{
    uint8_t query[DNSMSG_QUERY_MAX];
    struct resolver_request request = { .packet = query };
    while (*words == ' ')
        words++;
    request.size = dnsmsg_query(words, query, &request.tcp);
    resolver_parse(&s->state, &request);
    size_t length = resolver_answer(&s->state, &s->scratch, &request, out, ANSWER_MAX);
    if (length == 0)
        scenario_fail(s, "no answer");
    const char *error = dnsmsg_check(out, length);
    if (error != NULL)
        scenario_fail(s, "malformed answer: %s", error);
    return length;
}

/* ---- one answer as words -----------------------------------------------------------------------
 */

struct told {
    struct strbuf text; /* "192.0.2.1 192.0.2.2", "CNAME www.example.test. 192.0.2.1", "NODATA" */
    char ttl[SCENARIO_WORD];
};

static void tell_word(struct told *told, const char *word)
{
    strbuf_addf(&told->text, "%s%s", told->text.length > 0 ? " " : "", word);
}

/* "AN owner ttl type rdata" */
static void tell_record(struct told *told, char *line)
{
    char *words[4];
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        words[i] = scenario_word(&line);
    bool address = strcmp(words[3], "A") == 0 || strcmp(words[3], "AAAA") == 0;
    if (!address)
        tell_word(told, words[3]);
    tell_word(told, line);
    /* The TTL told is that of the addresses; they are one RRset. */
    if (address)
        (void)snprintf(told->ttl, sizeof(told->ttl), "%s", words[2]);
}

static void tell(struct scenario *s, const char *words, bool with_ttl, struct told *told)
{
    uint8_t *answer = mem_alloc(ANSWER_MAX);
    char *text = dnsmsg_print(answer, resolve(s, words, answer));
    char *rest = text;
    char *head = strsep(&rest, "\n");
    const char *rcode = scenario_word(&head);
    strbuf_init(&told->text);
    told->ttl[0] = '\0';
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (strncmp(line, "AN ", 3) == 0)
            tell_record(told, line);
    }
    if (strcmp(rcode, "NOERROR") != 0)
        tell_word(told, rcode);
    else if (told->text.length == 0)
        tell_word(told, "NODATA");
    if (with_ttl && told->ttl[0] != '\0')
        strbuf_addf(&told->text, " ttl %s", told->ttl);
    mem_free(text);
    mem_free(answer);
}

/* Single spaces, none at the ends. */
static void squeeze(char *text)
{
    char *out = text;
    for (const char *in = text; *in != '\0'; in++) {
        if (*in != ' ' || (out > text && out[-1] != ' '))
            *out++ = *in;
    }
    while (out > text && out[-1] == ' ')
        out--;
    *out = '\0';
}

/* ask NAME TYPE [words of dnsmsg_query] -> ANSWER | ANSWER | ... : one query for each. */
void ask(struct scenario *s, char *line)
{
    char *expected = split_arrow(s, line);
    unsigned number = 0;
    for (char *want; (want = strsep(&expected, "|")) != NULL;) {
        struct told told;
        squeeze(want);
        tell(s, line, strstr(want, "ttl ") != NULL, &told);
        number++;
        if (strcmp(told.text.text, want) != 0)
            scenario_fail(s, "answer %u is \"%s\", expected \"%s\"", number, told.text.text, want);
        strbuf_fini(&told.text);
    }
    s->asked++;
}

/* ---- shares ------------------------------------------------------------------------------------
 */

struct tally {
    struct addr addr;
    double percent; /* expected */
    unsigned hits;
};

/* The first record right behind the question. */
static struct addr first_address(struct scenario *s, const uint8_t *answer, size_t length)
{
    size_t at = DNS_HEADER;
    while (answer[at] != 0)
        at += 1U + answer[at];
    at += 5; /* root label, type, class */
    struct addr addr = { .family = ADDR_NONE };
    unsigned size = at + RRSET_FIXED < length ? answer[at + RRSET_FIXED - 1] : 0;
    if ((answer[6] | answer[7]) == 0 || (size != 4 && size != 16))
        scenario_fail(s, "an answer without address");
    addr.family = size == 4 ? ADDR_V4 : ADDR_V6;
    memcpy(addr.bytes, answer + at + RRSET_FIXED, size);
    return addr;
}

static size_t read_tallies(struct scenario *s, char *expected, struct tally *tallies, size_t max)
{
    size_t count = 0;
    for (char *word; (word = scenario_word(&expected)) != NULL && count < max; count++) {
        char *percent = scenario_need(s, &expected, "a share");
        tallies[count] = (struct tally){ .addr = scenario_addr(s, word) };
        percent[strcspn(percent, "%")] = '\0';
        tallies[count].percent = (double)scenario_number(s, percent);
    }
    return count;
}

static void count_hit(struct scenario *s, struct tally *tallies, size_t count,
                      const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];
    for (size_t i = 0; i < count; i++) {
        if (addr_equal(&tallies[i].addr, addr)) {
            tallies[i].hits++;
            return;
        }
    }
    addr_print(addr, text);
    scenario_fail(s, "%s answers, too", text);
}

/* shares NAME TYPE -> ADDRESS PERCENT% ... : of first place over 100,000 queries, within a point.
 */
void ask_shares(struct scenario *s, char *line)
{
    struct tally tallies[SCENARIO_MEMBERS];
    size_t count = read_tallies(s, split_arrow(s, line), tallies, ARRAY_LEN(tallies));
    uint8_t *answer = mem_alloc(ANSWER_MAX);
    for (unsigned i = 0; i < SHARE_DRAWS; i++) {
        size_t length = resolve(s, line, answer);
        struct addr addr = first_address(s, answer, length);
        count_hit(s, tallies, count, &addr);
    }
    for (size_t i = 0; i < count; i++) {
        double got = 100.0 * tallies[i].hits / SHARE_DRAWS;
        if (fabs(got - tallies[i].percent) > SHARE_TOLERANCE)
            scenario_fail(s, "address %zu has %.2f %%, expected %.2f %%", i + 1, got,
                          tallies[i].percent);
    }
    mem_free(answer);
    s->asked++;
}

/* ---- status, explain ---------------------------------------------------------------------------
 */

/* status POOL A|AAAA -> live N enabled N [down] */
void ask_status(struct scenario *s, char *line)
{
    char *want = split_arrow(s, line);
    struct pool_status status;
    char got[SCENARIO_WORD];
    uint32_t pool = scenario_find_pool(s, scenario_need(s, &line, "a pool"));
    size_t family = strcmp(scenario_need(s, &line, "a family"), "A") == 0 ? PICKER_A : PICKER_AAAA;
    pool_table_status(s->table, pool, &status);
    (void)snprintf(got, sizeof(got), "live %u enabled %u%s", (unsigned)status.live[family],
                   (unsigned)status.enabled[family], status.down[family] ? " down" : "");
    if (strcmp(got, want) != 0)
        scenario_fail(s, "status is \"%s\", expected \"%s\"", got, want);
    s->asked++;
}

/* explain NAME TYPE -> TEXT that the steps hold; the counters stay where they are. */
void ask_explain(struct scenario *s, char *line)
{
    static struct trace trace;
    char *want = split_arrow(s, line);
    uint8_t *answer = mem_alloc(ANSWER_MAX);
    struct strbuf steps;
    strbuf_init(&steps);
    trace_init(&trace);
    s->scratch.trace = &trace;
    (void)resolve(s, line, answer);
    s->scratch.trace = NULL;
    for (size_t i = 0; i < trace.count; i++)
        strbuf_addf(&steps, "%s: %s\n", trace.steps[i].step, trace.steps[i].detail);
    if (strstr(steps.text, want) == NULL)
        scenario_fail(s, "the steps lack \"%s\":\n%s", want, steps.text);
    trace_fini(&trace);
    strbuf_fini(&steps);
    mem_free(answer);
    s->asked++;
}
