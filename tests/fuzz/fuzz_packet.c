// SPDX-License-Identifier: BSD-2-Clause
/* Any packet to an answer, over UDP and over TCP, from one rich scene with pools. Held to what is
 * true of every answer: QR and the id, the question as it was asked, the form of the message, the
 * limit, and that ldns reads it. */
#include "base/wire.h"
#include "tests/support/rich.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "fuzz_packet: %s\n", #condition);                                      \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static struct scene *scene;

static size_t limit_of(const struct query *q, bool tcp)
{
    if (tcp)
        return UINT16_MAX;
    size_t payload = q->has_edns ? q->edns_payload : 512;
    return payload < 1232 ? payload : 1232;
}

/* The question comes back octet by octet, with a count of 1, or it does not come at all. */
static void check_question(const struct query *q, const uint8_t *data, const uint8_t *answer)
{
    unsigned count = wire_get16(answer + 4);
    HOLDS(count == (q->has_question ? 1U : 0U));
    HOLDS(count == 0 || memcmp(answer + DNS_HEADER, data + DNS_HEADER,
                               q->question_end - (size_t)DNS_HEADER) == 0);
}

static void check_answer(const struct resolver_request *request, const uint8_t *data,
                         const uint8_t *answer, size_t length)
{
    if (request->verdict == QUERY_DROP) {
        HOLDS(length == 0 && (request->size < DNS_HEADER || (data[2] & 0x80) != 0));
        return;
    }
    HOLDS(length >= DNS_HEADER && length <= limit_of(&request->query, request->tcp));
    HOLDS(memcmp(answer, data, 2) == 0);
    HOLDS((answer[2] & 0xf8) == (0x80 | (data[2] & 0x78)));
    HOLDS((answer[3] & 0xe0) == 0); /* RA, Z, AD */
    check_question(&request->query, data, answer);
    HOLDS(dnsmsg_check(answer, length) == NULL);
    ldns_pkt *pkt = NULL;
    HOLDS(ldns_wire2pkt(&pkt, answer, length) == LDNS_STATUS_OK);
    ldns_pkt_free(pkt);
}

static void answer_once(const uint8_t *data, size_t size, bool tcp)
{
    static uint8_t answer[UINT16_MAX];
    const struct state *state = scene_state(scene);
    struct resolver_request request = { .packet = data, .size = size, .tcp = tcp };
    resolver_parse(state, &request);
    size_t length = resolver_answer(state, scene_scratch(scene), &request, answer, sizeof(answer));
    check_answer(&request, data, answer, length);
    if (length == 0)
        return;
    /* Two of us never answer each other. */
    struct resolver_request again = { .packet = answer, .size = length, .tcp = tcp };
    resolver_parse(state, &again);
    HOLDS(again.verdict == QUERY_DROP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (scene == NULL)
        scene = rich_scene();
    if (size > UINT16_MAX)
        return 0;
    answer_once(data, size, false);
    answer_once(data, size, true);
    return 0;
}
