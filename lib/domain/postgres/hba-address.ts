/** Addresses as `pg_hba_file_rules` prints them: an address with a netmask beside it, CIDR, a host name or a keyword. */

export interface NetworkPrefix {
  family: 'ipv4' | 'ipv6';
  /** Leading bits that must match: 32 is one IPv4 address, 0 is all of them. */
  bits: number;
}

/** `null` for host names and keywords (`samehost`, `samenet`), whose width can't be told from the text. */
export function networkPrefix(address: string, netmask: string | null): NetworkPrefix | null {
  const [host = '', cidr] = address.split('/');
  const family = isIpv4(host) ? 'ipv4' : host.includes(':') ? 'ipv6' : null;
  if (family === null) return null;
  const full = family === 'ipv4' ? 32 : 128;
  if (cidr !== undefined) {
    const bits = Number(cidr);
    return Number.isInteger(bits) && bits >= 0 && bits <= full ? { family, bits } : null;
  }
  if (netmask === null) return { family, bits: full };
  const bits = family === 'ipv4' ? ipv4MaskBits(netmask) : ipv6MaskBits(netmask);
  return bits === null ? null : { family, bits };
}

/** True if the whole range stays on the machine. */
export function isLoopbackRange(address: string, netmask: string | null): boolean {
  const prefix = networkPrefix(address, netmask);
  if (prefix === null) return address === 'localhost' || address === 'samehost';
  return prefix.family === 'ipv4'
    ? address.startsWith('127.') && prefix.bits >= 8
    : /^(0{0,4}:){1,7}0{0,3}1(\/|$)/.test(address) && prefix.bits === 128;
}

function isIpv4(host: string): boolean {
  const parts = host.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

function ipv4MaskBits(netmask: string): number | null {
  if (!isIpv4(netmask)) return null;
  return leadingOnes(netmask.split('.').map((part) => Number(part).toString(2).padStart(8, '0')));
}

function ipv6MaskBits(netmask: string): number | null {
  if (!/^[0-9a-f:]+$/i.test(netmask)) return null;
  const [head = '', tail] = netmask.split('::');
  const groups = (text: string | undefined) => (text === undefined || text === '' ? [] : text.split(':'));
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...groups(tail)];
  if (all.length !== 8) return null;
  return leadingOnes(all.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')));
}

function leadingOnes(groups: readonly string[]): number {
  return /^1*/.exec(groups.join(''))![0].length;
}
