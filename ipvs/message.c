// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/message.h"

#include "base/mem.h"

#include <string.h>

#define MAGIC      0x49505631U /* changes with every change of the layout */
#define RECORD_MAX 512         /* bytes; no record is longer */

enum record { RECORD_SERVICE = 1, RECORD_DEST, RECORD_TIMEOUTS, RECORD_DAEMON };

/* --- fields: one description for both directions, so that they cannot differ --- */

struct codec {
    const uint8_t *from; /* reading, else NULL */
    uint8_t *to;         /* writing */
    size_t left;
    bool bad;
};

static void copy(struct codec *c, void *field, size_t size)
{
    if (c->bad || c->left < size) {
        c->bad = true;
        return;
    }
    c->left -= size;
    if (c->from != NULL) {
        memcpy(field, c->from, size);
        c->from += size;
    } else if (c->to != NULL) {
        memcpy(c->to, field, size);
        c->to += size;
    }
}

/* Field by field, never a structure: no padding, hence no stray memory, goes out. */
#define FIELD(c, field) copy((c), &(field), sizeof(field))

static void need(struct codec *c, bool sound)
{
    if (!sound)
        c->bad = true;
}

/* Ends with NUL, and nothing is hidden behind it. */
static void text(struct codec *c, char *field, size_t size)
{
    copy(c, field, size);
    size_t length = strnlen(field, size);
    need(c, length < size);
    for (size_t i = length; i < size; i++)
        need(c, field[i] == '\0');
}

static bool family_known(unsigned family)
{
    return family == ADDR_NONE || family == ADDR_V4 || family == ADDR_V6;
}

static void addr_fields(struct codec *c, struct addr *addr)
{
    static const uint8_t zero[sizeof(addr->bytes)];
    FIELD(c, addr->family);
    FIELD(c, addr->bytes);
    need(c, family_known(addr->family));
    if (c->bad)
        return;
    size_t used = addr->family == ADDR_NONE ? 0 : addr_size(addr);
    need(c, memcmp(addr->bytes + used, zero, sizeof(zero) - used) == 0);
}

static void key_fields(struct codec *c, struct ipvs_key *key)
{
    FIELD(c, key->family);
    FIELD(c, key->protocol);
    FIELD(c, key->port);
    FIELD(c, key->fwmark);
    addr_fields(c, &key->addr);
    need(c, family_known(key->family));
    need(c, key->addr.family == ADDR_NONE || key->addr.family == key->family);
    need(c, key->protocol == 0 || key->protocol == IPVS_TCP || key->protocol == IPVS_UDP ||
                key->protocol == IPVS_SCTP);
}

static void service_fields(struct codec *c, struct ipvs_service *service)
{
    key_fields(c, &service->key);
    text(c, service->scheduler, sizeof(service->scheduler));
    text(c, service->engine, sizeof(service->engine));
    FIELD(c, service->flags);
    FIELD(c, service->timeout);
    FIELD(c, service->prefix);
    need(c, (service->flags & ~(IPVS_PERSISTENT | IPVS_ONE_PACKET | IPVS_SCHED_ALL)) == 0);
    need(c, service->prefix <= (service->key.family == ADDR_V6 ? 128 : 32));
}

static void dest_fields(struct codec *c, struct ipvs_dest *dest)
{
    addr_fields(c, &dest->addr);
    FIELD(c, dest->port);
    FIELD(c, dest->forward);
    FIELD(c, dest->tunnel);
    FIELD(c, dest->tunnel_port);
    FIELD(c, dest->checksum);
    FIELD(c, dest->weight);
    FIELD(c, dest->upper);
    FIELD(c, dest->lower);
    need(c, dest->forward <= IPVS_DR && dest->tunnel <= IPVS_GRE && dest->checksum <= IPVS_REMCSUM);
}

static void stats_fields(struct codec *c, struct ipvs_stats *stats)
{
    FIELD(c, stats->connections);
    FIELD(c, stats->in_packets);
    FIELD(c, stats->out_packets);
    FIELD(c, stats->in_bytes);
    FIELD(c, stats->out_bytes);
    FIELD(c, stats->connection_rate);
    FIELD(c, stats->in_packet_rate);
    FIELD(c, stats->out_packet_rate);
    FIELD(c, stats->in_byte_rate);
    FIELD(c, stats->out_byte_rate);
}

static void timeouts_fields(struct codec *c, struct ipvs_timeouts *timeouts)
{
    FIELD(c, timeouts->tcp);
    FIELD(c, timeouts->tcp_fin);
    FIELD(c, timeouts->udp);
}

static void daemon_fields(struct codec *c, struct ipvs_daemon *daemon)
{
    FIELD(c, daemon->role);
    text(c, daemon->interface, sizeof(daemon->interface));
    FIELD(c, daemon->id);
    FIELD(c, daemon->max_length);
    addr_fields(c, &daemon->group);
    FIELD(c, daemon->port);
    FIELD(c, daemon->ttl);
    need(c, daemon->role <= IPVS_BACKUP && daemon->id <= UINT8_MAX);
}

static void op_fields(struct codec *c, struct ipvs_op *op)
{
    FIELD(c, op->kind);
    text(c, op->interface, sizeof(op->interface));
    service_fields(c, &op->service);
    dest_fields(c, &op->dest);
    timeouts_fields(c, &op->timeouts);
    daemon_fields(c, &op->daemon);
    need(c, op->kind > IPVS_OP_NONE && op->kind < IPVS_OP_KINDS);
}

static void info_fields(struct codec *c, struct ipvs_info *info)
{
    FIELD(c, info->version);
    FIELD(c, info->connection_table_size);
}

static void dumped_service_fields(struct codec *c, struct ipvs_service *service)
{
    service_fields(c, service);
    stats_fields(c, &service->stats);
    need(c, service->key.family != ADDR_NONE);
}

static void dumped_dest_fields(struct codec *c, struct ipvs_dest *dest)
{
    dest_fields(c, dest);
    FIELD(c, dest->active);
    FIELD(c, dest->inactive);
    FIELD(c, dest->persistent);
    stats_fields(c, &dest->stats);
    need(c, dest->addr.family != ADDR_NONE);
}

static void header_fields(struct codec *c, struct message_header *header)
{
    FIELD(c, header->magic);
    FIELD(c, header->type);
    FIELD(c, header->flags);
    FIELD(c, header->sequence);
    FIELD(c, header->error);
    FIELD(c, header->count);
    need(c, header->magic == MAGIC);
    need(c, header->type >= MESSAGE_HELLO && header->type <= MESSAGE_RESULTS);
    need(c, (header->flags & ~(MESSAGE_FIRST | MESSAGE_LAST)) == 0);
}

/* --- receiving --- */

void message_in_init(struct message_in *in)
{
    *in = (struct message_in){ 0 };
    ipvs_table_init(&in->table);
}

void message_in_fini(struct message_in *in)
{
    mem_free(in->ops);
    mem_free(in->results);
    ipvs_table_fini(&in->table);
}

void message_in_clear(struct message_in *in)
{
    message_in_fini(in);
    message_in_init(in);
}

static void read_op(struct message_in *in, struct codec *c)
{
    struct ipvs_op op = { 0 };
    op_fields(c, &op);
    need(c, in->op_count < MESSAGE_OPS_MAX);
    if (c->bad)
        return;
    mem_grow((void **)&in->ops, &in->op_capacity, in->op_count + 1, sizeof(*in->ops));
    in->ops[in->op_count++] = op;
}

static void read_result(struct message_in *in, struct codec *c)
{
    int32_t result = 0;
    FIELD(c, result);
    need(c, result >= 0 && result <= MESSAGE_ERROR_MAX && in->result_count < MESSAGE_OPS_MAX);
    if (c->bad)
        return;
    mem_grow((void **)&in->results, &in->result_capacity, in->result_count + 1,
             sizeof(*in->results));
    in->results[in->result_count++] = result;
}

static void read_dest(struct message_in *in, struct codec *c)
{
    struct ipvs_dest dest = { 0 };
    dumped_dest_fields(c, &dest);
    need(c, in->table.count > 0); /* whose else? */
    if (!c->bad)
        (void)ipvs_service_add(&in->table.services[in->table.count - 1], &dest);
}

static void read_service(struct message_in *in, struct codec *c)
{
    struct ipvs_service service = { 0 };
    dumped_service_fields(c, &service);
    if (!c->bad)
        (void)ipvs_table_add(&in->table, &service);
}

static void read_daemon(struct message_in *in, struct codec *c)
{
    struct ipvs_daemon daemon = { 0 };
    daemon_fields(c, &daemon);
    need(c, in->table.daemon_count < sizeof(in->table.daemons) / sizeof(in->table.daemons[0]));
    if (!c->bad)
        in->table.daemons[in->table.daemon_count++] = daemon;
}

static void read_table_record(struct message_in *in, struct codec *c)
{
    uint8_t kind = 0;
    FIELD(c, kind);
    need(c, ++in->table_records <= MESSAGE_TABLE_MAX);
    switch (kind) {
    case RECORD_SERVICE:
        read_service(in, c);
        break;
    case RECORD_DEST:
        read_dest(in, c);
        break;
    case RECORD_TIMEOUTS:
        timeouts_fields(c, &in->table.timeouts);
        break;
    case RECORD_DAEMON:
        read_daemon(in, c);
        break;
    default:
        c->bad = true;
    }
}

static void read_info(struct message_in *in, struct codec *c)
{
    info_fields(c, &in->info);
}

/* How a message of each type has to look. */
struct form {
    void (*read)(struct message_in *in, struct codec *c); /* one record; NULL = has none */
    bool reply;                                           /* may tell an error */
    bool single;                                          /* is one message */
};

static const struct form forms[] = {
    [MESSAGE_HELLO] = { .single = true },
    [MESSAGE_INFO] = { .single = true },
    [MESSAGE_DUMP] = { .single = true },
    [MESSAGE_APPLY] = { .read = read_op },
    [MESSAGE_INFO_REPLY] = { .read = read_info, .reply = true, .single = true },
    [MESSAGE_TABLE] = { .read = read_table_record, .reply = true },
    [MESSAGE_RESULTS] = { .read = read_result, .reply = true },
};

static bool count_fits(const struct message_header *header)
{
    const struct form *form = &forms[header->type];
    if (form->read == NULL || header->error != 0)
        return header->count == 0;
    if (header->type == MESSAGE_INFO_REPLY)
        return header->count == 1;
    /* A piece in the middle carries something: no endless stream of nothing. */
    return header->count > 0 || (header->flags & MESSAGE_LAST) != 0;
}

static bool form_fits(const struct message_header *header)
{
    const struct form *form = &forms[header->type];
    if (form->single && header->flags != (MESSAGE_FIRST | MESSAGE_LAST))
        return false;
    return header->error >= 0 && header->error <= (form->reply ? MESSAGE_ERROR_MAX : 0) &&
           count_fits(header);
}

static bool belongs(const struct message_in *in, const struct message_header *header)
{
    if ((header->flags & MESSAGE_FIRST) != 0)
        return !in->begun;
    return in->begun && !in->complete && header->type == in->type &&
           header->sequence == in->sequence && header->error == in->error;
}

bool message_peek(const void *bytes, size_t size, struct message_header *out)
{
    struct codec c = { .from = bytes, .left = size };
    *out = (struct message_header){ 0 };
    header_fields(&c, out);
    return !c.bad;
}

bool message_in_add(struct message_in *in, const void *bytes, size_t size)
{
    struct codec c = { .from = bytes, .left = size, .bad = size > MESSAGE_SIZE_MAX };
    struct message_header header = { 0 };
    header_fields(&c, &header);
    if (c.bad || !form_fits(&header) || !belongs(in, &header))
        return false;
    in->begun = true;
    in->type = header.type;
    in->sequence = header.sequence;
    in->error = header.error;
    for (uint32_t i = 0; i < header.count && !c.bad; i++)
        forms[header.type].read(in, &c);
    if (c.bad || c.left > 0)
        return false;
    in->complete = (header.flags & MESSAGE_LAST) != 0;
    if (in->complete)
        ipvs_table_sort(&in->table);
    return true;
}

/* --- sending --- */

struct writer {
    struct message_header header;
    struct codec body;
    uint8_t *bytes; /* owned, MESSAGE_SIZE_MAX */
    message_send_fn *send;
    void *data;
    bool ok;
};

static const size_t header_size = sizeof(struct message_header);

static void rewind_body(struct writer *writer)
{
    writer->header.count = 0;
    writer->body =
        (struct codec){ .to = writer->bytes + header_size, .left = MESSAGE_SIZE_MAX - header_size };
}

static void begin(struct writer *writer, uint16_t type, uint32_t sequence, message_send_fn *send,
                  void *data)
{
    *writer = (struct writer){
        .header = { .magic = MAGIC, .type = type, .flags = MESSAGE_FIRST, .sequence = sequence },
        .bytes = mem_alloc(MESSAGE_SIZE_MAX),
        .send = send,
        .data = data,
        .ok = true,
    };
    rewind_body(writer);
}

static void flush(struct writer *writer)
{
    struct codec head = { .to = writer->bytes, .left = header_size };
    header_fields(&head, &writer->header);
    writer->ok = writer->ok && !writer->body.bad &&
                 writer->send(writer->data, writer->bytes, MESSAGE_SIZE_MAX - writer->body.left);
    writer->header.flags = 0;
    rewind_body(writer);
}

/* Where the next record goes. */
static struct codec *record(struct writer *writer)
{
    if (writer->body.left < RECORD_MAX)
        flush(writer);
    writer->header.count++;
    return &writer->body;
}

static bool end(struct writer *writer)
{
    writer->header.flags |= MESSAGE_LAST;
    flush(writer);
    mem_free(writer->bytes);
    return writer->ok;
}

bool message_send_simple(uint16_t type, uint32_t sequence, message_send_fn *send, void *data)
{
    struct writer writer;
    begin(&writer, type, sequence, send, data);
    return end(&writer);
}

bool message_send_ops(uint32_t sequence, const struct ipvs_op *ops, size_t count,
                      message_send_fn *send, void *data)
{
    struct writer writer;
    begin(&writer, MESSAGE_APPLY, sequence, send, data);
    for (size_t i = 0; i < count && writer.ok; i++) {
        struct ipvs_op op = ops[i];
        op_fields(record(&writer), &op);
    }
    return end(&writer);
}

bool message_send_info(uint32_t sequence, int error, const struct ipvs_info *info,
                       message_send_fn *send, void *data)
{
    struct writer writer;
    begin(&writer, MESSAGE_INFO_REPLY, sequence, send, data);
    writer.header.error = error;
    if (error == 0) {
        struct ipvs_info out = *info;
        info_fields(record(&writer), &out);
    }
    return end(&writer);
}

/* Begins a record of a table; returns the state before it, for end_table_record. */
static struct codec begin_table_record(struct writer *writer, uint8_t kind)
{
    (void)record(writer);
    struct codec before = writer->body;
    FIELD(&writer->body, kind);
    return before;
}

/* A record that the other end would refuse is left out, and false. */
static bool end_table_record(struct writer *writer, const struct codec *before)
{
    if (!writer->body.bad)
        return true;
    writer->body = *before;
    writer->header.count--;
    return false;
}

static void write_dest(struct writer *writer, const struct ipvs_dest *dest)
{
    struct ipvs_dest copy = *dest;
    struct codec before = begin_table_record(writer, RECORD_DEST);
    dumped_dest_fields(&writer->body, &copy);
    (void)end_table_record(writer, &before);
}

static void write_service(struct writer *writer, const struct ipvs_service *service)
{
    struct ipvs_service copy = *service;
    struct codec before = begin_table_record(writer, RECORD_SERVICE);
    dumped_service_fields(&writer->body, &copy);
    if (!end_table_record(writer, &before))
        return;
    for (size_t i = 0; i < service->dest_count && writer->ok; i++)
        write_dest(writer, &service->dests[i]);
}

static void write_daemon(struct writer *writer, const struct ipvs_daemon *daemon)
{
    struct ipvs_daemon copy = *daemon;
    struct codec before = begin_table_record(writer, RECORD_DAEMON);
    daemon_fields(&writer->body, &copy);
    (void)end_table_record(writer, &before);
}

static void write_table(struct writer *writer, const struct ipvs_table *table)
{
    struct ipvs_timeouts timeouts = table->timeouts;
    struct codec before = begin_table_record(writer, RECORD_TIMEOUTS);
    timeouts_fields(&writer->body, &timeouts);
    (void)end_table_record(writer, &before);
    for (size_t i = 0; i < table->daemon_count; i++)
        write_daemon(writer, &table->daemons[i]);
    for (size_t i = 0; i < table->count && writer->ok; i++)
        write_service(writer, &table->services[i]);
}

bool message_send_table(uint32_t sequence, int error, const struct ipvs_table *table,
                        message_send_fn *send, void *data)
{
    struct writer writer;
    begin(&writer, MESSAGE_TABLE, sequence, send, data);
    writer.header.error = error;
    if (error == 0)
        write_table(&writer, table);
    return end(&writer);
}

bool message_send_results(uint32_t sequence, const int *results, size_t count,
                          message_send_fn *send, void *data)
{
    struct writer writer;
    begin(&writer, MESSAGE_RESULTS, sequence, send, data);
    for (size_t i = 0; i < count && writer.ok; i++) {
        int32_t result = results[i];
        FIELD(record(&writer), result);
    }
    return end(&writer);
}
