/** Keeps the gateway's own certificate fresh without a restart. */
import type { Authority, ServerCertificate } from './certificate-authority.ts';

/** How often the age is looked at; a laptop that slept must not wake up to an expired certificate for long. */
const CHECK_EVERY_MS = 60_000;

export interface GatewayCertificate {
  current(): ServerCertificate;
  stop(): void;
}

/**
 * Issues a certificate for `names` (so a changed configuration takes effect at start) and a new one at half of its life;
 * `onRenewed` puts it into the listening server. The private key is never written to disk.
 */
export async function keepGatewayCertificate(
  authority: Authority,
  names: readonly string[],
  onRenewed: (certificate: ServerCertificate) => void,
  onError: (error: unknown) => void,
): Promise<GatewayCertificate> {
  let certificate = await authority.issueServerCertificate(names);
  const timer = setInterval(() => {
    if (!renewalDue(certificate, Date.now())) return;
    authority.issueServerCertificate(names).then((renewed) => {
      certificate = renewed;
      onRenewed(renewed);
    }, onError);
  }, CHECK_EVERY_MS);
  timer.unref();
  return { current: () => certificate, stop: () => clearInterval(timer) };
}

/** True from half of the certificate's life on. */
export function renewalDue(certificate: Pick<ServerCertificate, 'notBefore' | 'notAfter'>, nowMs: number): boolean {
  return nowMs >= (certificate.notBefore.getTime() + certificate.notAfter.getTime()) / 2;
}
