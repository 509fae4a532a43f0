#ifndef KAFKA_NODE_JOIN_SOON_H
#define KAFKA_NODE_JOIN_SOON_H

#include "guard.h"

/* To be called on the client's main thread after librdkafka has dealt with a refused JoinGroup request. */
void kafka_node_fast_rejoin(rd_kafka_t *rk, int16_t error);

#endif
