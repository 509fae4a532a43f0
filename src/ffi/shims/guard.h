/*
 * The first include of every file here: librdkafka's internals, of the one version that these files were written for.
 */
#ifndef KAFKA_NODE_GUARD_H
#define KAFKA_NODE_GUARD_H

#include "rdkafka_int.h"

#if RD_KAFKA_VERSION != 0x020c01ff
#error "These files use internals of librdkafka 2.12.1. Before another version: docs/upgrading-librdkafka.md"
#endif

#endif
