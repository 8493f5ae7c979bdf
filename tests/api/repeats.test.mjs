// Sending again, changing at the same time, and reading on: Idempotency-Key, ETags, cursors.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { Client, Server } from './harness.mjs';

let server;
let distributor;
let alpine;
let blue;
before(async () => {
  server = await Server.start();
  distributor = await server.signIn('owner@northwind.example');
  alpine = await server.signIn('owner@alpine.example');
  blue = await server.signIn('owner@blue.example');
});
after(() => server.stop());

const customer = (code) => ({ kind: 'customer', name: `Customer ${code}`, code });
const keyed = (key) => ({ headers: { 'idempotency-key': key } });
const add = (who, code, key) => who.call('POST', '/v1/accounts', { body: customer(code), ...keyed(key) });
const codes = async (who) => (await who.get('/v1/accounts?kind=customer&limit=1000')).items.map((item) => item.code);

test('a request sent again with its key is answered as it was and done once', async () => {
  const first = await add(alpine, 'ONCE', 'key-1');
  const second = await add(alpine, 'ONCE', 'key-1');
  assert.equal(first.status, 201);
  assert.equal(second.status, 201);
  assert.equal(second.text, first.text);
  assert.equal(second.headers.location, first.headers.location);
  assert.equal(second.headers.etag, first.headers.etag);
  assert.equal(first.headers['idempotent-replayed'], undefined);
  assert.equal(second.headers['idempotent-replayed'], 'true');
  assert.deepEqual((await codes(alpine)).filter((code) => code === 'ONCE'), ['ONCE']);
});

test('another request with the same key is refused', async () => {
  await alpine.refused(422, 'idempotency-key-reused', 'POST', '/v1/accounts', { body: customer('OTHER'), ...keyed('key-1') });
  await alpine.refused(422, 'idempotency-key-reused', 'POST', '/v1/services', { body: { code: 'S', name: 'S' }, ...keyed('key-1') });
});

test('a key belongs to who sent it', async () => {
  assert.equal((await add(blue, 'ONCE', 'key-1')).status, 201);
  assert.deepEqual(await codes(blue), ['ONCE']);
});

test('a request that was refused may be sent again with its key, corrected', async () => {
  await alpine.refused(409, 'code-taken', 'POST', '/v1/accounts', { body: customer('ONCE'), ...keyed('key-2') });
  assert.equal((await add(alpine, 'TWICE', 'key-2')).status, 201);
});

test('a key is forgotten after a day', async () => {
  await server.moveTo('2026-11-25T11:00:00Z');
  assert.equal((await add(alpine, 'ONCE', 'key-1')).headers['idempotent-replayed'], 'true');
  await server.moveTo('2026-11-25T13:00:00Z');
  assert.equal((await add(alpine, 'ONCE', 'key-1')).status, 409);
});

test('while a request is being done, another with its key is told so', async () => {
  await server.tell('hold');
  const answers = [];
  const requests = Array.from({ length: 3 }, () => add(alpine, 'SLOW', 'key-3').then((answer) => answers.push(answer)));
  while (answers.length < 2) await new Promise(setImmediate);
  assert.deepEqual(answers.map((answer) => answer.body.type), Array(2).fill('/problems/idempotency-key-in-use'));
  await server.tell('release');
  await Promise.all(requests);
  assert.equal(answers[2].status, 201);
  assert.equal((await add(alpine, 'SLOW', 'key-3')).headers['idempotent-replayed'], 'true');
});

test('many at once with one key are done once', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => add(alpine, 'MANY', 'key-4')));
  for (const answer of answers) assert.ok([201, 409].includes(answer.status), answer.text);
  assert.equal((await codes(alpine)).filter((code) => code === 'MANY').length, 1);
});

test('a kept answer that holds a secret is replayed too', async () => {
  const made = { body: { name: 'T', scopes: 'read' }, ...keyed('key-5') };
  const first = await alpine.call('POST', '/v1/tokens', made);
  const second = await alpine.call('POST', '/v1/tokens', made);
  assert.equal(first.status, 201);
  assert.equal(second.body.secret, first.body.secret);
  assert.equal((await alpine.get('/v1/tokens')).items.length, 1);
});

test('a request whose kept response was sealed by an earlier version is refused and not done again', async () => {
  assert.equal((await add(alpine, 'BEFORE', 'key-6')).status, 201);
  await server.tell('seal-as-before key-6');
  await alpine.refused(409, 'idempotency-response-lost', 'POST', '/v1/accounts', { body: customer('BEFORE'), ...keyed('key-6') });
  assert.deepEqual((await codes(alpine)).filter((code) => code === 'BEFORE'), ['BEFORE']);
  await server.moveTo('2026-11-27T13:00:00Z');
  assert.equal((await add(alpine, 'LATER', 'key-6')).status, 201);
});

test('a key that cannot be one is refused', async () => {
  await alpine.refused(400, 'malformed-idempotency-key', 'POST', '/v1/accounts', { body: customer('X'), ...keyed('x'.repeat(129)) });
});

test('an edit needs the version that was read, and of two one wins', async () => {
  const path = '/v1/accounts/ONCE';
  const body = { name: 'Once' };
  await alpine.refused(428, 'version-needed', 'PATCH', path, { body });
  const etag = await alpine.etag(path);
  assert.match(etag, /^"\d+"$/);
  const both = await Promise.all(['A', 'B'].map((name) =>
    alpine.call('PATCH', path, { body: { name }, headers: { 'if-match': etag } })));
  assert.deepEqual(both.map((answer) => answer.status).sort(), [200, 412]);
  const stale = both.find((answer) => answer.status === 412);
  assert.equal(stale.body.type, '/problems/stale');
  await alpine.refused(412, 'stale', 'PATCH', path, { body, headers: { 'if-match': 'W/"1"' } });
  assert.equal((await alpine.call('PATCH', path, { body, headers: { 'if-match': '*' } })).status, 200);
});

test('what has not changed is not sent again', async () => {
  const first = await alpine.call('GET', '/v1/accounts/ONCE');
  const again = await alpine.call('GET', '/v1/accounts/ONCE', { headers: { 'if-none-match': first.headers.etag } });
  assert.equal(again.status, 304);
  assert.equal(again.text, '');
});

test('pages follow each other without a gap or a repetition', async () => {
  for (let i = 0; i < 25; i++) await add(blue, `PAGE-${i}`, `page-${i}`);
  const seen = [];
  let next = '';
  do {
    const page = await blue.get(`/v1/accounts?kind=customer&limit=7${next ? `&cursor=${next}` : ''}`);
    assert.ok(page.items.length <= 7);
    seen.push(...page.items.map((item) => item.code));
    next = page.next;
  } while (next);
  assert.equal(seen.length, 26);
  assert.equal(new Set(seen).size, 26);
});

test('a cursor is good for its list and its account alone', async () => {
  const { next } = await blue.get('/v1/accounts?limit=1');
  assert.ok(next);
  await alpine.refused(422, 'malformed-cursor', 'GET', `/v1/accounts?cursor=${next}`);
  await blue.refused(422, 'malformed-cursor', 'GET', `/v1/skus?cursor=${next}`);
  await blue.refused(422, 'malformed-cursor', 'GET', `/v1/accounts?cursor=${next.slice(0, -1)}`);
  await blue.refused(422, 'malformed-cursor', 'GET', '/v1/accounts?cursor=1');
  assert.equal((await blue.call('GET', `/v1/accounts?cursor=${next}`)).status, 200);
});

test('a token shares nothing of its owner\'s keys', async () => {
  const made = await alpine.post('/v1/tokens', { name: 'U', scopes: 'read accounts:write' }, 201);
  const token = new Client(server, { authorization: `Bearer ${made.secret}` });
  assert.equal((await add(token, 'TOKEN', 'key-4')).status, 201);
  assert.ok((await distributor.get('/v1/accounts?limit=1000')).items.length > 0);
});
