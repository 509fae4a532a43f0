/*
 * The functions of librdkafka's that files here stand in for: librdkafka calls ours by the name of its own, and its own is
 * called `original_...` (see librdkafka/build.rs).
 */
#ifndef KAFKA_NODE_REPLACED_H
#define KAFKA_NODE_REPLACED_H

#include "guard.h"
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

/* In the order of `Replaced` in src/ffi/replaced.rs. */
typedef enum { PRODUCE_REQUEST, MSGBATCH_DESTROY, JOIN_GROUP_REQUEST, DR_MSGQ0, REPLACED_CNT } replaced_t;

/* Each of ours counts its calls, some per request: a test sees that it is the one that librdkafka calls. */
void kafka_node_count_call(replaced_t function);

#endif
