import { createHash } from 'node:crypto';
import { compactVerify, createLocalJWKSet } from 'jose';

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const LEAF = Buffer.from([0]), NODE = Buffer.from([1]);

/* The lease in an envelope, or an error. `jwks` is what /.well-known/jwks.json answers. */
export async function verifyLease(envelope, jwks) {
  const { payload, protectedHeader } = await compactVerify(envelope.head, createLocalJWKSet(jwks), { algorithms: ['EdDSA'] });
  const head = JSON.parse(Buffer.from(payload).toString());
  if (protectedHeader.typ !== 'seatmeter-head') throw new Error('signed for something else');
  const lease = Buffer.from(envelope.lease, 'base64url');
  let hash = sha256(LEAF, lease), index = envelope.index, last = head.size - 1; // RFC 9162 section 2.1.3.2
  if (!Number.isInteger(index) || index < 0 || index > last) throw new Error('not one of the batch');
  for (const text of envelope.path) {
    const node = Buffer.from(text, 'base64url');
    if (last === 0 || node.length !== 32) throw new Error('not a path of the batch');
    if (index % 2 === 1 || index === last) {
      hash = sha256(NODE, node, hash);
      while (index % 2 === 0 && index > 0) [index, last] = [index >> 1, last >> 1];
    } else {
      hash = sha256(NODE, hash, node);
    }
    [index, last] = [index >> 1, last >> 1];
  }
  if (last !== 0 || !hash.equals(Buffer.from(head.root, 'base64url'))) throw new Error('the lease is not the one that was signed');
  return JSON.parse(lease.toString());
}
