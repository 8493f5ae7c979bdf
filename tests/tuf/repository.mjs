// A store with a programme in it, the command that publishes into it, and an HTTP server that hands its update
// repository out, or lies about it.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Updater } from 'tuf-js';

const { SEATMETER, TUF_FILES } = process.env;
const suppressions = fileURLToPath(new URL('../leaks.supp', import.meta.url));

let schemas = 0;
function postgresqlUrl() {
  const base = process.env.SEATMETER_TEST_POSTGRESQL;
  const schema = `tuf_${process.pid}_${++schemas}`;
  execFileSync('psql', ['-q', '-d', base, '-c', `create schema ${schema}`]);
  return `${base}${base.includes('?') ? '&' : '?'}options=-csearch_path%3D${schema}`;
}

export const engines = ['sqlite', ...(process.env.SEATMETER_TEST_POSTGRESQL ? ['postgresql'] : [])];

export class Repository {
  static async open(engine) {
    const repository = new Repository();
    repository.directory = mkdtempSync(join(tmpdir(), 'seatmeter-tuf-'));
    repository.db = engine === 'sqlite' ? `sqlite:${join(repository.directory, 'store.db')}` : postgresqlUrl();
    repository.artifacts = join(repository.directory, 'artifacts');
    repository.environment = {
      LSAN_OPTIONS: `print_suppressions=0:suppressions=${suppressions}`, ...process.env,
      SEATMETER_DB: repository.db, SEATMETER_ARTIFACTS: repository.artifacts,
      SEATMETER_SECRET_FILE: join(repository.directory, 'secret'),
    };
    repository.say('init', '--distributor', 'Northwind', '--currency', 'USD', '--time-zone', 'America/New_York');
    const catalogue = repository.file('catalogue.csv', 'sku,name\nEPP-STD,Endpoint\n');
    repository.say('catalog', 'import', catalogue, '--vendor', 'Contoso');
    repository.say('product', 'add', '--vendor', 'CONTOSO', '--code', 'EPP', '--name', 'Endpoint', '--skus', 'EPP-STD');
    repository.lie = () => undefined;
    repository.server = http.createServer((request, response) => repository.answer(request, response));
    await new Promise((done) => repository.server.listen(0, '127.0.0.1', done));
    repository.url = `http://127.0.0.1:${repository.server.address().port}`;
    return repository;
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
    rmSync(this.directory, { recursive: true, force: true });
  }

  file(name, content) {
    const path = join(this.directory, name);
    writeFileSync(path, content);
    return path;
  }

  say(...words) {
    const done = spawnSync(SEATMETER, words, { env: this.environment, encoding: 'utf8' });
    assert.equal(done.status, 0, `${words.join(' ')}\n${done.stdout}${done.stderr}`);
    return done.stdout;
  }

  refuse(code, ...words) {
    const done = spawnSync(SEATMETER, words, { env: this.environment, encoding: 'utf8' });
    assert.equal(done.status, 2, `${words.join(' ')}\n${done.stdout}${done.stderr}`);
    assert.match(done.stderr, new RegExp(`\\(${code}\\)`));
  }

  publishing(version, content, { channel = 'stable', platform = 'linux-amd64' } = {}) {
    return ['release', 'publish', this.file(`epp-${version}.bin`, content), '--product', 'EPP', '--version', version,
      '--channel', channel, '--platform', platform];
  }

  publish(version, content = randomBytes(5000), options) {
    this.say(...this.publishing(version, content, options));
    return content;
  }

  /* The command, to be killed. */
  start(...words) {
    const child = spawn(SEATMETER, words, { env: this.environment, stdio: 'ignore' });
    return { child, ended: new Promise((done) => child.on('exit', (code, signal) => done({ code, signal }))) };
  }

  /* What the store has under a path: {status, bytes}. */
  honest(path) {
    const target = path.startsWith('/targets/');
    const words = target ? ['target', path.slice('/targets/'.length)] : ['metadata', path.slice(1)];
    const done = spawnSync(TUF_FILES, [this.db, this.artifacts, ...words], { env: this.environment, maxBuffer: 64 << 20 });
    assert.ok([0, 1, 3].includes(done.status), `${path}: ${done.status} ${done.stderr}`);
    return { status: { 0: 200, 1: 404, 3: 410 }[done.status], bytes: done.stdout };
  }

  answer(request, response) {
    const { status, bytes } = this.lie(request.url) ?? this.honest(request.url);
    response.writeHead(status);
    response.end(status === 200 ? bytes : '');
  }

  /* The newest file of each role, as it stands now. */
  record() {
    const files = new Map();
    const keep = (path) => {
      files.set(path, this.honest(path));
      return JSON.parse(files.get(path).bytes).signed;
    };
    const timestamp = keep('/timestamp.json');
    const snapshot = keep(`/${timestamp.meta['snapshot.json'].version}.snapshot.json`);
    keep(`/${snapshot.meta['targets.json'].version}.targets.json`);
    return files;
  }
}

/* A stock client with a memory of its own, that begins with the first root. */
export class Client {
  constructor(repository, root = repository.honest('/1.root.json').bytes) {
    this.repository = repository;
    this.directory = mkdtempSync(join(repository.directory, 'client-'));
    this.targets = join(this.directory, 'targets');
    mkdirSync(this.targets);
    writeFileSync(join(this.directory, 'root.json'), root);
  }

  /* What it holds for the newest root. */
  root() {
    return JSON.parse(readFileSync(join(this.directory, 'root.json'), 'utf8')).signed;
  }

  /* An updater lives for one refresh. */
  async refresh() {
    const updater = new Updater({
      metadataDir: this.directory, metadataBaseUrl: this.repository.url, targetDir: this.targets,
      targetBaseUrl: `${this.repository.url}/targets`, config: { fetchRetries: 0, fetchRetry: 0, fetchTimeout: 900000 },
    });
    await updater.refresh();
    return updater;
  }

  async info(path) {
    return (await this.refresh()).getTargetInfo(path);
  }

  async download(path) {
    const updater = await this.refresh();
    const info = await updater.getTargetInfo(path);
    assert.ok(info, `${path} is not a target`);
    return readFileSync(await updater.downloadTarget(info));
  }
}
