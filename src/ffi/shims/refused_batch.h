#ifndef KAFKA_NODE_REFUSED_BATCH_H
#define KAFKA_NODE_REFUSED_BATCH_H

#include "guard.h"

/* rd_kafka_ProduceRequest() */
typedef int kafka_node_produce_request_t(rd_kafka_broker_t *rkb, rd_kafka_toppar_t *rktp, const rd_kafka_pid_t pid,
                                         uint64_t epoch_base_msgid);

int kafka_node_produce_bounded(rd_kafka_broker_t *rkb, rd_kafka_toppar_t *rktp, const rd_kafka_pid_t pid,
                               uint64_t epoch_base_msgid, kafka_node_produce_request_t *produce_request);

#endif
