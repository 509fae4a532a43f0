/*
 * Takes apart a batch that a broker has refused because of what is in it.
 *
 * librdkafka joins the records of many sends into one batch, and a broker takes or refuses a batch as a whole. Here the
 * records of a refused one go back to the front of their partition's queue, to be sent again in smaller batches, until
 * those that the broker rejects are alone: only they fail. Nothing of a refused batch is in the log, so nothing is
 * written twice; and the queue is sorted, so the records keep their places ahead of those that were sent later.
 *
 * - Too large: the topic's limit is learnt (`kafka_node_produce_bounded`).
 * - A broker of Kafka 2.4 or later names the records that it rejects: those fail, the others stay together.
 * - Otherwise each half is sent by itself.
 *
 * An idempotent producer has already been told by librdkafka to wait for its other requests and to begin a new epoch.
 * The records get its first sequence numbers.
 *
 * The function stands in for librdkafka's own, which it calls (see librdkafka/build.rs). It runs on the thread of a
 * broker, before the request is destroyed: the partition sends nothing else in between (max_in_flight_per_partition.c).
 */
#include "replaced.h"
#include "rdkafka_broker.h"
#include "rdkafka_idempotence.h"
#include "rdkafka_partition.h"
#include "rdkafka_topic.h"
#include "refused_batch.h"

/*
 * The most bytes of a topic's batches as far as refusals have shown, 0 if none has. It is kept in a member that only
 * rd_kafka_consume_callback() reads, so no producer does.
 */
#define LEARNT_SIZE(rkt) ((rkt)->rkt_conf.consume_callback_max_msgs)

static int learnt_size(rd_kafka_topic_t *rkt) {
        return __atomic_load_n(&LEARNT_SIZE(rkt), __ATOMIC_RELAXED);
}

static rd_bool_t is_too_large(rd_kafka_resp_err_t err) {
        return err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || err == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

/* Codes that say that a batch was not written, but that some of its records may be accepted. */
static rd_bool_t is_about_content(rd_kafka_resp_err_t err) {
        return is_too_large(err) || err == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
               err == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP || err == RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
}

static size_t size_of(const rd_kafka_msg_t *rkm) {
        return rd_kafka_msg_wire_size(rkm, 2);
}

/* Halves the limit for the topic's batches. Compressed or not, it is the size before compression. */
static void learn_size(rd_kafka_topic_t *rkt, const rd_kafka_msgq_t *refused) {
        const rd_kafka_msg_t *rkm;
        int known = learnt_size(rkt);
        size_t bytes = 0;

        RD_KAFKA_MSGQ_FOREACH(rkm, refused)
        bytes += size_of(rkm);
        bytes = RD_MIN(RD_MAX(bytes / 2, 1), INT_MAX);
        if (known == 0 || (int)bytes < known)
                __atomic_store_n(&LEARNT_SIZE(rkt), (int)bytes, __ATOMIC_RELAXED);
}

/* Makes each half of the records its own batch, which ends at `last_msgid` of its first record. */
static void halve(rd_kafka_msgq_t *refused) {
        int count = rd_kafka_msgq_len(refused), i = 0;
        rd_kafka_msg_t *first = rd_kafka_msgq_first(refused), *rkm;

        RD_KAFKA_MSGQ_FOREACH(rkm, refused) {
                i++;
                if (i == count / 2)
                        first->rkm_u.producer.last_msgid = rkm->rkm_msgid;
                else if (i == count / 2 + 1)
                        rkm->rkm_u.producer.last_msgid = rd_kafka_msgq_last(refused)->rkm_msgid;
        }
}

/* Takes out the records that the broker has named, in the order of the batch. */
static void take_named(rd_kafka_msgq_t *refused, const rd_kafka_Produce_result_t *result, rd_kafka_msgq_t *named) {
        rd_kafka_msg_t *rkm, *next;
        int64_t i = 0;
        int32_t j = 0;

        TAILQ_FOREACH_SAFE(rkm, &refused->rkmq_msgs, rkm_link, next) {
                if (j < result->record_errors_cnt && result->record_errors[j].batch_index == i) {
                        rd_kafka_msgq_deq(refused, rkm, 1);
                        rd_kafka_msgq_enq(named, rkm);
                        j++;
                }
                i++;
        }
}

/* Puts the records back where they came from. */
static void send_again(rd_kafka_toppar_t *rktp, rd_kafka_msgq_t *refused) {
        rd_kafka_topic_t *rkt     = rktp->rktp_rkt;
        rd_kafka_broker_t *leader = NULL;
        rd_kafka_msg_t *rkm;

        RD_KAFKA_MSGQ_FOREACH(rkm, refused) {
                rkm->rkm_err                   = RD_KAFKA_RESP_ERR_NO_ERROR;
                rkm->rkm_offset                = RD_KAFKA_OFFSET_INVALID;
                rkm->rkm_broker_id             = -1;
                rkm->rkm_status                = RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
                rkm->rkm_u.producer.errstr     = NULL;
                rkm->rkm_u.producer.ts_backoff = 0;
        }
        rd_kafka_toppar_lock(rktp);
        if (rd_kafka_is_idempotent(rkt->rkt_rk)) {
                /* A later request's success must not be taken for theirs (rd_kafka_dr_implicit_ack), nor for a broken
                 * sequence: with no record of this producer left, a broker takes any sequence number. */
                rktp->rktp_eos.acked_msgid  = RD_MAX(rktp->rktp_eos.acked_msgid, rd_kafka_msgq_last(refused)->rkm_msgid);
                rktp->rktp_eos.next_err_seq = rktp->rktp_eos.next_ack_seq;
        }
        rd_kafka_msgq_insert_msgq(&rktp->rktp_msgq, refused, rkt->rkt_conf.msg_order_cmp);
        if (rktp->rktp_broker && !thrd_is_current(rktp->rktp_broker->rkb_thread)) {
                leader = rktp->rktp_broker;
                rd_kafka_broker_keep(leader);
        }
        rd_kafka_toppar_unlock(rktp);

        if (leader) {
                /* The leader has moved in the meantime; its thread does not know that there is work. */
                rd_kafka_broker_wakeup(leader, "refused batch");
                rd_kafka_broker_destroy(leader);
        }
}

/* What becomes of a request's records: reported, or taken apart and sent again. */
void rd_kafka_dr_msgq0(rd_kafka_topic_t *rkt, rd_kafka_msgq_t *rkmq, rd_kafka_resp_err_t err,
                       const rd_kafka_Produce_result_t *presult) {
        rd_kafka_t *rk        = rkt->rkt_rk;
        rd_kafka_msgq_t named = RD_KAFKA_MSGQ_INITIALIZER(named);
        rd_kafka_toppar_t *rktp;
        rd_kafka_msg_t *rkm;

        kafka_node_count_call(DR_MSGQ0);
        if (likely(!err) || !presult || rd_kafka_msgq_len(rkmq) < 2 || !is_about_content(err) ||
            rd_kafka_is_transactional(rk) || rd_kafka_terminating(rk)) {
                original_rd_kafka_dr_msgq0(rkt, rkmq, err, presult);
                return;
        }

        rd_kafka_topic_rdlock(rkt);
        rktp = rd_kafka_toppar_get(rkt, rd_kafka_msgq_first(rkmq)->rkm_partition, 0);
        rd_kafka_topic_rdunlock(rkt);
        if (!rktp) {
                original_rd_kafka_dr_msgq0(rkt, rkmq, err, presult);
                return;
        }

        RD_KAFKA_MSGQ_FOREACH(rkm, rkmq)
        rkm->rkm_u.producer.last_msgid = 0;
        if (is_too_large(err))
                learn_size(rkt, rkmq);
        else
                take_named(rkmq, presult, &named);
        if (!is_too_large(err) && rd_kafka_msgq_len(&named) == 0)
                halve(rkmq);
        if (rd_kafka_msgq_len(rkmq) > 0)
                send_again(rktp, rkmq);
        rd_kafka_toppar_destroy(rktp);

        original_rd_kafka_dr_msgq0(rkt, &named, err, presult);
}

/*
 * Makes a request from a partition's records, as many as its topic is known to allow. Called on the thread of the
 * broker that leads the partition, to which `rktp_xmit_msgq` belongs.
 */
int kafka_node_produce_bounded(rd_kafka_broker_t *rkb, rd_kafka_toppar_t *rktp, const rd_kafka_pid_t pid,
                               uint64_t epoch_base_msgid, kafka_node_produce_request_t *produce_request) {
        rd_kafka_msgq_t *queue = &rktp->rktp_xmit_msgq, rest = RD_KAFKA_MSGQ_INITIALIZER(rest);
        rd_kafka_msg_t *first  = rd_kafka_msgq_first(queue), *rkm;
        int most = learnt_size(rktp->rktp_rkt), count = 0, taken;
        uint64_t last_msgid;
        int64_t bytes    = 0;
        size_t wire_size = 0;

        /* With an idempotent producer, librdkafka itself resends a batch as it was. */
        last_msgid = first ? first->rkm_u.producer.last_msgid : 0;
        if (likely((most == 0 && last_msgid == 0) || !first || (last_msgid && rd_kafka_is_idempotent(rkb->rkb_rk))))
                return produce_request(rkb, rktp, pid, epoch_base_msgid);

        RD_KAFKA_MSGQ_FOREACH(rkm, queue) {
                wire_size += size_of(rkm);
                if (count > 0 && ((last_msgid && rkm->rkm_msgid > last_msgid) || (most && wire_size > (size_t)most)))
                        break;
                bytes += (int64_t)(rkm->rkm_len + rkm->rkm_key_len);
                count++;
        }
        if (rkm)
                rd_kafka_msgq_split(queue, &rest, rkm, count, bytes);
        taken = produce_request(rkb, rktp, pid, epoch_base_msgid);
        if (rkm)
                rd_kafka_msgq_concat(queue, &rest);
        return taken;
}
