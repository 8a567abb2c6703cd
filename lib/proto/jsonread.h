/* SPDX-License-Identifier: MIT */
/*
 * The reader behind jsonx_load(). jansson is the tree, not the parser: its own parser
 * asks for one byte at a time and costs as much as the Schnorr check of the event that
 * it reads. This one walks the text once, keeps its place in a stack of CAP_JSON_DEPTH
 * containers in place of recursion, and hands to jansson only numbers that are no plain
 * integers.
 */
#ifndef LOOM_LIB_PROTO_JSONREAD_H
#define LOOM_LIB_PROTO_JSONREAD_H

#include "lib/proto/jsonx.h"

/* As jsonx_load(), without its limit on bytes. */
MUST_USE enum lerr_code jsonread_text(struct json_t **out, struct str text,
				      enum jsonx_numbers numbers, struct lerr *err);

#endif
