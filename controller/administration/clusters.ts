/** Registers, lists and sets up clusters from the command line. */
import type { Command } from 'commander';
import { createCluster } from '../../lib/commands/cluster/create.ts';
import { setPolicy } from '../../lib/commands/cluster/set-policy.ts';
import type { FleetCluster } from '../../lib/db/fleet/fleet.ts';
import { loadFleet } from '../../lib/db/fleet/fleet.ts';
import { applyMigrations } from '../../lib/db/ground/migrations.ts';
import { createPool } from '../../lib/db/ground/pool.ts';
import type { PolicyChanges, SettingName } from '../../lib/domain/policy/cluster-policy.ts';
import { CLUSTER_SETTINGS, SETTING_NAMES } from '../../lib/domain/policy/cluster-policy.ts';
import { settingFromText, settingInWords } from '../../lib/domain/policy/setting-text.ts';
import type { Answer } from './answering.ts';
import { answers, databaseUrl, list, runCommand, wholeNumber } from './answering.ts';

async function readFleet(): Promise<FleetCluster[]> {
  const url = databaseUrl();
  await applyMigrations(url);
  const pool = createPool(url, { max: 1, applicationName: 'farshore admin' });
  try {
    return await loadFleet(pool);
  } finally {
    await pool.end();
  }
}

async function listClusters(): Promise<Answer> {
  const clusters = await readFleet();
  const line = (slug: string, node: FleetCluster['nodes'][number]): string => {
    const identity =
      node.identity === null ? 'never joined' : node.identity.lockedAtMs === null ? 'joined' : `locked: ${node.identity.lockReason}`;
    return `  ${slug}/${node.name}  ${node.site.provider} ${node.site.region} ${node.site.zone} ${node.site.jurisdiction}  ${identity}`;
  };
  const text = clusters.flatMap((cluster) => [
    `${cluster.slug}  ${cluster.name}`,
    ...cluster.nodes.map((node) => line(cluster.slug, node)),
  ]);
  return { text: text.join('\n') || 'No cluster is registered. Begin with: npm run admin -- cluster create SLUG', data: clusters };
}

async function showPolicy(slug: string): Promise<Answer> {
  const { policy, policyVersion } = await clusterNamed(slug);
  const text = SETTING_NAMES.map((name) => `${name}: ${settingInWords(name, policy[name])}`);
  return { text: [`version ${policyVersion}`, ...text].join('\n'), data: { version: policyVersion, policy } };
}

async function clusterNamed(slug: string): Promise<FleetCluster> {
  const cluster = (await readFleet()).find((one) => one.slug === slug);
  if (cluster === undefined) throw new Error(`There is no cluster “${slug}”.`);
  return cluster;
}

interface SetOptions {
  reason: string;
  version?: string;
}

/** `name=value`, each a setting. */
function changesFrom(assignments: readonly string[]): PolicyChanges {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const [name = '', ...value] = assignment.split('=');
      const setting = SETTING_NAMES.find((one) => one === name.trim());
      if (setting === undefined) throw new Error(`“${name}” is no setting. There are: ${SETTING_NAMES.join(', ')}.`);
      return [setting, settingFromText(setting, value.join('='))];
    }),
  );
}

const SETTINGS_HELP = `
Settings (NAME=VALUE; “none” is no value):
${SETTING_NAMES.map((name: SettingName) => `  ${name}: ${CLUSTER_SETTINGS[name].label}. ${CLUSTER_SETTINGS[name].hint}`).join('\n')}`;

export function addClusterCommands(program: Command): void {
  const cluster = program.command('cluster').description('clusters');
  cluster
    .command('create <slug> [settings...]')
    .description('register a cluster, with settings as NAME=VALUE')
    .option('--name <name>', 'name for people (default: the short name)')
    .option('--jurisdictions <codes>', 'as jurisdictions=CODES', list)
    .option('--rto <seconds>', 'as rtoObjectiveSeconds=SECONDS')
    .option('--rpo <seconds>', 'as rpoObjectiveSeconds=SECONDS')
    .addHelpText('after', SETTINGS_HELP)
    .action(
      answers(
        program,
        async (slug: string, settings: string[], options: { name?: string; jurisdictions?: string[]; rto?: string; rpo?: string }) => {
          const policy: PolicyChanges = {
            ...(options.jurisdictions === undefined ? {} : { jurisdictions: options.jurisdictions }),
            ...(options.rto === undefined ? {} : { rtoObjectiveSeconds: wholeNumber(options.rto) }),
            ...(options.rpo === undefined ? {} : { rpoObjectiveSeconds: wholeNumber(options.rpo) }),
            ...changesFrom(settings),
          };
          const data = await runCommand((context) => createCluster(context, { slug, name: options.name ?? slug, policy }));
          return {
            text: `Registered the cluster ${slug}. Next: npm run admin -- node register ${slug} NODE --provider … --region … --zone … --jurisdiction …`,
            data,
          };
        },
      ),
    );
  cluster.command('list').description('list clusters and nodes').action(answers(program, listClusters));
  cluster.command('policy <slug>').description('show the settings of a cluster').action(answers(program, showPolicy));
  cluster
    .command('set-policy <slug> <settings...>')
    .description('change settings of a cluster, as NAME=VALUE')
    .requiredOption('--reason <text>', 'why, for the audit log')
    .option('--version <n>', 'refuse when the settings are not of this version any more (default: as they are now)')
    .addHelpText('after', SETTINGS_HELP)
    .action(
      answers(program, async (slug: string, settings: string[], options: SetOptions) => {
        const changes = changesFrom(settings);
        const version = options.version === undefined ? (await clusterNamed(slug)).policyVersion : wholeNumber(options.version);
        const data = await runCommand((context) => setPolicy(context, { cluster: slug, version, changes, reason: options.reason }));
        return { text: `Changed the settings of ${slug}: they are version ${data.version} now.`, data };
      }),
    );
}
