/* SPDX-License-Identifier: MIT */
/* Compiler attributes that the code base uses, under short names. */
#ifndef LOOM_LIB_BASE_ATTR_H
#define LOOM_LIB_BASE_ATTR_H

#define MUST_USE __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED __attribute__((unused))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
