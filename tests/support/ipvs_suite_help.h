// SPDX-License-Identifier: BSD-2-Clause
/* What the files of the IPVS suite share. */
#pragma once

#include "tests/support/ipvs_suite.h"

/* Of the test under way. */
const struct ipvs_suite_host *suite_host(void);

TCase *suite_services(void);
TCase *suite_dests(void);
TCase *suite_rest(void);
TCase *suite_many(void);
/* Opens the host before each test, and closes it after. */
void suite_fixture(TCase *tcase);

/* --- operations; each of do_* ends the test unless the result is `error` --- */

void do_op(const struct ipvs_op *op, int error);
void do_ops(const struct ipvs_op *ops, size_t count, int *results); /* judges nothing */
void do_service(unsigned kind, const struct ipvs_service *service, int error);
void do_dest(unsigned kind, const struct ipvs_service *service, const struct ipvs_dest *dest,
             int error);

/* "tcp 192.0.2.1:80" with scheduler wlc and the prefix full; by value, without dests. */
struct ipvs_service make_service(const char *key);
/* "10.0.0.1:80", NAT, weight 1 */
struct ipvs_dest make_dest(const char *endpoint);
struct addr make_addr(const char *text);

int take_info(struct ipvs_info *out);
/* The table as the host tells it; owned, ipvs_table_fini. */
struct ipvs_table take_table(void);
/* Ends the test unless the host tells exactly this of that service; dests are not looked at. */
void expect_service(const struct ipvs_service *service);
void expect_no_service(const struct ipvs_service *service);
/* The same for a destination, and for their number. */
void expect_dest(const struct ipvs_service *service, const struct ipvs_dest *dest);
void expect_dests(const struct ipvs_service *service, size_t count);
/* Settings, keys and order of both are the same. */
void expect_tables_same(const struct ipvs_table *have, const struct ipvs_table *want);
