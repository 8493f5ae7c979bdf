// A machine without a network, as docs/device-protocol.md has it: a key pair, a fingerprint, and the file it writes.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const base64url = (bytes) => Buffer.from(bytes).toString('base64url');

export class Machine {
  constructor(name = 'PC-17') {
    this.name = name;
    this.fingerprint = createHash('sha256').update(name).digest();
    this.pair = generateKeyPairSync('ed25519');
  }

  requestFile(key, time = Math.floor(Date.now() / 1000)) {
    const body = {
      key,
      device_key: this.pair.publicKey.export({ format: 'jwk' }).x,
      fingerprint: base64url(this.fingerprint),
      link: base64url(randomBytes(8)),
      time,
      name: this.name,
    };
    const text = ['seatmeter-activate-1', body.key, body.device_key, body.fingerprint, body.link, body.time].join('\n');
    return JSON.stringify({ ...body, signature: base64url(sign(null, Buffer.from(text), this.pair.privateKey)) });
  }
}
