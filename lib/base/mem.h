/* SPDX-License-Identifier: MIT */
/*
 * Heap memory. Out of memory aborts: every size that a stranger can choose is checked
 * against a cap before it gets here. The only file that calls malloc.
 */
#ifndef LOOM_LIB_BASE_MEM_H
#define LOOM_LIB_BASE_MEM_H

#include <stddef.h>

/* n zeroed bytes; n may be 0. Never NULL. */
void *mem_zalloc(size_t n) __attribute__((malloc, returns_nonnull));
/* count elements of size bytes, zeroed; an overflow panics. Never NULL. */
void *mem_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
/* Grow or shrink to count elements; new bytes are not zeroed. Never NULL. */
void *mem_resize(void *p, size_t count, size_t size) __attribute__((returns_nonnull));
/* A copy of n bytes with a NUL behind it. */
void *mem_copy(const void *p, size_t n) __attribute__((malloc, returns_nonnull));
/* A copy of a C string; NULL stays NULL. */
char *mem_strdup(const char *s);
void mem_free(void *p);
/* Overwrite a secret; the compiler cannot drop it. */
void mem_wipe(void *p, size_t n);

/* For auto_free below. */
void mem_free_ptr(void *pp);

/* char *auto_free name = ...: freed when it leaves scope. */
#define auto_free __attribute__((cleanup(mem_free_ptr)))

/* Hand a pointer out of an auto_ variable: the variable becomes NULL. */
#define MEM_STEAL(p) mem_steal_ptr(&(p))
void *mem_steal_ptr(void *pp);

#endif
