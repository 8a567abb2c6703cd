/* SPDX-License-Identifier: MIT */
/*
 * The line to the worker's engine (admin.sock), for the verbs of its operator: a question
 * is a message of lib/ipc/ipcadmin.h, the answer a JSON document. What cannot be done is
 * said, and turned into an exit status.
 */
#ifndef LOOM_CTL_TILL_H
#define LOOM_CTL_TILL_H

#include "ctl/args.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/ipc/ipcadmin.h"
#include "lib/proto/jsonx.h"

#include <stddef.h>
#include <stdint.h>

struct json_t;
struct till;

/* --config, for the tables of verbs. */
extern const struct args_option till_options[];

/* Find the socket by the configuration. Nothing is dialled yet. */
MUST_USE int till_open(struct till **out, const struct args *a, char *const *envp);
void till_close(struct till **t);
#define auto_till __attribute__((cleanup(till_close)))

/* Ask; *doc is a new reference (auto_json). wait_s: so long at most. */
MUST_USE int till_ask(struct till *t, struct json_t **doc, size_t type, const void *body,
		      unsigned int wait_s);
/* The same for a verb that asks one thing. */
MUST_USE int till_ask_once(struct json_t **doc, const struct args *a, char *const *envp,
			   size_t type, const void *body);

/* Print a document, or a member of one, as a record of that type. */
void till_record(const char *type, const struct json_t *obj);

/* Members of a document; "" and 0 when they are not there. */
struct str till_text(const struct json_t *obj, const char *key);
uint64_t till_number(const struct json_t *obj, const char *key);

#endif
