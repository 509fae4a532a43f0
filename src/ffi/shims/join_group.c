/*
 * Reads the coordinator's response to a JoinGroup request.
 *
 * It keeps the members' metadata, for assignments that the application computes.
 *
 * librdkafka parses a member's metadata and drops the version; and from version 1 on it ignores a member whose
 * metadata lacks the fields that the protocol added later. kafka-node writes a version of the user's choice and never
 * those fields. So for the application's assignors the metadata is kept as it came, and librdkafka reads version 0,
 * which it understands from every member.
 *
 * The function stands in for librdkafka's own, which it calls (see librdkafka/build.rs). All of it happens on
 * librdkafka's main thread.
 */
#include "assignor.h"
#include "fast_rejoin.h"
#include "replaced.h"
#include "rdkafka_broker.h"
#include "rdkafka_buf.h"

/* librdkafka's handler of the answer: one function, the same for all clients. */
static rd_kafka_resp_cb_t *handle_join_group;

/* Reads an answer and keeps its members; returns the coordinator's error code, or 0 if the answer cannot be read. */
static int16_t read_answer(rd_kafka_t *rk, rd_kafka_buf_t *rkbuf, int16_t version) {
        const int log_decode_errors = 0;
        offered_assignors_t *all           = kafka_node_assignors_of(rk);
        rd_kafka_assignor_t *rkas;
        rd_kafkap_str_t protocol, leader, me;
        int16_t error = 0;
        int32_t throttle, generation, member_cnt;
        char *name;

        if (all)
                kafka_node_generation_begins(all);
        if (version >= 2)
                rd_kafka_buf_read_i32(rkbuf, &throttle);
        rd_kafka_buf_read_i16(rkbuf, &error);
        if (error || !all)
                return error;
        rd_kafka_buf_read_i32(rkbuf, &generation);
        rd_kafka_buf_read_str(rkbuf, &protocol);
        rd_kafka_buf_read_str(rkbuf, &leader);
        rd_kafka_buf_read_str(rkbuf, &me);
        rd_kafka_buf_read_i32(rkbuf, &member_cnt);
        if (RD_KAFKAP_STR_IS_NULL(&protocol))
                return 0;
        RD_KAFKAP_STR_DUPA(&name, &protocol);
        rkas = rd_kafka_assignor_find(rk, name);
        if (!rkas || !kafka_node_is_custom(rkas))
                return 0;
        while (member_cnt-- > 0) {
                rd_kafkap_str_t id, instance;
                rd_kafkap_bytes_t metadata;

                rd_kafka_buf_read_str(rkbuf, &id);
                if (version >= 5)
                        rd_kafka_buf_read_str(rkbuf, &instance);
                rd_kafka_buf_read_kbytes(rkbuf, &metadata);
                if (RD_KAFKAP_STR_IS_NULL(&id) || RD_KAFKAP_BYTES_LEN(&metadata) < 2)
                        continue;
                kafka_node_members_add(all, &id, &metadata);
                memset((void *)metadata.data, 0, 2);
        }
        return 0;

err_parse:
        /* librdkafka's handler will get stuck at the same point, and says so. */
        return 0;
}

static void on_answer(rd_kafka_t *rk, rd_kafka_broker_t *rkb, rd_kafka_resp_err_t err, rd_kafka_buf_t *rkbuf,
                      rd_kafka_buf_t *request, void *opaque) {
        int16_t error = 0;

        /* After an error this may be another thread, and there is nothing to read. */
        if (!err && rkbuf) {
                rd_slice_t start = rkbuf->rkbuf_reader;

                error               = read_answer(rk, rkbuf, request->rkbuf_reqhdr.ApiVersion);
                rkbuf->rkbuf_reader = start;
                rkbuf->rkbuf_err    = RD_KAFKA_RESP_ERR_NO_ERROR;
        }
        __atomic_load_n(&handle_join_group, __ATOMIC_ACQUIRE)(rk, rkb, err, rkbuf, request, opaque);
        if (error)
                kafka_node_fast_rejoin(rk, error);
}

void rd_kafka_JoinGroupRequest(rd_kafka_broker_t *rkb, const rd_kafkap_str_t *group_id,
                               const rd_kafkap_str_t *member_id, const rd_kafkap_str_t *group_instance_id,
                               const rd_kafkap_str_t *protocol_type, const rd_list_t *topics, rd_kafka_replyq_t replyq,
                               rd_kafka_resp_cb_t *resp_cb, void *opaque) {
        kafka_node_count_call(JOIN_GROUP_REQUEST);
        __atomic_store_n(&handle_join_group, resp_cb, __ATOMIC_RELEASE);
        original_rd_kafka_JoinGroupRequest(rkb, group_id, member_id, group_instance_id, protocol_type, topics, replyq,
                                           on_answer, opaque);
}
