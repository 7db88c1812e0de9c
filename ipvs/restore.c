// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/restore.h"

#include "base/mem.h"
#include "ipvs/restore_line.h"

#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SERVER_NAME_MAX (2 * IPVS_TEXT_MAX + 8)

/* What the lines so far have made: trees, so that a long file costs no more than it should in any
 * order. `service` and `dest` come first: the trees compare by them. */
struct placed {
    struct ipvs_service service; /* its dests are in the tree */
    unsigned line;
    void *servers; /* tree of struct server */
};

struct server {
    struct ipvs_dest dest;
    unsigned line;
};

struct parser {
    const char *file;
    struct errlist *errors;
    unsigned line;
    /* A line could not be read: what later lines miss may have been in it. */
    bool blind;
    void *services;           /* tree of struct placed */
    struct ipvs_table *table; /* timeouts and daemons go there at once, services at the end */
    unsigned daemon_lines[2];
};

static int by_key(const void *a, const void *b)
{
    const struct ipvs_service *left = a;
    const struct ipvs_service *right = b;
    return ipvs_key_compare(&left->key, &right->key);
}

static int by_endpoint(const void *a, const void *b)
{
    return ipvs_dest_compare(a, b);
}

static struct placed *find_service(const struct parser *parser, const struct ipvs_service *service)
{
    struct placed *const *found = tfind(service, &parser->services, by_key);
    return found != NULL ? *found : NULL;
}

static struct server *find_server(const struct placed *placed, const struct ipvs_dest *dest)
{
    struct server *const *found = tfind(dest, &placed->servers, by_endpoint);
    return found != NULL ? *found : NULL;
}

PRINTF(2, 3) static void fail(struct parser *parser, const char *format, ...)
{
    char text[RESTORE_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    errlist_add(parser->errors, "%s:%u: %s", parser->file, parser->line, text);
}

/* ---- services ----------------------------------------------------------------------------------
 */

static void free_service(void *item)
{
    struct placed *placed = item;
    tdestroy(placed->servers, mem_free);
    mem_free(placed);
}

static void add_service(struct parser *parser, const struct ipvs_service *service)
{
    struct placed *placed = find_service(parser, service);
    const char *fault = ipvs_service_fault(service);
    char name[IPVS_TEXT_MAX];
    ipvs_key_print(&service->key, name);
    if (placed != NULL) {
        fail(parser, "%s was added in line %u already: change it there, or by -E", name,
             placed->line);
        return;
    }
    if (fault != NULL)
        fail(parser, "%s: %s", name, fault);
    /* Also one with a fault is put in, so that its servers are checked. */
    placed = MEM_NEW(struct placed);
    placed->service = *service;
    placed->line = parser->line;
    (void)tsearch(placed, &parser->services, by_key);
}

/* The service of the line; NULL with an error when there is none. */
static struct placed *need_service(struct parser *parser, const struct ipvs_service *service)
{
    struct placed *placed = find_service(parser, service);
    char name[IPVS_TEXT_MAX];
    ipvs_key_print(&service->key, name);
    if (placed == NULL && !parser->blind)
        fail(parser, "there is no %s before this line: add it with -A first", name);
    return placed;
}

static void edit_service(struct parser *parser, const struct ipvs_service *service)
{
    struct placed *placed = need_service(parser, service);
    const char *fault = ipvs_service_fault(service);
    char name[IPVS_TEXT_MAX];
    ipvs_key_print(&service->key, name);
    if (fault != NULL)
        fail(parser, "%s: %s", name, fault);
    if (placed != NULL)
        placed->service = *service;
}

static void delete_service(struct parser *parser, const struct ipvs_service *service)
{
    struct placed *placed = need_service(parser, service);
    if (placed == NULL)
        return;
    (void)tdelete(placed, &parser->services, by_key);
    free_service(placed);
}

/* ---- servers -----------------------------------------------------------------------------------
 */

static void name_server(const struct restore_line *line, char out[SERVER_NAME_MAX])
{
    char key[IPVS_TEXT_MAX];
    char dest[IPVS_TEXT_MAX];
    ipvs_key_print(&line->service.key, key);
    ipvs_dest_print(&line->dest, dest);
    (void)snprintf(out, SERVER_NAME_MAX, "%s -> %s", key, dest);
}

static void check_server(struct parser *parser, const struct placed *placed,
                         const struct restore_line *line)
{
    const char *fault = ipvs_dest_fault(&placed->service, &line->dest);
    char name[SERVER_NAME_MAX];
    name_server(line, name);
    if (fault != NULL)
        fail(parser, "%s: %s", name, fault);
}

static void add_server(struct parser *parser, const struct restore_line *line)
{
    struct placed *placed = need_service(parser, &line->service);
    char name[SERVER_NAME_MAX];
    if (placed == NULL)
        return;
    struct server *server = find_server(placed, &line->dest);
    if (server != NULL) {
        name_server(line, name);
        fail(parser, "%s was added in line %u already: change it there, or by -e", name,
             server->line);
        return;
    }
    check_server(parser, placed, line);
    server = MEM_NEW(struct server);
    server->dest = line->dest;
    server->line = parser->line;
    (void)tsearch(server, &placed->servers, by_endpoint);
}

static struct server *need_server(struct parser *parser, const struct placed *placed,
                                  const struct restore_line *line)
{
    struct server *server = find_server(placed, &line->dest);
    char name[SERVER_NAME_MAX];
    name_server(line, name);
    if (server == NULL && !parser->blind)
        fail(parser, "there is no %s before this line: add it with -a first", name);
    return server;
}

static void edit_server(struct parser *parser, const struct restore_line *line)
{
    struct placed *placed = need_service(parser, &line->service);
    if (placed == NULL)
        return;
    struct server *server = need_server(parser, placed, line);
    check_server(parser, placed, line);
    if (server != NULL)
        server->dest = line->dest;
}

static void delete_server(struct parser *parser, const struct restore_line *line)
{
    struct placed *placed = need_service(parser, &line->service);
    struct server *server = placed != NULL ? need_server(parser, placed, line) : NULL;
    if (server == NULL)
        return;
    (void)tdelete(server, &placed->servers, by_endpoint);
    mem_free(server);
}

/* ---- timeouts and daemons ----------------------------------------------------------------------
 */

/* 0 leaves a timeout as it is. */
static void set_timeouts(struct ipvs_timeouts *to, const struct ipvs_timeouts *from)
{
    to->tcp = from->tcp != 0 ? from->tcp : to->tcp;
    to->tcp_fin = from->tcp_fin != 0 ? from->tcp_fin : to->tcp_fin;
    to->udp = from->udp != 0 ? from->udp : to->udp;
}

/* Index in the table; its count when there is none of that role. */
static size_t find_daemon(const struct ipvs_table *table, uint8_t role)
{
    size_t at = 0;
    while (at < table->daemon_count && table->daemons[at].role != role)
        at++;
    return at;
}

static void start_daemon(struct parser *parser, const struct ipvs_daemon *daemon)
{
    struct ipvs_table *table = parser->table;
    size_t at = find_daemon(table, daemon->role);
    if (at < table->daemon_count) {
        fail(parser, "this daemon was started in line %u already: stop it by --stop-daemon first",
             parser->daemon_lines[at]);
        return;
    }
    table->daemons[at] = *daemon;
    parser->daemon_lines[at] = parser->line;
    table->daemon_count++;
}

static void stop_daemon(struct parser *parser, const struct ipvs_daemon *daemon)
{
    struct ipvs_table *table = parser->table;
    size_t at = find_daemon(table, daemon->role);
    if (at == table->daemon_count) {
        fail(parser, "there is no such daemon before this line");
        return;
    }
    table->daemons[at] = table->daemons[1];
    parser->daemon_lines[at] = parser->daemon_lines[1];
    table->daemon_count--;
    table->daemons[table->daemon_count] = (struct ipvs_daemon){ 0 };
}

/* ---- lines -------------------------------------------------------------------------------------
 */

static void clear(struct parser *parser)
{
    tdestroy(parser->services, free_service);
    parser->services = NULL;
}

static void do_line(struct parser *parser, const struct restore_line *line)
{
    switch (line->command) {
    case RESTORE_NOTHING:
        break;
    case RESTORE_ADD_SERVICE:
        add_service(parser, &line->service);
        break;
    case RESTORE_EDIT_SERVICE:
        edit_service(parser, &line->service);
        break;
    case RESTORE_DELETE_SERVICE:
        delete_service(parser, &line->service);
        break;
    case RESTORE_ADD_SERVER:
        add_server(parser, line);
        break;
    case RESTORE_EDIT_SERVER:
        edit_server(parser, line);
        break;
    case RESTORE_DELETE_SERVER:
        delete_server(parser, line);
        break;
    case RESTORE_CLEAR:
        clear(parser);
        break;
    case RESTORE_TIMEOUTS:
        set_timeouts(&parser->table->timeouts, &line->timeouts);
        break;
    case RESTORE_START_DAEMON:
        start_daemon(parser, &line->daemon);
        break;
    case RESTORE_STOP_DAEMON:
        stop_daemon(parser, &line->daemon);
        break;
    }
}

static void read_lines(struct parser *parser, const char *text, size_t length)
{
    const char *end = text + length;
    while (text < end) {
        struct restore_line line;
        char message[RESTORE_MESSAGE_MAX];
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline != NULL ? newline : end;
        parser->line++;
        if (restore_line_read(text, (size_t)(stop - text), &line, message)) {
            do_line(parser, &line);
        } else {
            fail(parser, "%s", message);
            parser->blind = true;
        }
        text = newline != NULL ? newline + 1 : end;
    }
}

/* ---- what has come of them ---------------------------------------------------------------------
 */

static void move_server(const void *node, VISIT visit, void *closure)
{
    struct server *const *server = node;
    if (visit == postorder || visit == leaf)
        (void)ipvs_service_add(closure, &(*server)->dest);
}

/* The kernel refuses the one while there is the other. */
static void check_daemons(struct parser *parser, const struct placed *placed,
                          const struct ipvs_service *service)
{
    if (parser->table->daemon_count == 0)
        return;
    for (size_t i = 0; i < service->dest_count; i++) {
        struct restore_line line = { .service = *service, .dest = service->dests[i] };
        const struct server *server = find_server(placed, &line.dest);
        char name[SERVER_NAME_MAX];
        if (line.dest.addr.family == service->key.family)
            continue;
        name_server(&line, name);
        parser->line = server->line;
        fail(parser,
             "%s: a server of the other address family cannot be beside a sync daemon (line %u)",
             name, parser->daemon_lines[0]);
    }
}

static void move_service(const void *node, VISIT visit, void *closure)
{
    struct parser *parser = closure;
    struct placed *const *placed = node;
    if (visit != postorder && visit != leaf)
        return;
    struct ipvs_service *service = ipvs_table_add(parser->table, &(*placed)->service);
    twalk_r((*placed)->servers, move_server, service);
    check_daemons(parser, *placed, service);
}

bool restore_parse(const char *file, const char *text, size_t length, struct ipvs_table *table,
                   struct errlist *errors)
{
    struct errlist found;
    errlist_init(&found);
    struct parser parser = { .file = file, .errors = &found, .table = table };
    read_lines(&parser, text, length);
    twalk_r(parser.services, move_service, &parser);
    clear(&parser);
    bool good = errlist_empty(&found);
    errlist_move(errors, &found);
    errlist_fini(&found);
    return good;
}
