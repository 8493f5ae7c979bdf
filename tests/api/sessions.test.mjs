// Who is asking, and what a door shows to those who are nobody.
import assert from 'node:assert/strict';
import net from 'node:net';
import test, { after, before } from 'node:test';
import { Client, METRICS_TOKEN, PASSWORD, Server, operations } from './harness.mjs';

let server;
let alpine;
let nobody;
before(async () => {
  server = await Server.start({ trustForwarded: true });
  alpine = await server.signIn('owner@alpine.example');
  nobody = new Client(server, {});
});
after(() => server.stop());

const signIn = (headers = {}, body = { email: 'owner@alpine.example', password: PASSWORD }) =>
  server.call('POST', '/v1/session', { body, headers });
const from = (address) => ({ 'x-forwarded-for': address });

test('whoever is not signed in gets 401 from everything that is not public', async () => {
  for (const operation of operations.filter(({ security }) => security.length > 0)) {
    const path = operation.path.replace(/\{[^}]+\}/g, 'x');
    const answer = await nobody.call(operation.method, path, operation.method === 'GET' ? {} : { body: {} });
    assert.equal(answer.status, 401, `${operation.method} ${path}`);
    assert.equal(answer.body.type, '/problems/not-signed-in');
    assert.match(answer.headers['www-authenticate'], /^Bearer/);
  }
});

test('the cookie of a session is kept from scripts and other sites', async () => {
  const answer = await signIn(from('192.0.2.1'));
  const [cookie] = answer.headers['set-cookie'];
  assert.match(cookie, /^seatmeter_session=sms_[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
  assert.ok(!answer.text.includes('sms_'));
});

test('a wrong password and an unknown address get the same answer', async () => {
  const wrong = await signIn(from('192.0.2.2'), { email: 'owner@alpine.example', password: 'wrong wrong wrong' });
  const unknown = await signIn(from('192.0.2.3'), { email: 'nobody@alpine.example', password: 'wrong wrong wrong' });
  assert.equal(wrong.status, 401);
  assert.deepEqual({ ...wrong.body, request_id: '' }, { ...unknown.body, request_id: '' });
});

test('inviting an address that signs in elsewhere and one that is nobody\'s get the same answer', async () => {
  const asked = async (email) => {
    const answer = await alpine.call('POST', '/v1/invitations', { body: { email, name: 'Guest', role: 'viewer' } });
    assert.equal(answer.status, 201, answer.text);
    const { id, email: given, created_at, expires_at, ...rest } = answer.body;
    assert.equal(given, email);
    return { rest, lives: Date.parse(expires_at) - Date.parse(created_at), headers: Object.keys(answer.headers).sort() };
  };
  assert.deepEqual(await asked('owner@contoso.example'), await asked('nobody@contoso.example'));
  assert.deepEqual(await asked('owner@contoso.example'), await asked('nobody@contoso.example')); // nor the second time
});

test('a person of two accounts acts for one of them at a time', async () => {
  const email = 'owner@blue.example';
  const blue = await server.signIn(email);
  await alpine.post('/v1/invitations', { email, name: 'Guest', role: 'viewer' }, 201);
  const link = await server.linkFor(email);
  await nobody.refused(401, 'sign-in-failed', 'POST', '/v1/invitations/accept', { body: { link, password: 'a password of another' } });
  const guest = await nobody.post('/v1/invitations/accept', { link, password: PASSWORD }, 201);
  assert.equal(guest.account.code, 'ALPINE');
  const codes = (session) => session.users.map(({ account }) => account.code);
  assert.deepEqual(codes(await blue.get('/v1/session')), ['BLUE', 'ALPINE']);

  const customer = await alpine.post('/v1/accounts', { kind: 'customer', name: 'Of Alpine', code: 'OF-ALPINE' }, 201);
  await blue.refused(404, 'unknown-account', 'GET', `/v1/accounts/${customer.id}`);
  const moved = await blue.must(200, 'PATCH', '/v1/session', { body: { account: 'ALPINE' } });
  assert.deepEqual([moved.account.code, moved.user.id, moved.rights], ['ALPINE', guest.id, ['read']]);
  await blue.get(`/v1/accounts/${customer.id}`);
  await blue.refused(403, 'right-missing', 'GET', '/v1/users');
  await blue.refused(404, 'unknown-account', 'PATCH', '/v1/session', { body: { account: 'NORTHWIND' } });
  await blue.refused(404, 'unknown-account', 'PATCH', '/v1/session', { body: { account: 'NOWHERE' } });
  const back = await signIn(from('192.0.2.30'), { email, password: PASSWORD, account: 'BLUE' });
  assert.equal(back.body.user.account.code, 'BLUE');
  const path = `/v1/users/${guest.id}`;
  await alpine.must(200, 'PATCH', path, { body: { active: false }, headers: { 'if-match': await alpine.etag(path) } });
  await blue.refused(401, 'session-unknown', 'GET', '/v1/session');
  assert.deepEqual(codes((await signIn(from('192.0.2.31'), { email, password: PASSWORD })).body), ['BLUE']);
});

test('no account sets another person\'s password, and none makes a user with one', async () => {
  const { items } = await alpine.get('/v1/users');
  const path = `/v1/users/${items.find(({ role }) => role === 'viewer').id}`;
  const headers = { 'if-match': await alpine.etag(path) };
  await alpine.refused(422, 'unknown-field', 'PATCH', path, { body: { password: 'mine from now on' }, headers });
  const made = await alpine.call('POST', '/v1/users', { body: { email: 'x@x.example', name: 'X', role: 'viewer', password: PASSWORD } });
  assert.equal(made.status, 405);
});

test('guessing from one address is limited, and from another still works', async () => {
  const statuses = [];
  for (let i = 0; i < 12; i++) {
    const answer = await signIn(from('198.51.100.7'), { email: `guess${i}@alpine.example`, password: 'wrong wrong wrong' });
    statuses.push(answer.status);
    if (answer.status === 429) assert.ok(Number(answer.headers['retry-after']) > 0);
  }
  assert.equal(statuses[0], 401);
  assert.equal(statuses.at(-1), 429);
  assert.equal((await signIn(from('198.51.100.8'))).status, 201);
});

test('one address cannot keep the workers busy with requests', async () => {
  const answers = await Promise.all(Array.from({ length: 700 }, () =>
    server.raw('GET', '/v1/session', { headers: from('203.0.113.1') })));
  assert.ok(answers.some((answer) => answer.status === 429));
  assert.equal((await server.raw('GET', '/v1/session', { headers: from('203.0.113.2') })).status, 401);
});

test('a session\'s cookie alone changes nothing: another site cannot use it', async () => {
  const { cookie } = alpine.headers;
  const body = { kind: 'customer', name: 'Forged', code: 'FORGED' };
  const forged = async (headers) => {
    const answer = await server.call('POST', '/v1/accounts', { body, headers: { cookie, ...headers } });
    assert.equal(answer.status, 403);
    assert.equal(answer.body.type, '/problems/cross-site');
  };
  await forged({});
  await forged({ origin: 'https://evil.example' });
  await forged({ origin: 'https://evil.example', 'seatmeter-csrf': '1' });
  await forged({ origin: 'null' });
  await forged({ 'sec-fetch-site': 'cross-site', 'seatmeter-csrf': '1' });
  await forged({ 'sec-fetch-site': 'same-site', 'seatmeter-csrf': '1' });
  const own = await server.call('POST', '/v1/accounts', { body: { ...body, code: 'OWN' }, headers: { cookie, origin: server.url, 'sec-fetch-site': 'same-origin' } });
  assert.equal(own.status, 201, own.text);
  assert.equal((await server.call('GET', '/v1/accounts', { headers: { cookie } })).status, 200);
});

test('another site cannot sign a browser in', async () => {
  const answer = await signIn({ origin: 'https://evil.example', ...from('192.0.2.4') });
  assert.equal(answer.status, 403);
});

test('there is no CORS', async () => {
  const answer = await nobody.call('OPTIONS', '/v1/accounts', { headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } });
  assert.equal(answer.status, 204);
  assert.ok(!Object.keys(answer.headers).some((name) => name.startsWith('access-control')));
});

test('a token does what its scopes say and no more', async () => {
  const made = await alpine.post('/v1/tokens', { name: 'Reader', scopes: 'read' }, 201);
  const token = new Client(server, { authorization: `Bearer ${made.secret}` });
  assert.deepEqual((await token.get('/v1/session')).rights, ['read']);
  await token.get('/v1/accounts');
  await token.refused(403, 'right-missing', 'POST', '/v1/accounts', { body: { kind: 'customer', name: 'X' } });
  await new Client(server, { authorization: 'Bearer smt_wrong' }).refused(401, 'token-unknown', 'GET', '/v1/accounts');
  await new Client(server, { authorization: `Bearer ${made.secret}x` }).refused(401, 'token-unknown', 'GET', '/v1/accounts');
});

test('a role does what it says and no more', async () => {
  const viewer = await server.signIn('viewer@alpine.example');
  await viewer.get('/v1/licences');
  await viewer.refused(403, 'right-missing', 'POST', '/v1/blocks', { body: { sku: 'SUITE', size: 5 } });
  const technician = await server.signIn('technician@alpine.example');
  await technician.refused(403, 'right-missing', 'GET', '/v1/users');
  await technician.refused(403, 'right-missing', 'POST', '/v1/prices', { body: {} });
});

test('a session that was ended, or has been idle for long, is over', async () => {
  const session = await server.signIn('viewer@alpine.example');
  await session.must(204, 'DELETE', '/v1/session');
  await session.refused(401, 'session-unknown', 'GET', '/v1/session');
});

test('every answer has the headers that keep a browser from harm, and its request\'s id', async () => {
  for (const path of ['/', '/v1/session', '/nowhere', '/healthz']) {
    const { headers } = await server.raw('GET', path, { headers: { 'x-request-id': 'my-request.7' } });
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.match(headers['content-security-policy'], /^default-src 'none'/);
    assert.equal(headers['x-request-id'], 'my-request.7');
  }
  const { headers } = await server.raw('GET', '/healthz', { headers: { 'x-request-id': 'no good {}' } });
  assert.match(headers['x-request-id'], /^[0-9a-f]{24}$/);
});

test('a path answers what it can and says what that is', async () => {
  const head = await server.raw('HEAD', '/healthz');
  assert.equal(head.status, 200);
  assert.equal(head.text, '');
  assert.ok(Number(head.headers['content-length']) > 0);
  const options = await server.raw('OPTIONS', '/v1/accounts');
  assert.equal(options.headers.allow, 'GET, HEAD, POST, OPTIONS');
  const wrong = await server.raw('DELETE', '/v1/accounts');
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.allow, 'GET, HEAD, POST, OPTIONS');
  assert.equal((await server.raw('BREW', '/v1/accounts')).status, 405);
  assert.equal((await server.raw('GET', '/v1/nothing')).status, 404);
});

test('metrics are read from this machine itself or with their token', async () => {
  assert.equal((await server.raw('GET', '/metrics')).status, 200);
  assert.equal((await server.raw('GET', '/metrics', { headers: from('192.0.2.9') })).status, 403);
  assert.equal((await server.raw('GET', '/metrics', { headers: { authorization: 'Bearer wrong' } })).status, 403);
  assert.equal((await server.raw('GET', '/metrics', { headers: { host: 'rebound.example' } })).status, 403);
  const bearer = { authorization: `Bearer ${METRICS_TOKEN}` };
  const answer = await server.raw('GET', '/metrics', { headers: { ...bearer, ...from('192.0.2.9') } });
  assert.equal(answer.status, 200);
  assert.match(answer.text, /seatmeter_http_request_duration_seconds_bucket\{method="GET",route="\/metrics",le="\+Inf"\}/);
});

test('the log has a line per request and no secret', async () => {
  await nobody.call('GET', '/v1/licences/4D0Q9-GZ2X1-M7K4D-0Q9GZ-2X1M7', { headers: { authorization: 'Bearer smt_very_secret' } });
  await nobody.call('GET', '/healthz', { headers: { 'x-request-id': 'find-me' } });
  while (!server.logLines.some((line) => line.request_id === 'find-me')) await new Promise(setImmediate);
  const lines = server.logLines;
  assert.ok(lines.some((line) => line.request_id === 'find-me' && line.status === 200 && line.route === '/healthz'));
  for (const secret of [PASSWORD, 'sms_', 'smt_', '4D0Q9-GZ2X1']) assert.ok(!server.log.includes(secret), secret);
});

test('a server that is told to stop finishes what it was asked', () => Server.during({}, async (other) => {
  const someone = await other.signIn('owner@alpine.example');
  await other.tell('hold');
  const slow = someone.call('POST', '/v1/accounts', { body: { kind: 'customer', name: 'Late', code: 'LATE' } });
  // The metrics are under way themselves.
  const underWay = async () => /^seatmeter_http_requests_in_flight (\d+)$/m.exec((await other.raw('GET', '/metrics')).text)[1];
  while (await underWay() < 2) await new Promise(setImmediate);
  await other.tell('release');
  other.process.stdin.end();
  assert.equal((await slow).status, 201);
}));

test('changes that wait for each other leave room for reading', () => Server.during({}, async (other) => {
  const someone = await other.signIn('owner@alpine.example');
  await other.tell('hold');
  const changes = Array.from({ length: 12 }, (_, i) =>
    someone.call('POST', '/v1/accounts', { body: { kind: 'customer', name: `C ${i}`, code: `C-${i}` } }));
  await someone.get('/v1/accounts');
  await someone.get('/v1/accounts');
  assert.equal((await other.raw('GET', '/readyz')).status, 200);
  await other.tell('release');
  for (const change of changes) assert.equal((await change).status, 201);
}));

for (const address of ['[::1]:0', 'unix:DIRECTORY/door.sock']) {
  test(`it listens on ${address}`, async (t) => {
    const other = await Server.start({ address }).catch((error) => error);
    if (other instanceof Error && address.startsWith('[') && /Cannot/.test(other.message)) return t.skip('no IPv6 here');
    assert.equal((await other.raw('GET', '/healthz')).status, 200);
    await other.stop();
  });
}

test('a client that sends its headers byte by byte does not hold others up', async () => {
  const { host, port } = server.options();
  const sockets = Array.from({ length: 50 }, () => net.connect(port, host));
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX-');
  }
  assert.equal((await server.raw('GET', '/readyz')).status, 200);
  for (const socket of sockets) socket.destroy();
});
