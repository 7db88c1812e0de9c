// SPDX-License-Identifier: BSD-2-Clause
#include "server/http_guard.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct row {
    unsigned status; /* expected, TCP */
    const char *method;
    const char *host;
    const char *origin;
    const char *site;
    const char *mode;
    const char *length;
    const char *type;
};

static struct http_field field(const char *value)
{
    return (struct http_field){ .value = value, .count = value == NULL ? 0 : 1 };
}

static struct http_head head_of(const struct row *row)
{
    return (struct http_head){
        .method = row->method,
        .version = "HTTP/1.1",
        .host = field(row->host),
        .origin = field(row->origin),
        .sec_fetch_site = field(row->site),
        .sec_fetch_mode = field(row->mode),
        .content_length = field(row->length),
        .content_type = field(row->type),
    };
}

#define LOCAL  "127.0.0.1:8053"
#define JSON   "application/json"
#define ORIGIN "http://" LOCAL

static const struct row rows[] = {
    /* who may be meant: addresses and localhost only */
    { 0, "GET", LOCAL, NULL, NULL, NULL, NULL, NULL },
    { 0, "GET", "127.0.0.1", NULL, NULL, NULL, NULL, NULL },
    { 0, "GET", "localhost", NULL, NULL, NULL, NULL, NULL },
    { 0, "GET", "LocalHost:1", NULL, NULL, NULL, NULL, NULL },
    { 0, "GET", "[::1]:8053", NULL, NULL, NULL, NULL, NULL },
    { 0, "GET", "[::1]", NULL, NULL, NULL, NULL, NULL },
    { 403, "GET", "::1", NULL, NULL, NULL, NULL, NULL },
    { 403, "GET", "[127.0.0.1]", NULL, NULL, NULL, NULL, NULL },
    { 403, "GET", "[::1", NULL, NULL, NULL, NULL, NULL },
    { 403, "GET", "[::1]x", NULL, NULL, NULL, NULL, NULL },
    { 403, "GET", "", NULL, NULL, NULL, NULL, NULL },
    { 403, "GET", "evil.example", NULL, NULL, NULL, NULL, NULL },
    { 403, "GET", "evil.example:8053", NULL, NULL, NULL, NULL, NULL },
    { 403, "GET", "localhost.evil.example", NULL, NULL, NULL, NULL, NULL },
    { 403, "GET", "127.0.0.1.evil.example", NULL, NULL, NULL, NULL, NULL },
    { 403, "GET", "127.0.0.1:port", NULL, NULL, NULL, NULL, NULL },
    { 403, "GET", "127.0.0.1:99999", NULL, NULL, NULL, NULL, NULL },
    { 403, "GET", "user@127.0.0.1", NULL, NULL, NULL, NULL, NULL },
    { 403, "GET", "127.1", NULL, NULL, NULL, NULL, NULL },
    /* where the page comes from */
    { 0, "POST", LOCAL, "http://" LOCAL, NULL, NULL, NULL, NULL },
    { 403, "POST", LOCAL, "https://" LOCAL, NULL, NULL, NULL, NULL },
    { 403, "POST", LOCAL, "http://127.0.0.1", NULL, NULL, NULL, NULL },
    { 403, "POST", LOCAL, "http://evil.example", NULL, NULL, NULL, NULL },
    { 403, "GET", LOCAL, "http://evil.example", NULL, NULL, NULL, NULL },
    { 403, "POST", LOCAL, "null", NULL, NULL, NULL, NULL },
    { 403, "POST", LOCAL, "", NULL, NULL, NULL, NULL },
    { 0, "POST", LOCAL, NULL, "same-origin", NULL, NULL, NULL },
    { 0, "POST", LOCAL, NULL, "none", NULL, NULL, NULL },
    { 403, "POST", LOCAL, NULL, "cross-site", NULL, NULL, NULL },
    { 403, "POST", LOCAL, NULL, "same-site", NULL, NULL, NULL },
    { 403, "POST", LOCAL, NULL, "cross-site", "navigate", NULL, NULL },
    { 403, "GET", LOCAL, NULL, "cross-site", "no-cors", NULL, NULL },
    { 0, "GET", LOCAL, NULL, "cross-site", "navigate", NULL, NULL },
    /* bodies */
    { 0, "PUT", LOCAL, NULL, NULL, NULL, "2", JSON },
    { 0, "PUT", LOCAL, NULL, NULL, NULL, "2", JSON "; charset=utf-8" },
    { 0, "PUT", LOCAL, NULL, NULL, NULL, "2", "Application/JSON" },
    { 0, "POST", LOCAL, NULL, NULL, NULL, "0", NULL },
    { 0, "POST", LOCAL, NULL, NULL, NULL, "00", "text/plain" },
    { 415, "PUT", LOCAL, ORIGIN, NULL, NULL, "2", NULL },
    { 415, "POST", LOCAL, ORIGIN, NULL, NULL, "2", "text/plain" },
    { 415, "POST", LOCAL, ORIGIN, NULL, NULL, "2", "application/x-www-form-urlencoded" },
    { 415, "POST", LOCAL, ORIGIN, NULL, NULL, "2", "application/jsonx" },
    { 415, "POST", LOCAL, NULL, "same-origin", NULL, "2", "text/plain, application/json" },
    { 0, "PUT", LOCAL, ORIGIN, NULL, NULL, "2", JSON },
    /* no browser: curl -d, scripts */
    { 0, "PUT", LOCAL, NULL, NULL, NULL, "2", NULL },
    { 0, "POST", LOCAL, NULL, NULL, NULL, "2", "application/x-www-form-urlencoded" },
    { 0, "PUT", LOCAL, NULL, NULL, NULL, "1000", JSON },
    { 413, "PUT", LOCAL, NULL, NULL, NULL, "1001", JSON },
    { 413, "PUT", LOCAL, NULL, NULL, NULL, "18446744073709551615", JSON },
    { 400, "PUT", LOCAL, NULL, NULL, NULL, "18446744073709551616", JSON },
    { 400, "PUT", LOCAL, NULL, NULL, NULL, "-1", JSON },
    { 400, "PUT", LOCAL, NULL, NULL, NULL, "+1", JSON },
    { 400, "PUT", LOCAL, NULL, NULL, NULL, "1, 1", JSON },
    { 400, "PUT", LOCAL, NULL, NULL, NULL, "", JSON },
};

START_TEST(check_row)
{
    struct http_head head = head_of(&rows[_i]);
    struct http_refusal refusal = http_guard_check(&head, false, 1000);
    ck_assert_msg(refusal.status == rows[_i].status, "row %d: %u instead of %u", _i, refusal.status,
                  rows[_i].status);
    ck_assert((refusal.message == NULL) == (refusal.status == 0));
}
END_TEST

START_TEST(check_unix_takes_any_host)
{
    struct row row = { 0, "GET", "gslb", NULL, NULL, NULL, NULL, NULL };
    struct http_head head = head_of(&row);
    ck_assert_uint_eq(http_guard_check(&head, true, 1000).status, 0);
    head.host.count = 0;
    ck_assert_uint_eq(http_guard_check(&head, true, 1000).status, 400);
}
END_TEST

static const struct {
    size_t offset;
    unsigned count;
    const char *value;
    unsigned status;
} counts[] = {
    { offsetof(struct http_head, host), 0, NULL, 400 },
    { offsetof(struct http_head, host), 2, LOCAL, 400 },
    { offsetof(struct http_head, content_length), 2, "2", 400 },
    { offsetof(struct http_head, transfer_encoding), 1, "chunked", 400 }, /* beside a length */
    { offsetof(struct http_head, content_type), 2, JSON, 400 },
    { offsetof(struct http_head, authorization), 2, "Bearer x", 400 },
    { offsetof(struct http_head, origin), 2, "http://" LOCAL, 400 },
    { offsetof(struct http_head, sec_fetch_mode), 2, "cors", 0 },
};

START_TEST(check_counts)
{
    struct row row = { 0, "PUT", LOCAL, NULL, NULL, NULL, "2", JSON };
    struct http_head head = head_of(&row);
    ck_assert_uint_eq(http_guard_check(&head, false, 1000).status, 0);
    struct http_field *field_of = (void *)((char *)&head + counts[_i].offset);
    field_of->count = counts[_i].count;
    field_of->value = counts[_i].value;
    ck_assert_uint_eq(http_guard_check(&head, false, 1000).status, counts[_i].status);
}
END_TEST

START_TEST(check_encoding_and_version)
{
    struct row row = { 0, "PUT", LOCAL, NULL, NULL, NULL, NULL, JSON };
    struct http_head head = head_of(&row);
    head.transfer_encoding = field("chunked");
    ck_assert_uint_eq(http_guard_check(&head, false, 1000).status, 0);
    ck_assert(http_guard_has_body(&head));
    head.transfer_encoding = field("gzip, chunked");
    ck_assert_uint_eq(http_guard_check(&head, false, 1000).status, 501);
    head.transfer_encoding = field("identity");
    ck_assert_uint_eq(http_guard_check(&head, false, 1000).status, 501);
    head.transfer_encoding = field(NULL);
    ck_assert(!http_guard_has_body(&head));
    head.version = "HTTP/2.0";
    ck_assert_uint_eq(http_guard_check(&head, false, 1000).status, 505);
    head.version = "HTTP/1.0";
    ck_assert_uint_eq(http_guard_check(&head, false, 1000).status, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_guard");
    TCase *tcase = tcase_create("check");
    tcase_add_loop_test(tcase, check_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_loop_test(tcase, check_counts, 0, (int)(sizeof(counts) / sizeof(counts[0])));
    tcase_add_test(tcase, check_unix_takes_any_host);
    tcase_add_test(tcase, check_encoding_and_version);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
