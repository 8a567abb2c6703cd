/* SPDX-License-Identifier: MIT */
/* The inside of struct ntags, between ntags.c and nevent.c; users include nevent.h. */
#ifndef LOOM_LIB_PROTO_NTAGS_H
#define LOOM_LIB_PROTO_NTAGS_H

#include "lib/base/buf.h"

#include <stddef.h>

struct ntags {
	struct buf text;   /* all values, one behind the other */
	size_t *value_len; /* of each value */
	size_t nvalues;
	size_t *tag_len; /* values of each tag */
	size_t ntags;
};

#endif
