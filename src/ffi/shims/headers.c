/*
 * A record's headers, with names of any bytes. librdkafka keeps a name as it came, but only returns it as a C string,
 * which ends at the first NUL.
 */
#include "guard.h"
#include "rdkafka_header.h"

typedef struct kafka_node_header_s {
        const void *name;
        /* NULL is a null value */
        const void *value;
        size_t name_size;
        size_t value_size;
} kafka_node_header_t;

/* 0 when there is no header with this index. What it returns is valid as long as the list. */
int kafka_node_header(const rd_kafka_headers_t *list, size_t index, kafka_node_header_t *header) {
        const rd_kafka_header_t *found;

        if (index >= (size_t)rd_list_cnt(&list->rkhdrs_list))
                return 0;
        found              = rd_list_elem(&list->rkhdrs_list, (int)index);
        header->name       = found->rkhdr_name;
        header->name_size  = found->rkhdr_name_size;
        header->value      = found->rkhdr_value;
        header->value_size = found->rkhdr_value_size;
        return 1;
}
