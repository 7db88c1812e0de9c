// SPDX-License-Identifier: BSD-2-Clause
#include "health/fsm.h"

/* The verdict that a result speaks for. */
static enum health_verdict verdict_of(enum health_result result)
{
    return result == HEALTH_PASS ? HEALTH_UP : HEALTH_DOWN;
}

bool fsm_step(struct fsm *fsm, const struct fsm_limits *limits, enum health_result result)
{
    if (result == HEALTH_NO_VERDICT)
        return false;
    enum health_verdict says = verdict_of(result);
    if (says == fsm->verdict) {
        fsm->streak = 0;
        return false;
    }
    fsm->streak++;
    unsigned needed = says == HEALTH_UP ? limits->rise : limits->fall;
    if (fsm->verdict != HEALTH_UNKNOWN && fsm->streak < needed)
        return false;
    fsm->verdict = says;
    fsm->streak = 0;
    return true;
}

bool fsm_suspect(const struct fsm *fsm)
{
    return fsm->streak > 0;
}

const char *health_verdict_name(enum health_verdict verdict)
{
    switch (verdict) {
    case HEALTH_UP:
        return "up";
    case HEALTH_DOWN:
        return "down";
    case HEALTH_UNKNOWN:
        break;
    }
    return "unknown";
}

const char *health_result_name(enum health_result result)
{
    switch (result) {
    case HEALTH_PASS:
        return "pass";
    case HEALTH_FAIL:
        return "fail";
    case HEALTH_NO_VERDICT:
        break;
    }
    return "no_verdict";
}
