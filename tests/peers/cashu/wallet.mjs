// SPDX-License-Identifier: MIT
// A customer's wallet that is not ours (cashu-ts), for shell tests:
//
//	wallet.mjs mint URL AMOUNT [--v3] [--no-dleq] [--p2pk PUBKEY [--locktime T]
//		[--refund PUBKEY] [--sig-all] [--p2bk]]   -> a token, V4 unless --v3
//	wallet.mjs receive TOKEN [--privkey HEX]  -> the amount received and, on a second
//		line, what is now held, as a token
//	wallet.mjs info TOKEN                -> JSON: mint, unit, amount, memo, proofs
//	wallet.mjs state TOKEN               -> a line "AMOUNT STATE" for each proof
//	wallet.mjs examine TOKEN [--privkey HEX]  -> JSON: mint, unit, amount, of each proof
//		what its DLEQ is (right, WRONG or none), the amount received, and what the
//		mint then says of its state
//	wallet.mjs join TOKEN TOKEN          -> one token
//	wallet.mjs newkey                    -> "SECRET PUBKEY"
//	wallet.mjs pay TOKEN INVOICE         -> "PAID PREIMAGE" and the change as a token
//
// What the mint refuses is said as "refused: CODE TEXT" on stderr, exit status 1.

import { randomBytes } from 'node:crypto';
import { Wallet, getEncodedToken, getPubKeyFromPrivKey, getTokenMetadata,
	hasValidDleq } from '@cashu/cashu-ts';

const words = [];
const options = {};
const FLAGS = ['v3', 'no-dleq', 'sig-all', 'p2bk'];
const args = process.argv.slice(2);
while (args.length) {
	const word = args.shift();
	if (!word.startsWith('--')) words.push(word);
	else if (FLAGS.includes(word.slice(2))) options[word.slice(2)] = true;
	else options[word.slice(2)] = args.shift();
}
const [verb, ...given] = words;

const sum = (proofs) => proofs.reduce((n, p) => n + BigInt(String(p.amount)), 0n);

async function open(url) {
	const wallet = new Wallet(url, { requireSigDleq: true });
	await wallet.loadMint();
	return wallet;
}

// The deprecated form that cashu-ts reads and does not write any more.
function encodeV3(url, proofs) {
	const plain = proofs.map((p) => ({ ...p, amount: Number(String(p.amount)) }));
	const json = JSON.stringify({ token: [{ mint: url, proofs: plain }], unit: 'sat' });
	return 'cashuA' + Buffer.from(json).toString('base64url');
}

function encode(url, whole) {
	const proofs = options['no-dleq'] ? whole.map(({ dleq, ...rest }) => rest) : whole;
	if (options.v3) return encodeV3(url, proofs);
	return getEncodedToken({ mint: url, unit: 'sat', proofs });
}

function lock() {
	return {
		pubkey: options.p2pk,
		...(options.locktime ? { locktime: Number(options.locktime) } : {}),
		...(options.refund ? { refundKeys: [options.refund] } : {}),
		...(options['sig-all'] ? { sigFlag: 'SIG_ALL' } : {}),
		...(options.p2bk ? { blindKeys: true } : {}),
	};
}

async function paid(wallet, amount) {
	const quote = await wallet.createMintQuoteBolt11(amount);
	for (let i = 0; i < 100; i++) {
		const now = await wallet.checkMintQuoteBolt11(quote.quote);
		if (now.state === 'PAID') return quote;
		await new Promise((done) => setTimeout(done, 100));
	}
	throw new Error('nobody pays the invoice');
}

async function decode(token) {
	const { mint } = getTokenMetadata(token);
	const wallet = await open(mint);
	const read = wallet.decodeToken(token);
	for (const id of new Set(read.proofs.map((p) => p.id))) await wallet.keyChain.ensureKeysetKeys(id);
	return { wallet, mint, token: read };
}

const verbs = {
	async mint(url, amount) {
		const wallet = await open(url);
		const quote = await paid(wallet, Number(amount));
		const order = wallet.ops.mintBolt11(Number(amount), quote);
		const proofs = await (options.p2pk ? order.asP2PK(lock()) : order).run();
		console.log(encode(url, proofs));
	},
	async receive(text) {
		const { wallet, mint, token } = await decode(text);
		const proofs = await wallet.receive(token, { privkey: options.privkey });
		console.log(String(sum(proofs)));
		console.log(encode(mint, proofs));
	},
	async info(text) {
		const { token } = await decode(text);
		console.log(JSON.stringify({ mint: token.mint, unit: token.unit, memo: token.memo,
			amount: Number(sum(token.proofs)),
			proofs: token.proofs.map((p) => ({ ...p, amount: Number(String(p.amount)) })) }));
	},
	async state(text) {
		const { wallet, token } = await decode(text);
		const states = await wallet.checkProofsStates(token.proofs);
		states.forEach((s, i) => console.log(`${token.proofs[i].amount} ${s.state}`));
	},
	async examine(text) {
		const { wallet, token } = await decode(text);
		const dleq = token.proofs.map((p) => {
			if (!p.dleq) return 'none';
			return hasValidDleq(p, wallet.getKeyset(p.id), { require: true }) ? 'right' : 'WRONG';
		});
		const got = await wallet.receive(token, { privkey: options.privkey });
		const states = await wallet.checkProofsStates(token.proofs);
		console.log(JSON.stringify({ mint: token.mint, unit: token.unit,
			amount: Number(sum(token.proofs)), dleq, received: Number(sum(got)),
			states: states.map((s) => s.state) }));
	},
	async join(a, b) {
		const one = await decode(a);
		const other = await decode(b);
		console.log(encode(one.mint, [...one.token.proofs, ...other.token.proofs]));
	},
	async newkey() {
		const secret = randomBytes(32);
		const pubkey = Buffer.from(getPubKeyFromPrivKey(secret)).toString('hex');
		console.log(`${secret.toString('hex')} ${pubkey}`);
	},
	async pay(text, invoice) {
		const { wallet, mint, token } = await decode(text);
		const quote = await wallet.createMeltQuoteBolt11(invoice);
		const done = await wallet.meltProofsBolt11(quote, token.proofs);
		console.log(`${done.quote.state} ${done.quote.payment_preimage}`);
		console.log(encode(mint, done.change));
	},
};

if (!verbs[verb] || given.length !== verbs[verb].length) {
	console.error('wallet.mjs: mint URL AMOUNT, receive|info|state|examine TOKEN, join TOKEN TOKEN, newkey, pay TOKEN INVOICE');
	process.exit(2);
}
try {
	await verbs[verb](...given);
} catch (e) {
	console.error(e.code === undefined ? `failed: ${e.message}` : `refused: ${e.code} ${e.message}`);
	process.exit(1);
}
