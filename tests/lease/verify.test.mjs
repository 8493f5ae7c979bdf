// The verifier of docs/verify-a-lease.md against envelopes of our making, good and bad.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';
import { CompactSign, compactVerify, importJWK } from 'jose';
import { Machine } from './machine.mjs';
import { verifyLease } from './verify.mjs';

const made = JSON.parse(execFileSync(process.env.SEATMETER_BATCHES, { maxBuffer: 1 << 26 }));
const batchOf = (size) => made.batches[size - 1];
const refused = (envelope, jwks = made.jwks) => assert.rejects(verifyLease(envelope, jwks));
const flipped = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);

test('every lease of every batch from 1 to 70 is verified, and is what was signed', async () => {
  for (const [i, batch] of made.batches.entries()) {
    assert.equal(batch.envelopes.length, i + 1);
    for (const [index, envelope] of batch.envelopes.entries()) {
      const lease = await verifyLease(envelope, made.jwks);
      assert.equal(lease.decision, 'work');
      assert.equal(lease.sequence, index + 1);
    }
  }
});

test('a forged lease is refused', async () => {
  const envelope = batchOf(64).envelopes[5];
  for (const at of [0, 7, envelope.lease.length >> 1]) await refused({ ...envelope, lease: flipped(envelope.lease, at) });
  const lease = JSON.parse(Buffer.from(envelope.lease, 'base64url'));
  const longer = Buffer.from(JSON.stringify({ ...lease, expires: lease.expires + 1 })).toString('base64url');
  await refused({ ...envelope, lease: longer });
});

test('a truncated or longer lease is refused', async () => {
  const envelope = batchOf(1).envelopes[0];
  for (const cut of [4, 40, envelope.lease.length]) await refused({ ...envelope, lease: envelope.lease.slice(0, -cut) });
  await refused({ ...envelope, lease: envelope.lease + 'AAAA' });
});

test('a path that is swapped, cut, longer or changed is refused', async () => {
  for (const [size, index] of [[64, 5], [70, 69], [3, 1], [33, 32]]) {
    const envelope = batchOf(size).envelopes[index], { path } = envelope;
    if (path.length > 1) await refused({ ...envelope, path: [path[1], path[0], ...path.slice(2)] });
    await refused({ ...envelope, path: path.slice(1) });
    await refused({ ...envelope, path: path.slice(0, -1) });
    await refused({ ...envelope, path: [...path, path[0]] });
    await refused({ ...envelope, path: [flipped(path[0], 3), ...path.slice(1)] });
    await refused({ ...envelope, path: [path[0].slice(4), ...path.slice(1)] });
  }
});

test('another index is refused', async () => {
  const envelope = batchOf(70).envelopes[5];
  for (const index of [4, 6, 37, 69, 70, -1, 5.5, '5', undefined]) await refused({ ...envelope, index });
});

test('the head of another batch, or a changed one, is refused', async () => {
  const envelope = batchOf(64).envelopes[5];
  await refused({ ...envelope, head: batchOf(63).envelopes[5].head });
  await refused({ ...envelope, head: flipped(envelope.head, 5) });
  await refused({ ...envelope, head: flipped(envelope.head, envelope.head.indexOf('.') + 20) });
  await refused({ ...envelope, head: envelope.head.slice(0, -10) });
  await refused({ ...envelope, head: '' });
});

test('a node is no leaf: an inner hash cannot be passed off as a lease', async () => {
  const { envelopes } = batchOf(2);
  const inner = Buffer.concat(envelopes.map((envelope) => Buffer.from(envelope.path[0], 'base64url'))).toString('base64url');
  await refused({ lease: inner, index: 0, size: 1, path: [], head: envelopes[0].head });
});

test('what another key has signed is refused, whatever its head says', async () => {
  const envelope = batchOf(1).envelopes[0];
  const payload = Buffer.from(envelope.head.split('.')[1], 'base64url');
  const header = JSON.parse(Buffer.from(envelope.head.split('.')[0], 'base64url'));
  const other = generateKeyPairSync('ed25519').privateKey;
  await refused({ ...envelope, head: await new CompactSign(payload).setProtectedHeader(header).sign(other) });
  const secret = Buffer.from(made.jwks.keys[0].x, 'base64url');
  await refused({ ...envelope, head: await new CompactSign(payload).setProtectedHeader({ ...header, alg: 'HS256' }).sign(secret) });
  const none = Buffer.from(JSON.stringify({ ...header, alg: 'none' })).toString('base64url');
  await refused({ ...envelope, head: `${none}.${envelope.head.split('.')[1]}.` });
  await refused(envelope, { keys: [] });
});

// ---- with the real command

const directory = mkdtempSync(join(tmpdir(), 'seatmeter-lease-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const suppressions = fileURLToPath(new URL('../leaks.supp', import.meta.url));
const environment = { LSAN_OPTIONS: `print_suppressions=0:suppressions=${suppressions}`, ...process.env };
const seatmeter = (...words) => execFileSync(process.env.SEATMETER, words, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
const read = (...words) => JSON.parse(seatmeter(...words, '--json'));

/* On a store of its own. */
function aLicenceThatIsOn() {
  const place = mkdtempSync(join(directory, 'store-'));
  environment.SEATMETER_DB = `sqlite:${place}/store.db`;
  environment.SEATMETER_SECRET_FILE = `${place}/secret`;
  seatmeter('simulate', '--seed', '7', '--providers', '1', '--customers', '2', '--licences', '8', '--months', '1');
  const licence = read('licence', 'list').items.find((one) => one.state === 'on' && one.effective !== 'suspended');
  return { licence, key: seatmeter('licence', 'key', licence.id).trim() };
}

function issue(machine, key) {
  writeFileSync(`${directory}/request`, machine.requestFile(key));
  const told = read('lease', 'issue', `${directory}/request`, '--output', `${directory}/lease`);
  return { told, file: JSON.parse(readFileSync(`${directory}/lease`, 'utf8')) };
}

/* The key set, as a product verifies it with the root that is built into it. */
async function keySet(jws, root) {
  const { payload, protectedHeader } = await compactVerify(jws, await importJWK({ kty: 'OKP', crv: 'Ed25519', x: root }, 'EdDSA'));
  assert.equal(protectedHeader.typ, 'seatmeter-keys');
  return JSON.parse(Buffer.from(payload).toString());
}

test('a lease that the command issues is verified from the root on, and no longer once its key is revoked', async () => {
  const { licence, key } = aLicenceThatIsOn();
  const root = read('key', 'root').items[0].public_key;
  const machine = new Machine();
  const first = issue(machine, key);
  const firstSet = await keySet(first.file.key_set, root);
  const lease = await verifyLease(first.file, firstSet);
  assert.deepEqual([lease.decision, lease.code, lease.device, lease.licence], ['work', 'ok', first.told.device, licence.id]);
  assert.equal(lease.fingerprint, machine.fingerprint.toString('base64url'));
  assert.equal(lease.keys, firstSet.version);
  assert.equal(lease.expires, lease.issued + 30 * 86400);
  assert.equal(Buffer.from(first.file.check_in_key, 'base64url').length, 32);

  // Rotated: the new key signs, and what the old one has signed still counts.
  seatmeter('key', 'rotate', '--after', '0');
  const second = issue(machine, key);
  const secondSet = await keySet(second.file.key_set, root);
  assert.ok(secondSet.version > firstSet.version);
  assert.equal((await verifyLease(second.file, secondSet)).device, lease.device);
  assert.equal((await verifyLease(first.file, secondSet)).device, lease.device);
  await refused(second.file, firstSet);

  // Revoked: it counts no more.
  seatmeter('key', 'revoke', firstSet.keys[0].kid);
  const third = issue(machine, key);
  const thirdSet = await keySet(third.file.key_set, root);
  await refused(first.file, thirdSet);
  assert.equal((await verifyLease(second.file, thirdSet)).device, lease.device);

  // Another root signs when the first is revoked; who knows the first alone learns of it before.
  seatmeter('key', 'rotate', '--root');
  const told = await keySet(issue(machine, key).file.key_set, root);
  assert.equal(told.roots.length, 2);
  seatmeter('key', 'revoke', read('key', 'root').items[0].key);
  const last = issue(machine, key).file.key_set;
  assert.deepEqual((await keySet(last, told.roots[1])).roots, [told.roots[1]]);
  await assert.rejects(keySet(last, root));
});

/* Runs `story` with the address of a device door on the store. */
async function withTheDeviceDoor(story) {
  const door = spawn(process.env.SEATMETER, ['serve', '--control', '127.0.0.1:0', '--device', '127.0.0.1:0'],
    { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise((done) => door.on('exit', (code) => done(code)));
  let log = '';
  try {
    const url = await new Promise((done, fail) => {
      door.stderr.on('data', (data) => {
        log += data;
        if (/^Listening on .*\n/m.test(log)) done(log.match(/^Devices at (.*)$/m)[1]);
      });
      ended.then((code) => fail(new Error(`the door ended with ${code}: ${log}`)));
    });
    await story(url);
  } finally {
    door.kill('SIGTERM');
  }
  assert.equal(await ended, 0, log);
}

test('what the device door answers to many machines at once is verified with its own key set', async () => {
  const { licence, key } = aLicenceThatIsOn();
  const root = read('key', 'root').items[0].public_key;
  await withTheDeviceDoor(async (url) => {
    const jwks = await (await fetch(`${url}/.well-known/jwks.json`)).json();
    const set = await keySet((await (await fetch(`${url}/v1/keys`)).json()).keys, root);
    assert.deepEqual(set.keys, jwks.keys);
    const answers = await Promise.all(Array.from({ length: licence.seats + 2 }, async (_, i) => {
      const answer = await fetch(`${url}/v1/activate`, { method: 'POST', body: new Machine(`PC-${i}`).requestFile(key) });
      return { status: answer.status, body: await answer.json() };
    }));
    const taken = answers.filter(({ status }) => status === 200);
    assert.equal(taken.length, licence.seats);
    for (const { body } of taken) {
      const lease = await verifyLease(body, jwks);
      assert.deepEqual([lease.decision, lease.device, lease.licence, lease.sequence], ['work', body.device, licence.id, 0]);
      await refused({ ...body, lease: flipped(body.lease, 30) }, jwks);
    }
    for (const { status, body } of answers.filter((one) => one.status !== 200)) assert.deepEqual([status, body.code], [403, 'no-seat-left']);
  });
});

test('the verifier in the docs is the one that is tested here', () => {
  const page = readFileSync(new URL('../../docs/verify-a-lease.md', import.meta.url), 'utf8');
  const code = readFileSync(new URL('./verify.mjs', import.meta.url), 'utf8');
  assert.ok(page.includes('```js\n' + code + '```'), 'docs/verify-a-lease.md does not show tests/lease/verify.mjs');
  assert.ok(code.trim().split('\n').length <= 32);
});
