// SPDX-License-Identifier: BSD-2-Clause
/* GET /v1/explain: the real code answers a query that we write, and says what it did. */
#include "base/mem.h"
#include "server/api_internal.h"
#include "server/api_message.h"
#include "zones/rrtype.h"

#include <string.h>

#define ANSWER_SIZE 65535

struct question {
    uint8_t name[NAME_MAX_LEN];
    uint16_t type;
    bool has_subnet;
    struct prefix subnet;
};

struct records {
    json_t *answer;
    json_t *authority;
    json_t *steps; /* behind those of the trace: where each address leads */
    struct control *control;
    bool has_ttl;
    uint32_t ttl; /* the smallest of the answer, else that of the SOA: how long it may be kept */
};

static bool refuse(struct api_call *call, const char *name, const char *message)
{
    api_reply_error(call->api, call->request, 400, name, "%s: %s", name, message);
    return false;
}

/* "192.0.2.0/24"; a plain address stands for itself. */
static bool parse_subnet(const char *text, struct prefix *out)
{
    if (strchr(text, '/') != NULL)
        return prefix_parse(text, out);
    out->bits = 0;
    if (!addr_parse(text, &out->addr))
        return false;
    out->bits = (uint8_t)(8 * addr_size(&out->addr));
    return true;
}

/* False when it has answered. */
static bool read_question(struct api_call *call, struct question *out)
{
    const char *name = api_query(call, "name");
    const char *type = api_query(call, "type");
    const char *client = api_query(call, "client");
    const char *subnet = api_query(call, "ecs");
    const char *error = NULL;
    struct addr addr;
    out->type = RRTYPE_A;
    out->has_subnet = subnet != NULL;
    if (name_from_text(name, strlen(name), NULL, out->name, &error) == 0)
        return refuse(call, "name", error);
    if (type != NULL && !rrtype_parse(type, strlen(type), &out->type))
        return refuse(call, "type", "there is no such record type");
    if (client != NULL && !addr_parse(client, &addr))
        return refuse(call, "client", "this is not an IP address");
    if (subnet != NULL && !parse_subnet(subnet, &out->subnet))
        return refuse(call, "ecs", "this is not a subnet such as 192.0.2.0/24");
    return true;
}

/* "owner TTL IN A 192.0.2.1": the VIP of a service of ours goes on in the kernel. */
static void follow(struct records *records, const char *line)
{
    struct addr addr;
    const char *last = strrchr(line, ' ');
    if (last != NULL && addr_parse(last + 1, &addr))
        api_view_ipvs_explain(records->control, &addr, records->steps);
}

static void add_record(void *data, enum api_section section, uint32_t ttl, const char *line)
{
    struct records *records = data;
    bool answer = section == API_SECTION_ANSWER;
    (void)json_array_append_new(answer ? records->answer : records->authority, api_view_text(line));
    if (answer)
        follow(records, line);
    if (!answer && json_array_size(records->answer) > 0)
        return;
    records->ttl = records->has_ttl && records->ttl < ttl ? records->ttl : ttl;
    records->has_ttl = true;
}

static json_t *steps_of(const struct trace *trace)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < trace->count; i++) {
        json_t *step = json_object();
        (void)json_object_set_new(step, "step", json_string(trace->steps[i].step));
        (void)json_object_set_new(step, "detail", api_view_text(trace->steps[i].detail));
        (void)json_array_append_new(steps, step);
    }
    return steps;
}

static json_t *explain(struct control *control, const struct question *question)
{
    uint8_t query[API_QUERY_MAX];
    size_t size = api_message_query(question->name, question->type,
                                    question->has_subnet ? &question->subnet : NULL, query);
    uint8_t *message = mem_alloc(ANSWER_SIZE);
    struct trace trace;
    trace_init(&trace);
    size_t length = control_explain(control, query, size, true, &trace, message, ANSWER_SIZE);
    struct records records = { .answer = json_array(),
                               .authority = json_array(),
                               .steps = steps_of(&trace),
                               .control = control };
    unsigned rcode = 0;
    char text[16];
    bool ok = api_message_print(message, length, &rcode, add_record, &records);
    json_t *object = json_object();
    (void)json_object_set_new(object, "steps", records.steps);
    (void)json_object_set_new(object, "answer", records.answer);
    (void)json_object_set_new(object, "authority", records.authority);
    (void)json_object_set_new(object, "ttl",
                              records.has_ttl ? json_integer(records.ttl) : json_null());
    (void)json_object_set_new(object, "scope", json_integer(0));
    (void)json_object_set_new(object, "rcode",
                              ok ? json_string(api_message_rcode(rcode, text)) : json_null());
    trace_fini(&trace);
    mem_free(message);
    return object;
}

void api_get_explain(struct api_call *call)
{
    struct question question;
    if (read_question(call, &question))
        api_reply_json(call->api, call->request, 200, explain(call->control, &question));
}
