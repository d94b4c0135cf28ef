/** Finds a standby of another version or architecture than the primary. */
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { factsAndPrimarySeen } from '../../observability.ts';
import type { SaidOfNode } from '../../rule.ts';
import { perNode } from '../../rule.ts';

export const versionMismatch: FindingKind<'version-mismatch'> = {
  code: 'version-mismatch',
  title: 'Versions differ',
  impact: 'A standby of another major version or architecture can’t take over; another minor version may behave differently.',
  likelyCauses: ['A rolling update is unfinished.'],
  nextAction: 'Bring {node} to the primary’s version. Update standbys before the primary.',
  subject: 'architecture',
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: factsAndPrimarySeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode((standby, { primary }) => {
    const mine = standby.live;
    const theirs = primary?.live ?? null;
    if (mine === null || theirs === null || standby === primary) return [];
    const found: SaidOfNode[] = [];
    if (mine.serverVersionNumber !== theirs.serverVersionNumber) {
      const isMajor = majorOf(mine.serverVersionNumber) !== majorOf(theirs.serverVersionNumber);
      const versions = { own: text(versionText(mine.serverVersionNumber)), primary: text(versionText(theirs.serverVersionNumber)) };
      found.push({
        severity: isMajor ? 'critical' : 'warning',
        subject: null,
        summary: `${standby.name} runs PostgreSQL ${versions.own.value}, the primary ${primary!.name} runs ${versions.primary.value}.`,
        evidence: versions,
      });
    }
    const [own, primarys] = [standby.node.facts?.architecture, primary!.node.facts?.architecture];
    if (own !== undefined && primarys !== undefined && own !== primarys) {
      found.push({
        severity: 'critical',
        subject: 'architecture',
        summary: `${standby.name} is ${own}, the primary ${primary!.name} is ${primarys}: physical replication needs the same architecture.`,
        evidence: { own: text(own), primary: text(primarys) },
      });
    }
    return found;
  }),
};

const majorOf = (versionNumber: number) => Math.floor(versionNumber / 10_000);

const versionText = (versionNumber: number) => `${majorOf(versionNumber)}.${versionNumber % 10_000}`;
