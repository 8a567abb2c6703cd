/* SPDX-License-Identifier: MIT */
/* What can be asked of the test mint without changing anything. */
#include "config.h"

#include "lib/base/panic.h"
#include "lib/proto/jsonx.h"
#include "tests/peers/mintbook.h"
#include "tests/peers/mintroutes.h"

#include <jansson.h>

bool mintlook_info(struct mintcore *m, const struct mintcall *call, struct buf *answer,
		   struct mintno *no)
{
	static const char *const supported[] = {"7", "8", "9", "10", "11", "12", "20"};

	(void)call;
	(void)no;
	buf_add_c(answer, "{\"name\":");
	jsonx_add_string(answer, str_of(m->o.name));
	buf_addf(answer,
		 ",\"pubkey\":\"%s\",\"version\":\"loom-test-mint/1\","
		 "\"description\":\"for tests: its money is worth nothing\","
		 "\"contact\":[],\"max_array_length\":%d,\"nuts\":{",
		 ecpoint_hex(&m->keys.v[0]->pub.keys[0]).c, MINTCORE_ARRAY);
	for (int nut = 4; nut <= 5; nut++)
		buf_addf(answer,
			 "\"%d\":{\"methods\":[{\"method\":\"bolt11\",\"unit\":\"sat\","
			 "\"min_amount\":1,\"max_amount\":%llu}],\"disabled\":false},",
			 nut, (unsigned long long)m->o.most);
	for (size_t i = 0; i < ARRAY_LEN(supported); i++)
		buf_addf(answer, "%s\"%s\":{\"supported\":true}", i ? "," : "",
			 supported[i]);
	buf_add_c(answer, "}}");
	return true;
}

bool mintlook_keys(struct mintcore *m, const struct mintcall *call, struct buf *answer,
		   struct mintno *no)
{
	(void)call;
	(void)no;
	mintkeys_write_active(answer, m);
	return true;
}

bool mintlook_keys_of(struct mintcore *m, const struct mintcall *call, struct buf *answer,
		      struct mintno *no)
{
	const struct mintkeys_set *s = mintkeys_find(m, call->tail);

	if (!s)
		return mintcore_no(no, NO_KEYSET, "keyset is not known");
	mintkeys_write_one(answer, s);
	return true;
}

bool mintlook_keysets(struct mintcore *m, const struct mintcall *call, struct buf *answer,
		      struct mintno *no)
{
	(void)call;
	(void)no;
	mintkeys_write_list(answer, m);
	return true;
}

/* ---- NUT-07 */

static void write_state(struct mintcore *m, const struct ecpoint *y, struct buf *answer)
{
	static const char *const names[] = {[MINTBOOK_UNSPENT] = "UNSPENT",
					    [MINTBOOK_PENDING] = "PENDING",
					    [MINTBOOK_SPENT] = "SPENT"};
	auto_buf struct buf witness = BUF_INIT(4096);
	enum mintbook_state state = mintbook_state(m, y, &witness);

	buf_addf(answer, "{\"Y\":\"%s\",\"state\":\"%s\",\"witness\":", ecpoint_hex(y).c,
		 names[state]);
	if (state == MINTBOOK_SPENT && witness.n > 0)
		jsonx_add_string(answer, buf_str(&witness));
	else
		buf_add_c(answer, "null");
	buf_add_char(answer, '}');
}

bool mintlook_checkstate(struct mintcore *m, const struct mintcall *call,
			 struct buf *answer, struct mintno *no)
{
	const json_t *ys = json_object_get(call->json, "Ys");

	if (!json_is_array(ys))
		return mintcore_misshaped(no, "Ys: want a list");
	if (json_array_size(ys) > MINTCORE_ARRAY)
		return mintcore_no(no, NO_MANY_INPUTS, "more than %d Ys", MINTCORE_ARRAY);
	buf_add_c(answer, "{\"states\":[");
	for (size_t i = 0; i < json_array_size(ys); i++) {
		const json_t *v = json_array_get(ys, i);
		struct ecpoint y;

		if (!json_is_string(v) ||
		    !ecpoint_parse(&y, (struct str){json_string_value(v),
						    json_string_length(v)}))
			return mintcore_misshaped(no, "Ys[%zu] is not a point", i);
		if (i)
			buf_add_char(answer, ',');
		write_state(m, &y, answer);
	}
	buf_add_c(answer, "]}");
	return true;
}

/* ---- NUT-09 */

/* Where keysets have expired their signatures are not told any more, as cdk does it. */
static bool is_told(const struct mintcore *m, const struct mintsign_sig *sig)
{
	const struct mintkeys_set *s = mintkeys_find(m, str_of(sig->id.c));

	INVARIANT(s);
	return !mintkeys_is_expired(s);
}

bool mintlook_restore(struct mintcore *m, const struct mintcall *call, struct buf *answer,
		      struct mintno *no)
{
	auto_mintreq struct mintreq r = {.nin = 0};
	auto_buf struct buf signatures = BUF_INIT(answer->cap);
	const json_t *list = json_object_get(call->json, "outputs");
	bool first = true;

	if (!mintreq_read_outputs(&r, m, call->json, MINTREQ_NAMES, no))
		return false;
	buf_add_c(answer, "{\"outputs\":[");
	for (size_t i = 0; i < r.nout; i++) {
		struct mintsign_sig sig;
		struct str id;

		if (!mintbook_find(&sig, m, &r.out[i].blinded) || !is_told(m, &sig))
			continue;
		INVARIANT(jsonx_get_str(json_array_get(list, i), "id", &id));
		buf_addf(answer, "%s{\"amount\":%llu,\"id\":", first ? "" : ",",
			 (unsigned long long)r.out[i].amount);
		jsonx_add_string(answer, id);
		buf_addf(answer, ",\"B_\":\"%s\"}", ecpoint_hex(&r.out[i].blinded).c);
		if (!first)
			buf_add_char(&signatures, ',');
		mintsign_write(&signatures, &sig);
		first = false;
	}
	buf_add_c(answer, "],\"signatures\":[");
	buf_add_str(answer, buf_str(&signatures));
	buf_add_c(answer, "]}");
	return true;
}
