// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ipvs_fixture.h"

#include "base/strbuf.h"
#include "ipvs/helper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void ipvs_fixture_init(struct ipvs_fixture *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    fixture->fake = ipvs_fake_new();
    fixture->backend = ipvs_fake_backend(fixture->fake);
    fixture->helper_fd = fixture->server_fd = -1;
}

static void *run_helper(void *data)
{
    const struct ipvs_fixture *fixture = data;
    (void)helper_run(fixture->helper_fd, &fixture->backend, &fixture->allow);
    return NULL;
}

void ipvs_fixture_start(struct ipvs_fixture *fixture)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        perror("socketpair");
        abort();
    }
    fixture->helper_fd = pair[0];
    fixture->server_fd = pair[1];
    if (pthread_create(&fixture->thread, NULL, run_helper, fixture) != 0)
        abort();
}

void ipvs_fixture_stop(struct ipvs_fixture *fixture)
{
    if (fixture->helper_fd < 0)
        return;
    (void)pthread_join(fixture->thread, NULL);
    (void)close(fixture->helper_fd);
    fixture->helper_fd = fixture->server_fd = -1;
}

void ipvs_fixture_fini(struct ipvs_fixture *fixture)
{
    ipvs_fixture_stop(fixture);
    ipvs_fake_free(fixture->fake);
}

static void print_service(const struct ipvs_service *service, struct strbuf *out)
{
    char text[IPVS_TEXT_MAX];
    ipvs_key_print(&service->key, text);
    strbuf_addf(out, "%s ", text);
    ipvs_service_print_settings(service, text);
    strbuf_addf(out, "%s\n", text);
    for (size_t i = 0; i < service->dest_count; i++) {
        ipvs_dest_print(&service->dests[i], text);
        strbuf_addf(out, "  %s ", text);
        ipvs_dest_print_settings(&service->dests[i], text);
        strbuf_addf(out, "%s\n", text);
    }
}

char *ipvs_fixture_table(struct ipvs_fixture *fixture)
{
    struct ipvs_table table;
    struct strbuf out;
    ipvs_table_init(&table);
    strbuf_init(&out);
    ipvs_fake_copy(fixture->fake, &table);
    for (size_t i = 0; i < table.count; i++)
        print_service(&table.services[i], &out);
    ipvs_table_fini(&table);
    char *text = strbuf_take(&out);
    strbuf_fini(&out);
    return text;
}
