// SPDX-License-Identifier: MIT
// A customer who knows the Loom protocol, nostr-tools and nothing of this project:
//
//	client.mjs RELAY WORKER SECRET-KEY
//
// It prints one line for each thing that a client in use depends on, "right: TEXT" or
// "WRONG: TEXT (what was there)", and "end" as the last one.

import { createHash, randomBytes } from 'node:crypto';
import { finalizeEvent, generateSecretKey, getPublicKey, nip44, verifyEvent } from 'nostr-tools';
import { Relay, useWebSocketImplementation } from 'nostr-tools/relay';
import WebSocket from 'ws';

useWebSocketImplementation(WebSocket);

const [url, worker, secretHex] = process.argv.slice(2);
const WAIT_MS = 60000;
const HEX64 = /^[0-9a-f]{64}$/;
const LAST = ['completed', 'failed', 'cancelled', 'timeout'];
const WORDS = ['queued', 'running', ...LAST];

function check(text, right, found) {
	console.log(right ? `right: ${text}` : `WRONG: ${text} (${JSON.stringify(found)})`);
}

const now = () => Math.floor(Date.now() / 1000);
const all = (ev, name) => ev.tags.filter((t) => t[0] === name);
const value = (ev, name) => all(ev, name)[0]?.[1];
// nostr-tools remembers what it has verified in a property of the object: look afresh
const isGenuine = (ev) => verifyEvent(JSON.parse(JSON.stringify(ev)));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

// Rules for every event of a worker.
function checkEvent(name, ev) {
	const wrong = [];
	if (!isGenuine(ev)) wrong.push('signature');
	if (ev.pubkey !== worker) wrong.push('author');
	if (ev.created_at > now() + 5) wrong.push('date in the future');
	if (ev.tags.some((t) => t.length === 0 || !t[0])) wrong.push('empty tag');
	if (ev.tags.some((t) => t.some((v) => v !== v.trim()))) wrong.push('blanks around a value');
	for (const bad of ['expiration', '-', 'commit', 'workflow', 'repo_id', 'repository', 'loom_job_id'])
		if (all(ev, bad).length) wrong.push(`tag ${bad}`);
	if (JSON.stringify(ev).length > 32768) wrong.push('size');
	check(`${name}: signed by the worker, nothing that makes clients drop it`, !wrong.length, wrong);
}

function checkAddressed(name, ev, job, customer) {
	check(`${name}: one e tag, the job`, all(ev, 'e').length === 1 && value(ev, 'e') === job, ev.tags);
	check(`${name}: one p tag, the customer`,
		all(ev, 'p').length === 1 && value(ev, 'p') === customer, ev.tags);
}

function isJsonObject(text) {
	try {
		const v = JSON.parse(text);
		return typeof v === 'object' && v !== null && !Array.isArray(v);
	} catch {
		return false;
	}
}

function checkStatus(ev, job, customer) {
	const name = `status ${value(ev, 'status')}`;
	checkEvent(name, ev);
	checkAddressed(name, ev, job, customer);
	check(`${name}: one d tag, the job`, all(ev, 'd').length === 1 && value(ev, 'd') === job, ev.tags);
	check(`${name}: a word that clients know`,
		all(ev, 'status').length === 1 && WORDS.includes(value(ev, 'status')), ev.tags);
	check(`${name}: empty or an object`, ev.content === '' || isJsonObject(ev.content), ev.content);
	check(`${name}: whole numbers`, [...all(ev, 'queue_position'), ...all(ev, 'elapsed_sec')]
		.every((t) => /^\d+$/.test(t[1])), ev.tags);
	check(`${name}: a place in the queue while queued only`,
		value(ev, 'status') === 'queued' || !all(ev, 'queue_position').length, ev.tags);
}

function checkResult(ev, job, customer) {
	checkEvent('result', ev);
	checkAddressed('result', ev, job, customer);
	for (const [name, form] of [['success', /^(true|false)$/], ['exit_code', /^-?\d+$/], ['duration', /^\d+$/]])
		check(`result: one ${name}, well formed`,
			all(ev, name).length === 1 && form.test(value(ev, name)), ev.tags);
	check('result: exit_code 0 means success, and nothing else does',
		(value(ev, 'exit_code') === '0') === (value(ev, 'success') === 'true'), ev.tags);
	check('result: empty content', ev.content === '', ev.content);
	check('result: no d tag of another thing', all(ev, 'd').every((t) => t[1] === job), ev.tags);
	for (const name of ['stdout', 'stderr', 'error', 'change'])
		check(`result: no empty or second ${name}`,
			all(ev, name).length <= 1 && all(ev, name).every((t) => t[1]), ev.tags);
	check('result: a failure says why, in one short line', value(ev, 'success') === 'true' ||
		/^[^\n]{1,200}$/.test(value(ev, 'error') ?? ''), ev.tags);
	check('result: a free job gets no change', !all(ev, 'change').length, ev.tags);
}

// The bytes behind a stdout or stderr tag, compared with the hash in its address.
async function fetchBlob(ev, name) {
	const address = new URL(value(ev, name) ?? 'http://missing/');
	const hash = address.pathname.split('/').pop();
	check(`${name}: a bare hash at the end of the address`, HEX64.test(hash), address.href);
	check(`${name}: no user name, query or fragment`,
		!address.username && !address.search && !address.hash, address.href);
	const answer = await fetch(address, { headers: { Origin: 'https://client.example' } });
	const bytes = Buffer.from(await answer.arrayBuffer());
	check(`${name}: is there when the result is`, answer.status === 200, answer.status);
	check(`${name}: readable for web pages of others`,
		answer.headers.get('access-control-allow-origin') === '*', [...answer.headers]);
	check(`${name}: at most 1 MiB`, bytes.length <= 1048576, bytes.length);
	check(`${name}: has the promised hash`, sha256(bytes) === hash, sha256(bytes));
	return bytes.toString();
}

// ---- relay

const relay = await Relay.connect(url);

// What is stored for a filter.
function stored(filter) {
	return new Promise((resolve) => {
		const found = [];
		const sub = relay.subscribe([filter], {
			onevent: (ev) => found.push(ev),
			oneose: () => {
				sub.close();
				resolve(found);
			},
		});
	});
}

function sign(key, kind, tags, content = '') {
	return finalizeEvent({ kind, created_at: now(), tags, content }, key);
}

// Publish a request and keep what comes of it, in the order of arrival.
class Job {
	constructor(key, tags, content) {
		const salt = ['salt', randomBytes(8).toString('hex')];
		this.key = key;
		this.customer = getPublicKey(key);
		this.request = sign(key, 5100, [['p', worker], ...tags, salt], content);
		this.id = this.request.id;
		this.events = [];
		this.waiting = [];
	}

	async send() {
		await new Promise((resolve) => {
			this.sub = relay.subscribe([{ kinds: [30100, 5101], '#e': [this.id] }], {
				onevent: (ev) => {
					this.events.push(ev);
					this.waiting = this.waiting.filter((look) => !look());
				},
				oneose: resolve,
			});
		});
		await relay.publish(this.request);
		return this;
	}

	// Until an event for which is(ev) has come.
	until(what, is) {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(`no ${what} in time`)), WAIT_MS);
			const look = () => {
				const ev = this.events.find(is);
				if (!ev) return false;
				clearTimeout(timer);
				resolve(ev);
				return true;
			};
			if (!look()) this.waiting.push(look);
		});
	}

	status(word) {
		return this.until(`status ${word}`, (ev) => ev.kind === 30100 && value(ev, 'status') === word);
	}

	result() {
		return this.until('result', (ev) => ev.kind === 5101);
	}

	// All of it, from the result to the last status.
	async checkEnd(success, code, last) {
		const result = await this.result();
		checkResult(result, this.id, this.customer);
		check(`result: success ${success} with exit_code ${code}`,
			value(result, 'success') === success && value(result, 'exit_code') === code, result.tags);
		await this.status(last);
		const statuses = this.events.filter((ev) => ev.kind === 30100);
		for (const ev of statuses) checkStatus(ev, this.id, this.customer);
		check('each status is dated later than the one before', statuses.every((ev, i) =>
			i === 0 || ev.created_at > statuses[i - 1].created_at), statuses.map((ev) => ev.created_at));
		check(`${last} is the only last status`, statuses.filter((ev) =>
			LAST.includes(value(ev, 'status'))).length === 1, statuses.map((ev) => value(ev, 'status')));
		check('it comes after the result', this.isAfter(last), this.events.map((ev) => ev.kind));
		return result;
	}

	isAfter(last) {
		const at = this.events.findIndex((ev) => ev.kind === 5101);
		return at !== -1 && this.events.findIndex((ev) => value(ev, 'status') === last) > at;
	}
}

// ---- the customer

async function readAdvertisement() {
	const ads = (await stored({ kinds: [10100], limit: 20 })).filter((ev) => ev.pubkey === worker);
	check('one advertisement of the worker is on its relay', ads.length === 1, ads.length);
	const ad = ads[0];
	checkEvent('advertisement', ad);
	check('advertisement: less than five minutes old', ad.created_at > now() - 300, ad.created_at);
	const content = JSON.parse(ad.content);
	check('advertisement: a name', typeof content.name === 'string' && content.name !== '', content);
	check('advertisement: description is text', typeof content.description === 'string', content);
	check('advertisement: max_concurrent_jobs',
		Number.isInteger(content.max_concurrent_jobs) && content.max_concurrent_jobs >= 1, content);
	check('advertisement: current_queue_depth',
		Number.isInteger(content.current_queue_depth) && content.current_queue_depth >= 0, content);
	const [min, max] = ['min_duration', 'max_duration'].map((name) => all(ad, name));
	check('advertisement: one min_duration and max_duration, whole and usable',
		min.length === 1 && max.length === 1 && /^\d+$/.test(min[0][1]) && /^\d+$/.test(max[0][1]) &&
		Number(min[0][1]) <= 300 && Number(max[0][1]) >= 1800, ad.tags);
	check('advertisement: prices of five elements, the mint twice, whole sat', all(ad, 'price').every((t) =>
		t.length === 5 && t[1] === t[4] && t[1].startsWith('https://') && /^[1-9]\d*$/.test(t[2]) &&
		t[3] === 'sat'), ad.tags);
	check('advertisement: software with small names and four elements', all(ad, 'S').length > 0 &&
		all(ad, 'S').every((t) => t.length === 4 && /^[^A-Z\s]+$/.test(t[1])), ad.tags);
	check('advertisement: bash is there', all(ad, 'S').some((t) => t[1] === 'bash'), ad.tags);
	check('advertisement: one architecture', all(ad, 'A').length === 1 &&
		/^[a-z]+\/[a-z0-9]+$/.test(value(ad, 'A')), ad.tags);
	check('advertisement: a shell', (value(ad, 'default_shell') ?? '').startsWith('/'), ad.tags);
	check('advertisement: the relay itself', all(ad, 'relay').some((t) => t[1] === url), ad.tags);
}

async function wholeJob(key) {
	const secret = randomBytes(24).toString('hex');
	const sealed = nip44.encrypt(secret, nip44.getConversationKey(key, worker));
	const script = 'printf "%s|%s|%s|" "$GREETING" "$1" "$2"; printf %s "$TOKEN" | sha256sum | cut -c1-64; cat; echo aside >&2';
	const job = await new Job(key, [
		['cmd', 'bash'],
		['args', '-c', script, 'name', 'two words', ''],
		['env', 'GREETING', 'good day'],
		['secret', 'TOKEN', sealed],
		['e', sha256('a run of a workflow')],
		['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
	], 'a line on stdin\n').send();
	const result = await job.checkEnd('true', '0', 'completed');
	check('stdout: arguments, variable, stdin and the secret, opened',
		await fetchBlob(result, 'stdout') === `good day|two words||${sha256(secret)}\na line on stdin\n`, result.tags);
	check('stderr: what was written there', await fetchBlob(result, 'stderr') === 'aside\n', result.tags);
	check('no event shows the secret', !JSON.stringify(job.events).includes(secret), '');
	for (const [how, filter] of [
		['by the job', { kinds: [5101], '#e': [job.id], limit: 1 }],
		['by customer and worker', { kinds: [5101], '#p': [job.customer], '#e': [job.id], authors: [worker] }],
	]) {
		const found = await stored(filter);
		check(`the result is found later ${how}`, found.length === 1 && found[0].id === result.id, found);
	}
	return job;
}

async function otherJobs(key) {
	const failing = await new Job(key, [['cmd', 'sh'], ['args', '-c', 'exit 3']]).send();
	await failing.checkEnd('false', '3', 'failed');

	const sealed = nip44.encrypt('for another', nip44.getConversationKey(key, getPublicKey(generateSecretKey())));
	const shut = await new Job(key, [['cmd', 'true'], ['secret', 'TOKEN', sealed]]).send();
	check('a secret for another key: refused, not run',
		value(await shut.checkEnd('false', '65', 'failed'), 'duration') === '0', shut.events);

	const long = await new Job(key, [['cmd', 'sleep'], ['args', '300']]).send();
	await long.status('running');
	await relay.publish(sign(generateSecretKey(), 5102, [['e', long.id], ['p', worker]])).catch(() => {});
	await relay.publish(sign(key, 5102, [['e', long.id], ['p', worker]]));
	await long.checkEnd('false', '143', 'cancelled');

	const stranger = await new Job(generateSecretKey(), [['cmd', 'true']]).send();
	await stranger.checkEnd('false', '77', 'failed');
}

async function main() {
	const key = Uint8Array.from(Buffer.from(secretHex, 'hex'));
	await readAdvertisement();
	const job = await wholeJob(key);
	const seen = job.events.length;
	await relay.publish(job.request).catch(() => {});
	await otherJobs(key);
	check('after its last status nothing more came for the first job',
		job.events.slice(seen).every((ev) => job.events.slice(0, seen).some((old) => old.id === ev.id)),
		job.events.slice(seen));
	const results = await stored({ kinds: [5101], '#e': [job.id] });
	check('a request that is sent again has still one result', results.length === 1, results);
}

try {
	await main();
	console.log('end');
} catch (err) {
	console.log(`WRONG: the client ended early (${err.stack ?? err})`.replaceAll('\n', ' '));
}
relay.close();
process.exit();
