// SPDX-License-Identifier: BSD-2-Clause
/* The zone and the config that most tests of the control thread use: three unchecked members,
 * rotating at www. */
#pragma once

#define CONTROL_ZONE                                                                               \
    "$TTL 300\n"                                                                                   \
    "@ SOA ns1 admin 1 3600 600 86400 60\n"                                                        \
    "@ NS ns1\n"                                                                                   \
    "ns1 A 192.0.2.53\n"                                                                           \
    "plain A 192.0.2.80\n"                                                                         \
    "old A 192.0.2.81\n"                                                                           \
    "old A 192.0.2.82\n"                                                                           \
    "old AAAA 2001:db8::81\n"

#define CONTROL_SECTIONS                                                                           \
    "\"pools\": {\"web\": {\"policy\": \"round_robin\", \"ttl\": 20, \"members\": {"               \
    "\"a\": {\"address\": \"192.0.2.1\"}, \"b\": {\"address\": \"192.0.2.2\"}, \"c\": "            \
    "{\"address\": \"192.0.2.3\"}}},"                                                              \
    "\"top\": {\"policy\": \"failover\", \"members\": {\"in\": {\"pool\": \"web\"}, \"out\": "     \
    "{\"address\": \"198.51.100.9\"}}}},"                                                          \
    "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": {\"www\": "        \
    "\"web\", \"top\": \"top\"}}}"
