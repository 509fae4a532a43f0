/*
 * Metadata of several topics with one request. rd_kafka_metadata() takes one topic or all of them.
 *
 * What is done here is what rd_kafka_metadata() of librdkafka 2.12 does, for a list of names.
 */
#include "rdkafka_int.h"
#include "rdkafka_broker.h"
#include "rdkafka_metadata.h"
#include "rdkafka_op.h"
#include "rdkafka_request.h"

#if RD_KAFKA_VERSION < 0x020c0000 || RD_KAFKA_VERSION >= 0x020d0000
#error "src/ffi/shims/metadata.c has to be compared with rd_kafka_metadata() of this librdkafka"
#endif

/*
 * Asks any broker for the metadata of `count` topics; blocks up to `timeout_ms`. With `may_create`, the client's
 * `allow.auto.create.topics` decides. On success the answer is the caller's, to be given back with
 * rd_kafka_metadata_destroy().
 */
int kafka_node_metadata(rd_kafka_t *rk, const char **names, size_t count, int may_create, int timeout_ms,
                        const struct rd_kafka_metadata **answer) {
        rd_ts_t ts_end = rd_timeout_init(timeout_ms);
        rd_kafka_resp_err_t err;
        rd_kafka_op_t *rko;

        do {
                rd_kafka_broker_t *rkb;
                rd_kafka_q_t *rkq;
                rd_list_t topics;
                size_t i;

                rkb = rd_kafka_broker_any_usable(rk, rd_timeout_remains(ts_end), RD_DO_LOCK, 0, "metadata of topics");
                if (!rkb)
                        return RD_KAFKA_RESP_ERR__TRANSPORT;

                rkq = rd_kafka_q_new(rk);
                rd_list_init(&topics, (int)count, rd_free);
                for (i = 0; i < count; i++)
                        rd_list_add(&topics, rd_strdup(names[i]));

                rko = rd_kafka_op_new(RD_KAFKA_OP_METADATA);
                rd_kafka_op_set_replyq(rko, rkq, 0);
                rko->rko_u.metadata.force = 1;
                rd_kafka_MetadataRequest(rkb, &topics, NULL, "application requested",
                                         may_create && rk->rk_conf.allow_auto_create_topics, rd_false, -1, rd_false,
                                         rko);
                rd_list_destroy(&topics);
                rd_kafka_broker_destroy(rkb);

                rko = rd_kafka_q_pop(rkq, rd_timeout_remains_us(ts_end), 0);
                rd_kafka_q_destroy_owner(rkq);
                if (!rko)
                        return RD_KAFKA_RESP_ERR__TIMED_OUT;

                err = rko->rko_err;
                if (err) {
                        rd_kafka_op_destroy(rko);
                        /* The broker went away with the request: ask another one. */
                        if (err != RD_KAFKA_RESP_ERR__DESTROY_BROKER)
                                return err;
                }
        } while (err);

        *answer                 = rko->rko_u.metadata.md;
        rko->rko_u.metadata.md  = NULL;
        rko->rko_u.metadata.mdi = NULL;
        rd_kafka_op_destroy(rko);
        return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/*
 * The epoch of the leader of a topic's partition, both by their place in the answer; -1 if the broker does not tell. The
 * answer must be one of those that the two functions for metadata give: it has librdkafka's own part behind the public one.
 */
int kafka_node_leader_epoch(const struct rd_kafka_metadata *answer, int topic, int partition) {
        const rd_kafka_metadata_topic_internal_t *internal = rd_kafka_metadata_get_internal(answer)->topics;
        const int id                                       = answer->topics[topic].partitions[partition].id;
        int i;

        if (!internal || !internal[topic].partitions)
                return -1;
        for (i = 0; i < answer->topics[topic].partition_cnt; i++)
                if (internal[topic].partitions[i].id == id)
                        return internal[topic].partitions[i].leader_epoch;
        return -1;
}

/* The rack of a broker, by its place in the answer; null if it has none. It lives as long as the answer. */
const char *kafka_node_rack(const struct rd_kafka_metadata *answer, int broker) {
        const rd_kafka_metadata_broker_internal_t *internal = rd_kafka_metadata_get_internal(answer)->brokers;
        int i;

        for (i = 0; internal && i < answer->broker_cnt; i++)
                if (internal[i].id == answer->brokers[broker].id)
                        return internal[i].rack_id;
        return NULL;
}

/* Whether any broker is connected. */
int kafka_node_is_connected(rd_kafka_t *rk) {
        return rd_atomic32_get(&rk->rk_broker_up_cnt) > 0;
}

/* Whether a connected broker knows requests of this key in this version or a later one: -1 while none is connected. */
int kafka_node_supports(rd_kafka_t *rk, int api_key, int version) {
        rd_kafka_broker_t *rkb;
        int supports = -1;

        rd_kafka_rdlock(rk);
        TAILQ_FOREACH(rkb, &rk->rk_brokers, rkb_link) {
                int is_up;

                rd_kafka_broker_lock(rkb);
                is_up = rkb->rkb_state == RD_KAFKA_BROKER_STATE_UP;
                rd_kafka_broker_unlock(rkb);
                if (!is_up)
                        continue;
                supports = rd_kafka_broker_ApiVersion_supported(rkb, (int16_t)api_key, (int16_t)version, INT16_MAX,
                                                                NULL) >= 0;
                break;
        }
        rd_kafka_rdunlock(rk);
        return supports;
}
