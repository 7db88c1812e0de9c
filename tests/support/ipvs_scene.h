// SPDX-License-Identifier: BSD-2-Clause
/* A control thread with an IPVS service over a table in memory: VIP 203.0.113.10:80 (service "vip",
 * in the pool "web" beside a plain member 192.0.2.1, bound to www.example.test), two real servers
 * that can be killed and may tell their weights by the header X-Weight. For the tests of
 * control_ipvs*.c and of the routes. */
#pragma once

#include "tests/support/api_fixture.h"
#include "tests/support/backend.h"
#include "tests/support/ipvs_fixture.h"

#define SCENE_VIP "203.0.113.10"
#define SCENE_KEY "tcp 203.0.113.10:80"

struct ipvs_scene {
    struct api_fixture api; /* its `control` runs; the API after api_fixture_listen(&scene->api) */
    struct ipvs_fixture kernel;
    struct backend *server[2]; /* on 127.0.0.21 and 127.0.0.22 */
    char real[2][64];          /* "127.0.0.21:PORT" */
    struct ipvs_key key;
    /* For the next config; NULL = as told above. */
    const char *services; /* further ones: "\"other\": {...}" */
    const char *members;  /* of the pool */
};

/* Backends and the table, nothing started. */
void ipvs_scene_init(struct ipvs_scene *scene);
/* Writes the config: `ipvs` are further keys of the section ("\"mode\": \"observe\","), `service`
 * those of the service; both may be "". `servers` NULL = both, rs1 and rs2 with weights 4 and 4. */
void ipvs_scene_config(struct ipvs_scene *scene, const char *ipvs, const char *service,
                       const char *servers);
/* Likewise without "vip": `services` and the plain member alone. */
void ipvs_scene_config_without(struct ipvs_scene *scene, const char *ipvs);
/* Starts helper and control with that config; the table must be right when it returns. */
void ipvs_scene_start(struct ipvs_scene *scene);
void ipvs_scene_stop(struct ipvs_scene *scene);
void ipvs_scene_fini(struct ipvs_scene *scene);

struct ipvs_scene_reload {
    bool called;
    bool ok;
    char first[512]; /* error; "" = none */
};
/* Reloads the config as it is now and waits for the answer. */
struct ipvs_scene_reload ipvs_scene_reload(struct ipvs_scene *scene, bool force);

/* Runs the loop until the service's destinations in the table are these: "rs1=4 rs2=0" (weights; an
 * absent one is left out; "" = the service stands empty; "-" = no service). Fails the test after 5
 * s. */
void ipvs_scene_expect(struct ipvs_scene *scene, const char *dests);
/* True when the VIP is in the answer of www.example.test. */
bool ipvs_scene_answers(struct ipvs_scene *scene);
/* The control thread of the scene. */
struct control *ipvs_scene_control(struct ipvs_scene *scene);
/* Runs the loop until that is so. */
void ipvs_scene_expect_dns(struct ipvs_scene *scene, bool vip);
