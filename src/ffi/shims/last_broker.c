/*
 * Keeps a client that has lost sight of all brokers able to find them again.
 *
 * librdkafka removes brokers that a cluster's metadata does not list any more. A broker that has just been thrown out of its
 * cluster (it stood still for longer than its session, as when a machine sleeps) still answers, and lists nobody: librdkafka
 * removes all it knows, the one from the configuration among them, and stands still for ever. So when the last one goes,
 * the client starts again from the brokers in its configuration, as it does when all of them are down.
 */
#include "replaced.h"
#include "rdkafka_broker.h"
#include "rdkafka_op.h"

/* Called with the client's lock held, like the function that it stands in for. */
static rd_bool_t is_any_left(rd_kafka_t *rk) {
        rd_kafka_broker_t *rkb;

        TAILQ_FOREACH(rkb, &rk->rk_brokers, rkb_link) {
                if ((rkb->rkb_source == RD_KAFKA_LEARNED || rkb->rkb_source == RD_KAFKA_CONFIGURED) &&
                    rd_atomic32_get(&rkb->termination_in_progress) == 0)
                        return rd_true;
        }
        return rd_false;
}

static rd_kafka_op_res_t start_again(rd_kafka_t *rk, rd_kafka_q_t *rkq, rd_kafka_op_t *rko) {
        rd_list_t further;
        char *brokers;
        int i;

        (void)rkq;
        if (rko->rko_err == RD_KAFKA_RESP_ERR__DESTROY || rd_kafka_terminating(rk))
                return RD_KAFKA_OP_RES_HANDLED;

        if (rk->rk_conf.brokerlist)
                rd_kafka_brokers_add0(rk, rk->rk_conf.brokerlist, rd_true);

        rd_kafka_rdlock(rk);
        rd_list_init_copy(&further, &rk->additional_brokerlists);
        rd_list_copy_to(&further, &rk->additional_brokerlists, rd_list_string_copy, NULL);
        rd_kafka_rdunlock(rk);
        RD_LIST_FOREACH(brokers, &further, i)
                rd_kafka_brokers_add0(rk, brokers, rd_false);
        rd_list_destroy(&further);

        rd_kafka_rdlock(rk);
        rd_kafka_connect_any(rk, "no broker was left");
        rd_kafka_rdunlock(rk);
        return RD_KAFKA_OP_RES_HANDLED;
}

/* librdkafka's own way to do this is called off by the answer that has brought the client here. */
void rd_kafka_broker_decommission(rd_kafka_t *rk, rd_kafka_broker_t *rkb, rd_list_t *wait_thrds) {
        kafka_node_count_call(BROKER_DECOMMISSION);
        original_rd_kafka_broker_decommission(rk, rkb, wait_thrds);
        if (!rd_kafka_terminating(rk) && !is_any_left(rk))
                rd_kafka_q_enq(rk->rk_ops, rd_kafka_op_new_cb(rk, RD_KAFKA_OP_WAKEUP, start_again));
}
