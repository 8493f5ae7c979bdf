// The update repository with npm's tuf-js: it updates, follows every rotation, and is not lied to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, Repository, engines } from './repository.mjs';

const PATH = (version, channel = 'stable') => `EPP/${channel}/linux-amd64/${version}/epp-${version}.bin`;

function story(name, run) {
  for (const engine of engines) {
    test(`${engine}: ${name}`, async () => {
      const repository = await Repository.open(engine);
      try {
        await run(repository);
      } finally {
        await repository.close();
      }
    });
  }
}

story('a client finds what is released and downloads it', async (repository) => {
  const content = repository.publish('1.0');
  const client = new Client(repository);
  assert.deepEqual(await client.download(PATH('1.0')), content);
  const info = await client.info(PATH('1.0'));
  assert.equal(info.length, content.length);
  const { released, ...custom } = info.custom;
  assert.deepEqual(custom, { product: 'EPP', version: '1.0', channel: 'stable', platform: 'linux-amd64' });
  assert.match(released, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

story('beta is promoted, and what is withdrawn is gone', async (repository) => {
  const client = (repository.publish('1.0', undefined, { channel: 'beta' }), new Client(repository));
  assert.equal(await client.info(PATH('1.0')), undefined);
  assert.ok(await client.info(PATH('1.0', 'beta')));
  repository.say('release', 'promote', 'EPP/1.0');
  const info = await client.info(PATH('1.0'));
  assert.ok(await client.info(PATH('1.0', 'beta')));
  repository.say('release', 'withdraw', 'EPP/1.0', '--reason', 'It breaks mail.');
  assert.equal(await client.info(PATH('1.0')), undefined);
  assert.equal(await client.info(PATH('1.0', 'beta')), undefined);
  const [, directory, name] = /^(.*)\/([^/]*)$/.exec(info.path);
  assert.equal(repository.honest(`/targets/${directory}/${info.hashes.sha256}.${name}`).status, 410);
});

story('every role is rotated, and clients old and new go on', async (repository) => {
  const content = repository.publish('1.0');
  const [old, fresh] = [new Client(repository), new Client(repository)];
  await old.refresh();
  for (const role of ['timestamp', 'snapshot', 'targets', 'root', 'root', 'root']) {
    const before = old.root().roles[role].keyids;
    repository.say('release', 'rotate-key', '--role', role);
    await old.refresh();
    assert.notDeepEqual(old.root().roles[role].keyids, before, role);
    assert.deepEqual(await old.download(PATH('1.0')), content);
  }
  assert.deepEqual(await fresh.download(PATH('1.0')), content);
  assert.equal(old.root().version, 7);
  repository.say('release', 'rotate-key', '--role', 'targets', '--keys', '3', '--threshold', '2');
  repository.say('release', 'rotate-key', '--role', 'root', '--keys', '5', '--threshold', '3');
  await old.refresh();
  assert.equal(old.root().roles.root.threshold, 3);
  assert.deepEqual(await old.download(PATH('1.0')), content);
  repository.say('release', 'verify');
});

story('a file that was tampered with is refused, whichever it is', async (repository) => {
  repository.publish('1.0');
  const client = new Client(repository);
  await client.refresh();
  repository.publish('1.1');
  repository.say('release', 'rotate-key', '--role', 'timestamp');
  const spoil = (bytes, at) => {
    const copy = Buffer.from(bytes);
    copy[at] ^= 1;
    return copy;
  };
  for (const kind of [/\.root\.json$/, /^\/timestamp\.json$/, /\.snapshot\.json$/, /\.targets\.json$/]) {
    for (const word of ['"expires":"', '"version":', '"sig":"']) {
      repository.lie = (path) => {
        const honest = repository.honest(path);
        if (!kind.test(path) || honest.status !== 200) return honest;
        let { bytes } = honest;
        for (let at = bytes.indexOf(word); at >= 0; at = bytes.indexOf(word, at + 1)) bytes = spoil(bytes, at + word.length);
        return { status: 200, bytes };
      };
      const copy = new Client(repository);
      await assert.rejects(copy.refresh(), `${kind} ${word}`);
    }
  }
  repository.lie = (path) => {
    const honest = repository.honest(path);
    return path.startsWith('/targets/') ? { ...honest, bytes: spoil(honest.bytes, 100) } : honest;
  };
  await assert.rejects(client.download(PATH('1.1')));
  repository.lie = () => undefined;
  await client.download(PATH('1.1'));
});

story('what is signed by keys that were rotated away is refused', async (repository) => {
  repository.publish('1.0');
  const old = repository.record();
  repository.say('release', 'rotate-key', '--role', 'timestamp');
  repository.lie = (path) => old.get(path);
  await assert.rejects(new Client(repository).refresh(), /timestamp was signed by 0\/1 keys/);
});

story('a repository that was rolled back is refused', async (repository) => {
  repository.publish('1.0');
  const old = repository.record();
  const client = new Client(repository);
  repository.publish('1.1');
  await client.refresh();
  repository.lie = (path) => old.get(path);
  await assert.rejects(client.refresh(), /less than current version/);
  /* A newer timestamp with an older snapshot. */
  const snapshot = [...old].find(([path]) => path.endsWith('.snapshot.json'))[1];
  repository.lie = (path) => (path.endsWith('.snapshot.json') ? snapshot : undefined);
  await assert.rejects(new Client(repository).refresh());
  /* A newer snapshot with older targets. */
  const targets = [...old].find(([path]) => path.endsWith('.targets.json'))[1];
  repository.lie = (path) => (path.endsWith('.targets.json') ? targets : undefined);
  await assert.rejects(new Client(repository).refresh());
});

story('a repository that is frozen is refused when its timestamp has expired', async (repository) => {
  repository.publish('1.0');
  const client = new Client(repository);
  await client.refresh();
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      super(...(given.length > 0 ? given : [RealDate.now() + 25 * 3600 * 1000]));
    }
  };
  try {
    await assert.rejects(client.refresh(), /expired/);
  } finally {
    globalThis.Date = RealDate;
  }
});

story('what is longer than it should be is refused', async (repository) => {
  repository.publish('1.0');
  repository.lie = (path) => {
    const honest = repository.honest(path);
    return path.startsWith('/targets/') ? { ...honest, bytes: Buffer.concat([honest.bytes, Buffer.alloc(1 << 20)]) } : honest;
  };
  await assert.rejects(new Client(repository).download(PATH('1.0')));
});

story('names that lead elsewhere are refused by the command', async (repository) => {
  for (const [code, option, value] of [
    ['malformed-version', '--version', '../../1'], ['malformed-platform', '--platform', '..'],
    ['malformed-file-name', '--name', '../x'], ['unknown-product', '--product', '../EPP'],
  ]) {
    const words = repository.publishing('1.0', 'x').concat(['--name', 'x']);
    words[words.indexOf(option) + 1] = value;
    repository.refuse(code, ...words);
  }
});
