// A programme lives through its month by the API alone, on both engines. Every operation of the description is
// answered well at least once on the way, and every answer is held against its schema.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { Client, METRICS_TOKEN, Server, engines, unanswered } from './harness.mjs';
import { Machine } from '../lease/machine.mjs';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const csv = (text) => ({ text, type: 'text/csv' });

function monthAhead(months) {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1)).toISOString().slice(0, 7);
}

async function agreeAndPrice({ distributor, alpine, contoso }) {
  const offer = await distributor.post('/v1/agreements', { buyer: 'ALPINE', report_due_days: 5, payment_days: 30, terms: 'Thirty days net.' }, 201);
  assert.equal(offer.state, 'offered');
  await alpine.get('/v1/agreements?state=offered');
  const etag = await alpine.etag(`/v1/agreements/${offer.id}`);
  const signed = await alpine.post(`/v1/agreements/${offer.id}/sign`, { signed_by: 'Anna Alpine' }, 200, { headers: { 'if-match': etag } });
  assert.equal(signed.state, 'signed');
  const proposed = await distributor.post(`/v1/agreements/${offer.id}/terms`, { from: monthAhead(3), payment_days: 45 }, 201);
  assert.deepEqual([proposed.number, proposed.state, proposed.payment_days, proposed.report_due_days], [2, 'proposed', 45, 5]);
  const waiting = (await alpine.get('/v1/agreements?proposed=true')).items;
  assert.deepEqual(waiting.map((one) => [one.id, one.payment_days, one.terms_from, one.amendments.map((ahead) => ahead.payment_days)]),
    [[offer.id, 30, null, [45]]]);
  const signedVersion = { headers: { 'if-match': `"${signed.version}"` } };
  await alpine.post(`/v1/agreements/${offer.id}/terms/2/accept`, { accepted_by: 'Anna Alpine' }, 412, signedVersion);
  const accepted = await alpine.post(`/v1/agreements/${offer.id}/terms/2/accept`, { accepted_by: 'Anna Alpine' });
  assert.equal(accepted.state, 'accepted');
  assert.deepEqual(accepted.changes, ['payment_days']);
  await distributor.post(`/v1/agreements/${offer.id}/terms`, { from: monthAhead(4), currency: 'EUR' }, 201);
  assert.equal((await alpine.post(`/v1/agreements/${offer.id}/terms/3/withdraw`, {})).state, 'withdrawn');
  const terms = await alpine.get(`/v1/agreements/${offer.id}/terms`);
  assert.deepEqual(terms.items.map((one) => one.from), [null, monthAhead(3), monthAhead(4)]);
  for (const bills_elsewhere of [true, false]) {
    const tag = await alpine.etag(`/v1/agreements/${offer.id}`);
    const edited = await alpine.must(200, 'PATCH', `/v1/agreements/${offer.id}`, { body: { bills_elsewhere }, headers: { 'if-match': tag } });
    assert.equal(edited.bills_elsewhere, bills_elsewhere);
  }

  const cost = { effective_from: '2026-11-01', policy: 'peak', tier_mode: 'flat' };
  for (const sku of ['SUITE', 'MAIL', 'GUARD']) {
    await contoso.post('/v1/prices', { buyer: 'NORTHWIND', sku, ...cost, tiers: [{ unit_price: '6' }] }, 201);
  }
  const suite = { sku: 'SUITE', ...cost, tiers: [{ unit_price: '10' }] };
  const asked = await distributor.post('/v1/prices', { ...suite, dry_run: true }, 200);
  assert.deepEqual([asked.dry_run, asked.prices_added, asked.changes.map((one) => one.effect)], [true, 1, ['new']]);
  assert.deepEqual((await distributor.get('/v1/prices?seller=NORTHWIND')).items, []);
  await distributor.post('/v1/prices', { sku: 'SUITE', ...cost, tier_mode: 'volume', tiers: [{ from: 1, unit_price: '10' }, { from: 11, unit_price: '9.50' }] }, 201);
  const more = 'sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\nMAIL,USD,2026-11-01,peak,flat,1,4\n';
  const tried = await distributor.must(200, 'POST', '/v1/prices/import?buyer=ALPINE&dry_run=true', csv(more));
  assert.equal(tried.dry_run, true);
  assert.equal(tried.effects.new, 1);
  assert.deepEqual([tried.changes[0].buyer.code, tried.changes[0].first_month, tried.changes[0].before], ['ALPINE', '2026-11', null]);
  const imported = await distributor.must(200, 'POST', '/v1/prices/import?buyer=ALPINE', csv('sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\nMAIL,USD,2026-11-01,peak,flat,1,4\nGUARD,USD,2026-11-01,daily,flat,1,2.5\n'));
  assert.deepEqual(imported, { prices: 2, prices_added: 2, prices_replaced: 0, dry_run: false });
  const prices = await alpine.get('/v1/prices?seller=NORTHWIND&buyer=ALPINE');
  assert.ok(prices.items.length >= 2);
  return signed;
}

async function addCustomer({ alpine }) {
  const customer = await alpine.post('/v1/accounts', { kind: 'customer', name: 'Trey Research', code: 'TREY', country: 'US', agreement: { payment_days: 14 } }, 201);
  assert.equal(customer.kind, 'customer');
  const path = `/v1/accounts/${customer.id}`;
  const etag = await alpine.etag(path);
  const edited = await alpine.must(200, 'PATCH', path, { body: { email: 'bills@trey.example', address: 'One Way\nSeattle' }, headers: { 'if-match': etag } });
  assert.equal(edited.email, 'bills@trey.example');
  await alpine.must(200, 'PUT', `${path}/logo`, { text: PNG, type: 'image/png', headers: { 'if-match': await alpine.etag(path) } });
  assert.ok((await alpine.call('GET', `${path}/logo`)).bytes.equals(PNG));
  const without = await alpine.must(200, 'DELETE', `${path}/logo`, { headers: { 'if-match': await alpine.etag(path) } });
  assert.equal(without.has_logo, false);
  const accounts = await alpine.get('/v1/accounts?kind=customer');
  assert.deepEqual(accounts.items.map((account) => account.code), ['TREY']);
  return customer;
}

async function composeAndBrowse({ alpine, distributor }) {
  const slip = { sku: 'MAIL', effective_from: '2030-01-01', tiers: [{ unit_price: '600' }] };
  await distributor.post('/v1/prices', slip, 201);
  const right = await distributor.post('/v1/prices', { ...slip, tiers: [{ unit_price: '6' }], replace: true }, 201);
  assert.equal(right.withdrawn_at, null);
  const gone = await distributor.post('/v1/prices/withdraw', { sku: 'MAIL', effective_from: '2030-01-01' });
  assert.notEqual(gone.withdrawn_at, null);
  const every = (await distributor.get('/v1/prices?withdrawn=true&sku=MAIL')).items.filter((item) => item.effective_from === '2030-01-01');
  assert.deepEqual(every.map((item) => item.tiers[0].unit_price), ['600', '6']);
  const tried = await distributor.must(200, 'POST', '/v1/catalogue/import?vendor=Contoso&format=csv&dry_run=true', csv('sku,name\nEXTRA,Contoso Extra\n'));
  assert.deepEqual(tried.changes.map((change) => [change.effect, change.sku]), [['new', 'EXTRA']]);
  const again = await distributor.must(200, 'POST', '/v1/catalogue/import?vendor=Contoso&format=csv', csv('sku,name\nEXTRA,Contoso Extra\n'));
  assert.equal(again.skus_added, 1);
  const bundle = await alpine.post('/v1/bundles', { code: 'SAFE', name: 'Safe office', parts: [{ sku: 'SUITE' }, { sku: 'GUARD', quantity: 2 }] }, 201);
  assert.equal(bundle.parts.length, 2);
  await alpine.post('/v1/services', { code: 'HELP', name: 'Helpdesk' }, 201);
  const list = await alpine.get('/v1/skus?search=contoso');
  assert.equal(list.items.length, 4);
  const sku = await alpine.get('/v1/skus/SUITE');
  assert.equal(sku.components.length, 2);
  await alpine.post('/v1/prices', { sku: 'SUITE', effective_from: '2026-11-01', tiers: [{ unit_price: '15' }] }, 201);
}

async function leaseToAMachineWithoutANetwork({ alpine }, licence) {
  const { key } = await alpine.get(`/v1/licences/${licence.id}/key`);
  const file = JSON.parse(new Machine('PC-IN-THE-CELLAR').requestFile(key));
  const lease = await alpine.post('/v1/offline-leases', file, 201);
  assert.equal(lease.licence, licence.id);
  const { key_set, device, head } = JSON.parse(lease.file);
  assert.equal(device, lease.device);
  assert.equal(key_set.split('.').length + head.split('.').length, 6);
  assert.equal((await alpine.post('/v1/offline-leases', file, 201)).device, device);
  await alpine.refused(422, 'credential-wrong', 'POST', '/v1/offline-leases', { body: { ...file, time: file.time + 1 } });
  await alpine.refused(422, 'malformed-request', 'POST', '/v1/offline-leases', { body: { ...file, link: 'x' } });
  const roots = await alpine.get('/v1/root-keys');
  assert.equal(roots.items.length, 1);
  assert.equal(Buffer.from(roots.items[0].public_key, 'base64url').toString('hex'), roots.items[0].public_key_hex);
}

async function orderAndIssue(people, customer) {
  const { alpine, server } = people;
  const block = await alpine.post('/v1/blocks', { sku: 'SUITE', size: 50 }, 201);
  assert.equal(block.free_seats, 50);
  const path = `/v1/blocks/${block.id}`;
  const larger = await alpine.must(200, 'PATCH', path, { body: { size: 60 }, headers: { 'if-match': await alpine.etag(path) } });
  assert.equal(larger.size, 60);
  assert.equal((await alpine.get('/v1/blocks?state=open')).items.length, 1);

  const issued = await alpine.post('/v1/licences', { block: block.id, customer: 'TREY', seats: 10, count: 3 }, 201);
  const [first, second, third] = issued.items;
  assert.equal((await alpine.get(`/v1/licences/${first.licence.id}/key`)).key, first.key);
  assert.equal((await alpine.post('/v1/licences/find', { key: first.key.toLowerCase() })).id, first.licence.id);
  await previewIt(people, block, first.licence);
  const on = await alpine.post(`/v1/licences/${first.licence.id}/on`, {});
  assert.equal(on.counted_seats, 10);
  await alpine.post(`/v1/licences/${second.licence.id}/on`, {});
  await server.moveTo('2026-11-25T12:00:00Z');
  const resized = await alpine.post(`/v1/licences/${first.licence.id}/seats`, { seats: 12 });
  assert.equal(resized.seats, 12);
  const off = await alpine.post(`/v1/licences/${second.licence.id}/off`, {});
  assert.equal(off.state, 'off');
  const retired = await alpine.post(`/v1/licences/${third.licence.id}/retire`, {});
  assert.equal(retired.state, 'retired');
  const events = await alpine.get(`/v1/licences/${first.licence.id}/events`);
  assert.deepEqual(events.items.map((event) => event.event), ['on', 'seats']);
  const undone = await alpine.post(`/v1/licences/${second.licence.id}/undo`, { changes: 1 });
  assert.equal(undone.licence.state, 'on');
  assert.equal(undone.undone, 1);
  await alpine.post(`/v1/licences/${second.licence.id}/off`, {});
  const log = await alpine.get(`/v1/licences/${second.licence.id}/events`);
  assert.deepEqual(log.items.map((event) => event.event), ['on', 'off', 'undo', 'off']);
  assert.equal(log.items[1].voided_by, log.items[2].sequence);
  await alpine.refused(409, 'undo-too-late', 'POST', `/v1/licences/${second.licence.id}/undo`, { body: { changes: 2 } });
  assert.equal((await alpine.get('/v1/licences?state=on')).items.length, 1);
  await alpine.get(`/v1/licences/${first.licence.id}`);
  const keys = await alpine.must(200, 'GET', `/v1/accounts/${customer.id}/licence-keys`);
  assert.match(keys, /^customer,licence,sku,seats,state,key\n/);
  await deploy(people, customer, first.licence, first.key);
  const other = await alpine.post('/v1/blocks', { sku: 'MAIL', size: 5 }, 201);
  assert.equal((await alpine.post(`/v1/blocks/${other.id}/close`, {})).state, 'closed');
  return first.licence;
}

// Before a licence is turned on each party reads what that would do to its own edge, and the provider what is left of its block.
async function previewIt({ alpine, distributor, contoso }, block, licence) {
  const change = { change: 'on', licences: [licence.id] };
  const preview = await alpine.post('/v1/previews/change', change);
  assert.deepEqual(preview.edges.map((edge) => [edge.seller.code, edge.buyer.code, edge.side]).sort(),
    [['ALPINE', 'TREY', 'revenue'], ['NORTHWIND', 'ALPINE', 'cost']]);
  const { revenue, cost, margin } = preview.totals[0].whole_month;
  assert.deepEqual([revenue, cost, margin], ['150.00', '100.00', '50.00']);
  const [row] = preview.edges.find((edge) => edge.side === 'cost').whole_month.rows;
  assert.deepEqual([row.before.units, row.after.units, row.after.lines[0].unit_price, row.after.price.tier_mode], ['0', '10', '10', 'volume']);
  assert.deepEqual((await distributor.post('/v1/previews/change', change)).edges.map((edge) => edge.side).sort(), ['cost', 'revenue']);
  assert.deepEqual((await contoso.post('/v1/previews/change', change)).edges.map((edge) => edge.seller.code), ['CONTOSO']);
  await alpine.refused(409, 'wrong-state', 'POST', '/v1/previews/change', { body: { change: 'off', licences: [licence.id] } });
  await alpine.refused(422, 'unknown-change', 'POST', '/v1/previews/change', { body: { change: 'up', licences: [licence.id] } });
  await alpine.refused(422, 'missing-field', 'POST', '/v1/previews/change', { body: { change: 'on' } });
  await alpine.refused(404, 'unknown-licence', 'POST', '/v1/previews/change', { body: { change: 'on', licences: [licence.id.replace('lic_', 'lix_')] } });
  const issue = await alpine.post('/v1/previews/change', { change: 'issue', block: block.id, customer: 'TREY', seats: 5, count: 2 });
  assert.deepEqual(issue.blocks, [{ id: block.id, free_seats: 20 }]);
  await distributor.refused(404, 'unknown-block', 'POST', '/v1/previews/change', { body: { change: 'issue', block: block.id, customer: 'TREY', seats: 5 } });
  assert.equal((await alpine.post('/v1/previews/change', { change: 'on', customer: 'TREY' })).licences, 3);
  const dearer = csv('sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\nSUITE,USD,2027-01-01,peak,flat,1,18\n');
  assert.deepEqual((await alpine.must(200, 'POST', '/v1/previews/prices', dearer)).edges, []);
  const bad = await alpine.call('POST', '/v1/previews/prices', csv('sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\nNONE,USD,2027-01-01,peak,flat,1,18\n'));
  assert.equal(bad.status, 422);
}

// What is on is billed at the new prices from their month on, and not while its agreement is suspended.
async function previewPricesAndSuspension({ alpine, distributor }, agreement) {
  const dearer = csv('sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\nSUITE,USD,2027-01-01,peak,flat,1,18\n');
  const { edges: [edge] } = await alpine.must(200, 'POST', '/v1/previews/prices', dearer);
  assert.deepEqual([edge.buyer.code, edge.this_month.difference, edge.whole_month.month], ['TREY', '0.00', '2027-01']);
  assert.equal(edge.whole_month.difference, (3 * Number(edge.whole_month.rows[0].after.units)).toFixed(2));
  const suspended = await distributor.post(`/v1/agreements/${agreement.id}/preview`, { change: 'suspend' });
  assert.equal(suspended.customers, 1);
  assert.ok(Number(suspended.totals[0].whole_month.revenue) < 0);
  await alpine.refused(403, 'not-yours', 'POST', `/v1/agreements/${agreement.id}/preview`, { body: { change: 'suspend' } });
  await distributor.refused(409, 'wrong-state', 'POST', `/v1/agreements/${agreement.id}/preview`, { body: { change: 'resume' } });
}

async function deploy({ alpine, server, contoso, distributor }, { id }, licence, key) {
  const query = '?server=https://licences.example.net';
  const [linux, windows] = (await alpine.get(`/v1/licences/${licence.id}/snippets${query}`)).items;
  assert.match(linux.command, /^printf '%s\\n' '.{29}' \| seatmeter-agent activate --server 'https:/);
  assert.match(windows.command, /^& { \$a = 'seatmeter-agent\.exe'; '.{29}' \| & \$a activate --server 'https:/);
  const sha256 = '0f'.repeat(32);
  const fetching = `${query}&platform=windows&agent=https://downloads.example.net/agent.exe&agent_sha256=${sha256}`;
  const [fetches] = (await alpine.get(`/v1/licences/${licence.id}/snippets${fetching}`)).items;
  assert.ok(fetches.command.includes(`$h = '${sha256}'`) && fetches.command.includes('downloads.example.net'));
  const lines = await alpine.get(`/v1/accounts/${id}/snippets${query}&platform=linux`);
  assert.equal(lines.items.length, 2);
  await distributor.refused(403, 'not-yours', 'GET', `/v1/licences/${licence.id}/snippets${query}`);

  const terms = '/v1/skus/SUITE/lease-terms';
  assert.equal((await alpine.get(terms)).ttl_s, 86400);
  const etag = await contoso.etag(terms);
  const wanted = { ttl_s: 3600, grace_s: 600, offline_ttl_s: 86400, silent_s: 604800 };
  const set = await contoso.must(200, 'PUT', terms, { body: wanted, headers: { 'if-match': etag } });
  assert.equal(set.default, false);
  await contoso.refused(412, 'stale', 'PUT', terms, { body: wanted, headers: { 'if-match': etag } });
  await contoso.refused(422, 'ttl-out-of-range', 'PUT', terms, { body: { ...wanted, ttl_s: 1 }, headers: { 'if-match': '*' } });
  await alpine.refused(403, 'not-yours', 'PUT', terms, { body: wanted, headers: { 'if-match': '*' } });

  await server.tell(`activate ${key} PC-17`);
  await server.tell(`activate ${key} PC-18`);
  const { items: [first, second] } = await alpine.get(`/v1/devices?licence=${licence.id}`);
  assert.deepEqual([first.name, first.seat, first.decision, first.code, first.components], ['PC-17', 1, 'work', 'ok', ['firewall', 'mail']]);
  assert.equal((await alpine.get('/v1/devices?customer=TREY&state=active')).items.length, 2);
  assert.equal((await alpine.get('/v1/devices?clones=true')).items.length, 0);
  assert.equal((await distributor.get('/v1/devices')).items.length, 0);
  await distributor.refused(404, 'unknown-device', 'GET', `/v1/devices/${first.id}`);
  const released = await alpine.post(`/v1/devices/${second.id}/release`, {});
  assert.equal(released.id, second.id);
  const gone = await alpine.get(`/v1/devices/${second.id}`);
  assert.deepEqual([gone.state, gone.code, gone.seat_until], ['released', 'released', released.seat_until]);
  const etagOfLicence = await distributor.etag(`/v1/licences/${licence.id}`);
  const seen = await distributor.must(200, 'GET', `/v1/licences/${licence.id}`, { headers: { 'if-none-match': etagOfLicence } });
  assert.deepEqual([seen.devices.active, seen.devices.seats_taken, seen.devices.released, seen.devices.releases_max], [1, 2, 1, 14]);
}

async function suspendAndResume({ distributor, alpine }, agreement, licence) {
  await previewPricesAndSuspension({ alpine, distributor }, agreement);
  const suspended = await distributor.post(`/v1/agreements/${agreement.id}/suspend`, { reason: 'An invoice is open.' });
  assert.equal(suspended.state, 'suspended');
  const seen = await alpine.get(`/v1/licences/${licence.id}`);
  assert.equal(seen.effective, 'suspended');
  assert.deepEqual(seen.suspended_by, [agreement.id]);
  await alpine.refused(409, 'agreement-suspended', 'POST', `/v1/licences/${licence.id}/seats`, { body: { seats: 3 } });
  assert.equal((await distributor.post(`/v1/agreements/${agreement.id}/resume`, {})).state, 'signed');
}

async function reportTheMonth({ distributor, alpine, server }) {
  const path = '/v1/accounts/ALPINE/reports/2026-11';
  const draft = await alpine.get(path);
  assert.equal(draft.state, 'draft');
  assert.equal(draft.rows[0].provisioned, 22);
  assert.equal(draft.rows[0].measured, '22');
  assert.deepEqual([draft.late_amount, draft.rows[0].late, draft.rows[0].late_amount], ['0.00', '0', '0.00']);
  assert.match(await alpine.must(200, 'GET', path, { headers: { accept: 'text/csv' } }), /TREY/);
  assert.match(await alpine.must(200, 'GET', `${path}?format=text`), /SUITE/);
  await server.moveTo('2026-12-02T12:00:00Z');
  const adjusted = await alpine.post(`${path}/adjustments`, { customer: 'TREY', sku: 'SUITE', units: 20, reason: 'Two were tests.' });
  assert.equal(adjusted.rows[0].chargeable, '20');
  assert.equal((await alpine.post(`${path}/submit`, {})).state, 'submitted');
  assert.equal((await distributor.post(`${path}/reject`, { reason: 'Which two?' })).state, 'rejected');
  await alpine.post(`${path}/adjustments`, { customer: 'TREY', sku: 'SUITE', withdraw: true });
  await alpine.post(`${path}/submit`, {});
  const approved = await distributor.post(`${path}/approve`, {});
  assert.equal(approved.state, 'approved');
  assert.equal((await distributor.get('/v1/reports?state=approved')).items.length, 1);
  await distributor.get(`/v1/reports/${approved.id}`);
}

async function closeAndBill({ distributor, alpine, contoso }) {
  const charge = { buyer: 'ALPINE', month: '2026-11', description: 'Onboarding', unit_price: '120.50' };
  const kept = await distributor.post('/v1/charges', charge, 201);
  const taken = await distributor.post('/v1/charges', charge, 201);
  await distributor.must(204, 'DELETE', `/v1/charges/${taken.id}`);
  assert.deepEqual((await distributor.get('/v1/charges?month=2026-11')).items.map((item) => item.id), [kept.id]);

  const tried = await distributor.post('/v1/months/2026-11/close', { dry_run: true });
  assert.equal(tried.dry_run, true);
  assert.equal(tried.closed[0].number, null);
  const asked = await distributor.call('POST', '/v1/months/2026-11/close', { body: {}, headers: { prefer: 'wait=5, respond-async' } });
  assert.equal(asked.status, 202);
  assert.equal(asked.headers['preference-applied'], 'respond-async');
  assert.equal(asked.headers.location, `/v1/jobs/${asked.body.id}`);
  assert.equal(asked.body.state, 'waiting');
  const again = await distributor.post('/v1/months/2026-11/close', {}, 202, { headers: { prefer: 'respond-async' } });
  assert.equal(again.id, asked.body.id);
  const job = `/v1/jobs/${asked.body.id}`;
  assert.equal((await distributor.post(`${job}/pause`, {})).state, 'paused');
  assert.equal((await distributor.get(job)).result.closed.length, 0);
  assert.equal((await distributor.post(`${job}/resume`, {})).state, 'waiting');
  assert.deepEqual((await alpine.get('/v1/jobs')).items, []);
  assert.equal((await alpine.call('GET', job)).status, 404);
  const closed = await distributor.post('/v1/months/2026-11/close', {});
  const done = await distributor.get(job);
  assert.equal(done.state, 'done');
  assert.deepEqual(done.result, closed);
  assert.deepEqual((await distributor.get('/v1/jobs')).items.map((item) => item.state), ['done']);
  assert.equal(closed.closed[0].gross, tried.closed[0].gross);
  assert.equal(closed.closed.length, 1);
  await alpine.post('/v1/months/2026-11/close', {});
  await contoso.post('/v1/months/2026-11/close', {});

  const [invoice] = (await alpine.get('/v1/invoices?seller=NORTHWIND')).items;
  const full = await alpine.get(`/v1/invoices/${invoice.id}`);
  assert.equal(full.lines[0].amount, '209.00'); // 22 seats reach the tier of 9.50
  assert.equal(full.net, '329.50');
  const explained = await alpine.get(`/v1/invoices/${invoice.id}/lines/1/explanation`);
  assert.equal(explained.kind, 'usage');
  assert.equal(explained.agrees, true);
  assert.equal(explained.rules, 3);
  assert.equal(explained.computed.amount, '209.00');
  assert.equal(explained.meter.measured, full.lines[0].measured);
  assert.equal(Math.max(...explained.meter.steps.map((step) => step.seats)), Number(explained.meter.measured));
  assert.equal((await distributor.get(`/v1/invoices/${invoice.number}/lines/${full.lines.length}/explanation`)).charge, kept.id);
  for (const line of ['0', '99', 'x']) {
    await alpine.refused(404, 'unknown-line', 'GET', `/v1/invoices/${invoice.id}/lines/${line}/explanation`);
  }
  await contoso.refused(404, 'unknown-invoice', 'GET', `/v1/invoices/${invoice.id}/lines/1/explanation`);
  for (const [accept, start] of [['text/plain', ''], ['text/csv', 'invoice,month'], ['application/pdf', '%PDF-']]) {
    const answer = await alpine.call('GET', `/v1/invoices/${invoice.id}`, { headers: { accept } });
    assert.equal(answer.status, 200);
    assert.ok(answer.text.startsWith(start));
  }
  const paper = `/v1/invoices/${invoice.id}?format=csv`;
  const first = await alpine.call('GET', paper);
  assert.match(first.text, /SUITE/);
  assert.equal(first.headers.etag, `"${createHash('sha256').update(first.text).digest('hex')}"`);
  const before = await alpine.get('/v1/accounts/ALPINE');
  for (const change of [{ code: 'ALPINE-NEW', name: 'New Alpine', address: 'Elsewhere 1' }, { code: before.code, name: before.name, address: before.address ?? '' }]) {
    const account = `/v1/accounts/${before.id}`;
    await distributor.must(200, 'PATCH', account, { body: change, headers: { 'if-match': await distributor.etag(account) } });
    for (const reader of [distributor, alpine]) {
      const again = await reader.call('GET', paper);
      assert.equal(again.text, first.text);
      assert.equal(again.headers.etag, first.headers.etag);
    }
  }
  assert.equal((await alpine.call('GET', paper, { headers: { 'if-none-match': first.headers.etag } })).status, 304);
  const head = await alpine.call('HEAD', paper);
  assert.equal(head.status, 200);
  assert.equal(head.headers.etag, first.headers.etag);
  assert.equal(head.headers['content-length'], String(Buffer.byteLength(first.text)));
  const safe = await alpine.call('GET', `${paper}&spreadsheet=1`);
  assert.notEqual(safe.headers.etag, first.headers.etag);
  const credit = await distributor.post(`/v1/invoices/${invoice.id}/credit`, { positions: [full.lines.length], reason: 'Onboarding was free.' }, 201);
  assert.equal(credit.kind, 'credit-note');
  assert.deepEqual([credit.corrects, credit.due_on], [invoice.number, null]);
  const note = await alpine.get(`/v1/invoices/${credit.id}`);
  assert.deepEqual([note.terms, note.reason, note.due_on], [null, 'Onboarding was free.', null]);
  assert.deepEqual(note.lines.map((one) => one.position), [full.lines.length]);
  await alpine.refused(404, 'unknown-line', 'GET', `/v1/invoices/${credit.id}/lines/1/explanation`);
  const listed = (await alpine.get('/v1/invoices?seller=NORTHWIND')).items.find((one) => one.id === invoice.id);
  assert.equal(Number(listed.due), Number(invoice.gross) + Number(note.gross));
  const turned = await alpine.get(`/v1/invoices/${credit.id}/lines/${full.lines.length}/explanation`);
  assert.deepEqual(turned.credits, { invoice: invoice.id, number: invoice.number, line: full.lines.length });
  assert.equal((await distributor.post(`/v1/invoices/${invoice.id}/pay`, { note: 'Wire 17' })).state, 'paid');
  const [sold] = (await alpine.get('/v1/invoices?buyer=TREY')).items;
  assert.equal(sold.gross, '330.00');
  assert.equal((await alpine.post(`/v1/invoices/${sold.id}/write-off`, { note: 'Bankrupt.' })).state, 'written-off');

  await correctTheMonth({ alpine, distributor });
}

async function correctTheMonth({ alpine, distributor }) {
  const wanted = { month: '2026-11', customer: 'TREY', sku: 'SUITE', units: 21, reason: 'One was a test.' };
  const tried = await distributor.post('/v1/corrections', { ...wanted, dry_run: true }, 200);
  assert.equal(tried.items[0].id, null);
  assert.equal((await distributor.get('/v1/corrections')).items.length, 0);
  const given = await distributor.post('/v1/corrections', wanted, 201);
  const own = given.items.find((one) => one.seller.code !== 'ALPINE' && one.buyer.code === 'ALPINE');
  assert.equal(own.state, 'accepted');
  assert.ok((await distributor.get('/v1/corrections?state=accepted')).items.some((one) => one.id === own.id));
  const [asked] = (await alpine.get('/v1/corrections?state=waiting')).items;
  assert.equal(asked.buyer.code, 'TREY');
  assert.notEqual((await alpine.get(`/v1/corrections/${asked.id}`)).difference, null);
  assert.equal((await alpine.post(`/v1/corrections/${asked.id}/refuse`, { reason: 'It was none.' })).state, 'refused');
  await distributor.must(204, 'DELETE', `/v1/corrections/${own.id}`);
  assert.equal((await distributor.get(`/v1/corrections/${own.id}`)).state, 'withdrawn');
  await distributor.post('/v1/corrections', wanted, 201);
  const [again] = (await alpine.get('/v1/corrections?state=waiting')).items;
  assert.equal((await alpine.post(`/v1/corrections/${again.id}/accept`, {})).state, 'accepted');
}

async function lookAtTheMoney({ alpine, distributor }) {
  const margins = await alpine.get('/v1/margins?month=2026-11&group=sku');
  assert.equal(margins.rows[0].revenue, '330.00');
  const forecast = await alpine.get('/v1/margins?month=2026-12&forecast=true');
  assert.equal(forecast.forecast, true);
  assert.ok((await distributor.get('/v1/ledger')).items.length > 0);
  for (const what of ['events', 'prices', 'lines', 'ledger', 'accounts', 'skus', 'agreements', 'terms', 'licences', 'adjustments', 'charges', 'months', 'midnights', 'moves']) {
    assert.match(await alpine.must(200, 'GET', `/v1/exports/${what}`), /^[a-z_,]+\n/);
  }
}

async function joinByInvitation({ alpine, server }) {
  const nobody = new Client(server, {});
  const email = 'finance@alpine.example';
  const made = await alpine.post('/v1/invitations', { email, name: 'Fin', role: 'finance' }, 201);
  assert.equal((await alpine.get('/v1/invitations')).items[0].id, made.id);
  const link = await server.linkFor(email);
  const user = await nobody.post('/v1/invitations/accept', { link, password: 'another long password' }, 201);
  assert.equal(user.role, 'finance');
  await nobody.refused(404, 'unknown-invitation', 'POST', '/v1/invitations/accept', { body: { link, password: 'another long password' } });
  const other = await alpine.post('/v1/invitations', { email: 'other@alpine.example', name: 'Other', role: 'viewer' }, 201);
  await alpine.must(200, 'DELETE', `/v1/invitations/${other.id}`);
  assert.equal((await alpine.get('/v1/invitations')).items.length, 0);
  return user;
}

async function manageUsers({ alpine, server }) {
  const user = await joinByInvitation({ alpine, server });
  const path = `/v1/users/${user.id}`;
  await alpine.get(path);
  const edited = await alpine.must(200, 'PATCH', path, { body: { name: 'Finn' }, headers: { 'if-match': await alpine.etag(path) } });
  assert.equal(edited.name, 'Finn');
  assert.equal((await alpine.post(`${path}/unlock`, {}, 200)).id, user.id);
  assert.equal((await alpine.get('/v1/users')).items.length, 4);
  const made = await alpine.post('/v1/tokens', { name: 'Billing export', scopes: 'read billing:write' }, 201);
  const token = new Client(server, { authorization: `Bearer ${made.secret}` });
  assert.equal((await token.get('/v1/session')).user, null);
  assert.equal((await alpine.get('/v1/tokens')).items.length, 1);
  await alpine.must(200, 'DELETE', `/v1/tokens/${made.token.id}`);
  await token.refused(401, 'token-unknown', 'GET', '/v1/session');
  assert.ok((await alpine.get('/v1/audit')).items.length > 10);

  const finn = await server.signIn('finance@alpine.example', 'another long password');
  await finn.must(204, 'POST', '/v1/session/password', { body: { old_password: 'another long password', new_password: 'yet another password' } });
  assert.equal((await finn.must(200, 'PATCH', '/v1/session', { body: { account: 'ALPINE' } })).user.id, user.id);
  await finn.must(204, 'DELETE', '/v1/session');
  await finn.refused(401, 'session-unknown', 'GET', '/v1/session');
}

async function dropOutAndEnd({ alpine, distributor }, agreement) {
  assert.equal((await alpine.post('/v1/accounts/TREY/turn-off', {})).licences, 1);
  assert.deepEqual(await alpine.post('/v1/accounts/TREY/undo-turn-off', {}), { licences: 1, left: 0 });
  assert.equal((await alpine.post('/v1/accounts/TREY/turn-off', {})).licences, 1);
  const ended = await distributor.post(`/v1/agreements/${agreement.id}/terminate`, {});
  assert.equal(ended.state, 'terminated');
}

async function moveACustomer({ alpine, distributor }) {
  await distributor.post('/v1/accounts', { kind: 'provider', name: 'Birch IT', code: 'BIRCH' }, 201);
  const move = { customer: 'TREY', to: 'BIRCH', month: '2027-01' };
  assert.equal((await distributor.post('/v1/moves', { ...move, dry_run: true })).id, null);
  await alpine.refused(404, 'unknown-account', 'POST', '/v1/moves', { body: move });
  const made = await distributor.post('/v1/moves', move, 201);
  const etag = await alpine.etag(`/v1/moves/${made.id}`);
  const agreed = await alpine.post(`/v1/moves/${made.id}/agree`, { agreed_by: 'Anna Alpine' }, 200, { headers: { 'if-match': etag } });
  assert.equal(agreed.from.agreed_by, 'Anna Alpine');
  assert.deepEqual((await alpine.get('/v1/moves')).items.map((one) => one.state), ['proposed']);
  assert.equal((await distributor.post(`/v1/moves/${made.id}/withdraw`, {})).state, 'withdrawn');
}

async function lookAtTheService(server) {
  const nobody = new Client(server, {});
  assert.match(await nobody.must(200, 'GET', '/'), /<h1>Seatmeter<\/h1>/);
  assert.match(await nobody.must(200, 'GET', '/openapi.yaml'), /^openapi: 3\.1\.0/);
  await nobody.get('/healthz');
  await nobody.get('/readyz');
  const metrics = await nobody.must(200, 'GET', '/metrics', { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
  assert.match(metrics, /seatmeter_http_requests_total\{method="POST",route="\/v1\/blocks",status="201"\} 2/);
  assert.match(metrics, /seatmeter_build_info\{version="/);
}

for (const engine of engines) {
  test(`a programme runs a month by the API alone, on ${engine}`, () => Server.during({ engine }, async (server) => {
    const people = {
      server,
      distributor: await server.signIn('owner@northwind.example'),
      alpine: await server.signIn('owner@alpine.example'),
      contoso: await server.signIn('owner@contoso.example'),
    };
    assert.equal((await people.alpine.get('/v1/session')).account.code, 'ALPINE');
    const agreement = await agreeAndPrice(people);
    const customer = await addCustomer(people);
    await composeAndBrowse(people);
    const licence = await orderAndIssue(people, customer);
    await suspendAndResume(people, agreement, licence);
    await reportTheMonth(people);
    await closeAndBill(people);
    await lookAtTheMoney(people);
    await manageUsers(people);
    await leaseToAMachineWithoutANetwork(people, licence);
    await moveACustomer(people);
    await dropOutAndEnd(people, agreement);
    await lookAtTheService(server);
    await people.alpine.get('/v1/accounts/ALPINE');
  }));
}

test('every operation was answered well, but for those of delivery, which have tests of their own', () => {
  assert.deepEqual(unanswered('Delivery', { other: true }), []);
});
