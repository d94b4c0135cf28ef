/** Defines the input and the result of a rule about a setting. */
import type { Setting } from '../../agent-contract/facts.ts';
import type { ClusterPolicy } from '../policy/cluster-policy.ts';

export interface SettingsContext {
  nodeName: string;
  /** Every other node of the cluster: each may have to stream from this one some day. */
  otherNodeNames: readonly string[];
  isStandby: boolean | null;
  /** `null` = unknown (or this is the primary). */
  primarySettings: readonly Setting[] | null;
  /** `null` = the cluster is unknown. */
  policy: ClusterPolicy | null;
  dataChecksums: boolean | null;
  dataDirectory: string | null;
  /** Size of the volume that holds the WAL. */
  walVolumeBytes: number | null;
  backupStanza: string | null;
}

/** - `problem`: recovery is at risk; `advice`: works, but costs time or safety; `unknown`: it can't be judged from what is known. */
export type SettingVerdict = 'ok' | 'advice' | 'problem' | 'unknown';
export type TakesEffect = 'reload' | 'restart' | 'new-sessions' | 'stopped-server';

export interface Judgement {
  verdict: SettingVerdict;
  /** The value to set, as in `ALTER SYSTEM SET … = '…'`; absent where nothing is to be changed or nobody can name it. */
  to?: string;
  note?: string;
}

export interface SettingRule {
  name: string;
  wanted: (context: SettingsContext) => string;
  why: string;
  takesEffect: TakesEffect;
  /** Absent: every node, because every node may change its role. */
  appliesTo?: (context: SettingsContext, all: ReadonlyMap<string, string>) => boolean;
  judge: (value: string, context: SettingsContext, all: ReadonlyMap<string, string>) => Judgement;
}

export const OK: Judgement = { verdict: 'ok' };
export const NOT_READABLE: Judgement = { verdict: 'unknown', note: 'Its value was not understood.' };

/** A rule for one of a few words. `otherwise` is how bad any other word is. */
export const oneOf = (words: readonly string[], otherwise: 'advice' | 'problem', note?: string): Pick<SettingRule, 'wanted' | 'judge'> => ({
  wanted: () => words.join(' or '),
  judge: (value) =>
    words.includes(value.toLowerCase())
      ? OK
      : { verdict: otherwise, ...(words[0] === undefined ? {} : { to: words[0] }), ...(note === undefined ? {} : { note }) },
});
