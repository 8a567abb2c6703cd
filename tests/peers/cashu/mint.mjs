// SPDX-License-Identifier: MIT
// The test mint against a wallet that is not ours (cashu-ts):
//
//	mint.mjs NAME URL
//
// NAME is for the words only. It prints "right: TEXT" or "WRONG: TEXT (what was there)"
// for each rule, and "end" as the last line.

import { randomBytes } from 'node:crypto';
import { Wallet, deriveKeysetId, getEncodedToken, getPubKeyFromPrivKey,
	hasValidDleq } from '@cashu/cashu-ts';

const [name, url] = process.argv.slice(2);

function check(text, right, found) {
	const words = `${name}: ${text}`;
	console.log(right ? `right: ${words}` : `WRONG: ${words} (${JSON.stringify(found)})`);
}

const sum = (proofs) => proofs.reduce((n, p) => n + Number(String(p.amount)), 0);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const amounts = (proofs) => proofs.map((p) => Number(String(p.amount))).sort((a, b) => a - b);
const now = () => Math.floor(Date.now() / 1000);

function newKey() {
	const secret = randomBytes(32);
	return { secret: secret.toString('hex'),
		pubkey: Buffer.from(getPubKeyFromPrivKey(secret)).toString('hex') };
}

// ---- the mint's other side

async function order(what, body = {}) {
	const r = await fetch(`${url}/test/${what}`, { method: 'POST', body: JSON.stringify(body) });
	const v = await r.json();
	if (!r.ok) throw new Error(`/test/${what}: ${v.error}`);
	return v;
}

const books = async () => (await fetch(`${url}/test/sums`)).json();

async function post(path, body) {
	const r = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
	return { status: r.status, ...(await r.json()) };
}

// The code of the refusal, or what else came of it.
async function refusal(promise) {
	try {
		await promise;
		return 'done';
	} catch (e) {
		return e.code ?? e.message;
	}
}

// ---- wallets

async function open(options = {}) {
	const wallet = new Wallet(url, { requireSigDleq: true, ...options });
	await wallet.loadMint();
	return wallet;
}

async function mint(wallet, amount) {
	const quote = await wallet.createMintQuoteBolt11(amount);
	await wallet.checkMintQuoteBolt11(quote);
	return wallet.mintProofsBolt11(amount, quote);
}

const token = (proofs) => getEncodedToken({ mint: url, unit: 'sat', proofs });
const fee = (wallet, proofs) => Number(String(wallet.getFeesForProofs(proofs)));

async function keys() {
	const { keysets } = await (await fetch(`${url}/v1/keys`)).json();
	const [k] = keysets;
	const id = deriveKeysetId(k.keys, { unit: k.unit, input_fee_ppk: k.input_fee_ppk,
		expiry: k.final_expiry ?? undefined, versionByte: Number(k.id.slice(0, 2)) });
	check('the keyset id follows from its keys', id === k.id, [id, k.id]);
	check('one keyset is active', keysets.length === 1 && k.active, keysets.length);
}

async function minting(wallet) {
	const before = await books();
	const proofs = await mint(wallet, 1000);
	check('minted what was paid for', sum(proofs) === 1000, amounts(proofs));
	check('every proof has a DLEQ that is right',
		proofs.every((p) => hasValidDleq(p, wallet.getKeyset(p.id), { require: true })));
	const after = await books();
	check('the mint wrote it down', after.minted - before.minted === 1000, after);
	return proofs;
}

async function lockedQuote(wallet) {
	const { secret, pubkey } = newKey();
	const quote = await wallet.createLockedMintQuote(16, pubkey);
	await wallet.checkMintQuoteBolt11(quote);
	const other = await refusal(wallet.mintProofsBolt11(16, quote, { privkey: newKey().secret }));
	check('a locked quote is not for another key', other === 20008 || /key/i.test(other), other);
	const proofs = await wallet.mintProofsBolt11(16, quote, { privkey: secret });
	check('a locked quote is for its key', sum(proofs) === 16, amounts(proofs));
	const again = await refusal(wallet.mintProofsBolt11(16, quote, { privkey: secret }));
	check('a quote is issued once', again === 20002, again);
	return proofs;
}

async function plain(alice, bob, proofs) {
	const { keep, send } = await alice.send(100, proofs);
	const cost = fee(bob, send);
	const text = token(send);
	const got = await bob.receive(text);
	check('a plain token is worth its sum less the fee', sum(got) === 100 - cost, [sum(got), cost]);
	const again = await refusal(bob.receive(text));
	check('it is worth that once', again === 11001, again);
	const states = (await bob.checkProofsStates([...send, ...got])).map((s) => s.state);
	check('checkstate knows what is spent',
		states.every((s, i) => s === (i < send.length ? 'SPENT' : 'UNSPENT')), states);
	return { keep, got };
}

// Lock 20 of proofs; the wallet's rest comes back.
async function lockSome(alice, proofs, options) {
	const { keep, send } = await alice.ops.send(20, proofs).asP2PK(options).run();
	return { keep, send, text: token(send) };
}

async function open20(wallet, locked, privkey) {
	return wallet.receive(locked.text, privkey ? { privkey } : {});
}

async function locks(alice, bob, proofs) {
	const key = newKey();
	const refund = newKey();
	let l = await lockSome(alice, proofs, { pubkey: key.pubkey });
	let code = await refusal(open20(bob, l));
	check('a locked token does not open without a key', code === 20008, code);
	code = await refusal(open20(bob, l, newKey().secret));
	check('nor with another key', code === 20008 || /sign/i.test(code), code);
	const got = [...await open20(bob, l, key.secret)];
	check('it opens with its key', got.length > 0);

	l = await lockSome(alice, l.keep, { pubkey: key.pubkey, sigFlag: 'SIG_ALL' });
	code = await refusal(open20(bob, l));
	check('SIG_ALL does not open without a key', code === 20008, code);
	got.push(...await open20(bob, l, key.secret));
	check('SIG_ALL opens with its key', true);

	const late = { pubkey: key.pubkey, locktime: now() + 1000, refundKeys: [refund.pubkey] };
	l = await lockSome(alice, l.keep, late);
	code = await refusal(open20(bob, l, refund.secret));
	check('the refund key does not open before the locktime', code === 20008 || /sign/i.test(code), code);
	got.push(...await open20(bob, l, key.secret));
	check('its key opens before the locktime', true);

	const past = { ...late, locktime: now() - 1000 };
	l = await lockSome(alice, l.keep, past);
	code = (await swapAsIs(bob, l.send)).code;
	check('with a refund key nobody opens it bare after the locktime', code === 20008, code);
	got.push(...await open20(bob, l, key.secret));
	check('its key opens after the locktime too', true);
	l = await lockSome(alice, l.keep, past);
	got.push(...await open20(bob, l, refund.secret));
	check('the refund key opens after the locktime', true);
	const free = await lockSome(alice, l.keep, { pubkey: key.pubkey, locktime: now() - 1000 });
	got.push(...await open20(bob, free));
	check('without a refund key everybody opens it after the locktime', true);
	return { keep: free.keep, got };
}

// A swap that the wallet itself would not send. Outputs are those of a swap of other coins,
// which nobody has then: the mint's books count them as ecash that somebody holds.
let lost = 0;

async function swapAsIs(wallet, proofs) {
	const twin = await freshTwin(wallet, sum(proofs) - fee(wallet, proofs));
	const preview = await wallet.prepareSwapToReceive(twin);
	const outputs = [...(preview.keepOutputs ?? []), ...(preview.sendOutputs ?? [])]
		.map(({ blindedMessage: m }) => ({ ...m, amount: Number(String(m.amount)) }));
	const inputs = proofs.map((p) => ({ amount: Number(String(p.amount)), id: p.id,
		secret: p.secret, C: p.C }));
	return post('/v1/swap', { inputs, outputs });
}

// Proofs that are worth `rest` after their fee, so that a preview has fitting outputs.
async function freshTwin(wallet, rest) {
	let amount = rest;
	for (;;) {
		const n = amount.toString(2).split('1').length - 1;
		const cost = Number(String(wallet.getFeesForKeyset(n, wallet.keysetId)));
		if (amount - cost === rest) break;
		amount++;
	}
	const quote = await wallet.createMintQuoteBolt11(amount);
	await wallet.checkMintQuoteBolt11(quote);
	const proofs = await wallet.mintProofsBolt11(amount, quote);
	lost += amount;
	return proofs;
}

async function melting(wallet, proofs) {
	const { request } = await order('invoice', { amount: 200 });
	const quote = await wallet.createMeltQuoteBolt11(request);
	const reserve = Number(String(quote.fee_reserve));
	check('the reserve is one per cent, at least 2', reserve === 2, reserve);
	const { keep, send } = await wallet.send(200 + reserve, proofs, { includeFees: true });
	const before = await books();
	const done = await wallet.meltProofsBolt11(quote, send);
	const cost = 200 + 1 + fee(wallet, send);
	check('the invoice is paid', done.quote.state === 'PAID' && done.quote.payment_preimage?.length === 64,
		done.quote);
	check('the change is what was too much', sum(done.change) === sum(send) - cost,
		[sum(done.change), sum(send), cost]);
	const after = await books();
	check('the mint wrote that down too', after.melted - before.melted === 200
		&& after.ln_fees - before.ln_fees === 1, after);
	const again = await refusal(wallet.meltProofsBolt11(quote, keep));
	check('an invoice is paid once', again === 20006, again);
	return [...keep, ...done.change];
}

async function meltOwn(wallet, proofs) {
	const mine = await wallet.createMintQuoteBolt11(50);
	const quote = await wallet.createMeltQuoteBolt11(mine.request);
	const { keep, send } = await wallet.send(50, proofs, { includeFees: true });
	const done = await wallet.meltProofsBolt11(quote, send);
	const back = await wallet.mintProofsBolt11(50, mine);
	check('an invoice of its own is paid without a fee',
		sum(send) - sum(done.change) === 50 + fee(wallet, send), [sum(send), sum(done.change)]);
	return [...keep, ...done.change, ...back];
}

async function failing(wallet, proofs) {
	const { request } = await order('invoice', { amount: 20 });
	const quote = await wallet.createMeltQuoteBolt11(request);
	const { keep, send } = await wallet.send(22, proofs, { includeFees: true });
	await order('fault', { fault: 'melt-fail', path: '/v1/melt/bolt11' });
	const code = await refusal(wallet.meltProofsBolt11(quote, send));
	check('a payment that fails says so', code === 20004, code);
	const states = await wallet.checkProofsStates(send);
	check('and takes nothing', states.every((s) => s.state === 'UNSPENT'), states);
	return [...keep, ...send];
}

async function restoring(wallet, seed, proofs) {
	const twin = await open({ bip39seed: seed });
	const found = [];
	for (const { id } of (await (await fetch(`${url}/v1/keysets`)).json()).keysets) {
		const r = await twin.batchRestore(100, 100, 0, id);
		found.push(...r.proofs);
	}
	const { unspent } = await twin.groupProofsByState(found);
	check('a wallet restored from its seed has what the lost one had',
		same(unspent.map((p) => p.secret).sort(), proofs.map((p) => p.secret).sort()),
		[amounts(unspent), amounts(proofs)]);
}

async function rotating(wallet, seed, proofs, version) {
	const old = wallet.keysetId;
	const { id } = await order('rotate', { ppk: 500, version });
	// one who has not heard of it
	const late = await refusal(wallet.receive(proofs));
	check('outputs of an inactive keyset are refused', late === 12002, late);
	const fresh = await open({ bip39seed: seed });
	check('the new keyset is the active one', fresh.keysetId === id && id !== old, fresh.keysetId);
	await fresh.keyChain.ensureKeysetKeys(old);
	const cost = fee(fresh, proofs);
	const got = await fresh.receive(proofs);
	check('old proofs buy new ones', got.every((p) => p.id === id) && sum(got) === sum(proofs) - cost,
		amounts(got));
	const next = fee(fresh, got);
	check('the new fee is asked of the new ones', next === Math.ceil(got.length / 2), next);
	return { wallet: fresh, proofs: got };
}

async function refusals(wallet, proofs) {
	const [p] = proofs;
	const input = { amount: Number(String(p.amount)), id: p.id, secret: p.secret, C: p.C };
	const output = { amount: 1, id: wallet.keysetId, B_: p.C };
	const rows = [
		['forged', 10001, { inputs: [{ ...input, secret: 'x' }], outputs: [output] }],
		['unbalanced', 11005, { inputs: [input], outputs: [{ ...output, amount: 2 * input.amount }] }],
		['twice in', 11007, { inputs: [input, input], outputs: [output] }],
		['twice out', 11008, { inputs: [input], outputs: [output, output] }],
		['unknown keyset in', 12001, { inputs: [{ ...input, id: '00ffffffffffffff' }], outputs: [output] }],
		['unknown keyset out', 12001, { inputs: [input], outputs: [{ ...output, id: '00ffffffffffffff' }] }],
		['amount without a key', 11006, { inputs: [input], outputs: [{ ...output, amount: 3 }] }],
	];
	for (const [what, code, body] of rows) {
		const answer = await post('/v1/swap', body);
		check(`refused: ${what}`, answer.status === 400 && answer.code === code, answer);
	}
	const shape = await post('/v1/swap', { inputs: [input] });
	check('refused: no outputs', shape.status === 422, shape);
}

// ---- all of it

const seed = randomBytes(64);
let alice = await open({ bip39seed: seed });
const bob = await open();

await keys();
let mine = [...await minting(alice), ...await lockedQuote(alice)];
const a = await plain(alice, bob, mine);
mine = a.keep;
const theirs = [...a.got];
const b = await locks(alice, bob, mine);
mine = b.keep;
theirs.push(...b.got);
mine = await melting(alice, mine);
mine = await meltOwn(alice, mine);
mine = await failing(alice, mine);
await refusals(alice, mine);
await restoring(alice, seed, mine);
for (const version of ['01', '00']) {
	const r = await rotating(alice, seed, mine, version);
	alice = r.wallet;
	mine = r.proofs;
}
await restoring(alice, seed, mine);
const end = await books();
check('the books of the mint agree', end.outstanding === sum(mine) + sum(theirs) + lost,
	[end, sum(mine), sum(theirs), lost]);
check('no money was made or lost',
	end.minted === end.outstanding + end.melted + end.ln_fees + end.fees + end.kept, end);
console.log('end');
