/*
 * Lets a member join soon after its broker has come up.
 *
 * A broker that has just started, or just become a group's coordinator, refuses to let anybody join for a moment, while it
 * loads what it knows of its groups. librdkafka tries again after 2 to 3 s. In the first seconds after the coordinator
 * can be reached it is tried again sooner; later librdkafka's own pace is kept, so that a lasting refusal does not become a
 * storm of requests.
 *
 * The function is linked in place of librdkafka's own (the linker's --wrap, see build.rs), which it calls. Both run on the
 * client's main thread, which calls it at least once a second.
 */
#include "rdkafka_int.h"
#include "rdkafka_cgrp.h"
#include "rdkafka_timer.h"

/* How long a coordinator may be new, and the pause between attempts to join then. */
#define NEW_US   (5 * 1000 * 1000)
#define PAUSE_US (250 * 1000)
/* librdkafka's own pause, without what it adds after a failure */
#define INTERVAL_US (1000 * 1000)

void __real_rd_kafka_cgrp_serve(rd_kafka_cgrp_t *rkcg);

/* The main thread looks after the group whenever a timer has ended its sleep. */
static void wake(rd_kafka_timers_t *rkts, void *arg) {
        (void)rkts;
        (void)arg;
}

void __wrap_rd_kafka_cgrp_serve(rd_kafka_cgrp_t *rkcg) {
        rd_kafka_t *rk = rkcg->rkcg_rk;

        __real_rd_kafka_cgrp_serve(rkcg);

        if (rkcg->rkcg_state == RD_KAFKA_CGRP_STATE_TERM) {
                /* The last call before the group, and the timer in it, are gone. */
                rd_kafka_timer_stop(&rk->rk_timers, &rkcg->rkcg_serve_timer, rd_true);
                return;
        }
        if (rkcg->rkcg_group_protocol != RD_KAFKA_GROUP_PROTOCOL_CLASSIC || rd_kafka_terminating(rk) ||
            rkcg->rkcg_state != RD_KAFKA_CGRP_STATE_UP || rkcg->rkcg_join_state != RD_KAFKA_CGRP_JOIN_STATE_INIT ||
            rkcg->rkcg_join_intvl.ri_backoff <= 0 || rd_clock() - rkcg->rkcg_ts_statechange >= NEW_US)
                return;

        /* The last attempt has failed. */
        rkcg->rkcg_join_intvl.ri_backoff = PAUSE_US - INTERVAL_US;
        rd_kafka_timer_start_oneshot(&rk->rk_timers, &rkcg->rkcg_serve_timer, rd_true, PAUSE_US, wake, NULL);
}
