/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/mintreq.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/p2pk.h"
#include "tests/peers/mintsign.h"

#include <jansson.h>
#include <string.h>

void mintreq_free(struct mintreq *r)
{
	mem_free(r->in);
	mem_free(r->out);
	*r = (struct mintreq){.nin = 0};
}

/* An array of objects, or nothing at all when it may be absent. */
static bool get_list(const json_t **list, const json_t *request, const char *name,
		     bool may_lack, struct mintno *no)
{
	const json_t *v = json_object_get(request, name);

	*list = NULL;
	if (may_lack && (!v || json_is_null(v)))
		return true;
	if (!json_is_array(v))
		return mintcore_misshaped(no, "%s: want a list", name);
	for (size_t i = 0; i < json_array_size(v); i++)
		if (!json_is_object(json_array_get(v, i)))
			return mintcore_misshaped(no, "%s[%zu]: want an object", name, i);
	*list = v;
	return true;
}

static bool get_point(struct ecpoint *out, const json_t *v, const char *name,
		      struct mintno *no)
{
	struct str text;

	if (!jsonx_get_str(v, name, &text))
		return mintcore_misshaped(no, "%s: want a string", name);
	if (!ecpoint_parse(out, text))
		return mintcore_no(no, NO_PROOF, "%s is not a point", name);
	return true;
}

/* ---- inputs */

static bool read_witness(struct str *out, const json_t *v, struct mintno *no)
{
	const json_t *w = json_object_get(v, "witness");

	*out = (struct str){"", 0};
	if (!w || json_is_null(w))
		return true;
	if (!json_is_string(w))
		return mintcore_misshaped(no, "witness: want a string");
	*out = (struct str){json_string_value(w), json_string_length(w)};
	if (out->n > CAP_CASHU_WITNESS)
		return mintcore_no(no, NO_OUTPUT_PENDING, "witness too long");
	return true;
}

static bool check_proof(struct mintreq_input *in, struct str id, const struct mintcore *m,
			struct mintno *no)
{
	size_t place;

	in->set = mintkeys_find(m, id);
	if (!in->set)
		return mintcore_no(no, NO_KEYSET, "keyset is not known");
	if (mintkeys_is_expired(in->set))
		return mintcore_no(no, NO_EXPIRED, "keyset has expired");
	place = mintkeys_place(in->set, in->amount);
	if (place == SIZE_MAX)
		return mintcore_no(no, NO_AMOUNT, "the keyset has no key for %llu",
				   (unsigned long long)in->amount);
	if (!mintsign_is_ours(&in->y, &in->set->secret[place], in->secret, &in->c))
		return mintcore_no(no, NO_PROOF, "proof could not be verified");
	return true;
}

static bool read_input(struct mintreq_input *in, const struct mintcore *m,
		       const json_t *v, struct mintno *no)
{
	struct str id;

	if (!jsonx_get_u64(v, "amount", &in->amount) || !jsonx_get_str(v, "id", &id) ||
	    !jsonx_get_str(v, "secret", &in->secret))
		return mintcore_misshaped(no, "inputs: want amount, id, secret, C");
	if (in->secret.n == 0 || str_has_nul(in->secret))
		return mintcore_misshaped(no, "secret: empty, or with a NUL");
	if (in->secret.n > CAP_CASHU_SECRET)
		return mintcore_no(no, NO_SIGNED, "secret too long");
	return read_witness(&in->witness, v, no) && get_point(&in->c, v, "C", no) &&
	       check_proof(in, id, m, no);
}

static int compare_points(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ecpoint));
}

/* Is one of the n points, every step bytes from p, there twice? */
static bool has_twice(const void *p, size_t step, size_t n)
{
	auto_free struct ecpoint *v = mem_array(n, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		memcpy(&v[i], (const char *)p + i * step, sizeof(v[i]));
	qsort(v, n, sizeof(*v), compare_points);
	for (size_t i = 1; i < n; i++)
		if (ecpoint_eq(&v[i - 1], &v[i]))
			return true;
	return false;
}

bool mintreq_read_inputs(struct mintreq *r, const struct mintcore *m,
			 const struct json_t *request, struct mintno *no)
{
	const json_t *list;
	uint64_t ppk = 0;

	if (!get_list(&list, request, "inputs", false, no))
		return false;
	r->nin = json_array_size(list);
	if (r->nin == 0)
		return mintcore_misshaped(no, "inputs: there are none");
	if (r->nin > MINTCORE_ARRAY)
		return mintcore_no(no, NO_MANY_INPUTS, "more than %d inputs",
				   MINTCORE_ARRAY);
	r->in = mem_array(r->nin, sizeof(*r->in));
	for (size_t i = 0; i < r->nin; i++) {
		struct mintreq_input *in = &r->in[i];

		if (!read_input(in, m, json_array_get(list, i), no))
			return false;
		if (!amount_add(&r->sum_in, in->amount))
			return mintcore_no(no, NO_AMOUNT, "the inputs are too much");
		ppk += in->set->pub.ppk;
	}
	if (has_twice(&r->in[0].y, sizeof(*r->in), r->nin))
		return mintcore_no(no, NO_INPUT_TWICE, "duplicate inputs provided");
	r->fee = keyset_fee(ppk);
	return true;
}

/* ---- outputs */

static bool check_output(const struct mintreq_output *out, enum mintreq_blank blank,
			 struct mintno *no)
{
	if (!out->set)
		return mintcore_no(no, NO_OUTPUT_KEYSET, "keyset is not known");
	if (mintkeys_is_expired(out->set))
		return mintcore_no(no, NO_EXPIRED, "keyset has expired");
	if (!out->set->pub.active)
		return mintcore_no(no, NO_INACTIVE, "keyset is inactive");
	if (blank == MINTREQ_FULL && mintkeys_place(out->set, out->amount) == SIZE_MAX)
		return mintcore_no(no, NO_AMOUNT, "the keyset has no key for %llu",
				   (unsigned long long)out->amount);
	return true;
}

static bool read_output(struct mintreq_output *out, const struct mintcore *m,
			const json_t *v, enum mintreq_blank blank, struct mintno *no)
{
	struct str id;

	if (!jsonx_get_u64(v, "amount", &out->amount) || !jsonx_get_str(v, "id", &id))
		return mintcore_misshaped(no, "outputs: want amount, id, B_");
	if (!get_point(&out->blinded, v, "B_", no))
		return false;
	out->set = mintkeys_find(m, id);
	return blank == MINTREQ_NAMES || check_output(out, blank, no);
}

static bool read_each_output(struct mintreq *r, const struct mintcore *m,
			     const json_t *list, enum mintreq_blank blank,
			     struct mintno *no)
{
	for (size_t i = 0; i < r->nout; i++) {
		if (!read_output(&r->out[i], m, json_array_get(list, i), blank, no))
			return false;
		if (blank != MINTREQ_NAMES && r->out[i].set != r->out[0].set)
			return mintcore_no(no, NO_SEVERAL, "outputs of several keysets");
		if (blank == MINTREQ_FULL && !amount_add(&r->sum_out, r->out[i].amount))
			return mintcore_no(no, NO_AMOUNT, "the outputs are too much");
	}
	return true;
}

bool mintreq_read_outputs(struct mintreq *r, const struct mintcore *m,
			  const struct json_t *request, enum mintreq_blank blank,
			  struct mintno *no)
{
	const json_t *list;

	if (!get_list(&list, request, "outputs", blank == MINTREQ_BLANK, no))
		return false;
	r->nout = list ? json_array_size(list) : 0;
	if (r->nout == 0 && blank == MINTREQ_FULL)
		return mintcore_misshaped(no, "outputs: there are none");
	if (r->nout > MINTCORE_ARRAY)
		return mintcore_no(no, NO_MANY_OUTPUTS, "more than %d outputs",
				   MINTCORE_ARRAY);
	if (r->nout == 0)
		return true;
	r->out = mem_array(r->nout, sizeof(*r->out));
	if (!read_each_output(r, m, list, blank, no))
		return false;
	if (blank != MINTREQ_NAMES &&
	    has_twice(&r->out[0].blinded, sizeof(*r->out), r->nout))
		return mintcore_no(no, NO_OUTPUT_TWICE, "duplicate outputs provided");
	return true;
}

/* ---- spending conditions */

static struct id32 message_of_all(const struct mintreq *r, struct str quote)
{
	auto_free struct cashuproof *in = mem_array(r->nin, sizeof(*in));
	auto_free struct p2pk_output *out = mem_array(r->nout, sizeof(*out));
	struct id32 msg;

	for (size_t i = 0; i < r->nin; i++)
		in[i] = (struct cashuproof){.amount = r->in[i].amount,
					    .secret = str_dup(r->in[i].secret),
					    .c = r->in[i].c};
	for (size_t i = 0; i < r->nout; i++)
		out[i] = (struct p2pk_output){r->out[i].amount, r->out[i].blinded};
	msg = p2pk_message_all(in, r->nin, out, r->nout, quote);
	for (size_t i = 0; i < r->nin; i++)
		mem_free(in[i].secret);
	return msg;
}

static bool unlock_all(const struct mintreq *r, const struct p2pk *first,
		       struct str quote, struct mintno *no)
{
	struct p2pk_signers found;
	struct id32 msg;

	for (size_t i = 1; i < r->nin; i++) {
		struct p2pk lock;

		if (p2pk_parse(&lock, r->in[i].secret, NULL) != P2PK_LOCK ||
		    !id32_eq(&first->condition, &lock.condition))
			return mintcore_no(no, NO_WITNESS,
					   "SIG_ALL: not all secrets are the same");
	}
	msg = message_of_all(r, quote);
	if (!p2pk_may_spend(first, r->in[0].witness, &msg, clock_wall_s(), &found))
		return mintcore_no(no, NO_WITNESS,
				   "SIG_ALL: signature threshold not met");
	return true;
}

/* One input that is signed for itself. */
static bool unlock_one(const struct mintreq_input *in, const struct p2pk *lock,
		       struct mintno *no)
{
	struct id32 msg = p2pk_message(in->secret);
	struct p2pk_signers found;

	if (!p2pk_may_spend(lock, in->witness, &msg, clock_wall_s(), &found))
		return mintcore_no(no, NO_WITNESS,
				   "signature threshold not met: %zu of "
				   "the lock's keys, %zu of the refund's",
				   found.main, found.refund);
	return true;
}

bool mintreq_may_spend(const struct mintreq *r, struct str quote, struct mintno *no)
{
	for (size_t i = 0; i < r->nin; i++) {
		struct p2pk lock;

		switch (p2pk_parse(&lock, r->in[i].secret, NULL)) {
		case P2PK_PLAIN:
			break;
		case P2PK_LOCK:
			/* one of them makes it the matter of the first, and of all */
			if (lock.sig_all)
				return i == 0 ? unlock_all(r, &lock, quote, no)
					      : mintcore_no(no, NO_WITNESS,
							    "SIG_ALL: not all secrets "
							    "are the same");
			if (!unlock_one(&r->in[i], &lock, no))
				return false;
			break;
		case P2PK_OTHER:
			return mintcore_no(no, NO_WITNESS,
					   "spending condition is not supported");
		case P2PK_MALFORMED:
			return mintcore_no(no, NO_WITNESS,
					   "spending condition is malformed");
		}
	}
	return true;
}
