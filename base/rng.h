// SPDX-License-Identifier: BSD-2-Clause
/* Small fast generator (xoroshiro128+), one per worker, seedable in tests. Not for secrets. Owned
 * by one thread. */
#pragma once

#include <stdint.h>

struct rng {
    uint64_t state[2];
};

/* Any seed works, 0 too (splitmix64 spreads it). */
void rng_seed(struct rng *rng, uint64_t seed);
/* A seed from the kernel (getrandom). Any thread. */
uint64_t rng_entropy(void);

static inline uint64_t rng_next(struct rng *rng)
{
    uint64_t a = rng->state[0];
    uint64_t b = rng->state[1];
    uint64_t result = a + b;
    b ^= a;
    rng->state[0] = ((a << 24) | (a >> 40)) ^ b ^ (b << 16);
    rng->state[1] = (b << 37) | (b >> 27);
    return result;
}

/* Uniform in [0, n), n > 0, by multiply-shift; the bias is below n / 2^32. */
static inline uint32_t rng_below(struct rng *rng, uint32_t n)
{
    return (uint32_t)(((rng_next(rng) >> 32) * (uint64_t)n) >> 32);
}
