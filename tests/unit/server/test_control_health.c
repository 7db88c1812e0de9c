// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "server/control.h"
#include "tests/support/backend.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"
#include "tests/support/dnsmsg.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scene {
    struct control_fixture f;
    struct backend *a;
    struct backend *b;
    unsigned want; /* bit 0: a, bit 1: b */
    unsigned verdicts;
};

static void on_event(void *data, const struct event *event)
{
    struct scene *scene = data;
    if (strcmp(event->type, "verdict") == 0)
        scene->verdicts++;
}

static void scene_start(struct scene *scene, bool a_fails)
{
    char sections[2048];
    memset(scene, 0, sizeof(*scene));
    scene->a = backend_new("127.0.0.2", a_fails ? BACKEND_REFUSE : BACKEND_HTTP);
    scene->b = backend_new("127.0.0.3", BACKEND_HTTP);
    control_fixture_init(&scene->f, CONTROL_ZONE);
    (void)snprintf(
        sections, sizeof(sections),
        "\"checks\": {\"http\": {\"type\": \"http\", \"interval\": \"100ms\", \"timeout\": \"1s\", "
        "\"fall\": 2, \"rise\": 1, "
        "\"confirm_interval\": \"100ms\"}},"
        "\"pools\": {\"web\": {\"policy\": \"round_robin\", \"check\": \"http\", \"members\": {"
        "\"a\": {\"address\": \"127.0.0.2\", \"port\": %u}, \"b\": {\"address\": \"127.0.0.3\", "
        "\"port\": %u}}},"
        "\"twin\": {\"policy\": \"all\", \"check\": \"http\", \"members\": {\"a\": {\"address\": "
        "\"127.0.0.2\", \"port\": %u}}}},"
        "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": {\"www\": "
        "\"web\"}}}",
        (unsigned)backend_endpoint(scene->a).port, (unsigned)backend_endpoint(scene->b).port,
        (unsigned)backend_endpoint(scene->a).port);
    control_fixture_config(&scene->f, sections);
    ck_assert_msg(control_fixture_start(&scene->f), "%s",
                  scene->f.errors.count > 0 ? scene->f.errors.lines[0] : "?");
    (void)events_subscribe(control_events(scene->f.control), on_event, scene);
}

static void scene_end(struct scene *scene)
{
    control_fixture_fini(&scene->f);
    backend_free(scene->a);
    backend_free(scene->b);
}

static unsigned answered(struct scene *scene)
{
    char *text = control_fixture_dig(&scene->f, "www.example.test A");
    ck_assert_ptr_nonnull(text);
    unsigned bits = (strstr(text, "127.0.0.2") != NULL) | (strstr(text, "127.0.0.3") != NULL) << 1;
    mem_free(text);
    return bits;
}

static bool answers_match(void *data)
{
    struct scene *scene = data;
    return answered(scene) == scene->want;
}

START_TEST(a_backend_dies_and_comes_back)
{
    struct scene scene;
    scene_start(&scene, false);
    ck_assert_uint_eq(answered(&scene), 3);
    /* One target, though two pools use it. */
    ck_assert_uint_eq(control_world(scene.f.control)->target_count, 2);
    backend_set_status(scene.a, 503);
    scene.want = 2;
    ck_assert(control_fixture_until(&scene.f, answers_match, &scene, 10000));
    ck_assert_uint_eq(scene.verdicts, 1);
    backend_set_status(scene.a, 200);
    scene.want = 3;
    ck_assert(control_fixture_until(&scene.f, answers_match, &scene, 10000));
    ck_assert_uint_eq(scene.verdicts, 2);
    scene_end(&scene);
}
END_TEST

START_TEST(first_answer_knows_the_first_probe)
{
    struct scene scene;
    scene_start(&scene, true);
    ck_assert_uint_eq(answered(&scene), 2);
    scene_end(&scene);
}
END_TEST

/* Fail open: when all are down, all are answered, and an alarm stands. */
START_TEST(all_down_answers_all)
{
    struct scene scene;
    scene_start(&scene, true);
    backend_set_status(scene.b, 500);
    scene.want = 3;
    ck_assert(control_fixture_until(&scene.f, answers_match, &scene, 10000));
    bool found = false;
    for (size_t i = 0; i < alarms_count(control_alarms(scene.f.control)); i++)
        found = found ||
                strcmp(alarms_at(control_alarms(scene.f.control), i)->key, "pool_down:web") == 0;
    ck_assert(found);
    scene_end(&scene);
}
END_TEST

static void forget_sections(char *out, size_t size, uint16_t port, bool checked)
{
    (void)snprintf(out, size,
                   "\"checks\": {\"http\": {\"type\": \"http\", \"interval\": \"10s\", "
                   "\"timeout\": \"5s\", \"fall\": 1}},"
                   "\"pools\": {\"web\": {\"policy\": \"all\", \"members\": {\"a\": "
                   "{\"address\": \"127.0.0.2\", \"port\": %u, \"check\": %s}, \"b\": "
                   "{\"address\": \"127.0.0.3\"}}}},"
                   "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": "
                   "{\"www\": \"web\"}}}",
                   (unsigned)port, checked ? "\"http\"" : "[]");
}

static void on_reload(void *data, bool ok, uint64_t generation, const struct errlist *errors)
{
    (void)generation;
    (void)errors;
    *(bool *)data = ok;
}

static bool is_true(void *data)
{
    return *(bool *)data;
}

static void reload(struct control_fixture *f)
{
    bool done = false;
    control_reload(f->control, "the test", on_reload, &done);
    ck_assert(control_fixture_until(f, is_true, &done, 10000));
}

/* A target that was not probed for a while starts anew: what was measured then is not held against
 * it. */
START_TEST(verdicts_of_targets_that_went_are_forgotten)
{
    struct scene scene = { .a = backend_new("127.0.0.2", BACKEND_REFUSE) };
    char checked[1024];
    char unchecked[1024];
    forget_sections(checked, sizeof(checked), backend_endpoint(scene.a).port, true);
    forget_sections(unchecked, sizeof(unchecked), backend_endpoint(scene.a).port, false);
    control_fixture_init(&scene.f, CONTROL_ZONE);
    control_fixture_config(&scene.f, checked);
    ck_assert(control_fixture_start(&scene.f));
    ck_assert_uint_eq(answered(&scene), 2);
    control_fixture_config(&scene.f, unchecked);
    reload(&scene.f);
    ck_assert_uint_eq(answered(&scene), 3);
    backend_set_face(scene.a, BACKEND_SILENT);
    control_fixture_config(&scene.f, checked);
    reload(&scene.f);
    ck_assert_uint_eq(answered(&scene), 3);
    control_fixture_fini(&scene.f);
    backend_free(scene.a);
}
END_TEST

static void weighed_start(struct scene *scene)
{
    char sections[1024];
    memset(scene, 0, sizeof(*scene));
    scene->a = backend_new("127.0.0.2", BACKEND_HTTP);
    scene->b = backend_new("127.0.0.3", BACKEND_HTTP);
    control_fixture_init(&scene->f, CONTROL_ZONE);
    (void)snprintf(sections, sizeof(sections),
                   "\"checks\": {\"http\": {\"type\": \"http\", \"interval\": \"100ms\", "
                   "\"timeout\": \"1s\", \"weight_header\": \"X-Weight\"}},"
                   "\"pools\": {\"web\": {\"policy\": \"weighted\", \"max_answers\": 2, \"check\": "
                   "\"http\", \"members\": {"
                   "\"a\": {\"address\": \"127.0.0.2\", \"port\": %u, \"weight\": 3}, "
                   "\"b\": {\"address\": \"127.0.0.3\", \"port\": %u}}}},"
                   "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": "
                   "{\"www\": \"web\"}}}",
                   (unsigned)backend_endpoint(scene->a).port,
                   (unsigned)backend_endpoint(scene->b).port);
    control_fixture_config(&scene->f, sections);
    ck_assert_msg(control_fixture_start(&scene->f), "%s",
                  scene->f.errors.count > 0 ? scene->f.errors.lines[0] : "?");
    (void)events_subscribe(control_events(scene->f.control), on_event, scene);
}

struct wish {
    struct scene *scene;
    double share; /* of a */
};

static bool has_share(void *data)
{
    const struct wish *wish = data;
    struct control_member member;
    control_member(wish->scene->f.control, 0, 0, &member);
    return member.share > wish->share - 1e-9 && member.share < wish->share + 1e-9;
}

static void expect_share(struct scene *scene, double share)
{
    struct wish wish = { scene, share };
    ck_assert(control_fixture_until(&scene->f, has_share, &wish, 10000));
}

START_TEST(pools_follow_weights_that_checks_tell)
{
    struct scene scene;
    struct control_member member;
    weighed_start(&scene);
    expect_share(&scene, 1);
    ck_assert_uint_eq(answered(&scene), 3);
    backend_set_header(scene.a, "X-Weight: 40%\r\n");
    expect_share(&scene, 0.4);
    backend_set_header(scene.a, "X-Weight: 0\r\n"); /* only when all others are down */
    scene.want = 2;
    ck_assert(control_fixture_until(&scene.f, answers_match, &scene, 10000));
    control_member(scene.f.control, 0, 0, &member);
    ck_assert_str_eq(member.state, "up");
    ck_assert_uint_eq(member.effective_weight, 3);
    ck_assert_double_eq(member.share, 0); /* live, and yet of no weight */
    /* An operator's weight is meant as it is. */
    ck_assert(control_override_member_weight(scene.f.control, 0, 0, false, 2, NULL, "jo", 0));
    scene.want = 3;
    ck_assert(control_fixture_until(&scene.f, answers_match, &scene, 10000));
    expect_share(&scene, 1);
    ck_assert_uint_eq(control_told_share(scene.f.control, 0, 0), 0);
    ck_assert(control_override_member_weight(scene.f.control, 0, 0, true, 0, NULL, "jo", 0));
    scene.want = 2;
    ck_assert(control_fixture_until(&scene.f, answers_match, &scene, 10000));
    backend_set_status(scene.b, 503);
    scene.want = 1;
    ck_assert(control_fixture_until(&scene.f, answers_match, &scene, 10000));
    ck_assert_uint_eq(scene.verdicts, 1); /* of b: a new weight is no verdict */
    /* What is down weighs nothing any more, and starts anew with its next pass. */
    backend_set_status(scene.a, 503);
    expect_share(&scene, 1);
    scene_end(&scene);
}
END_TEST

START_TEST(told_weights_are_saved)
{
    struct scene scene;
    weighed_start(&scene);
    backend_set_header(scene.a, "X-Weight: 40\r\n");
    expect_share(&scene, 0.4);
    control_fixture_stop(&scene.f);
    backend_set_face(scene.a, BACKEND_SILENT);
    ck_assert(control_fixture_start(&scene.f));
    expect_share(&scene, 0.4);
    scene_end(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_health");
    TCase *tcase = tcase_create("control_health");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_backend_dies_and_comes_back);
    tcase_add_test(tcase, first_answer_knows_the_first_probe);
    tcase_add_test(tcase, all_down_answers_all);
    tcase_add_test(tcase, verdicts_of_targets_that_went_are_forgotten);
    tcase_add_test(tcase, pools_follow_weights_that_checks_tell);
    tcase_add_test(tcase, told_weights_are_saved);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
