// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/load.h"

#include <math.h>

#define LOW           0.8 /* utilisation up to which nothing happens */
#define HIGH          1.2
#define FACTOR_MIN    0.1 /* never none: a full service is still better than a closed one */
#define SMOOTHING_MS  10000.0
#define SPEED         0.1 /* of the whole in a period */
#define PERIOD_MIN_MS 1000
#define HYSTERESIS    0.05
#define NEARLY        0.999 /* of a factor that creeps towards 1 */

double load_factor(double utilisation)
{
    if (utilisation <= LOW)
        return 1;
    if (utilisation >= HIGH)
        return FACTOR_MIN;
    return 1 - (1 - FACTOR_MIN) * (utilisation - LOW) / (HIGH - LOW);
}

void load_reset(struct load *load)
{
    *load = (struct load){ .smooth = 1, .moved = 1, .published = 1 };
}

static void move(struct load *load, double step_max)
{
    double step = load->smooth - load->moved;
    if (step > step_max)
        step = step_max;
    else if (step < -step_max)
        step = -step_max;
    load->moved += step;
    if (load->moved > NEARLY)
        load->moved = 1;
}

double load_step(struct load *load, uint64_t now_ms, double utilisation, uint64_t period_ms)
{
    if (!load->started)
        load_reset(load);
    double passed = load->started && now_ms > load->last_ms ? (double)(now_ms - load->last_ms) : 0;
    load->started = true;
    load->last_ms = now_ms;
    if (utilisation < 0 || passed <= 0)
        return load->published;
    double period = (double)(period_ms > PERIOD_MIN_MS ? period_ms : PERIOD_MIN_MS);
    load->smooth += (load_factor(utilisation) - load->smooth) * (1 - exp(-passed / SMOOTHING_MS));
    move(load, SPEED * passed / period);
    /* Small changes are kept back, but for the one that ends the matter. */
    if (fabs(load->moved - load->published) >= HYSTERESIS || load->moved >= 1)
        load->published = load->moved;
    return load->published;
}
