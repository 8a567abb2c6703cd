// SPDX-License-Identifier: MIT
// lossy.mjs URL: stands in front of a mint and loses what it is told to. Prints its own
// address as "lossy http://...". POST /lossy {"how":HOW,"path":PATH,"times":N?} is for the
// next N (1) requests whose path begins so:
//
//	drop-before drop-after   the connection ends without an answer; "after": it was done
//	502-after                it was done, and a proxy says that it was not
//	twice                    it is sent twice, the second answer is given
//
// GET /lossy is {HOW: how often} of what has struck.

import { createServer, request } from 'node:http';

const target = new URL(process.argv[2]);
const orders = [];
const struck = {};

const read = async (stream) => {
	const parts = [];
	for await (const part of stream) parts.push(part);
	return Buffer.concat(parts);
};

function forward(method, url, type, body) {
	return new Promise((done, failed) => {
		const headers = { host: target.host, 'content-length': body.length };
		if (type) headers['content-type'] = type;
		const to = request({ host: target.hostname, port: target.port, path: url, method,
			headers }, async (answer) => {
			try {
				done({ status: answer.statusCode, type: answer.headers['content-type'],
					body: await read(answer) });
			} catch (e) {
				failed(e);
			}
		});
		to.on('error', failed);
		to.end(body);
	});
}

function next(url) {
	const at = orders.findIndex((o) => url.startsWith(o.path));
	if (at < 0) return undefined;
	const { how } = orders[at];
	if (--orders[at].times === 0) orders.splice(at, 1);
	struck[how] = (struck[how] ?? 0) + 1;
	return how;
}

async function serve(from, to) {
	const body = await read(from);
	if (from.url === '/lossy') {
		if (from.method === 'POST') orders.push({ times: 1, ...JSON.parse(body) });
		to.end(JSON.stringify(struck));
		return;
	}
	const how = next(from.url);
	const pass = () => forward(from.method, from.url, from.headers['content-type'], body);
	if (how === 'drop-before') {
		from.socket.destroy();
		return;
	}
	let answer = await pass();
	if (how === 'twice') answer = await pass();
	if (how === 'drop-after') {
		from.socket.destroy();
		return;
	}
	if (how === '502-after') {
		to.writeHead(502, { 'content-type': 'text/html' });
		to.end('<html><body>Bad Gateway</body></html>');
		return;
	}
	to.writeHead(answer.status, { 'content-type': answer.type ?? 'text/plain' });
	to.end(answer.body);
}

const server = createServer((from, to) => serve(from, to).catch(() => from.socket.destroy()));
server.listen(0, '127.0.0.1', () => console.log(`lossy http://127.0.0.1:${server.address().port}`));
