-- SPDX-License-Identifier: MIT
-- What must hold in a ledger that is at rest. One row for each thing that is wrong. Written
-- from docs and the headers of lib/store, not from its code: both may be wrong, but hardly
-- in the same way.

-- ---- accounts
WITH moved (mint, account, into_it, out_of_it) AS (
	SELECT mint, account, sum(i), sum(o) FROM (
		SELECT mint, dst AS account, amount AS i, 0 AS o FROM transfers
		UNION ALL SELECT mint, src, 0, amount FROM transfers)
	GROUP BY mint, account)
SELECT 'account ' || m.account || ' of mint ' || m.mint || ': rows ' || m.into_it || '/' ||
	m.out_of_it || ', balance ' || coalesce(b.into_it, 'none') || '/' || coalesce(b.out_of_it, 'none')
FROM moved AS m LEFT JOIN balances AS b ON b.mint = m.mint AND b.account = m.account
WHERE b.mint IS NULL OR b.into_it != m.into_it OR b.out_of_it != m.out_of_it;

SELECT 'a balance without rows: account ' || account FROM balances AS b
WHERE into_it + out_of_it > 0 AND NOT EXISTS
	(SELECT 1 FROM transfers WHERE mint = b.mint AND b.account IN (src, dst));

SELECT 'account ' || account || ' of mint ' || mint || ' is below zero' FROM balances
WHERE account IN (2, 3) AND into_it < out_of_it;

-- coins of a mint are what JOBS and EARNED hold there
SELECT 'mint ' || m.mint || ': ' || coins || ' in coins, ' || books || ' in the books' FROM (
	SELECT mint,
		(SELECT coalesce(sum(amount), 0) FROM proofs AS p WHERE p.mint = mints.mint AND state IN (1, 2)) AS coins,
		(SELECT coalesce(sum(into_it - out_of_it), 0) FROM balances AS b
		 WHERE b.mint = mints.mint AND account IN (2, 3)) AS books
	FROM mints) AS m WHERE coins != books;

-- ---- bills
SELECT 'job ' || job || ': ' || face || ' paid is not ' || fee_in || ' + ' || earned || ' + ' || change ||
	' + ' || fee_out FROM bills WHERE state = 3 AND (face != fee_in + earned + change + fee_out OR net != face - fee_in);

WITH t (job, taken, fee_in, earned, change, fee_out) AS (
	SELECT job, sum(iif(src = 1 AND dst = 2, amount, 0)), sum(iif(src = 1 AND dst = 5, amount, 0)),
		sum(iif(src = 2 AND dst = 3, amount, 0)), sum(iif(src = 2 AND dst = 4, amount, 0)),
		sum(iif(src = 2 AND dst = 5, amount, 0))
	FROM transfers WHERE job IS NOT NULL GROUP BY job)
SELECT 'job ' || b.job || ': its rows are not its bill' FROM bills AS b LEFT JOIN t ON t.job = b.job
WHERE b.state = 3 AND (t.job IS NULL OR t.taken != b.net OR t.fee_in != b.fee_in OR t.earned != b.earned OR
	t.change != b.change OR t.fee_out != b.fee_out);

SELECT 'job ' || job || ' is unpaid and has moved money' FROM bills
WHERE state = 5 AND job IN (SELECT job FROM transfers WHERE job IS NOT NULL);

SELECT 'job ' || seq || ' is done, its bill is in state ' || b.state FROM jobs JOIN bills AS b ON b.job = seq
WHERE jobs.state = 9 AND b.state NOT IN (3, 4, 5);

SELECT 'job ' || job || ' has settled and still holds coins' FROM bills
WHERE state = 3 AND job IN (SELECT job FROM proofs WHERE state IN (1, 2) AND job IS NOT NULL);

-- ---- paid once, changed once
SELECT 'job ' || job || ' was claimed ' || count(*) || ' times' FROM pays
WHERE kind = 1 AND state = 3 GROUP BY job HAVING count(*) > 1;

SELECT 'job ' || job || ' was changed ' || count(*) || ' times' FROM pays
WHERE kind = 2 AND state = 3 GROUP BY job HAVING count(*) > 1;

SELECT 'a coin was spent by ' || count(*) || ' operations, one is ' || min(op) FROM pay_inputs JOIN pays USING (op)
WHERE state = 3 GROUP BY y HAVING count(*) > 1;

SELECT 'job ' || job || ' has ' || count(*) || ' change tokens' FROM tokens
WHERE kind = 1 GROUP BY job HAVING count(*) > 1;

SELECT 'job ' || job || ' has ' || count(*) || ' events of kind ' || kind FROM outbox
WHERE kind IN (5101, 30101) GROUP BY job, kind HAVING count(*) > 1;

SELECT 'job ' || bills.job || ': its bill gives ' || change || ', its token is worth ' || coalesce(t.amount, 'nothing')
FROM bills LEFT JOIN tokens AS t ON t.token = bills.token
WHERE bills.state = 3 AND change > 0 AND (t.amount IS NULL OR t.amount != change OR t.job != bills.job);

SELECT 'token ' || t.token || ' is worth ' || t.amount || ', its coins ' || coalesce(sum(p.amount), 0)
FROM tokens AS t LEFT JOIN proofs AS p ON p.token = t.token GROUP BY t.token HAVING coalesce(sum(p.amount), 0) != t.amount;

-- ---- operations and coins
SELECT 'operation ' || op || ': its outputs are ' || coalesce(sum(amount), 0) || ' of ' || total_in || ' less ' || fee
FROM pays LEFT JOIN pay_outputs USING (op) WHERE kind != 4 GROUP BY op
HAVING coalesce(sum(amount), 0) != total_in - fee;

SELECT 'operation ' || op || ' has settled, and not all of its outputs are coins' FROM pays
WHERE state = 3 AND kind != 4 AND
	(SELECT count(*) FROM pay_outputs AS o WHERE o.op = pays.op) !=
	(SELECT count(*) FROM proofs WHERE made_by = pays.op);

SELECT 'operation ' || op || ' of state ' || state || ' has made coins' FROM pays
WHERE state != 3 AND op IN (SELECT made_by FROM proofs WHERE made_by IS NOT NULL);

SELECT 'operation ' || op || ' was refused and holds inputs' FROM pays
WHERE state = 4 AND op IN (SELECT op FROM pay_inputs WHERE live = 1);

SELECT 'operation ' || op || ' of state ' || state || ' does not hold its inputs' FROM pays
WHERE state IN (1, 2, 3, 6) AND op IN (SELECT op FROM pay_inputs WHERE live = 0);

SELECT 'a held coin of operation ' || coalesce(held_by, 'none') || ', which is decided' FROM proofs
WHERE state = 2 AND (held_by IS NULL OR held_by NOT IN (SELECT op FROM pays WHERE state IN (1, 2, 6)));

SELECT 'a free coin is an input of operation ' || i.op FROM proofs AS p JOIN pay_inputs AS i ON i.y = p.y AND live = 1
WHERE p.state = 1;

SELECT 'a spent coin of operation ' || coalesce(held_by, 'none') || ', which did not settle' FROM proofs
WHERE state = 3 AND token IS NULL AND (held_by IS NULL OR held_by NOT IN (SELECT op FROM pays WHERE state = 3));

SELECT 'a coin of token ' || p.token || ' is spent, the token is in state ' || t.state
FROM proofs AS p JOIN tokens AS t ON t.token = p.token WHERE p.state = 3 AND t.state = 1;

SELECT 'a coin that was given in no token' FROM proofs WHERE state = 4 AND token IS NULL;

SELECT 'a coin of ours was spent by somebody else, ' || amount || ' sat' FROM proofs WHERE state = 5;

-- ---- jobs
SELECT 'job ' || job || ' was run ' || count(*) || ' times' FROM job_log WHERE event = 'running'
GROUP BY job HAVING count(*) > 1;

SELECT 'job ' || job || ' ran without being paid' FROM bills
WHERE state IN (1, 5) AND job IN (SELECT job FROM job_log WHERE event = 'running');
