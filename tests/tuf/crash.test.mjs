// Publications that are killed at random moments: a client never sees a repository that it cannot verify, and
// every target that is listed is there.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Client, Repository, engines } from './repository.mjs';

const KILLS = 25;
const BYTES = 4 << 20;

for (const engine of engines) {
  test(`${engine}: ${KILLS} publications are killed, and the repository verifies after each`, async () => {
    const repository = await Repository.open(engine);
    try {
      repository.publish('0.1');
      const client = new Client(repository);
      const began = performance.now();
      repository.publish('0.2', randomBytes(BYTES));
      const whole = performance.now() - began;
      let survived = 0;
      for (let i = 1; i <= KILLS; i++) {
        const { child, ended } = repository.start(...repository.publishing(`1.${i}`, randomBytes(BYTES)));
        await wait(whole * 1.6 * (i / KILLS));
        child.kill('SIGKILL');
        const { code } = await ended;
        survived += code === 0;
        const info = await client.info(`EPP/stable/linux-amd64/1.${i}/epp-1.${i}.bin`);
        if (code === 0) assert.ok(info, 'what was answered is there');
        if (info) await client.download(info.path);
      }
      repository.say('release', 'verify');
      repository.say('check');
      console.log(`${survived} of ${KILLS} were faster than the kill`);
    } finally {
      await repository.close();
    }
  });
}
