// What the API's tests stand on: the real server on a fresh store, and a client that holds every answer against
// docs/openapi.yaml: the status must be documented, and the body must be what the schema says.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

export const openapi = parse(readFileSync(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8'));
export const PASSWORD = 'correct horse battery';
export const METRICS_TOKEN = 'metrics-token-of-the-tests';
export const serverProgram = process.env.SEATMETER_API_SERVER;
// What the libraries of others lose is not ours to find (for a server built with a sanitizer).
const suppressions = fileURLToPath(new URL('../leaks.supp', import.meta.url));
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: 'openapi', ...openapi });

/* Follows a local reference. */
export function resolve(thing) {
  return thing && thing.$ref ? thing.$ref.slice(2).split('/').reduce((at, key) => at[key.replaceAll('~1', '/')], openapi) : thing;
}

const validators = new Map();
function validator(pointer) {
  if (!validators.has(pointer)) validators.set(pointer, ajv.compile({ $ref: 'openapi#' + pointer }));
  return validators.get(pointer);
}

export const operations = Object.entries(openapi.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({ method: method.toUpperCase(), path, ...item[method] })));

const patterns = operations.map((operation) => ({
  operation,
  regexp: new RegExp('^' + operation.path.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+') + '$'),
}));

export function operationOf(method, path) {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const found = patterns.filter(({ operation, regexp }) => operation.method === wanted && regexp.test(path));
  found.sort((a, b) => a.operation.path.split('{').length - b.operation.path.split('{').length);
  return found[0]?.operation;
}

const pointerOf = (...keys) => '/' + keys.map((key) => encodeURIComponent(String(key).replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');

/* Every [operation, status] that was answered as documented. */
const covered = new Set();

/* The operations with this tag (or, with `other`, with any other) and their good answers that no test of this file has had. */
export function unanswered(tag, { other = false } = {}) {
  return operations.filter(({ tags }) => tags.includes(tag) !== other)
    .flatMap(({ operationId, responses }) => Object.keys(responses)
      .filter((status) => status.startsWith('2')).map((status) => `${operationId} ${status}`))
    .filter((name) => !covered.has(name));
}

function checkAnswer(operation, answer) {
  const { responses } = operation;
  const key = [String(answer.status), `${String(answer.status)[0]}XX`].find((name) => responses[name]);
  assert.ok(key, `${operation.method} ${operation.path} answered ${answer.status}, which is not documented: ${answer.text}`);
  const response = resolve(responses[key]);
  for (const name of Object.keys(response.headers ?? {})) {
    if (name !== 'Location' && name !== 'ETag') assert.ok(answer.headers[name.toLowerCase()], `header ${name} of ${operation.operationId}`);
  }
  const type = (answer.headers['content-type'] ?? '').split(';')[0];
  const offered = Object.keys(response.content ?? {});
  if (offered.length === 0) assert.equal(answer.text, '', `${operation.operationId} ${answer.status} has no body`);
  else assert.ok(offered.includes(type), `${operation.operationId} ${answer.status} is ${type}, documented are ${offered}`);
  if (type.endsWith('json')) {
    const pointer = responses[key].$ref
      ? responses[key].$ref.slice(1) + pointerOf('content', type, 'schema')
      : pointerOf('paths', operation.path, operation.method.toLowerCase(), 'responses', key, 'content', type, 'schema');
    const validate = validator(pointer);
    assert.ok(validate(answer.body), `${operation.operationId} ${answer.status}: ${ajv.errorsText(validate.errors)}\n${answer.text}`);
  }
  covered.add(`${operation.operationId} ${key}`);
}

/* A request that was taken must be one that the description allows. */
function checkRequest(operation, body) {
  const type = 'application/json';
  if (body === undefined || !operation.requestBody?.content?.[type]) return;
  const validate = validator(pointerOf('paths', operation.path, operation.method.toLowerCase(), 'requestBody', 'content', type, 'schema'));
  assert.ok(validate(body), `the request of ${operation.operationId}: ${ajv.errorsText(validate.errors)}`);
}

export class Server {
  static async start({ address = '127.0.0.1:0', engine = 'sqlite', trustForwarded = false } = {}) {
    const server = new Server();
    server.directory = mkdtempSync(join(tmpdir(), 'seatmeter-api-'));
    const url = engine === 'sqlite' ? `sqlite:${join(server.directory, 'store.db')}` : postgresqlUrl();
    const listen = address.replace('DIRECTORY', server.directory);
    server.process = spawn(serverProgram, [url, listen, ...(trustForwarded ? ['trust-forwarded'] : [])],
      { stdio: ['pipe', 'pipe', 'pipe'], env: { LSAN_OPTIONS: `suppressions=${suppressions}`, SEATMETER_ARTIFACTS: join(server.directory, 'artifacts'), ...process.env } });
    server.log = '';
    server.people = []; // who has signed in
    server.process.stderr.on('data', (data) => { server.log += data; });
    server.ended = new Promise((done) => server.process.on('exit', (code, signal) => done({ code, signal })));
    server.lines = createInterface({ input: server.process.stdout })[Symbol.asyncIterator]();
    const first = await server.lines.next();
    if (first.done) throw new Error(`the server did not start:\n${server.log}`);
    server.url = JSON.parse(first.value).url;
    server.agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
    return server;
  }

  /* "now TIME", "hold", "release" */
  async tell(line) {
    this.process.stdin.write(line + '\n');
    assert.equal((await this.lines.next()).value, 'done');
  }

  /* The link of the open invitation to that address, as the operator would send it. */
  async linkFor(email) {
    this.process.stdin.write(`link ${email}\n`);
    const link = (await this.lines.next()).value;
    assert.equal((await this.lines.next()).value, 'done');
    return link;
  }

  get logLines() {
    return this.log.trim().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }

  /* Runs `story` on a server of its own, and stops it. */
  static async during(options, story) {
    const server = await Server.start(options);
    try {
      await story(server);
    } catch (error) {
      server.process.kill('SIGKILL');
      throw error;
    }
    await server.stop();
  }

  /* Ends the server; it must have gone well, under a sanitizer too. */
  async stop() {
    this.agent.destroy();
    this.process.stdin.end();
    const { code, signal } = await this.ended;
    rmSync(this.directory, { recursive: true, force: true });
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, this.log.slice(-4000));
  }

  options() {
    if (this.url.startsWith('unix:')) return { socketPath: this.url.slice(5) };
    const { hostname, port } = new URL(this.url);
    return { host: hostname.replace(/[[\]]/g, ''), port };
  }

  /* One request as it is, unchecked. */
  raw(method, path, { headers = {}, body } = {}) {
    return new Promise((done, fail) => {
      const request = http.request({ ...this.options(), method, path, headers, agent: this.agent }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const answer = { status: response.statusCode, headers: response.headers, bytes, text: bytes.toString('utf8') };
          if ((response.headers['content-type'] ?? '').includes('json') && bytes.length > 0) answer.body = JSON.parse(answer.text);
          done(answer);
        });
        response.on('error', fail);
      });
      request.on('error', fail);
      request.end(body);
    });
  }

  /* One request, its answer held against the description. `body` is an object, or bytes with their type. */
  async call(method, path, { headers = {}, body, type, text } = {}) {
    const sent = body !== undefined ? Buffer.from(JSON.stringify(body)) : text;
    const all = { ...(sent !== undefined ? { 'content-type': type ?? 'application/json', 'content-length': Buffer.byteLength(sent) } : {}), ...headers };
    const answer = await this.raw(method, path, { headers: all, body: sent });
    const operation = operationOf(method, path.split('?')[0]);
    if (operation && method !== 'HEAD') {
      checkAnswer(operation, answer);
      if (answer.status < 300) checkRequest(operation, body);
    }
    return answer;
  }

  /* Somebody who is signed in: calls with the session's cookie. */
  async signIn(email, password = PASSWORD) {
    const answer = await this.call('POST', '/v1/session', { body: { email, password } });
    assert.equal(answer.status, 201, answer.text);
    const cookie = answer.headers['set-cookie'][0].split(';')[0];
    const client = new Client(this, { cookie, 'seatmeter-csrf': '1' });
    this.people.push({ client, email, password });
    return client;
  }

  /* Sets the clock. A session does not outlive a jump, so everybody signs in again. */
  async moveTo(time) {
    await this.tell(`now ${time}`);
    const people = this.people.splice(0);
    for (const { client, email, password } of people) {
      const again = await this.signIn(email, password);
      client.headers.cookie = again.headers.cookie;
      this.people.at(-1).client = client;
    }
  }
}

export class Client {
  constructor(server, headers) {
    this.server = server;
    this.headers = headers;
  }

  call(method, path, options = {}) {
    return this.server.call(method, path, { ...options, headers: { ...this.headers, ...options.headers } });
  }

  /* The call must be answered with this status; its body. */
  async must(status, method, path, options) {
    const answer = await this.call(method, path, options);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body ?? answer.text;
  }

  get(path, options) { return this.must(200, 'GET', path, options); }
  post(path, body, status = 200, options = {}) { return this.must(status, 'POST', path, { ...options, body }); }

  /* The call must be refused with this status and code; the problem. */
  async refused(status, code, method, path, options) {
    const answer = await this.call(method, path, options);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.status} ${answer.text}`);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.equal(answer.body.type, `/problems/${code}`, answer.text);
    assert.equal(answer.body.status, status);
    return answer.body;
  }

  async etag(path) {
    return (await this.call('GET', path)).headers.etag;
  }
}

let schemas = 0;
function postgresqlUrl() {
  const base = process.env.SEATMETER_TEST_POSTGRESQL;
  const schema = `api_${process.pid}_${++schemas}`;
  execFileSync('psql', ['-q', '-d', base, '-c', `create schema ${schema}`]);
  return `${base}${base.includes('?') ? '&' : '?'}options=-csearch_path%3D${schema}`;
}

export const engines = ['sqlite', ...(process.env.SEATMETER_TEST_POSTGRESQL ? ['postgresql'] : [])];
