// SPDX-License-Identifier: BSD-2-Clause
#include "base/rng.h"

#include "base/clock.h"

#include <sys/random.h>
#include <unistd.h>

/* splitmix64 (Steele, Lea, Flood 2014): turns any seed into well mixed words. */
static uint64_t splitmix64(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void rng_seed(struct rng *rng, uint64_t seed)
{
    rng->state[0] = splitmix64(&seed);
    rng->state[1] = splitmix64(&seed);
}

uint64_t rng_entropy(void)
{
    uint64_t value = 0;
    if (getrandom(&value, sizeof(value), 0) == (ssize_t)sizeof(value))
        return value;
    /* Only where a sandbox forbids the call: still different for each process and moment. */
    value = clock_mono_ns() ^ ((uint64_t)getpid() << 32);
    return splitmix64(&value);
}
