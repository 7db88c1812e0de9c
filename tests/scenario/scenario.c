// SPDX-License-Identifier: BSD-2-Clause
#include "tests/scenario/scenario.h"

#include "base/mem.h"
#include "base/parse.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void scenario_fail(const struct scenario *s, const char *format, ...)
{
    char message[2048];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    ck_abort_msg("%s:%u: %s", s->file, s->line, message);
    __builtin_unreachable();
}

char *scenario_word(char **line)
{
    char *word = *line + strspn(*line, " \t");
    size_t length = strcspn(word, " \t");
    if (length == 0)
        return NULL;
    *line = word + length + (word[length] != '\0');
    word[length] = '\0';
    return word;
}

char *scenario_need(struct scenario *s, char **line, const char *what)
{
    char *word = scenario_word(line);
    if (word == NULL)
        scenario_fail(s, "%s is missing", what);
    if (strlen(word) >= SCENARIO_WORD)
        scenario_fail(s, "a word is too long");
    return word;
}

char *scenario_line(struct scenario *s)
{
    char *line = strsep(&s->rest, "\n");
    s->line++;
    return s->rest == NULL ? NULL : line; /* what stands behind the last newline is no line */
}

bool scenario_pair(char *word, char **value)
{
    char *equals = strchr(word, '=');
    if (equals == NULL)
        return false;
    *equals = '\0';
    *value = equals + 1;
    return true;
}

uint64_t scenario_number(struct scenario *s, const char *text)
{
    uint64_t value;
    if (!parse_u64(text, strlen(text), UINT32_MAX, &value))
        scenario_fail(s, "\"%s\" is not a number", text);
    return value;
}

uint64_t scenario_duration(struct scenario *s, const char *text)
{
    uint64_t ms;
    if (!parse_duration_ms(text, &ms))
        scenario_fail(s, "\"%s\" is not a duration", text);
    return ms;
}

struct addr scenario_addr(struct scenario *s, const char *text)
{
    struct addr addr;
    if (!addr_parse(text, &addr))
        scenario_fail(s, "\"%s\" is not an address", text);
    return addr;
}

void scenario_owner(struct scenario *s, const char *text, uint8_t *out)
{
    uint8_t name[NAME_MAX_LEN];
    const char *error = NULL;
    if (name_from_text(text, strlen(text), NULL, name, &error) == 0)
        scenario_fail(s, "\"%s\": %s", text, error);
    name_lower(name, out);
}

uint32_t scenario_find_pool(struct scenario *s, const char *name)
{
    for (uint32_t i = 0; i < s->set.count; i++) {
        if (strcmp(s->pools[i].name, name) == 0)
            return i;
    }
    scenario_fail(s, "there is no pool \"%s\" above", name);
}

/* ---- playing -----------------------------------------------------------------------------------
 */

typedef void word_fn(struct scenario *s, char *line);

static void put_down(struct scenario *s, char *line)
{
    health_state(s, OVERRIDE_DOWN, line);
}

static void put_up(struct scenario *s, char *line)
{
    health_state(s, OVERRIDE_UP, line);
}

static void put_drain(struct scenario *s, char *line)
{
    health_state(s, OVERRIDE_DRAIN, line);
}

static void put_auto(struct scenario *s, char *line)
{
    health_state(s, OVERRIDE_NONE, line);
}

static void reload(struct scenario *s, char *line)
{
    (void)line;
    publish_reload(s);
}

/* WORLD words come before the first STORY word. */
enum part { WORLD, EITHER, STORY };

static const struct word {
    const char *word;
    enum part part;
    word_fn *fn;
} words[] = {
    { "zone", WORLD, define_zone },    { "check", WORLD, define_check },
    { "pool", WORLD, define_pool },    { "-", WORLD, define_member },
    { "name", WORLD, define_name },    { "backend", EITHER, health_backend },
    { "wait", STORY, health_wait },    { "down", STORY, put_down },
    { "up", STORY, put_up },           { "drain", STORY, put_drain },
    { "auto", STORY, put_auto },       { "weight", STORY, health_weight },
    { "reload", STORY, reload },       { "ask", STORY, ask },
    { "shares", STORY, ask_shares },   { "status", STORY, ask_status },
    { "explain", STORY, ask_explain }, { "share", STORY, health_share },
};

static void play_line(struct scenario *s, char *line)
{
    char *first = scenario_word(&line);
    if (first == NULL || first[0] == '#')
        return;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcmp(words[i].word, first) != 0)
            continue;
        if (words[i].part == WORLD && s->started)
            scenario_fail(s, "\"%s\" comes before the story starts", first);
        if (words[i].part == STORY && !s->started) {
            s->started = true;
            publish_start(s);
        }
        words[i].fn(s, line);
        return;
    }
    scenario_fail(s, "\"%s\" is no word of a scenario", first);
}

static char *read_story(struct scenario *s)
{
    FILE *file = fopen(s->file, "rb");
    if (file == NULL)
        scenario_fail(s, "cannot be opened");
    char *text = mem_alloc(1 << 20);
    size_t length = fread(text, 1, (1 << 20) - 1, file);
    (void)fclose(file);
    text[length] = '\0';
    return text;
}

void scenario_play(const char *file)
{
    struct scenario *s = mem_alloc(sizeof(*s));
    s->file = file;
    s->story = read_story(s);
    s->rest = s->story;
    s->set.pools = s->pools;
    s->set.order = s->order;
    s->overrides = override_store_new();
    for (char *line; (line = scenario_line(s)) != NULL;)
        play_line(s, line);
    if (s->asked == 0)
        scenario_fail(s, "nothing was asked");
    publish_stop(s);
    override_store_free(s->overrides);
    mem_free(s->story);
    mem_free(s);
}
