/*
 * Fetching goes on at once when partitions are resumed.
 *
 * librdkafka tells its main thread that a partition is resumed. The thread of the partition's broker finds out when
 * something else wakes it, which can take a second when all of that broker's partitions were paused. It pauses all of them
 * by itself while it asks what to do about a rebalance, so a cooperative member's retained partitions stood still that long.
 */
#include "guard.h"
#include "rdkafka_broker.h"

void kafka_node_wake_brokers(rd_kafka_t *rk) {
        rd_kafka_all_brokers_wakeup(rk, RD_KAFKA_BROKER_STATE_UP, "partitions resumed");
}
