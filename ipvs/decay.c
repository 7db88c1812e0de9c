// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/decay.h"

#include <math.h>

#define SAMPLE_MS   1000
#define SAMPLES_MIN 4
#define MEMORY_S    60.0
#define EULER       0.5772 /* the last of n ends when about (ln n + this) lifetimes have passed */
#define SLOPE_MIN   1e-6   /* a second; less than that is no decay */
#define END_LIMIT_S 1e9

/* Moves the origin of time to the new sample and lets the old ones fade. */
static void shift(struct decay *decay, double seconds)
{
    double fade = exp(-seconds / MEMORY_S);
    decay->tt += seconds * (seconds * decay->n - 2 * decay->t);
    decay->ty -= seconds * decay->y;
    decay->t -= seconds * decay->n;
    decay->n *= fade;
    decay->t *= fade;
    decay->tt *= fade;
    decay->y *= fade;
    decay->ty *= fade;
}

void decay_add(struct decay *decay, uint64_t now_ms, uint64_t connections)
{
    if (decay->samples > 0 && now_ms < decay->last_ms + SAMPLE_MS)
        return;
    if (decay->samples > 0)
        shift(decay, (double)(now_ms - decay->last_ms) / 1000);
    decay->last_ms = now_ms;
    decay->samples++;
    decay->n += 1;
    decay->y += log((double)(connections > 0 ? connections : 1));
}

uint64_t decay_end_ms(const struct decay *decay)
{
    if (decay->samples < SAMPLES_MIN)
        return 0;
    double spread = decay->n * decay->tt - decay->t * decay->t;
    double slope = (decay->n * decay->ty - decay->t * decay->y) / spread;
    double level = (decay->y - slope * decay->t) / decay->n;
    if (!(slope < -SLOPE_MIN)) /* grows, stays, or cannot be told */
        return 0;
    double seconds = ((level > 0 ? level : 0) + EULER) / -slope;
    if (!(seconds < END_LIMIT_S))
        return 0;
    return decay->last_ms + (uint64_t)(seconds * 1000);
}
