/*
 * The assignors that a group member offers: librdkafka's and the application's, in any order.
 *
 * librdkafka accepts further assignors (rd_kafka_assignor_add), but only from inside. Each of a client's assignors
 * calls back here, so here a member also learns that it leads its group: only the leader computes an assignment.
 *
 * All callbacks come on librdkafka's main thread. While the application computes an assignment, that thread waits.
 */
#include "assignor.h"
#include "rdkafka_cgrp.h"
#include "rdlist.h"

/* One assignment to compute; valid during `assign`. */
typedef struct run_s {
        const offered_assignors_t *all;
        rd_kafka_group_member_t *members;
        size_t member_cnt;
        rd_kafka_assignor_topic_t **topics;
        size_t topic_cnt;
        const char *member_id;
        int32_t generation;
        char *errstr;
        size_t errstr_size;
} run_t;

typedef struct callbacks_s {
        /* Fills in the assignment; nonzero if there is none, after `kafka_node_run_fail`. May wait. */
        int (*assign)(void *opaque, size_t assignor, run_t *run);
        /* What this member tells the leader, made with `kafka_node_bytes`. */
        rd_kafkap_bytes_t *(*metadata)(void *opaque, size_t assignor);
        /* The member has its assignment, by this assignor. `user_data` is the leader's, of `size` bytes. */
        void (*joined)(void *opaque, size_t assignor, int leader, const void *user_data, size_t size);
} callbacks_t;

typedef rd_kafka_resp_err_t (*assign_cb_t)(rd_kafka_t *, const struct rd_kafka_assignor_s *, const char *,
                                           const rd_kafka_metadata_t *, rd_kafka_group_member_t *, size_t,
                                           rd_kafka_assignor_topic_t **, size_t, char *, size_t, void *);

typedef void (*on_assignment_cb_t)(const struct rd_kafka_assignor_s *, void **, const rd_kafka_topic_partition_list_t *,
                                   const rd_kafkap_bytes_t *, const rd_kafka_consumer_group_metadata_t *);

typedef struct offered_assignor_s {
        offered_assignors_t *all;
        size_t index;
        /* librdkafka's own way to compute it; NULL if the application does. */
        assign_cb_t builtin;
        /* What that one wants to be told about the assignment; NULL if nothing. */
        on_assignment_cb_t builtin_on_assignment;
} offered_assignor_t;

typedef struct member_metadata_s {
        rd_kafkap_str_t *id;
        rd_kafkap_bytes_t *bytes;
} member_metadata_t;

struct offered_assignors_s {
        callbacks_t callbacks;
        void *opaque;
        /* The generation for which this member last computed the assignment; -1 if none. */
        int32_t led;
        member_metadata_t *metadata;
        size_t metadata_cnt;
        offered_assignor_t list[];
};

static void forget_members(offered_assignors_t *all) {
        size_t i;

        for (i = 0; i < all->metadata_cnt; i++) {
                rd_kafkap_str_destroy(all->metadata[i].id);
                rd_kafkap_bytes_destroy(all->metadata[i].bytes);
        }
        free(all->metadata);
        all->metadata     = NULL;
        all->metadata_cnt = 0;
}

static int32_t generation_of(rd_kafka_t *rk) {
        return rk->rk_cgrp->rkcg_generation_id;
}

static rd_kafka_resp_err_t assign_builtin(rd_kafka_t *rk, const rd_kafka_assignor_t *rkas, const char *member_id,
                                          const rd_kafka_metadata_t *metadata, rd_kafka_group_member_t *members,
                                          size_t member_cnt, rd_kafka_assignor_topic_t **topics, size_t topic_cnt,
                                          char *errstr, size_t errstr_size, void *opaque) {
        offered_assignor_t *offered = opaque;

        offered->all->led = generation_of(rk);
        return offered->builtin(rk, rkas, member_id, metadata, members, member_cnt, topics, topic_cnt, errstr,
                                errstr_size, NULL);
}

static rd_kafka_resp_err_t assign_custom(rd_kafka_t *rk, const rd_kafka_assignor_t *rkas, const char *member_id,
                                         const rd_kafka_metadata_t *metadata, rd_kafka_group_member_t *members,
                                         size_t member_cnt, rd_kafka_assignor_topic_t **topics, size_t topic_cnt,
                                         char *errstr, size_t errstr_size, void *opaque) {
        offered_assignor_t *offered = opaque;
        offered_assignors_t *all    = offered->all;
        run_t run                   = {all, members, member_cnt, topics, topic_cnt, member_id, generation_of(rk), errstr,
                                       errstr_size};
        size_t i;
        int failed;

        (void)rkas;
        (void)metadata;
        all->led = run.generation;
        for (i = 0; i < member_cnt; i++) {
                /* librdkafka would send each member its own user data back. */
                if (members[i].rkgm_userdata)
                        rd_kafkap_bytes_destroy(members[i].rkgm_userdata);
                members[i].rkgm_userdata = rd_kafkap_bytes_new(NULL, 0);
        }
        failed = all->callbacks.assign(all->opaque, offered->index, &run);
        forget_members(all);
        return failed ? RD_KAFKA_RESP_ERR__FAIL : RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafkap_bytes_t *metadata_custom(const rd_kafka_assignor_t *rkas, void *state, const rd_list_t *topics,
                                          const rd_kafka_topic_partition_list_t *owned, const rd_kafkap_str_t *rack) {
        const offered_assignor_t *offered = rkas->rkas_opaque;

        (void)state;
        (void)topics;
        (void)owned;
        (void)rack;
        return offered->all->callbacks.metadata(offered->all->opaque, offered->index);
}

static void on_assignment(const rd_kafka_assignor_t *rkas, void **state,
                          const rd_kafka_topic_partition_list_t *assignment, const rd_kafkap_bytes_t *user_data,
                          const rd_kafka_consumer_group_metadata_t *group) {
        const offered_assignor_t *offered = rkas->rkas_opaque;
        offered_assignors_t *all          = offered->all;
        int leader                        = all->led == rd_kafka_consumer_group_metadata_generation_id(group);

        if (offered->builtin_on_assignment)
                offered->builtin_on_assignment(rkas, state, assignment, user_data, group);
        /* The application can only use what its own leader sent. */
        if (offered->builtin || !user_data->data)
                all->callbacks.joined(all->opaque, offered->index, leader, NULL, 0);
        else
                all->callbacks.joined(all->opaque, offered->index, leader, user_data->data,
                                      RD_KAFKAP_BYTES_LEN(user_data));
}

static int by_index(const void *one, const void *other) {
        const rd_kafka_assignor_t *a = one, *b = other;

        return (a->rkas_index > b->rkas_index) - (a->rkas_index < b->rkas_index);
}

/*
 * Makes a client offer the named assignors, in this order, and no other. `custom` says for each whether the application
 * computes its assignments; such a one may have the same name as one of librdkafka's. Of two with one name the first
 * counts. Only between rd_kafka_new and rd_kafka_subscribe. NULL when a name is not known, when eager and cooperative
 * ones are mixed, or there is no memory.
 */
offered_assignors_t *kafka_node_assignors_offer(rd_kafka_t *rk, const char *const *names, const int *custom, size_t cnt,
                                                const callbacks_t *callbacks, void *opaque) {
        rd_list_t *known = &rk->rk_conf.partition_assignors;
        offered_assignors_t *all;
        rd_kafka_assignor_t *rkas;
        rd_kafka_rebalance_protocol_t protocol = RD_KAFKA_REBALANCE_PROTOCOL_EAGER;
        size_t i;
        int j;

        for (i = 0; i < cnt; i++) {
                rd_kafka_rebalance_protocol_t its = RD_KAFKA_REBALANCE_PROTOCOL_EAGER;

                if (!custom[i]) {
                        rkas = rd_kafka_assignor_find(rk, names[i]);
                        if (!rkas)
                                return NULL;
                        its = rkas->rkas_protocol;
                }
                /* librdkafka would only look at the first one. */
                if (i > 0 && its != protocol)
                        return NULL;
                protocol = its;
        }
        all = calloc(1, sizeof(*all) + cnt * sizeof(*all->list));
        if (!all)
                return NULL;
        all->callbacks = *callbacks;
        all->opaque    = opaque;
        all->led       = -1;

        RD_LIST_FOREACH(rkas, known, j) {
                rkas->rkas_enabled = 0;
                rkas->rkas_index   = INT_MAX;
        }
        rk->rk_conf.enabled_assignor_cnt = 0;

        for (i = 0; i < cnt; i++) {
                offered_assignor_t *offered = &all->list[i];

                rkas = rd_kafka_assignor_find(rk, names[i]);
                if (!rkas) {
                        /* It refuses nothing but unknown kinds of protocol. */
                        rd_kafka_assignor_add(rk, "consumer", names[i], RD_KAFKA_REBALANCE_PROTOCOL_EAGER, assign_custom,
                                              metadata_custom, on_assignment, NULL, NULL, offered);
                        rkas = rd_kafka_assignor_find(rk, names[i]);
                } else if (rkas->rkas_enabled) {
                        continue;
                }
                offered->all                   = all;
                offered->index                 = i;
                offered->builtin               = custom[i] ? NULL : rkas->rkas_assign_cb;
                offered->builtin_on_assignment = custom[i] ? NULL : rkas->rkas_on_assignment_cb;
                rkas->rkas_assign_cb           = custom[i] ? assign_custom : assign_builtin;
                rkas->rkas_on_assignment_cb    = on_assignment;
                rkas->rkas_opaque              = offered;
                rkas->rkas_enabled             = 1;
                rkas->rkas_index               = (int)i;
                if (custom[i]) {
                        /* Even if it has the name of one of librdkafka's. */
                        rkas->rkas_protocol         = RD_KAFKA_REBALANCE_PROTOCOL_EAGER;
                        rkas->rkas_get_metadata_cb  = metadata_custom;
                        rkas->rkas_destroy_state_cb = NULL;
                }
                rk->rk_conf.enabled_assignor_cnt++;
        }
        rd_list_sort(known, by_index);
        /* It is searched by name, which is not its order. */
        known->rl_flags &= ~RD_LIST_F_SORTED;
        return all;
}

/* After rd_kafka_destroy of their client. */
void kafka_node_assignors_free(offered_assignors_t *all) {
        forget_members(all);
        free(all);
}

offered_assignors_t *kafka_node_assignors_of(rd_kafka_t *rk) {
        rd_kafka_assignor_t *rkas;
        int i;

        RD_LIST_FOREACH(rkas, &rk->rk_conf.partition_assignors, i) {
                if (rkas->rkas_on_assignment_cb == on_assignment)
                        return ((const offered_assignor_t *)rkas->rkas_opaque)->all;
        }
        return NULL;
}

rd_bool_t kafka_node_is_custom(const rd_kafka_assignor_t *rkas) {
        return rkas->rkas_assign_cb == assign_custom;
}

void kafka_node_generation_begins(offered_assignors_t *all) {
        forget_members(all);
        all->led = -1;
}

void kafka_node_members_add(offered_assignors_t *all, const rd_kafkap_str_t *id, const rd_kafkap_bytes_t *metadata) {
        size_t cnt             = all->metadata_cnt;
        member_metadata_t *more = realloc(all->metadata, (cnt + 1) * sizeof(*more));

        if (!more)
                return;
        more[cnt].id      = rd_kafkap_str_copy(id);
        more[cnt].bytes   = rd_kafkap_bytes_copy(metadata);
        all->metadata     = more;
        all->metadata_cnt = cnt + 1;
}

/* ---- what the application sees of a run ---- */

rd_kafkap_bytes_t *kafka_node_bytes(const void *data, size_t size) {
        return rd_kafkap_bytes_new(data, (int32_t)size);
}

int32_t kafka_node_run_generation(const run_t *run) {
        return run->generation;
}

const char *kafka_node_run_me(const run_t *run) {
        return run->member_id;
}

size_t kafka_node_run_member_cnt(const run_t *run) {
        return run->member_cnt;
}

const char *kafka_node_run_member_id(const run_t *run, size_t member, size_t *size) {
        const rd_kafkap_str_t *id = run->members[member].rkgm_member_id;

        *size = RD_KAFKAP_STR_LEN(id);
        return id->str;
}

/* NULL if it is unknown. */
const void *kafka_node_run_member_metadata(const run_t *run, size_t member, size_t *size) {
        const offered_assignors_t *all = run->all;
        size_t i;

        for (i = 0; i < all->metadata_cnt; i++) {
                /* The members come in the same order, so as a rule the search ends where it starts. */
                const member_metadata_t *candidate = &all->metadata[(member + i) % all->metadata_cnt];

                if (rd_kafkap_str_cmp(candidate->id, run->members[member].rkgm_member_id))
                        continue;
                *size = RD_KAFKAP_BYTES_LEN(candidate->bytes);
                return candidate->bytes->data;
        }
        return NULL;
}

size_t kafka_node_run_topic_cnt(const run_t *run) {
        return run->topic_cnt;
}

/* `partition_cnt` is 0 for a topic that does not exist. */
const char *kafka_node_run_topic(const run_t *run, size_t topic, size_t *partition_cnt) {
        const rd_kafka_metadata_topic_t *metadata = run->topics[topic]->metadata;

        *partition_cnt = metadata->err || metadata->partition_cnt < 0 ? 0 : (size_t)metadata->partition_cnt;
        return metadata->topic;
}

int32_t kafka_node_run_partition(const run_t *run, size_t topic, size_t index) {
        return run->topics[topic]->metadata->partitions[index].id;
}

void kafka_node_run_assign(run_t *run, size_t member, const char *topic, int32_t partition) {
        rd_kafka_topic_partition_list_add(run->members[member].rkgm_assignment, topic, partition);
}

void kafka_node_run_user_data(run_t *run, size_t member, const void *data, size_t size) {
        rd_kafka_group_member_t *to = &run->members[member];

        if (to->rkgm_userdata)
                rd_kafkap_bytes_destroy(to->rkgm_userdata);
        to->rkgm_userdata = rd_kafkap_bytes_new(data, (int32_t)size);
}

void kafka_node_run_fail(run_t *run, const char *reason) {
        rd_snprintf(run->errstr, run->errstr_size, "%s", reason);
}
