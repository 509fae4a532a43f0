/* What `assignor.c` and `join_group.c` share. */
#ifndef KAFKA_NODE_ASSIGNOR_H
#define KAFKA_NODE_ASSIGNOR_H

#include "guard.h"
#include "rdkafka_assignor.h"

/* The strategies of one client, or NULL when it keeps librdkafka's own. For librdkafka's main thread. */
typedef struct strategies_s strategies_t;
strategies_t *kafka_node_strategies_of(rd_kafka_t *rk);

/* True when the application computes the assignments of this strategy. */
rd_bool_t kafka_node_is_own(const rd_kafka_assignor_t *rkas);

/* A new generation begins: nothing is known of it. */
void kafka_node_generation_begins(strategies_t *all);

/* Keeps a member's metadata as it came, for the assignment that this client is about to compute. */
void kafka_node_members_add(strategies_t *all, const rd_kafkap_str_t *id, const rd_kafkap_bytes_t *metadata);

#endif
