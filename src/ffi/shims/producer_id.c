/*
 * Gets an idempotent producer its id as soon as a broker can be asked.
 *
 * Since no broker is connected at the start, librdkafka asks only when a 500 ms timer expires, and again every 500 ms.
 * Until it has the id, nothing is sent.
 */
#include "guard.h"
#include "rdkafka_idempotence.h"

/*
 * Ends the timer's wait, if there is one; the callback checks the state itself. Takes no lock but that of the timers,
 * because it is called with a broker's lock held.
 */
void kafka_node_ask_for_producer_id(rd_kafka_t *rk) {
        rd_kafka_timer_t *timer = &rk->rk_eos.pid_tmr;

        if (rk->rk_type == RD_KAFKA_PRODUCER && rd_kafka_is_idempotent(rk) &&
            rd_kafka_timer_next(&rk->rk_timers, timer, 1 /*lock*/) > 0)
                rd_kafka_timer_start0(&rk->rk_timers, timer, 1, rd_true /*oneshot*/, rd_true /*restart*/,
                                      timer->rtmr_callback, timer->rtmr_arg);
}

/*
 * Makes the abort of a transaction that has failed get the producer a new epoch.
 *
 * A record that the broker has refused leaves a gap in the sequence of its partition. librdkafka goes on behind it, so
 * that the first batch of the next transaction is refused, too, and only the abort after that begins a new epoch.
 */
void kafka_node_renew_epoch_at_abort(rd_kafka_t *rk) {
        rd_kafka_wrlock(rk);
        if (rk->rk_eos.txn_state == RD_KAFKA_TXN_STATE_ABORTABLE_ERROR)
                rk->rk_eos.txn_requires_epoch_bump = rd_true;
        rd_kafka_wrunlock(rk);
}
