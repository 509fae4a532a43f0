/*
 * Whole batches in and out of a producer: one lock per batch where librdkafka's public functions take several per
 * record. By measurement, these locks are most of what a record costs on the sending thread.
 *
 * This does what rd_kafka_produce_batch() and rd_kafka_msg_destroy() of librdkafka 2.12 do, record by record,
 * for the usual case; every other case is left to them.
 */
#include "guard.h"
#include "rdkafka_event.h"
#include "rdkafka_msg.h"
#include "rdkafka_op.h"
#include "rdkafka_partition.h"
#include "rdkafka_topic.h"

#if RD_KAFKA_VERSION < 0x020c0000 || RD_KAFKA_VERSION >= 0x020d0000
#error "src/ffi/shims/produce_batch.c has to be compared with rd_kafka_msg_new0() and rd_kafka_msg_destroy() of this librdkafka"
#endif

/* Bytes of the values of a batch, which is what librdkafka's queue limit counts; false if a record is too large. */
static rd_bool_t batch_size(const rd_kafka_t *rk, const rd_kafka_message_t *records, size_t count, size_t *bytes) {
        size_t i;

        *bytes = 0;
        for (i = 0; i < count; i++) {
                size_t len = records[i].payload ? records[i].len : 0, key_len = records[i].key ? records[i].key_len : 0;

                if (len > INT32_MAX || key_len > INT32_MAX ||
                    rd_kafka_msg_max_wire_size(key_len, len, 0) > (size_t)rk->rk_conf.max_msg_size)
                        return rd_false;
                *bytes += len;
        }
        return rd_true;
}

/* A copy of a record in the form in which librdkafka queues it. */
static rd_kafka_msg_t *copy_of(rd_kafka_topic_t *rkt, int32_t partition, const rd_kafka_message_t *record) {
        size_t len = record->payload ? record->len : 0, key_len = record->key ? record->key_len : 0;
        rd_kafka_msg_t *rkm = rd_malloc(sizeof(*rkm) + len + key_len);
        char *bytes         = (char *)(rkm + 1);

        memset(rkm, 0, sizeof(*rkm));
        rkm->rkm_flags         = RD_KAFKA_MSG_F_PRODUCER | RD_KAFKA_MSG_F_FREE_RKM | RD_KAFKA_MSG_F_COPY |
                         RD_KAFKA_MSG_F_ACCOUNT;
        rkm->rkm_rkmessage.rkt = rd_kafka_topic_keep(rkt);
        rkm->rkm_opaque        = record->_private;
        rkm->rkm_partition     = partition;
        rkm->rkm_broker_id     = -1;
        rkm->rkm_offset        = RD_KAFKA_OFFSET_INVALID;
        rkm->rkm_tstype        = RD_KAFKA_TIMESTAMP_CREATE_TIME;
        rkm->rkm_status        = RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
        if (record->payload) {
                rkm->rkm_payload = memcpy(bytes, record->payload, len);
                rkm->rkm_len     = len;
        }
        if (record->key) {
                rkm->rkm_key     = memcpy(bytes + len, record->key, key_len);
                rkm->rkm_key_len = key_len;
        }
        return rkm;
}

/*
 * Queues copies of the records, in order; never blocks. Returns how many were taken: all of them, or what
 * rd_kafka_produce_batch() makes of them, which then sets `err` of each record.
 */
int kafka_node_produce_batch(rd_kafka_topic_t *app_rkt, int32_t partition, rd_kafka_message_t *records, size_t count) {
        rd_kafka_topic_t *rkt   = rd_kafka_topic_proper(app_rkt);
        rd_kafka_t *rk          = rkt->rkt_rk;
        rd_kafka_toppar_t *rktp = NULL;
        rd_kafka_q_t *wakeup_q  = NULL;
        rd_kafka_msgq_t batch   = RD_KAFKA_MSGQ_INITIALIZER(batch);
        rd_ts_t now             = rd_clock();
        int64_t timestamp       = rd_uclock() / 1000;
        rd_ts_t timeout         = INT64_MAX;
        rd_kafka_resp_err_t err;
        rd_kafka_msg_t *rkm;
        rd_bool_t is_first;
        size_t bytes, i;

        if (rd_kafka_fatal_error_code(rk) || rd_kafka_is_transactional(rk) ||
            rkt->rkt_conf.queuing_strategy != RD_KAFKA_QUEUE_FIFO ||
            rd_list_cnt(&rk->rk_conf.interceptors.on_send) > 0 || !batch_size(rk, records, count, &bytes))
                goto usual_way;

        rd_kafka_topic_rdlock(rkt);
        rktp = rd_kafka_toppar_get_avail(rkt, partition, 0, &err);
        /* A topic that is not known yet has a single partition for everything, RD_KAFKA_PARTITION_UA. */
        if (!rktp || rktp->rktp_partition != partition ||
            rd_kafka_curr_msgs_add(rk, (unsigned int)count, bytes, 0 /* no waiting */, NULL)) {
                rd_kafka_topic_rdunlock(rkt);
                if (rktp)
                        rd_kafka_toppar_destroy(rktp);
                goto usual_way;
        }

        if (rkt->rkt_conf.message_timeout_ms > 0)
                timeout = now + (rd_ts_t)rkt->rkt_conf.message_timeout_ms * 1000;
        for (i = 0; i < count; i++) {
                rkm                 = copy_of(rkt, partition, &records[i]);
                rkm->rkm_timestamp  = timestamp;
                rkm->rkm_ts_enq     = now;
                rkm->rkm_ts_timeout = timeout;
                rd_kafka_msgq_enq(&batch, rkm);
        }

        rd_kafka_toppar_lock(rktp);
        RD_KAFKA_MSGQ_FOREACH(rkm, &batch)
        rkm->rkm_msgid = ++rktp->rktp_msgid;
        /* rd_kafka_msgq_may_wakeup() sees the first record of an empty queue only when it is alone. */
        is_first = rktp->rktp_msgq.rkmq_msg_cnt == 0 && rktp->rktp_msgq.rkmq_wakeup.on_first &&
                   !rktp->rktp_msgq.rkmq_wakeup.signalled;
        rd_kafka_msgq_concat(&rktp->rktp_msgq, &batch);
        if ((is_first || rd_kafka_msgq_may_wakeup(&rktp->rktp_msgq, now)) && (wakeup_q = rktp->rktp_msgq_wakeup_q)) {
                rktp->rktp_msgq.rkmq_wakeup.signalled = rd_true;
                rd_kafka_q_keep(wakeup_q);
        }
        rd_kafka_toppar_unlock(rktp);
        rd_kafka_topic_rdunlock(rkt);

        if (wakeup_q) {
                rd_kafka_q_yield(wakeup_q);
                rd_kafka_q_destroy(wakeup_q);
        }
        rd_kafka_toppar_destroy(rktp);
        return (int)count;

usual_way:
        return rd_kafka_produce_batch(app_rkt, partition, RD_KAFKA_MSG_F_COPY, records, (int)count);
}

/* Delivery reports of consecutive records with the same opaque and the same outcome. */
typedef struct {
        void *opaque;
        int64_t offset; /* of the first record */
        size_t records;
        size_t bytes; /* of keys and values */
        int32_t err;
} kafka_node_reports_t;

/*
 * Folds the next delivery reports of an event (RD_KAFKA_EVENT_DR), at most `size` groups of them; returns how many
 * there were, 0 at the end. After that, librdkafka's queue no longer counts the records; they are freed with the event.
 */
size_t kafka_node_event_reports(rd_kafka_event_t *rkev, kafka_node_reports_t *reports, size_t size) {
        rd_kafka_msgq_t *unread = &rkev->rko_u.dr.msgq, *read = &rkev->rko_u.dr.msgq2;
        unsigned int accounted = 0;
        size_t count = 0, accounted_bytes = 0;
        rd_kafka_t *rk = NULL;
        rd_kafka_msg_t *rkm;

        while ((rkm = rd_kafka_msgq_first(unread))) {
                int32_t err                   = rkm->rkm_err ? rkm->rkm_err : rkev->rko_err;
                kafka_node_reports_t *current = count > 0 ? &reports[count - 1] : NULL;

                if (!current || current->opaque != rkm->rkm_opaque || current->err != err) {
                        if (count == size)
                                break;
                        current = &reports[count++];
                        *current =
                            (kafka_node_reports_t) {.opaque = rkm->rkm_opaque, .offset = rkm->rkm_offset, .err = err};
                }
                current->records++;
                current->bytes += rkm->rkm_len + rkm->rkm_key_len;

                if (rkm->rkm_flags & RD_KAFKA_MSG_F_ACCOUNT) {
                        rkm->rkm_flags &= ~RD_KAFKA_MSG_F_ACCOUNT;
                        rk = rkm->rkm_rkmessage.rkt->rkt_rk;
                        accounted++;
                        accounted_bytes += rkm->rkm_len;
                }
                rd_kafka_msgq_deq(unread, rkm, 1);
                rd_kafka_msgq_enq(read, rkm);
        }
        if (accounted > 0)
                rd_kafka_curr_msgs_sub(rk, accounted, accounted_bytes);
        return count;
}
