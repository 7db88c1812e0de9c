// SPDX-License-Identifier: BSD-2-Clause
#include "zones/zonedb.h"

#include "tests/unit/zones/zones_help.h"

static struct zone *zone_of(const char *apex)
{
    static const char text[] = "@ 1 SOA a. b. 1 2 3 4 5\n@ 1 NS ns\nns 1 A 192.0.2.1\n";
    struct errlist errors;
    struct help_name name = help_name(apex);
    struct zone_spec spec = { .apex = name.wire, .file = "text", .seed = HELP_SEED };
    errlist_init(&errors);
    struct zone *zone = zone_load_text(&spec, text, sizeof(text) - 1, &errors);
    ck_assert_msg(zone != NULL, "%s", errors.count > 0 ? errors.lines[0] : "");
    errlist_fini(&errors);
    return zone;
}

/* Index of the zone found, -1 for none. */
static int find(const struct zonedb *db, const char *text, unsigned skip)
{
    struct name_hashes hashes;
    struct help_name name = help_name(text);
    size_t index = 99;
    name_lower(name.wire, name.wire);
    name_hash_all(name.wire, zonedb_seed(db), &hashes);
    const struct zone *zone = zonedb_find(db, name.wire, &hashes, skip, &index);
    if (zone == NULL)
        return -1;
    ck_assert_ptr_eq(zone, zonedb_zone(db, index));
    return (int)index;
}

static struct zonedb *db_of(const char *const *apexes, size_t count)
{
    const struct zone **zones = MEM_NEW_ARRAY(const struct zone *, count);
    for (size_t i = 0; i < count; i++)
        zones[i] = zone_of(apexes[i]);
    struct zonedb *db = zonedb_new(zones, count, HELP_SEED);
    for (size_t i = 0; i < count; i++)
        zone_unref(zones[i]); /* the set holds its own */
    mem_free(zones);
    return db;
}

static const char *const apexes[] = { "example.", "sub.example.", "a.b.c.d.e.", "Other.Test." };

static const struct {
    const char *name;
    unsigned skip;
    int zone;
} finds[] = {
    { "example.", 0, 0 },
    { "www.example.", 0, 0 },
    { "WWW.EXAMPLE.", 0, 0 },
    { "sub.example.", 0, 1 },
    { "x.y.sub.example.", 0, 1 },
    { "xsub.example.", 0, 0 },
    { "a.b.c.d.e.", 0, 2 },
    { "z.a.b.c.d.e.", 0, 2 },
    { "b.c.d.e.", 0, -1 },
    { "other.test.", 0, 3 },
    { "test.", 0, -1 },
    { ".", 0, -1 },
    { "com.", 0, -1 },
    /* DS is the parent's */
    { "sub.example.", 1, 0 },
    { "x.sub.example.", 1, 1 },
    { "example.", 1, -1 },
    { ".", 1, -1 },
};

START_TEST(longest_match)
{
    struct zonedb *db = db_of(apexes, ARRAY_LEN(apexes));
    ck_assert_int_eq(find(db, finds[_i].name, finds[_i].skip), finds[_i].zone);
    zonedb_free(db);
}
END_TEST

START_TEST(root_covers_all)
{
    static const char *const with_root[] = { "example.", "." };
    struct zonedb *db = db_of(with_root, 2);
    ck_assert_int_eq(find(db, "com.", 0), 1);
    ck_assert_int_eq(find(db, ".", 0), 1);
    ck_assert_int_eq(find(db, "x.example.", 0), 0);
    ck_assert_int_eq(find(db, "example.", 1), 1);
    ck_assert_int_eq(find(db, ".", 1), -1);
    zonedb_free(db);
}
END_TEST

START_TEST(empty_set)
{
    struct zonedb *db = zonedb_new(NULL, 0, 7);
    ck_assert_uint_eq(zonedb_count(db), 0);
    ck_assert_uint_eq(zonedb_seed(db), 7);
    ck_assert_int_eq(find(db, "a.b.", 0), -1);
    ck_assert_int_eq(find(db, ".", 0), -1);
    zonedb_free(db);
    zonedb_free(NULL);
}
END_TEST

START_TEST(many_zones)
{
    char names[500][32];
    const char *list[500];
    char name[64];
    for (unsigned i = 0; i < 500; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "zone%u.test.", i);
        list[i] = names[i];
    }
    struct zonedb *db = db_of(list, 500);
    ck_assert_uint_eq(zonedb_count(db), 500);
    for (unsigned i = 0; i < 500; i++) {
        (void)snprintf(name, sizeof(name), "a.b.zone%u.test.", i);
        ck_assert_int_eq(find(db, name, 0), (int)i);
    }
    ck_assert_int_eq(find(db, "zone500.test.", 0), -1);
    zonedb_free(db);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, longest_match, 0, (int)ARRAY_LEN(finds));
    tcase_add_test(tcase, root_covers_all);
    tcase_add_test(tcase, empty_set);
    tcase_add_test(tcase, many_zones);
}

int main(void)
{
    return help_run("zones/zonedb", fill, 20);
}
