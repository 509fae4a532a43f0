/*
 * What librdkafka's mock cluster lacks as a broker on a developer's machine: a port of one's choice, room for more than
 * 5 MiB per partition, and topics that clients can create.
 *
 * The public mock API offers none of this, so this file uses librdkafka's internal headers. It is compiled with the
 * very headers and configuration that librdkafka is compiled with (see build.rs), so the structures cannot differ.
 *
 * Everything that runs after the first client connects runs on the mock cluster's own thread.
 */
#include "guard.h"
#include "rdkafka_mock_int.h"

#include <ctype.h>

/* A partition's retention is given in bytes; batches are limited too, and this makes bytes the effective limit. */
#define PARTITION_MAX_BATCHES 1000000

#define TOPIC_NAME_MAX 249

/* First member of what the host handle's opaque points to; the twin of `HostState` in src/ffi/mock.rs. */
struct host_state {
  size_t retention_bytes;
};

/* A metadata request may also create topics, so a topic's limits are set when records come, not when it is created. */
static void apply_retention(rd_kafka_mock_cluster_t *cluster) {
  const struct host_state *state = rd_kafka_opaque(cluster->rk);
  rd_kafka_mock_topic_t *topic;

  TAILQ_FOREACH(topic, &cluster->topics, link) {
    if (topic->partition_cnt > 0 && topic->partitions[0].max_cnt == PARTITION_MAX_BATCHES)
      continue;
    for (int i = 0; i < topic->partition_cnt; i++) {
      topic->partitions[i].max_size = state->retention_bytes;
      topic->partitions[i].max_cnt = PARTITION_MAX_BATCHES;
    }
  }
}

static int handle_produce(rd_kafka_mock_connection_t *connection, rd_kafka_buf_t *request) {
  apply_retention(connection->broker->cluster);
  return rd_kafka_mock_api_handlers[RD_KAFKAP_Produce].cb(connection, request);
}

/* Once every member has asked to join, the group continues after this time; Kafka's does at once. The mock always waits
 * for a whole session: 29 s at kafka-node's default, after each member that leaves, joins or disappears. */
#define REJOIN_DELAY_MS 100

static rd_bool_t have_all_asked_to_join(const rd_kafka_mock_cgrp_classic_t *group) {
  const rd_kafka_mock_cgrp_classic_member_t *member;

  TAILQ_FOREACH(member, &group->members, link) {
    if (!member->resp)
      return rd_false;
  }
  return rd_true;
}

static void forget_empty_groups_rebalance(rd_kafka_mock_cluster_t *cluster) {
  rd_kafka_mock_cgrp_classic_t *group;

  TAILQ_FOREACH(group, &cluster->cgrps_classic, link) {
    if (group->member_cnt > 0 || group->state != RD_KAFKA_MOCK_CGRP_STATE_JOINING)
      continue;
    rd_kafka_timer_stop(&cluster->timers, &group->rebalance_tmr, rd_true);
    group->state = RD_KAFKA_MOCK_CGRP_STATE_EMPTY;
  }
}

/* Only ever shortens the wait, and only once: a timer that is due earlier stays. */
static void hasten_rebalances(rd_kafka_mock_cluster_t *cluster) {
  rd_kafka_mock_cgrp_classic_t *group;

  TAILQ_FOREACH(group, &cluster->cgrps_classic, link) {
    rd_kafka_timer_t *timer = &group->rebalance_tmr;

    if (group->member_cnt == 0 || group->state != RD_KAFKA_MOCK_CGRP_STATE_JOINING || !have_all_asked_to_join(group))
      continue;
    if (rd_kafka_timer_next(&cluster->timers, timer, 1) > REJOIN_DELAY_MS * 1000)
      rd_kafka_timer_start_oneshot(
          &cluster->timers, timer, rd_true, REJOIN_DELAY_MS * 1000, timer->rtmr_callback, timer->rtmr_arg);
  }
}

static int handle_join_group(rd_kafka_mock_connection_t *connection, rd_kafka_buf_t *request) {
  rd_kafka_mock_cluster_t *cluster = connection->broker->cluster;
  int result;

  forget_empty_groups_rebalance(cluster);
  result = rd_kafka_mock_api_handlers[RD_KAFKAP_JoinGroup].cb(connection, request);
  hasten_rebalances(cluster);
  return result;
}

static int handle_leave_group(rd_kafka_mock_connection_t *connection, rd_kafka_buf_t *request) {
  rd_kafka_mock_cluster_t *cluster = connection->broker->cluster;
  int result = rd_kafka_mock_api_handlers[RD_KAFKAP_LeaveGroup].cb(connection, request);

  hasten_rebalances(cluster);
  return result;
}

static rd_bool_t is_legal_topic_name(const char *name) {
  size_t length = strlen(name);

  if (length == 0 || length > TOPIC_NAME_MAX || !strcmp(name, ".") || !strcmp(name, ".."))
    return rd_false;
  for (size_t i = 0; i < length; i++) {
    if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
      return rd_false;
  }
  return rd_true;
}

struct new_topic {
  char *name;
  int32_t partition_cnt;
  int16_t replication_factor;
  rd_bool_t has_assignment;
};

static void free_new_topics(struct new_topic *topics, int32_t topic_cnt) {
  for (int32_t i = 0; i < topic_cnt; i++)
    rd_free(topics[i].name);
  rd_free(topics);
}

static rd_kafka_resp_err_t
create_topic(rd_kafka_mock_cluster_t *cluster, const struct new_topic *topic, rd_bool_t validate_only) {
  rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;

  if (!is_legal_topic_name(topic->name))
    return RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
  if (rd_kafka_mock_topic_find(cluster, topic->name))
    return RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
  if (!topic->has_assignment) {
    if (topic->partition_cnt != -1 && topic->partition_cnt <= 0)
      return RD_KAFKA_RESP_ERR_INVALID_PARTITIONS;
    if (topic->partition_cnt > RD_KAFKAP_PARTITIONS_MAX)
      return RD_KAFKA_RESP_ERR_INVALID_PARTITIONS;
    if (topic->replication_factor != -1 &&
        (topic->replication_factor <= 0 || topic->replication_factor > cluster->broker_cnt))
      return RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR;
  }
  if (!validate_only)
    rd_kafka_mock_topic_auto_create(cluster, topic->name, topic->partition_cnt, &err);
  return err;
}

/* CreateTopics, versions 0 to 4. Only the end of the request says whether it is to be validated or carried out, so
 * it is read completely before any topic is created. */
static int handle_create_topics(rd_kafka_mock_connection_t *connection, rd_kafka_buf_t *request) {
  const rd_bool_t log_decode_errors = rd_true;
  rd_kafka_mock_cluster_t *cluster = connection->broker->cluster;
  rd_kafka_buf_t *response = rd_kafka_mock_buf_new_response(request);
  rd_kafka_resp_err_t injected = rd_kafka_mock_next_request_error(connection, response);
  int16_t version = request->rkbuf_reqhdr.ApiVersion;
  struct new_topic *topics = NULL;
  int32_t topic_cnt = 0, read_cnt = 0, timeout_ms;
  rd_bool_t validate_only = rd_false;

  rd_kafka_buf_read_arraycnt(request, &topic_cnt, RD_KAFKAP_TOPICS_MAX);
  topics = rd_calloc(RD_MAX(topic_cnt, 1), sizeof(*topics));

  for (; read_cnt < topic_cnt; read_cnt++) {
    struct new_topic *topic = &topics[read_cnt];
    rd_kafkap_str_t name, key, value;
    int32_t assignment_cnt, config_cnt;

    rd_kafka_buf_read_str(request, &name);
    rd_kafka_buf_read_i32(request, &topic->partition_cnt);
    rd_kafka_buf_read_i16(request, &topic->replication_factor);

    rd_kafka_buf_read_arraycnt(request, &assignment_cnt, RD_KAFKAP_PARTITIONS_MAX);
    for (int32_t i = 0; i < assignment_cnt; i++) {
      int32_t partition, replica_cnt, replica;

      rd_kafka_buf_read_i32(request, &partition);
      rd_kafka_buf_read_arraycnt(request, &replica_cnt, RD_KAFKAP_BROKERS_MAX);
      while (replica_cnt-- > 0)
        rd_kafka_buf_read_i32(request, &replica);
    }
    if (assignment_cnt > 0) {
      topic->partition_cnt = assignment_cnt;
      topic->has_assignment = rd_true;
    }

    rd_kafka_buf_read_arraycnt(request, &config_cnt, RD_KAFKAP_CONFIGS_MAX);
    while (config_cnt-- > 0) {
      rd_kafka_buf_read_str(request, &key);
      rd_kafka_buf_read_str(request, &value);
    }
    topic->name = name.str ? RD_KAFKAP_STR_DUP(&name) : rd_strdup("");
  }
  rd_kafka_buf_read_i32(request, &timeout_ms);
  if (version >= 1)
    rd_kafka_buf_read_bool(request, &validate_only);

  if (version >= 2)
    rd_kafka_buf_write_i32(response, 0); /* throttle time */
  rd_kafka_buf_write_i32(response, topic_cnt);
  for (int32_t i = 0; i < topic_cnt; i++) {
    rd_kafka_resp_err_t err = injected ? injected : create_topic(cluster, &topics[i], validate_only);

    rd_kafka_buf_write_str(response, topics[i].name, -1);
    rd_kafka_buf_write_i16(response, (int16_t)err);
    if (version >= 1)
      rd_kafka_buf_write_str(response, err ? rd_kafka_err2str(err) : NULL, -1);
  }

  free_new_topics(topics, read_cnt);
  rd_kafka_mock_connection_send_response(connection, response);
  return 0;

err_parse:
  if (topics)
    free_new_topics(topics, read_cnt);
  rd_kafka_buf_destroy(response);
  return -1;
}

/* Turns a fresh one-broker cluster into the development broker and returns the port it listens on, or -1.
 * `port` 0 keeps the free port that the cluster chose; any other must be free, or librdkafka aborts the process.
 * The cluster's thread is idle until a client connects, and the two commands below pass through its queue, so it sees
 * what is written here before them. */
int kafka_node_dev_broker_prepare(rd_kafka_mock_cluster_t *cluster, int32_t broker_id, uint16_t port) {
  struct rd_kafka_mock_api_handler *handlers = cluster->api_handlers;
  rd_kafka_mock_broker_t *broker;

  TAILQ_FOREACH(broker, &cluster->brokers, link) {
    if (broker->id == broker_id)
      break;
  }
  if (!broker)
    return -1;

  mtx_lock(&cluster->lock);
  handlers[RD_KAFKAP_Produce].cb = handle_produce;
  handlers[RD_KAFKAP_JoinGroup].cb = handle_join_group;
  handlers[RD_KAFKAP_LeaveGroup].cb = handle_leave_group;
  handlers[RD_KAFKAP_CreateTopics] = (struct rd_kafka_mock_api_handler) {
      .MinVersion = 0, .MaxVersion = 4, .FlexVersion = -1, .cb = handle_create_topics};
  cluster->controller_id = broker_id;
  cluster->defaults.partition_cnt = 1;
  mtx_unlock(&cluster->lock);

  if (port == 0)
    return broker->port;

  broker->sin.sin_port = htons(port);
  rd_kafka_mock_broker_set_host_port(cluster, broker_id, "127.0.0.1", port);
  if (rd_kafka_mock_broker_set_down(cluster, broker_id) || rd_kafka_mock_broker_set_up(cluster, broker_id))
    return -1;
  return port;
}

/* The two calls below take plain integers: a caller may inject a code that librdkafka's enum has no name for. */
void kafka_node_dev_broker_set_topic_error(rd_kafka_mock_cluster_t *cluster, const char *topic, int16_t code) {
  rd_kafka_mock_topic_set_error(cluster, topic, (rd_kafka_resp_err_t)code);
}

void kafka_node_dev_broker_push_errors(
    rd_kafka_mock_cluster_t *cluster, int16_t api_key, const int16_t *codes, size_t code_cnt) {
  rd_kafka_resp_err_t *errors = rd_calloc(RD_MAX(code_cnt, 1), sizeof(*errors));

  for (size_t i = 0; i < code_cnt; i++)
    errors[i] = (rd_kafka_resp_err_t)codes[i];
  rd_kafka_mock_push_request_errors_array(cluster, api_key, code_cnt, errors);
  rd_free(errors);
}
