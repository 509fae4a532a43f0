/*
 * Requests of the Kafka protocol that librdkafka has no function for, or whose response it misreads: the caller writes the
 * body and reads the response, librdkafka does the rest.
 *
 * In 2.12.1 these are the two reassignment APIs, which it does not have; DescribeAcls, whose error it drops, so that a
 * refusal looks like a cluster without ACLs; and DescribeUserScramCredentials, where it frees the text of the error, which
 * is on the stack.
 */
#include "guard.h"

#include "rdkafka_broker.h"
#include "rdkafka_op.h"
#include "rdkafka_queue.h"
#include "rdkafka_request.h"

/* The controller once it is connected; blocks up to `timeout_ms`. To be given back; null without one. */
rd_kafka_broker_t *kafka_node_controller(rd_kafka_t *rk, int timeout_ms) {
        return rd_kafka_broker_controller(rk, RD_KAFKA_BROKER_STATE_UP, rd_timeout_init(timeout_ms));
}

void kafka_node_release_broker(rd_kafka_broker_t *rkb) {
        rd_kafka_broker_destroy(rkb);
}

/* The newest version of the API from `min` to `max` that the broker has; -1 if it has none of them. */
int kafka_node_api_version(rd_kafka_broker_t *rkb, int api, int min, int max) {
        return rd_kafka_broker_ApiVersion_supported(rkb, (int16_t)api, (int16_t)min, (int16_t)max, NULL);
}

/* What has become of a request. */
typedef struct {
        int is_there;
        int code;
        void *bytes;
        size_t size;
} outcome_t;

/*
 * Where the response is to go that the queue which this thread is looking at has: librdkafka calls the request's callback
 * there and then. For responses that nobody waits for any more there is nothing.
 */
static RD_TLS outcome_t *receiving;

static void on_response(rd_kafka_t *rk, rd_kafka_broker_t *rkb, rd_kafka_resp_err_t err, rd_kafka_buf_t *response,
                        rd_kafka_buf_t *request, void *opaque) {
        (void)rk, (void)rkb, (void)request, (void)opaque;
        if (!receiving)
                return;
        receiving->is_there = 1;
        receiving->code     = !err && !response ? RD_KAFKA_RESP_ERR__FAIL : err;
        if (receiving->code)
                return;
        receiving->size  = rd_slice_remains(&response->rkbuf_reader);
        receiving->bytes = rd_malloc(receiving->size + 1);
        rd_slice_read(&response->rkbuf_reader, receiving->bytes, receiving->size);
}

/*
 * Sends a request, once; never blocks. `body` is what follows the header, for a flexible version without the tags at its
 * end. The response goes to the queue, as an error if it does not come within `timeout_ms`.
 */
void kafka_node_broker_request(rd_kafka_broker_t *rkb, int api, int version, int is_flexible, const void *body, size_t size,
                               int timeout_ms, rd_kafka_queue_t *rkqu) {
        rd_kafka_buf_t *request = rd_kafka_buf_new_request0(rkb, (int16_t)api, 1, size, is_flexible ? rd_true : rd_false);

        rd_kafka_buf_write(request, body, size);
        rd_kafka_buf_ApiVersion_set(request, (int16_t)version, 0);
        rd_kafka_buf_set_abs_timeout(request, timeout_ms, 0);
        request->rkbuf_max_retries = RD_KAFKA_REQUEST_NO_RETRIES;
        rd_kafka_broker_buf_enq_replyq(rkb, request, RD_KAFKA_REPLYQ(rkqu->rkqu_q, 0), on_response, NULL);
}

/*
 * Takes the response off the queue, without waiting. Returns 0 if it is not there yet. Else `code` says what has become of
 * it; if that is 0, `bytes` is what follows the header, to be given back with rd_kafka_mem_free().
 */
int kafka_node_broker_response(rd_kafka_queue_t *rkqu, int *code, void **bytes, size_t *size) {
        outcome_t outcome = RD_ZERO_INIT;
        rd_kafka_op_t *rko;

        receiving = &outcome;
        rko       = rd_kafka_q_pop(rkqu->rkqu_q, RD_POLL_NOWAIT, 0);
        receiving = NULL;
        if (rko)
                rd_kafka_op_destroy(rko);

        *code  = outcome.code;
        *bytes = outcome.bytes;
        *size  = outcome.size;
        return outcome.is_there;
}
