/*
 * librdkafka's rdkafka_conf.c, which this file is compiled in place of, with a way to its table of properties. The public
 * API can only print that table.
 */
#include "rdkafka_conf.c"

typedef struct {
        const char *name;
        const char *alias_of; /* the property that this is an alias of, or NULL */
        char scope;           /* 'P' for producers only, 'C' for consumers only, '*' for both */
} kafka_node_property_t;

/* Fills in the first property from place `from` on; returns the next place, or 0 at the end of the table. */
size_t kafka_node_property(size_t from, kafka_node_property_t *property) {
        size_t i;

        for (i = from; rd_kafka_properties[i].name; i++) {
                const struct rd_kafka_property *found = &rd_kafka_properties[i];
                int producers, consumers;

                if (found->scope & _RK_HIDDEN || found->type == _RK_C_INVALID)
                        continue;
                property->name     = found->name;
                property->alias_of = found->type == _RK_C_ALIAS ? found->sdef : NULL;
                if (property->alias_of)
                        found = rd_kafka_conf_prop_find(found->scope, found->sdef);
                producers       = found->scope & _RK_PRODUCER;
                consumers       = found->scope & _RK_CONSUMER;
                property->scope = !producers == !consumers ? '*' : producers ? 'P' : 'C';
                return i + 1;
        }
        return 0;
}
