/*
 * Keeps each partition in order: across retries for producers that are not idempotent (acks 0 and 1), and for all
 * producers across refused batches (refused_batch.c).
 *
 * librdkafka limits the requests that are on the wire (max.in.flight.requests.per.connection), but it prepares the next
 * one of a partition while the first is still unanswered. When the broker refuses the first one for now, its records go
 * back to the partition's queue, and the prepared request leaves before them. So here a partition gets its next request
 * only when the last one has been dealt with: answered, timed out, or put back for a retry. Different partitions do not
 * wait for each other.
 *
 * The two functions stand in for librdkafka's own, which they call (see librdkafka/build.rs). All of it happens on the
 * thread of the broker that leads the partition, except after the leader has moved.
 */
#include "replaced.h"
#include "rdkafka_broker.h"
#include "rdkafka_idempotence.h"
#include "rdkafka_partition.h"
#include "refused_batch.h"

/*
 * An idempotent producer needs this only at the beginning of an epoch: after that the broker keeps order by sequence
 * numbers. Until then, a broker that has refused the first request would take the second, whatever its number.
 */
static rd_bool_t keeps_order_here(rd_kafka_toppar_t *rktp) {
        rd_kafka_t *rk = rktp->rktp_rkt->rkt_rk;

        return rk->rk_type == RD_KAFKA_PRODUCER &&
               (!rd_kafka_is_idempotent(rk) || rktp->rktp_eos.next_ack_seq == 0);
}

/* Makes a request from what is queued for a partition, unless one is in flight. Returns how many records it took. */
int rd_kafka_ProduceRequest(rd_kafka_broker_t *rkb, rd_kafka_toppar_t *rktp, const rd_kafka_pid_t pid,
                            uint64_t epoch_base_msgid) {
        int taken;

        kafka_node_count_call(PRODUCE_REQUEST);
        if (!keeps_order_here(rktp))
                return kafka_node_produce_bounded(rkb, rktp, pid, epoch_base_msgid, original_rd_kafka_ProduceRequest);

        if (rd_atomic32_get(&rktp->rktp_msgs_inflight) > 0)
                return 0;

        taken = kafka_node_produce_bounded(rkb, rktp, pid, epoch_base_msgid, original_rd_kafka_ProduceRequest);
        if (taken > 0) {
                /* The broker thread skips a paused partition when it looks for work, and is not woken for it.
                 * A mere "nothing taken" would make that thread ask again and again. Producers do not use the flag. */
                rd_kafka_toppar_lock(rktp);
                rktp->rktp_flags |= RD_KAFKA_TOPPAR_F_LIB_PAUSE;
                rd_kafka_toppar_unlock(rktp);
        }
        return taken;
}

/* The end of every produce request, whatever its outcome: the partition may have its next one. */
void rd_kafka_msgbatch_destroy(rd_kafka_msgbatch_t *rkmb) {
        rd_kafka_toppar_t *rktp = rkmb->rktp;

        kafka_node_count_call(MSGBATCH_DESTROY);
        if (rktp && rktp->rktp_rkt->rkt_rk->rk_type == RD_KAFKA_PRODUCER) {
                rd_kafka_broker_t *leader = NULL;

                rd_kafka_toppar_lock(rktp);
                if (rktp->rktp_flags & RD_KAFKA_TOPPAR_F_LIB_PAUSE && rktp->rktp_broker &&
                    !thrd_is_current(rktp->rktp_broker->rkb_thread)) {
                        leader = rktp->rktp_broker;
                        rd_kafka_broker_keep(leader);
                }
                rktp->rktp_flags &= ~RD_KAFKA_TOPPAR_F_LIB_PAUSE;
                rd_kafka_toppar_unlock(rktp);

                if (leader) {
                        /* The leader has moved in the meantime; its thread does not know that it may continue. */
                        rd_kafka_broker_wakeup(leader, "partition drained");
                        rd_kafka_broker_destroy(leader);
                }
        }
        original_rd_kafka_msgbatch_destroy(rkmb);
}
