/* SPDX-License-Identifier: MIT */
/* bip340.csv: the vectors of BIP-340, for verification and for public keys. Signing uses
 * fresh randomness, so what we sign is verified in place of compared. */
#include "config.h"

#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/proto/nsign.h"
#include "lib/proto/schnorr.h"
#include "tests/vectors/vec.h"

enum {
	COL_INDEX,
	COL_SECRET,
	COL_PUBKEY,
	COL_AUX,
	COL_MESSAGE,
	COL_SIG,
	COL_RESULT,
	COLUMNS
};

static const char *const names[COLUMNS] = {"index",   "secret", "pubkey", "aux",
					   "message", "sig",    "result"};

static void check_signing(const json_t *v, const struct id32 *pub, const uint8_t *msg)
{
	struct nsign_key auto_key key = {{0}};
	struct id32 got;
	uint8_t sig[64];

	vec_bytes(key.b, sizeof(key.b), v, "secret");
	assert_int_equal(nsign_pubkey(&got, &key, NULL), LERR_OK);
	assert_memory_equal(got.b, pub->b, sizeof(got.b));
	nsign_sign(sig, &key, (const struct id32 *)(const void *)msg);
	assert_true(schnorr_verify(pub, sig, msg, 32));
}

static void row(const json_t *v)
{
	struct id32 pub;
	uint8_t sig[64];
	uint8_t msg[256];
	size_t len = vec_str(v, "message").n / 2;

	vec_bytes(pub.b, sizeof(pub.b), v, "pubkey");
	vec_bytes(sig, sizeof(sig), v, "sig");
	assert_true(len <= sizeof(msg));
	vec_bytes(msg, len, v, "message");
	assert_int_equal(schnorr_verify(&pub, sig, msg, len),
			 str_eq_c(vec_str(v, "result"), "TRUE"));
	if (vec_str(v, "secret").n && len == 32)
		check_signing(v, &pub, msg);
}

/* Lower case, for our decoder; the verdicts stay as they are. */
static json_t *column(struct str text, size_t i)
{
	char *copy = str_dup(text);
	json_t *v;

	for (size_t k = 0; i != COL_RESULT && k < text.n; k++)
		if (copy[k] >= 'A' && copy[k] <= 'F')
			copy[k] = (char)(copy[k] - 'A' + 'a');
	v = json_string(copy);
	mem_free(copy);
	return v;
}

static json_t *parse_row(struct str line)
{
	json_t *v = json_object();
	struct str word;

	for (size_t i = 0; i < COLUMNS && str_next(&line, ',', &word); i++)
		(void)json_object_set_new(v, names[i], column(word, i));
	(void)json_object_set_new(v, "name", json_stringn(line.n ? line.p : "", line.n));
	return v;
}

int main(void)
{
	struct buf text = BUF_INIT(100000);
	json_t *rows = json_array();
	struct str rest;
	struct str line;
	int rc;

	vec_read(&text, "bip340.csv");
	rest = buf_str(&text);
	(void)str_next(&rest, '\n', &line);
	while (str_next(&rest, '\n', &line))
		if (str_trim(line).n)
			(void)json_array_append_new(rows, parse_row(str_trim(line)));
	buf_free(&text);
	vec_add_all("row", rows, row);
	rc = vec_run(19);
	json_decref(rows);
	return rc;
}
