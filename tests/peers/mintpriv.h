/* SPDX-License-Identifier: MIT */
/* What the files of the test mint share. Only they include it. */
#ifndef LOOM_TESTS_PEERS_MINTPRIV_H
#define LOOM_TESTS_PEERS_MINTPRIV_H

#include "tests/peers/mintcore.h"
#include "tests/peers/mintkeys.h"

#include "lib/store/db.h"

struct json_t;

struct mintcore {
	struct db *db;
	struct mintcore_options o;
	struct mintkeys keys;
	enum mintcore_twist twist;
	bool commit; /* the answer is a refusal, but what was done stays */
};

/* A refusal. Codes are those of the error registry of NUT-00, or our own. */
struct mintno {
	unsigned int status; /* 400, 404, 405, 422 */
	unsigned int code;
	char detail[160];
};
/* HTTP 400 with a code; always false, for "return mintcore_no(...)". */
bool mintcore_no(struct mintno *no, unsigned int code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* The request has not the shape that it must have: 422, as schema checkers say. */
bool mintcore_misshaped(struct mintno *no, const char *fmt, ...) PRINTF_LIKE(2, 3);

enum mintno_code {
	NO_PROOF = 10001,
	NO_SPENT = 11001,
	NO_PENDING = 11002,
	NO_SIGNED = 11003,         /* nutshell: also a secret that is too long */
	NO_OUTPUT_PENDING = 11004, /* nutshell: also a witness that is too long */
	NO_BALANCE = 11005,
	NO_AMOUNT = 11006,
	NO_INPUT_TWICE = 11007,
	NO_OUTPUT_TWICE = 11008,
	NO_SEVERAL = 11009,
	NO_AMOUNTLESS = 11011,
	NO_OTHER_AMOUNT = 11012,
	NO_UNIT = 11013,
	NO_MANY_INPUTS = 11014,
	NO_MANY_OUTPUTS = 11015,
	NO_KEYSET = 12001,
	NO_INACTIVE = 12002,
	NO_EXPIRED = 12003,
	NO_UNPAID = 20001,
	NO_ISSUED = 20002,
	NO_LIGHTNING = 20004,
	NO_QUOTE_PENDING = 20005,
	NO_PAID = 20006,
	NO_QUOTE_EXPIRED = 20007,
	NO_SIGNATURE = 20008, /* of a mint quote's key */
	NO_INSIDE = 50000,    /* cdk: whatever has no code of its own */
	/* which code stands for it depends on enum mintcore_like */
	NO_WITNESS = 100000,
	NO_OUTPUT_KEYSET,
};

/* One request on its way. */
struct mintcall {
	struct str tail;     /* of the path, behind what the route names */
	struct json_t *json; /* of a POST: an object */
	struct str body;     /* as it came */
};

#endif
