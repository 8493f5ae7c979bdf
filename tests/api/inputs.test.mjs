// What is wrong is refused, clearly, and changes nothing.
import assert from 'node:assert/strict';
import net from 'node:net';
import test, { after, before } from 'node:test';
import { Server } from './harness.mjs';

let server;
let alpine;
before(async () => {
  server = await Server.start();
  alpine = await server.signIn('owner@alpine.example');
});
after(() => server.stop());

const customer = { kind: 'customer', name: 'Trey Research', code: 'TREY' };
const post = (text, type = 'application/json') => alpine.call('POST', '/v1/accounts', { text, type });

test('a body of 10 MB of JSON is too large', async () => {
  const answer = await post(JSON.stringify({ ...customer, address: 'x'.repeat(10_000_000) }));
  assert.equal(answer.status, 413);
  assert.equal(answer.body.type, '/problems/body-too-large');
});

test('a body of 10 MB that does not say how long it is, is too large', async () => {
  const answer = await alpine.server.raw('POST', '/v1/accounts', {
    headers: { ...alpine.headers, 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    body: Buffer.alloc(10_000_000, 32),
  });
  assert.equal(answer.status, 413);
});

test('an import may have up to 10 MiB and not more', async () => {
  const large = await alpine.call('POST', '/v1/prices/import', { text: 'x'.repeat((10 << 20) + 1), type: 'text/csv' });
  assert.equal(large.status, 413);
  const header = 'sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n';
  const fits = await alpine.call('POST', '/v1/prices/import', { text: header.padEnd(10 << 20, ' '), type: 'text/csv' });
  assert.notEqual(fits.status, 413);
});

test('deep JSON is refused before it is parsed', async () => {
  const answer = await post('['.repeat(100_000));
  assert.equal(answer.status, 400);
  assert.equal(answer.body.type, '/problems/json-too-deep');
  assert.equal((await post(`{"agreement":${'{"a":'.repeat(17)}1${'}'.repeat(17)}}`)).body.type, '/problems/json-too-deep');
});

for (const [name, text, code] of [
  ['what is not JSON', '{"kind": customer}', 'malformed-json'],
  ['JSON with something behind it', '{} {}', 'malformed-json'],
  ['a lonely surrogate', '{"name":"\\ud800"}', 'malformed-json'],
  ['a zero byte in text', '{"name":"a\\u0000b"}', 'malformed-json'],
  ['a field given twice', '{"name":"a","name":"b"}', 'duplicate-field'],
  ['a list instead of an object', '[]', 'wrong-type'],
  ['an integer beyond 64 bits', '{"name":1e400}', 'malformed-json'],
]) {
  test(`${name} is refused as ${code}`, async () => {
    const answer = await post(text);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.body.type, `/problems/${code}`);
  });
}

test('bytes that are not UTF-8 are refused', async () => {
  const answer = await post(Buffer.from([0x7b, 0x22, 0x6e, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]));
  assert.equal(answer.status, 400);
  assert.equal(answer.body.type, '/problems/malformed-utf8');
});

for (const [name, body, code, field] of [
  ['an unknown field', { ...customer, nickname: 'T' }, 'unknown-field', 'nickname'],
  ['an unknown field of a nested object', { ...customer, agreement: { currencies: 'USD' } }, 'unknown-field', 'agreement.currencies'],
  ['a number where text belongs', { ...customer, name: 7 }, 'wrong-type', 'name'],
  ['text where a boolean belongs', { ...customer, without_agreement: 'yes' }, 'wrong-type', 'without_agreement'],
  ['text where an integer belongs', { ...customer, agreement: { payment_days: '30' } }, 'wrong-type', 'agreement.payment_days'],
  ['a fraction where an integer belongs', { ...customer, agreement: { payment_days: 1.5 } }, 'wrong-type', 'agreement.payment_days'],
  ['a list where an object belongs', { ...customer, agreement: [] }, 'wrong-type', 'agreement'],
  ['a missing field', { kind: 'customer' }, 'missing-field', 'name'],
  ['null where a value is needed', { kind: 'customer', name: null }, 'missing-field', 'name'],
  ['a control character in text', { ...customer, name: 'Trey\u0007' }, 'control-character', 'name'],
]) {
  test(`${name} is refused, naming the field`, async () => {
    const problem = await alpine.refused(422, code, 'POST', '/v1/accounts', { body });
    assert.equal(problem.field, field);
    assert.ok(problem.detail.includes(field.split('.').pop()));
  });
}

test('a wrong item of a list is named by its place', async () => {
  const body = { code: 'B', name: 'B', parts: [{ sku: 'SUITE' }, { sku: 'MAIL', quantity: '2' }] };
  const problem = await alpine.refused(422, 'wrong-type', 'POST', '/v1/bundles', { body });
  assert.equal(problem.field, 'parts[1].quantity');
});

test('what was refused has changed nothing', async () => {
  assert.deepEqual((await alpine.get('/v1/accounts?kind=customer')).items, []);
});

test('an import with bad rows imports nothing and lists every one with its line', async () => {
  const text = 'sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\nSUITE,USD,2026-11-01,peak,flat,1,-4\nSUITE,USD,2026-13-01,peak,flat,1,4\nNONE,USD,2026-11-01,peak,flat,1,4\n';
  const answer = await alpine.call('POST', '/v1/prices/import', { text, type: 'text/csv' });
  assert.equal(answer.status, 422, answer.text);
  assert.deepEqual(answer.body.problems.map((problem) => problem.line), [2, 3, 4]);
});

test('another Content-Type is refused', async () => {
  const answer = await post(JSON.stringify(customer), 'text/plain');
  assert.equal(answer.status, 415);
  assert.equal((await alpine.call('POST', '/v1/prices/import', { body: {} })).status, 415);
});

for (const [path, code] of [
  ['/v1/accounts?lmit=5', 'unknown-parameter'],
  ['/v1/accounts?limit=5&limit=6', 'duplicate-parameter'],
  ['/v1/accounts?kind=%zz', 'malformed-parameter'],
  ['/v1/accounts?kind=%ff', 'malformed-parameter'],
]) {
  test(`the query of ${path} is refused`, async () => {
    await alpine.refused(400, code, 'GET', path);
  });
}

for (const limit of ['0', '1001', '-1', 'ten', '1e3']) {
  test(`a limit of ${limit} is refused`, async () => {
    await alpine.refused(422, 'malformed-limit', 'GET', `/v1/accounts?limit=${limit}`);
  });
}

test('a path with a bad escape is refused, and %2F makes no segment', async () => {
  assert.equal((await alpine.call('GET', '/v1/accounts/%zz')).status, 400);
  assert.equal((await alpine.call('GET', '/v1/accounts/a%2Flogo')).status, 404);
  assert.equal((await alpine.call('GET', '/v1/accounts/%00')).status, 400);
});

test('a target beyond 4096 bytes is refused', async () => {
  assert.equal((await alpine.call('GET', `/v1/accounts?code=${'x'.repeat(5000)}`)).status, 414);
});

test('headers beyond their limit are refused and the server lives on', async () => {
  const answer = await alpine.server.raw('GET', '/healthz', { headers: { 'x-large': 'x'.repeat(12_000), 'x-larger': 'y'.repeat(70_000) } }).catch((error) => error);
  assert.ok(answer instanceof Error || answer.status === 431, String(answer.status));
  assert.equal((await server.raw('GET', '/healthz')).status, 200);
});

test('what is not HTTP is cut off', async () => {
  const { host, port } = server.options();
  await new Promise((done) => {
    const socket = net.connect(port, host, () => socket.write('\x16\x03\x01 this is no request\r\n\r\n'));
    socket.on('data', () => {});
    socket.on('error', done);
    socket.on('close', done);
  });
  assert.equal((await server.raw('GET', '/healthz')).status, 200);
});

test('a client that goes away in the middle of its body leaves nothing behind', async () => {
  const { host, port } = server.options();
  await new Promise((done) => {
    const socket = net.connect(port, host, () => {
      socket.write('POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"kind"', () => socket.destroy());
    });
    socket.on('close', done);
  });
  assert.equal((await server.raw('GET', '/readyz')).status, 200);
});
