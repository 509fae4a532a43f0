/*
 * librdkafka without the addon's changes: what librdkafka/build.rs has renamed gets its own name back.
 */
#include "rdkafka_int.h"
#include "rdkafka_broker.h"
#include "rdkafka_buf.h"
#include "rdkafka_cgrp.h"
#include "rdkafka_msg.h"
#include "rdkafka_request.h"

int original_rd_kafka_ProduceRequest(rd_kafka_broker_t *rkb, rd_kafka_toppar_t *rktp, const rd_kafka_pid_t pid,
                                     uint64_t epoch_base_msgid);
void original_rd_kafka_msgbatch_destroy(rd_kafka_msgbatch_t *rkmb);
void original_rd_kafka_JoinGroupRequest(rd_kafka_broker_t *rkb, const rd_kafkap_str_t *group_id,
                                        const rd_kafkap_str_t *member_id, const rd_kafkap_str_t *group_instance_id,
                                        const rd_kafkap_str_t *protocol_type, const rd_list_t *topics,
                                        rd_kafka_replyq_t replyq, rd_kafka_resp_cb_t *resp_cb, void *opaque);
int original_rd_kafka_OffsetCommitRequest(rd_kafka_broker_t *rkb, rd_kafka_consumer_group_metadata_t *cgmetadata,
                                          rd_kafka_topic_partition_list_t *offsets, rd_kafka_replyq_t replyq,
                                          rd_kafka_resp_cb_t *resp_cb, void *opaque, const char *reason);
int original_rd_kafka_buf_retry(rd_kafka_broker_t *rkb, rd_kafka_buf_t *rkbuf);
void original_rd_kafka_dr_msgq0(rd_kafka_topic_t *rkt, rd_kafka_msgq_t *rkmq, rd_kafka_resp_err_t err,
                                const rd_kafka_Produce_result_t *presult);

void original_rd_kafka_cgrp_op(rd_kafka_cgrp_t *rkcg, rd_kafka_toppar_t *rktp, rd_kafka_replyq_t replyq,
                               rd_kafka_op_type_t type, rd_kafka_resp_err_t err);

void rd_kafka_cgrp_op(rd_kafka_cgrp_t *rkcg, rd_kafka_toppar_t *rktp, rd_kafka_replyq_t replyq, rd_kafka_op_type_t type,
                      rd_kafka_resp_err_t err) {
        original_rd_kafka_cgrp_op(rkcg, rktp, replyq, type, err);
}

void rd_kafka_dr_msgq0(rd_kafka_topic_t *rkt, rd_kafka_msgq_t *rkmq, rd_kafka_resp_err_t err,
                       const rd_kafka_Produce_result_t *presult) {
        original_rd_kafka_dr_msgq0(rkt, rkmq, err, presult);
}

int rd_kafka_ProduceRequest(rd_kafka_broker_t *rkb, rd_kafka_toppar_t *rktp, const rd_kafka_pid_t pid,
                            uint64_t epoch_base_msgid) {
        return original_rd_kafka_ProduceRequest(rkb, rktp, pid, epoch_base_msgid);
}

void original_rd_kafka_broker_decommission(rd_kafka_t *rk, rd_kafka_broker_t *rkb, rd_list_t *wait_thrds);

void rd_kafka_broker_decommission(rd_kafka_t *rk, rd_kafka_broker_t *rkb, rd_list_t *wait_thrds) {
        original_rd_kafka_broker_decommission(rk, rkb, wait_thrds);
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

int rd_kafka_OffsetCommitRequest(rd_kafka_broker_t *rkb, rd_kafka_consumer_group_metadata_t *cgmetadata,
                                 rd_kafka_topic_partition_list_t *offsets, rd_kafka_replyq_t replyq,
                                 rd_kafka_resp_cb_t *resp_cb, void *opaque, const char *reason) {
        return original_rd_kafka_OffsetCommitRequest(rkb, cgmetadata, offsets, replyq, resp_cb, opaque, reason);
}

int rd_kafka_buf_retry(rd_kafka_broker_t *rkb, rd_kafka_buf_t *rkbuf) {
        return original_rd_kafka_buf_retry(rkb, rkbuf);
}
