/* What `assignor.c` and `join_group.c` share. */
#ifndef KAFKA_NODE_ASSIGNOR_H
#define KAFKA_NODE_ASSIGNOR_H

#include "guard.h"
#include "rdkafka_assignor.h"

/* The assignors of one client, or NULL when it keeps librdkafka's own. For librdkafka's main thread. */
typedef struct offered_assignors_s offered_assignors_t;
offered_assignors_t *kafka_node_assignors_of(rd_kafka_t *rk);

/* True when the application computes the assignments of this assignor. */
rd_bool_t kafka_node_is_custom(const rd_kafka_assignor_t *rkas);

/* A new generation begins: nothing is known about it yet. */
void kafka_node_generation_begins(offered_assignors_t *all);

/* Keeps a member's metadata as it came, for the assignment that this client is about to compute. */
void kafka_node_members_add(offered_assignors_t *all, const rd_kafkap_str_t *id, const rd_kafkap_bytes_t *metadata);

#endif
