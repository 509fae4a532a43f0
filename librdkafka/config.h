/*
 * What librdkafka is built with, for every platform.
 *
 * librdkafka's own build writes such a file from what it finds on the machine. This one is written by hand, so that all
 * platforms have the same features, and so that the addon's own C files, which share librdkafka's internal structures,
 * cannot see another one. It is the first thing that the compiler reads of each file (build.rs); "../config.h" is found
 * here too.
 */
#ifndef KAFKA_NODE_CONFIG_H
#define KAFKA_NODE_CONFIG_H

/*
 * librdkafka's assertions stay, on every platform: without them it goes on with what it knows to be wrong. zig's compiler
 * defines this with every optimised build, gcc and clang never.
 */
#undef NDEBUG

#define WITH_SSL              1
#define WITH_ZLIB             1
#define WITH_ZSTD             1
#define WITH_SNAPPY           1
#define WITH_SASL_SCRAM       1
#define WITH_SASL_OAUTHBEARER 1
#define WITH_HDRHISTOGRAM     1
#define WITH_PLUGINS          1
#define ENABLE_DEVEL          0

/* Only shown in a debug log line of each client. */
#define BUILT_WITH "PLUGINS ZLIB SSL ZSTD HDRHISTOGRAM SNAPPY SASL_SCRAM SASL_OAUTHBEARER"

#define OPENSSL_SUPPRESS_DEPRECATED "OPENSSL_SUPPRESS_DEPRECATED"

/* gcc's and clang's, on every platform. */
#define HAVE_ATOMICS_32               1
#define HAVE_ATOMICS_32_ATOMIC        1
#define HAVE_ATOMICS_64               1
#define HAVE_ATOMICS_64_ATOMIC        1
#define ATOMIC_OP32(OP1, OP2, P, VAL) __atomic_##OP1##_##OP2(P, VAL, __ATOMIC_SEQ_CST)
#define ATOMIC_OP64(OP1, OP2, P, VAL) __atomic_##OP1##_##OP2(P, VAL, __ATOMIC_SEQ_CST)
#define ATOMIC_OP(OP1, OP2, P, VAL)   __atomic_##OP1##_##OP2(P, VAL, __ATOMIC_SEQ_CST)

/* C11's <threads.h> came with glibc 2.28 and is missing on macOS: librdkafka's own is used everywhere. */
#define WITH_C11THREADS 0

#if defined(__x86_64__)
#define WITH_CRC32C_HW 1
#endif

#if defined(_WIN32)

/* This file stands in for win32_config.h. */
#define _RD_WIN32_CONFIG_H_
#define SOLIB_EXT    ".dll"
#define WINVER       0x0603
#define _WIN32_WINNT 0x0603
#define UNICODE
#define LIBRDKAFKA_STATICLIB
/* Else cJSON exports all that it has. */
#define CJSON_HIDE_SYMBOLS
/* Declared before the name is taken over: windows.c. */
#include <string.h>
int kafka_node_strerror_s(char *dst, size_t size, int code);
#define strerror_s kafka_node_strerror_s

#else

#define WITH_LIBDL       1
#define WITH_SYSLOG      1
#define HAVE_REGEX       1
#define HAVE_RAND_R      1
#define HAVE_STRNDUP     1
#define HAVE_STRERROR_R  1
#define HAVE_STRCASESTR  1
#define HAVE_GETRUSAGE   1

#if defined(__APPLE__)
#define SOLIB_EXT                   ".dylib"
#define HAVE_STRLCPY                1
#define HAVE_PTHREAD_SETNAME_DARWIN 1
#else
#define SOLIB_EXT                ".so"
#define HAVE_PTHREAD_SETNAME_GNU 1
#endif

#endif

#endif
