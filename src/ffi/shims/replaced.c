/* How often librdkafka has called the functions that stand in for its own. */
#include "replaced.h"

static uint64_t calls[REPLACED_CNT];

void kafka_node_count_call(replaced_t function) {
        __atomic_fetch_add(&calls[function], 1, __ATOMIC_RELAXED);
}

uint64_t kafka_node_replaced_calls(int function) {
        return __atomic_load_n(&calls[function], __ATOMIC_RELAXED);
}
