/*
 * Commands to a client's own group.
 *
 * The answer to ListConsumerGroupOffsets goes through the function for a consumer's own OffsetFetch. When the coordinator has
 * moved, that one tells the client's group to look for it, also where the client is a producer and has no group: librdkafka
 * would read from a null pointer. The request is repeated by whoever has sent it.
 */
#include "replaced.h"
#include "rdkafka_cgrp.h"
#include "rdkafka_queue.h"

void rd_kafka_cgrp_op(rd_kafka_cgrp_t *rkcg, rd_kafka_toppar_t *rktp, rd_kafka_replyq_t replyq, rd_kafka_op_type_t type,
                      rd_kafka_resp_err_t err) {
        kafka_node_count_call(CGRP_OP);
        if (!rkcg) {
                rd_kafka_replyq_destroy(&replyq);
                return;
        }
        original_rd_kafka_cgrp_op(rkcg, rktp, replyq, type, err);
}
