/* SPDX-License-Identifier: MIT */
/* loom-example-events.json: one job in all its events, with the keys of both sides. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/proto/nevent.h"
#include "lib/proto/nip44.h"
#include "lib/proto/nsign.h"
#include "tests/vectors/vec.h"

#include <stdlib.h>
#include <string.h>

static json_t *file;

static struct nevent *parse_good(const json_t *event)
{
	char *text = json_dumps(event, JSON_COMPACT);
	struct nevent *ev = NULL;
	struct lerr err = {0};

	if (nevent_parse(&ev, str_of(text), &err) || nevent_verify(ev, &err))
		fail_msg("%s", err.msg);
	free(text);
	return ev;
}

static void event(const json_t *v)
{
	auto_nevent struct nevent *ev = parse_good(v);
	auto_nevent struct nevent *again = NULL;
	auto_buf struct buf out = BUF_INIT(CAP_EVENT_BYTES);

	nevent_write(&out, ev);
	assert_int_equal(nevent_parse(&again, buf_str(&out), NULL), LERR_OK);
	assert_int_equal(nevent_verify(again, NULL), LERR_OK);
}

/* The worker's key opens the job's secret with the conversation key that the file gives. */
static void secret(const json_t *v)
{
	auto_nevent struct nevent *job = parse_good(v);
	struct nsign_key auto_key worker = {{0}};
	struct nip44_key auto_nip44_key key = {{0}};
	auto_secret_buf struct buf plain = BUF_INIT(CAP_NIP44_PAYLOAD);
	uint8_t want[32];
	uint8_t x[32];

	vec_bytes(worker.b, 32, json_object_get(file, "keys"), "worker_sk");
	vec_bytes(want, 32, json_object_get(file, "nip44"), "conversation_key");
	assert_int_equal(nsign_ecdh_x(x, &worker, &job->pubkey, NULL), LERR_OK);
	nip44_derive(&key, x);
	assert_memory_equal(key.b, want, 32);
	for (size_t i = 0; i < job->ntags; i++)
		if (job->tags[i].n == 3 && str_eq_c(job->tags[i].v[0], "secret"))
			assert_int_equal(
				nip44_decrypt(&plain, &key, job->tags[i].v[2], NULL),
				LERR_OK);
	assert_true(plain.n > 0);
}

int main(void)
{
	json_t *list = json_array();
	json_t *job = json_array();
	const char *name;
	json_t *v;
	int rc;

	file = vec_load("loom-example-events.json");
	json_object_foreach(json_object_get(file, "events"), name, v)
	{
		json_t *copy = json_copy(v);

		(void)json_object_set_new(copy, "name", json_string(name));
		(void)json_array_append_new(list, copy);
		if (strcmp(name, "job") == 0)
			(void)json_array_append(job, copy);
	}
	vec_add_all("event", list, event);
	vec_add_all("secret of the", job, secret);
	rc = vec_run(10 + 1);
	json_decref(job);
	json_decref(list);
	json_decref(file);
	return rc;
}
