/*
 * Lets a member join quickly after its broker has come up.
 *
 * A broker that has just started, or just become a group's coordinator, briefly refuses every join while it loads its
 * groups. librdkafka retries after 2 to 3 s. In the first seconds after the coordinator has changed or come up we retry
 * sooner. After that, and for other kinds of refusal, librdkafka's own pace applies, so that a lasting refusal does not
 * become a storm of requests.
 */
#include "fast_rejoin.h"
#include "rdkafka_cgrp.h"
#include "rdkafka_timer.h"

/* How long a coordinator counts as new, and the pause between attempts to join until then. */
#define NEW_US   (5 * 1000 * 1000)
#define PAUSE_US (250 * 1000)
/* librdkafka's own pause, without what it adds after a failure */
#define INTERVAL_US (1000 * 1000)

/* The main thread serves the group whenever a timer wakes it. */
static void wake(rd_kafka_timers_t *rkts, void *arg) {
        (void)rkts;
        (void)arg;
}

void kafka_node_fast_rejoin(rd_kafka_t *rk, int16_t error) {
        rd_kafka_cgrp_t *rkcg = rk->rk_cgrp;

        if (error != RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS &&
            error != RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE && error != RD_KAFKA_RESP_ERR_NOT_COORDINATOR)
                return;
        if (!rkcg || rd_kafka_terminating(rk) || rkcg->rkcg_join_state != RD_KAFKA_CGRP_JOIN_STATE_INIT ||
            rkcg->rkcg_join_intvl.ri_backoff <= 0 || rd_clock() - rkcg->rkcg_ts_statechange >= NEW_US)
                return;

        rkcg->rkcg_join_intvl.ri_backoff = PAUSE_US - INTERVAL_US;
        /* None of librdkafka's own uses of this timer concerns members of this protocol. */
        rd_kafka_timer_start_oneshot(&rk->rk_timers, &rkcg->rkcg_serve_timer, rd_true, PAUSE_US, wake, NULL);
}
