import { describe, expect, test } from 'vitest';
import { provenNodeUuid, type ClientCertificate } from './client-certificate.ts';
import { GatewayProblem } from './problem.ts';

const uuid = '6ba7b810-9dad-41d1-80b4-00c04fd430c8';
const good: ClientCertificate = {
  fingerprintSha256: 'ab',
  notBeforeMs: 1_000,
  notAfterMs: 9_000,
  nodeUuid: uuid,
  clientAuth: true,
  chainProblem: null,
};

function refusal(certificate: ClientCertificate | null, nowMs = 5_000): GatewayProblem {
  try {
    provenNodeUuid(certificate, nowMs);
  } catch (error) {
    if (error instanceof GatewayProblem) return error;
  }
  throw new Error('was accepted');
}

describe('what a certificate proves', () => {
  test('a good one names its node', () => {
    expect(provenNodeUuid(good, 5_000)).toBe(uuid);
  });

  test.each([
    ['none', null, 'certificate-missing', /needs the node’s client certificate/],
    [
      'other authority',
      { ...good, chainProblem: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
      'certificate-refused',
      /not issued by this installation/,
    ],
    ['expired at the handshake', { ...good, chainProblem: 'CERT_HAS_EXPIRED' }, 'certificate-refused', /expired/],
    ['not yet valid', { ...good, chainProblem: 'CERT_NOT_YET_VALID' }, 'certificate-refused', /Check the clocks/],
    ['server certificate', { ...good, clientAuth: false }, 'certificate-refused', /clientAuth/],
    ['only a CN', { ...good, nodeUuid: null }, 'certificate-refused', /spiffe/],
  ] as const)('%s is refused with a sentence', (_name, certificate, kind, detail) => {
    const problem = refusal(certificate);
    expect(problem.kind).toBe(kind);
    expect(problem.message).toMatch(detail);
  });

  test('one that expires while its connection stays open is refused from then on', () => {
    expect(provenNodeUuid(good, 9_000)).toBe(uuid);
    expect(refusal(good, 9_001).message).toMatch(/expired/);
  });
});
