// SPDX-License-Identifier: BSD-2-Clause
/* Files in server.state_dir: overrides.json, verdicts.json and ipvs.json. Written whole to a
 * temporary file, synced, renamed, so that a crash leaves the old or the new one; read with
 * suspicion: a file that is damaged or of another version is set aside and reported, never half
 * used. Writing runs on a background thread. */
#pragma once

#include "base/errlist.h"
#include "health/override.h"
#include "health/prober.h"
#include "ipvs/reconcile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct statefile_verdict {
    const char *identity; /* check_identity */
    enum health_verdict verdict;
    uint8_t weight;   /* percent, CHECK_WEIGHT_FULL = all: then the file has none */
    int64_t since_ms; /* Unix time since when it stands */
    int64_t at_ms;    /* Unix time of the last probe */
};

/* Text of the files, ready to write; returns owned (mem_free). */
char *statefile_overrides_text(const struct override_store *store);
char *statefile_ipvs_text(const struct ipvs_keys *owned);
char *statefile_verdicts_text(const struct statefile_verdict *verdicts, size_t count);

/* Writes DIR/NAME atomically; false with one sentence in `error`. Any thread; may block on the
 * disk. */
bool statefile_write(const char *dir, const char *name, const char *text, char *error,
                     size_t error_size);
#define STATEFILE_IPVS      "ipvs.json"
#define STATEFILE_OVERRIDES "overrides.json"
#define STATEFILE_VERDICTS  "verdicts.json"

/* Makes DIR when it is missing. False with one sentence. */
bool statefile_prepare(const char *dir, char *error, size_t error_size);

/* Reads DIR/overrides.json into `store`. A missing file is fine. False with errors for a damaged
 * one, which is renamed to NAME.bad. */
bool statefile_read_overrides(const char *dir, struct override_store *store,
                              struct errlist *errors);

/* Calls `fn` for each verdict in DIR/verdicts.json not older than `max_age_ms` at `now_ms` (nor
 * from the future by more than a minute). Same rules. */
typedef void statefile_verdict_fn(void *data, const struct statefile_verdict *verdict);
bool statefile_read_verdicts(const char *dir, int64_t now_ms, int64_t max_age_ms,
                             statefile_verdict_fn *fn, void *data, struct errlist *errors);
/* Adds the keys of DIR/ipvs.json, the services in the kernel that are ours. Same rules. */
bool statefile_read_ipvs(const char *dir, struct ipvs_keys *owned, struct errlist *errors);
