/*
 * librdkafka without the addon's changes: what librdkafka/build.rs has renamed is called by its own name again.
 */
#include "rdkafka_int.h"
#include "rdkafka_broker.h"
#include "rdkafka_msg.h"
#include "rdkafka_request.h"

int original_rd_kafka_ProduceRequest(rd_kafka_broker_t *rkb, rd_kafka_toppar_t *rktp, const rd_kafka_pid_t pid,
                                     uint64_t epoch_base_msgid);
void original_rd_kafka_msgbatch_destroy(rd_kafka_msgbatch_t *rkmb);
void original_rd_kafka_JoinGroupRequest(rd_kafka_broker_t *rkb, const rd_kafkap_str_t *group_id,
                                        const rd_kafkap_str_t *member_id, const rd_kafkap_str_t *group_instance_id,
                                        const rd_kafkap_str_t *protocol_type, const rd_list_t *topics,
                                        rd_kafka_replyq_t replyq, rd_kafka_resp_cb_t *resp_cb, void *opaque);

void original_rd_kafka_dr_msgq0(rd_kafka_topic_t *rkt, rd_kafka_msgq_t *rkmq, rd_kafka_resp_err_t err,
                                const rd_kafka_Produce_result_t *presult);

void rd_kafka_dr_msgq0(rd_kafka_topic_t *rkt, rd_kafka_msgq_t *rkmq, rd_kafka_resp_err_t err,
                       const rd_kafka_Produce_result_t *presult) {
        original_rd_kafka_dr_msgq0(rkt, rkmq, err, presult);
}

int rd_kafka_ProduceRequest(rd_kafka_broker_t *rkb, rd_kafka_toppar_t *rktp, const rd_kafka_pid_t pid,
                            uint64_t epoch_base_msgid) {
        return original_rd_kafka_ProduceRequest(rkb, rktp, pid, epoch_base_msgid);
}

void rd_kafka_msgbatch_destroy(rd_kafka_msgbatch_t *rkmb) {
        original_rd_kafka_msgbatch_destroy(rkmb);
}

void rd_kafka_JoinGroupRequest(rd_kafka_broker_t *rkb, const rd_kafkap_str_t *group_id,
                               const rd_kafkap_str_t *member_id, const rd_kafkap_str_t *group_instance_id,
                               const rd_kafkap_str_t *protocol_type, const rd_list_t *topics, rd_kafka_replyq_t replyq,
                               rd_kafka_resp_cb_t *resp_cb, void *opaque) {
        original_rd_kafka_JoinGroupRequest(rkb, group_id, member_id, group_instance_id, protocol_type, topics, replyq,
                                           resp_cb, opaque);
}
