/*
 * The functions of librdkafka that files here replace: librdkafka calls ours under the original name, and its own is
 * called `original_...` (see librdkafka/build.rs).
 */
#ifndef KAFKA_NODE_REPLACED_H
#define KAFKA_NODE_REPLACED_H

#include "guard.h"
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

void original_rd_kafka_broker_decommission(rd_kafka_t *rk, rd_kafka_broker_t *rkb, rd_list_t *wait_thrds);

/* In the order of `Replaced` in src/ffi/replaced.rs. */
typedef enum {
  PRODUCE_REQUEST, MSGBATCH_DESTROY, JOIN_GROUP_REQUEST, DR_MSGQ0, OFFSET_COMMIT_REQUEST, BUF_RETRY, CGRP_OP,
  BROKER_DECOMMISSION, REPLACED_CNT
} replaced_t;

/* Each of ours counts its calls, a few per request, so that a test can see that librdkafka calls it. */
void kafka_node_count_call(replaced_t function);

#endif
