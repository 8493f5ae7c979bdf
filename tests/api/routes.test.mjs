// The route table and docs/openapi.yaml describe the same door.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { operations, resolve, serverProgram } from './harness.mjs';

const routes = JSON.parse(execFileSync(serverProgram, ['routes'], { encoding: 'utf8' }));
// The bits of enum right.
const RIGHTS = { 1: 'read', 2: 'accounts:write', 4: 'catalogue:write', 8: 'prices:write', 16: 'licences:write', 32: 'reports:write', 64: 'billing:write', 128: 'users:write' };
const nameOf = ({ method, path }) => `${method} ${path}`;
const documented = new Map(operations.map((operation) => [nameOf(operation), operation]));
const parametersOf = (operation, where) =>
  (operation.parameters ?? []).map(resolve).filter((parameter) => parameter.in === where);

test('every route is documented and everything documented is a route', () => {
  assert.deepEqual(routes.map(nameOf).sort(), [...documented.keys()].sort());
});

test('no two routes are the same', () => {
  assert.equal(new Set(routes.map(nameOf)).size, routes.length);
});

for (const route of routes) {
  test(`${nameOf(route)} takes the query, headers and rights that are documented`, () => {
    const operation = documented.get(nameOf(route));
    assert.deepEqual(parametersOf(operation, 'query').map((parameter) => parameter.name).sort(),
      route.query.split(' ').filter(Boolean).sort());
    assert.deepEqual(parametersOf(operation, 'path').map((parameter) => parameter.name),
      [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
    const headers = parametersOf(operation, 'header');
    assert.equal(headers.some((header) => header.name === 'If-Match' && header.required), route.versioned);
    assert.equal(headers.some((header) => header.name === 'Idempotency-Key'), route.kept);
    assert.equal(operation.security.length === 0, route.public);
    const right = operation.description?.match(/Needs the right `([a-z:]+)`/)?.[1];
    assert.equal(right, RIGHTS[route.right]);
  });
}
