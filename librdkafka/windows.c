/*
 * What librdkafka says about a failed connection on Windows. It passes Winsock's codes to strerror_s, which knows errno's
 * only and answers "Unknown error"; config.h makes it call this instead. The texts are POSIX's, in every language of
 * Windows, since they are what the causes are known by.
 */
#undef strerror_s

#include <winsock2.h>
#include <windows.h>
#include <stdio.h>

static const struct {
        int code;
        const char *text;
} kafka_node_socket_errors[] = {
        {WSAECONNREFUSED, "Connection refused"},
        {WSAECONNRESET, "Connection reset by peer"},
        {WSAECONNABORTED, "Connection aborted"},
        {WSAEHOSTUNREACH, "No route to host"},
        {WSAENETUNREACH, "Network is unreachable"},
        {WSAETIMEDOUT, "Connection timed out"},
};

int kafka_node_strerror_s(char *dst, size_t size, int code) {
        size_t i;

        for (i = 0; i < sizeof(kafka_node_socket_errors) / sizeof(*kafka_node_socket_errors); i++) {
                if (kafka_node_socket_errors[i].code == code) {
                        snprintf(dst, size, "%s", kafka_node_socket_errors[i].text);
                        return 0;
                }
        }
        if (code >= WSABASEERR) {
                snprintf(dst, size, "Winsock error %d", code);
                return 0;
        }
        return strerror_s(dst, size, code);
}
