// Delivery at the door: a vendor uploads and publishes, providers and customers download, a link installs.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import test from 'node:test';
import { Server, engines, unanswered } from './harness.mjs';

const BYTES = 'application/octet-stream';
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const upload = (client, bytes, status = 200, name = sha256(bytes)) =>
  client.must(status, 'PUT', `/v1/artifacts/${name}`, { text: bytes, type: BYTES });

/* A vendor with a product, a provider with a customer and a licence that is on. */
async function stage(server) {
  const vendor = await server.signIn('owner@contoso.example');
  const provider = await server.signIn('owner@alpine.example');
  const distributor = await server.signIn('owner@northwind.example');
  await distributor.post('/v1/agreements', { buyer: 'ALPINE' }, 201);
  const agreement = (await provider.get('/v1/agreements')).items.find((one) => one.buyer.code === 'ALPINE');
  await provider.post(`/v1/agreements/${agreement.id}/sign`, { signed_by: 'Ada' }, 200, { headers: { 'if-match': '*' } });
  await provider.post('/v1/accounts', { kind: 'customer', code: 'HARBOUR', name: 'Harbour <Dental>' }, 201);
  const block = await provider.post('/v1/blocks', { sku: 'GUARD', size: 10 }, 201);
  const { items: [issued] } = await provider.post('/v1/licences', { block: block.id, customer: 'HARBOUR', seats: 2 }, 201);
  const product = await vendor.post('/v1/products', { code: 'GUARD', name: 'Guard & Co', skus: ['GUARD'] }, 201);
  return { server, vendor, provider, distributor, licence: issued.licence, key: issued.key, product };
}

const publishing = (bytes, { version = '1.0', channel = 'stable', platform = 'linux-amd64', file_name = 'guard.deb' } = {}) =>
  ({ product: 'GUARD', version, channel, artifacts: [{ platform, file_name, sha256: sha256(bytes) }] });

for (const engine of engines) {
  test(`${engine}: a vendor uploads, publishes, promotes and withdraws`, () => Server.during({ engine }, async (server) => {
    const { vendor, provider, product } = await stage(server);
    const bytes = randomBytes(3 << 20);
    assert.deepEqual(await upload(vendor, bytes), { sha256: sha256(bytes), size: bytes.length });
    await upload(vendor, bytes); // safe to repeat
    const release = await vendor.post('/v1/releases', publishing(bytes, { channel: 'beta' }), 201);
    assert.equal(release.artifacts[0].size, bytes.length);
    assert.deepEqual(await vendor.get(`/v1/releases/${release.id}`), release);
    assert.equal((await provider.get('/v1/releases?product=GUARD&channel=beta&state=published')).items.length, 1);
    assert.equal((await provider.get('/v1/releases?channel=stable')).items.length, 0);
    await vendor.post(`/v1/releases/${release.id}/promote`, {});
    await vendor.refused(409, 'wrong-state', 'POST', `/v1/releases/${release.id}/promote`, { body: {} });
    const withdrawn = await vendor.post(`/v1/releases/${release.id}/withdraw`, { reason: 'It breaks mail.' });
    assert.equal(withdrawn.withdrawn_reason, 'It breaks mail.');
    await vendor.refused(409, 'version-withdrawn', 'GET', `/v1/releases/${release.id}/installers/linux-amd64`);
    assert.equal((await provider.get('/v1/products')).items[0].id, product.id);
    assert.equal((await vendor.get(`/v1/products/${product.id}`)).skus[0].code, 'GUARD');
    assert.equal((await vendor.post('/v1/products/GUARD/skus', { skus: ['SUITE'] })).skus.length, 2);
  }));

  test(`${engine}: others neither publish nor upload`, () => Server.during({ engine }, async (server) => {
    const { vendor, provider, distributor } = await stage(server);
    const bytes = randomBytes(1000);
    await provider.refused(409, 'not-a-vendor', 'PUT', `/v1/artifacts/${sha256(bytes)}`, { text: bytes, type: BYTES });
    await provider.refused(403, 'not-yours', 'POST', '/v1/releases', { body: publishing(bytes) });
    await vendor.refused(409, 'unknown-artifact', 'POST', '/v1/releases', { body: publishing(bytes) });
    const code = (await vendor.get('/v1/products')).items[0].vendor;
    await distributor.must(200, 'PUT', `/v1/artifacts/${sha256(bytes)}?vendor=${code}`, { text: bytes, type: BYTES });
    await distributor.post('/v1/releases', publishing(bytes), 201);
  }));

  test(`${engine}: installers are downloaded in parts by who has a licence that is on`, () => Server.during({ engine }, async (server) => {
    const { vendor, provider, distributor, licence } = await stage(server);
    const bytes = randomBytes(300000);
    await upload(vendor, bytes);
    const release = await vendor.post('/v1/releases', publishing(bytes), 201);
    const path = `/v1/releases/${release.id}/installers/linux-amd64`;
    await provider.refused(403, 'not-entitled', 'GET', path);
    await provider.post(`/v1/licences/${licence.id}/on`, {});
    const whole = await provider.call('GET', path);
    assert.equal(whole.status, 200);
    assert.equal(sha256(whole.bytes), sha256(bytes));
    assert.equal(whole.headers.etag, `"${sha256(bytes)}"`);
    assert.equal(whole.headers['accept-ranges'], 'bytes');
    assert.match(whole.headers['content-disposition'], /attachment; filename="guard.deb"/);
    const part = await provider.call('GET', path, { headers: { range: 'bytes=100000-', 'if-range': whole.headers.etag } });
    assert.equal(part.status, 206);
    assert.equal(part.headers['content-range'], `bytes 100000-299999/${bytes.length}`);
    assert.deepEqual(part.bytes, bytes.subarray(100000));
    const last = await provider.call('GET', path, { headers: { range: 'bytes=-10' } });
    assert.deepEqual(last.bytes, bytes.subarray(-10));
    for (const headers of [{ range: 'bytes=0-9', 'if-range': '"another"' }, { range: 'bytes=0-1,4-5' }, { range: 'lines=1-2' }]) {
      assert.equal((await provider.call('GET', path, { headers })).bytes.length, bytes.length);
    }
    const beyond = await provider.call('GET', path, { headers: { range: 'bytes=300000-' } });
    assert.equal(beyond.status, 416);
    assert.equal(beyond.headers['content-range'], 'bytes */300000');
    const head = await provider.call('HEAD', path);
    assert.deepEqual([head.status, head.headers['content-length'], head.bytes.length], [200, '300000', 0]);
    assert.equal((await provider.call('GET', path, { headers: { 'if-none-match': whole.headers.etag } })).status, 304);
    await provider.refused(404, 'unknown-platform', 'GET', path.replace('linux', 'beos'));
    await distributor.refused(403, 'not-entitled', 'GET', path);
    await provider.post(`/v1/licences/${licence.id}/off`, {});
    await provider.refused(403, 'not-entitled', 'GET', path);
  }));

  test(`${engine}: a link opens a page with the key and the installers until it is over`, () => Server.during({ engine }, async (server) => {
    const { vendor, provider, licence, key } = await stage(server);
    const bytes = randomBytes(50000);
    await upload(vendor, bytes);
    await vendor.post('/v1/releases', publishing(bytes), 201);
    await provider.post(`/v1/licences/${licence.id}/on`, {});
    for (const days of [0, -1, 91]) {
      await provider.refused(422, 'number-out-of-range', 'POST', `/v1/licences/${licence.id}/install-links`, { body: { days } });
    }
    const link = await provider.post(`/v1/licences/${licence.id}/install-links`, { days: 3 }, 201);
    const page = await server.call('GET', link.path);
    assert.equal(page.status, 200);
    assert.equal(page.headers['cache-control'], 'no-store');
    assert.equal(page.headers['referrer-policy'], 'no-referrer');
    assert.match(page.headers['content-security-policy'], /default-src 'none'/);
    assert.ok(page.text.includes(key) && page.text.includes('Harbour &lt;Dental&gt;') && page.text.includes('Guard &amp; Co 1.0'));
    assert.ok(!page.text.includes('<script') && page.text.includes('<html lang="en">'));
    const [, href] = /href="([^"]+)"/.exec(page.text);
    assert.ok(!href.includes(key));
    const file = await server.call('GET', new URL(href, `http://x${link.path}`).pathname, { headers: { range: 'bytes=1000-1999' } });
    assert.equal(file.status, 206);
    assert.equal(file.headers['cache-control'], 'no-store');
    assert.deepEqual(file.bytes, bytes.subarray(1000, 2000));
    assert.deepEqual((await server.call('GET', `${link.path}/linux-amd64`)).bytes, bytes);
    assert.equal((await server.call('GET', `${link.path}/beos`)).status, 404);
    assert.equal((await server.call('GET', '/install/sml_guess')).status, 404);
    await provider.post(`/v1/licences/${licence.id}/off`, {});
    assert.equal((await server.call('GET', `${link.path}/linux-amd64`)).status, 403);
    assert.ok((await server.call('GET', link.path)).text.includes('not turned on'));
    assert.equal((await provider.get(`/v1/licences/${licence.id}/install-links`)).items[0].state, 'open');
    const other = await provider.post(`/v1/licences/${licence.id}/install-links`, {}, 201);
    assert.equal((await provider.must(200, 'DELETE', `/v1/install-links/${other.id}`)).state, 'revoked');
    assert.equal((await server.call('GET', other.path)).status, 410);
    await server.moveTo('2026-11-28T12:00:01Z');
    assert.equal((await server.call('GET', link.path)).status, 410);
    assert.equal((await server.call('GET', `${link.path}/linux-amd64`)).status, 410);
    assert.ok(!server.log.includes(link.path.slice('/install/'.length)), 'the log has no token');
  }));
}

test('an upload is refused before it is sent, cut off and of another hash, and leaves nothing', () => Server.during({}, async (server) => {
  const { vendor } = await stage(server);
  const bytes = randomBytes(100000);
  const name = sha256(bytes);
  const send = (headers, write) => new Promise((done) => {
    const request = http.request({ ...server.options(), method: 'PUT', path: `/v1/artifacts/${name}`, headers });
    request.on('response', (response) => { response.resume(); done(response.statusCode); });
    request.on('error', () => done('cut'));
    write(request);
  });
  let continued = false;
  const refused = await send({ authorization: 'Bearer smt_wrong', expect: '100-continue', 'content-type': BYTES, 'content-length': bytes.length }, (request) => {
    request.on('continue', () => { continued = true; });
    request.flushHeaders();
  });
  assert.deepEqual([refused, continued], [401, false]);
  await vendor.refused(422, 'artifact-differs', 'PUT', `/v1/artifacts/${name}`, { text: Buffer.from('else'), type: BYTES });
  await vendor.refused(422, 'malformed-sha256', 'PUT', '/v1/artifacts/ABC', { text: bytes, type: BYTES });
  await vendor.refused(415, 'wrong-content-type', 'PUT', `/v1/artifacts/${name}`, { text: bytes, type: 'text/plain' });
  await vendor.refused(413, 'body-too-large', 'PUT', `/v1/artifacts/${name}`, { text: '', type: BYTES, headers: { 'content-length': 20 * 2 ** 30 } }).catch((error) => assert.match(String(error), /ECONNRESET|EPIPE|hang up/));
  const cut = await send({ ...vendor.headers, 'content-type': BYTES, 'content-length': bytes.length }, (request) => {
    request.write(bytes.subarray(0, 50000), () => request.destroy());
  });
  assert.equal(cut, 'cut');
  await vendor.refused(409, 'unknown-artifact', 'POST', '/v1/releases', { body: publishing(bytes) });
  await upload(vendor, bytes);
}));

test('every operation of delivery was answered well', () => {
  assert.deepEqual(unanswered('Delivery'), []);
});
