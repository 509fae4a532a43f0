/*
 * Gets an idempotent producer its id as soon as a broker can be asked.
 *
 * librdkafka asks when a timer of 500 ms has run out, since no broker is connected at the start, and again each 500 ms.
 * Until it has the id, nothing is sent.
 */
#include "guard.h"
#include "rdkafka_idempotence.h"

/*
 * Ends the timer's wait, if there is one; what it calls looks at the state itself. Takes no lock but that of the timers,
 * for it is called with a broker's lock held.
 */
void kafka_node_ask_for_producer_id(rd_kafka_t *rk) {
        rd_kafka_timer_t *timer = &rk->rk_eos.pid_tmr;

        if (rk->rk_type == RD_KAFKA_PRODUCER && rd_kafka_is_idempotent(rk) &&
            rd_kafka_timer_next(&rk->rk_timers, timer, 1 /*lock*/) > 0)
                rd_kafka_timer_start0(&rk->rk_timers, timer, 1, rd_true /*oneshot*/, rd_true /*restart*/,
                                      timer->rtmr_callback, timer->rtmr_arg);
}
