/*
 * Lets a group end whose broker is gone.
 *
 * librdkafka ends a group, and with it a client, only when no commit is open any more. One that finds no coordinator waits
 * for `session.timeout.ms`, one that is not answered for `socket.timeout.ms`, and is sent again then. The same is true of
 * a request to leave, for 5 s. Here all of them are given up: commits are answered with an error at once.
 *
 * To answer one that is with a broker, its handler and what the handler wants must be known, and whether it has been
 * called already. So the request and its repetition are ours, and call librdkafka's own (see librdkafka/build.rs). Answers
 * are handled on librdkafka's main thread; when a client is destroyed also elsewhere, hence the lock.
 */
#include "replaced.h"
#include "rdkafka_buf.h"
#include "rdkafka_cgrp.h"
#include "rdkafka_op.h"

/* A group's commit that a broker has not answered. */
typedef struct commit_s {
        LIST_ENTRY(commit_s) link;
        rd_kafka_t *rk;
        /* librdkafka's handler; none once the commit has been given up. */
        rd_kafka_resp_cb_t *handle;
        /* What the handler ends. */
        void *op;
} commit_t;

static LIST_HEAD(, commit_s) commits = LIST_HEAD_INITIALIZER(commits);
static mtx_t lock;
static once_flag lock_once = ONCE_FLAG_INIT;

/* The request that this thread has sent again last. */
static RD_TLS const rd_kafka_buf_t *repeated;

static void init_lock(void) {
        mtx_init(&lock, mtx_plain);
}

static void forget(commit_t *commit) {
        mtx_lock(&lock);
        LIST_REMOVE(commit, link);
        mtx_unlock(&lock);
        rd_free(commit);
}

static void on_answer(rd_kafka_t *rk, rd_kafka_broker_t *rkb, rd_kafka_resp_err_t err, rd_kafka_buf_t *rkbuf,
                      rd_kafka_buf_t *request, void *opaque) {
        commit_t *commit = opaque;

        repeated = NULL;
        if (commit->handle)
                commit->handle(rk, rkb, err, rkbuf, request, commit->op);
        if (!commit->handle || repeated != request)
                forget(commit);
}

int rd_kafka_OffsetCommitRequest(rd_kafka_broker_t *rkb, rd_kafka_consumer_group_metadata_t *cgmetadata,
                                 rd_kafka_topic_partition_list_t *offsets, rd_kafka_replyq_t replyq,
                                 rd_kafka_resp_cb_t *resp_cb, void *opaque, const char *reason) {
        rd_kafka_t *rk = rkb->rkb_rk;
        commit_t *commit;
        int sent;

        kafka_node_count_call(OFFSET_COMMIT_REQUEST);
        /* The admin client alters offsets with such a request, too. */
        if (!rk->rk_cgrp || replyq.q != rk->rk_cgrp->rkcg_ops)
                return original_rd_kafka_OffsetCommitRequest(rkb, cgmetadata, offsets, replyq, resp_cb, opaque, reason);

        commit         = rd_calloc(1, sizeof(*commit));
        commit->rk     = rk;
        commit->handle = resp_cb;
        commit->op     = opaque;
        call_once(&lock_once, init_lock);
        mtx_lock(&lock);
        LIST_INSERT_HEAD(&commits, commit, link);
        mtx_unlock(&lock);
        sent = original_rd_kafka_OffsetCommitRequest(rkb, cgmetadata, offsets, replyq, on_answer, commit, reason);
        if (!sent)
                forget(commit);
        return sent;
}

int rd_kafka_buf_retry(rd_kafka_broker_t *rkb, rd_kafka_buf_t *rkbuf) {
        int is_repeated = original_rd_kafka_buf_retry(rkb, rkbuf);

        kafka_node_count_call(BUF_RETRY);
        if (is_repeated)
                repeated = rkbuf;
        return is_repeated;
}

/* One of the client's commits that wait for a broker's answer. Only the main thread, which this is, gives them up. */
static commit_t *find_open(const rd_kafka_t *rk) {
        commit_t *commit;

        mtx_lock(&lock);
        LIST_FOREACH(commit, &commits, link) {
                if (commit->rk == rk && commit->handle)
                        break;
        }
        mtx_unlock(&lock);
        return commit;
}

static rd_kafka_op_res_t give_up(rd_kafka_t *rk, rd_kafka_q_t *rkq, rd_kafka_op_t *rko) {
        rd_kafka_cgrp_t *rkcg = rk->rk_cgrp;
        commit_t *commit;

        (void)rkq;
        if (rko->rko_err == RD_KAFKA_RESP_ERR__DESTROY || rd_atomic32_get(&rkcg->rkcg_terminated))
                return RD_KAFKA_OP_RES_HANDLED;

        rkcg->rkcg_flags &= ~RD_KAFKA_CGRP_F_WAIT_LEAVE;
        /* What librdkafka does when a session's time is over: no commit waits for a coordinator any more. */
        rd_kafka_q_disable(rkcg->rkcg_wait_coord_q);
        if (rd_kafka_q_concat(rkcg->rkcg_ops, rkcg->rkcg_wait_coord_q) == -1)
                rd_kafka_q_purge(rkcg->rkcg_wait_coord_q);
        while ((commit = find_open(rk))) {
                rd_kafka_resp_cb_t *handle = commit->handle;

                commit->handle = NULL;
                handle(rk, NULL, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, NULL, commit->op);
        }
        return RD_KAFKA_OP_RES_HANDLED;
}

/*
 * Gives up what a consumer that is closing waits for. It may be called more than once: a commit that waited for a
 * coordinator may just have found one.
 */
void kafka_node_give_up_group(rd_kafka_t *rk) {
        if (!rk->rk_cgrp)
                return;
        call_once(&lock_once, init_lock);
        rd_kafka_q_enq(rk->rk_ops, rd_kafka_op_new_cb(rk, RD_KAFKA_OP_WAKEUP, give_up));
}
