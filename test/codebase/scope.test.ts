/** Finds a query, command, page or route that is about a cluster and does not ask for the right on it (decision 0021). */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'app', 'lib'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /[.]tsx?$/.test(file) && !/[.]test[.]tsx?$/.test(file) && existsSync(path.join(ROOT, file)));
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const inFolder = (folder: string) => files.filter((file) => file.startsWith(folder));

interface Fn {
  where: string;
  parameters: string;
  body: string;
  /** It reads or watches; others only shape what was read. */
  reads: boolean;
}

/** Functions at the top level of a module, with what they are given and do. */
function functionsOf(file: string, text = read(file)): Fn[] {
  return text
    .split(/^(?=export (?:async )?function )/m)
    .filter((part) => part.startsWith('export'))
    .map((part) => part.split(/^}$/m)[0] ?? part)
    .map((part) => {
      const open = part.indexOf('(');
      const body = /[)](?:: [^\n]*)? [{]$/m.exec(part);
      const end = body === null ? part.length : body.index;
      return {
        where: `${file}: ${/function (\w+)/.exec(part)?.[1]}`,
        parameters: part.slice(open, end),
        body: part.slice(end),
        reads: /^export async|ReadableStream/.test(part),
      };
    });
}

const ASKS = /\b(authorise|authorisedClusters)\((\w+[.])?actor, '/;
/** Hands the actor on to a query that asks. */
const DELEGATES = /\b(read|preview|open)\w+\(actor\b/;

/** Queries that forget who asks, or which cluster it is about. */
function careless(functions: readonly Fn[]): string[] {
  return functions.flatMap(({ where, parameters, body, reads }) => {
    if (!/\bactor\b|\bOptions\b/.test(parameters)) return /webDatabase\(\)/.test(parameters + body) ? [`${where}: knows no actor`] : [];
    if (!reads) return [];
    if (!ASKS.test(body) && !DELEGATES.test(body)) return [`${where}: asks for no right`];
    const named = /\b(slug|cluster): string\b/.exec(parameters)?.[1];
    if (named === undefined) return [];
    const about = new RegExp(
      `authorise\\(actor, '[a-z.]+', [{] cluster(: ${named})? [}]\\)|includesCluster\\(\\w+, ${named}\\)|\\(actor, ([{] )?${named}\\b`,
    );
    return about.test(body) ? [] : [`${where}: asks not about “${named}”`];
  });
}

describe('queries', () => {
  /** Read by the hub once for everybody who watches, and cut to each of them. */
  const ITS_READERS_ASK = ['lib/queries/operations/live.ts', 'lib/queries/live-hub.ts'];
  const queries = inFolder('lib/queries/').filter((file) => !ITS_READERS_ASK.includes(file));

  test('each asks for a right, and for one on the cluster that it is given', () => {
    const functions = queries.flatMap((file) => functionsOf(file));
    expect(functions.filter(({ parameters }) => /\bactor\b/.test(parameters)).length).toBeGreaterThan(20);
    expect(careless(functions)).toEqual([]);
  });

  test('this test finds what it is for', () => {
    const query = (body: string, parameters = 'actor: Actor, slug: string') =>
      careless(functionsOf('x.ts', `export async function readX(${parameters}): Promise<number> {\n  ${body}\n}\n`));
    expect(query('return find(slug);')).toEqual(['x.ts: readX: asks for no right']);
    expect(query("authorisedClusters(actor, 'cluster.read');\n  return find(slug);")).toEqual(['x.ts: readX: asks not about “slug”']);
    expect(query("authorise(actor, 'cluster.read', 'fleet');")).toEqual(['x.ts: readX: asks not about “slug”']);
    expect(query("if (!authorise(actor, 'cluster.read', { cluster: slug })) return null;")).toEqual([]);
    expect(query('return readY(actor, slug);')).toEqual([]);
    expect(query('return find(webDatabase());', 'slug: string')).toEqual(['x.ts: readX: knows no actor']);
  });

  test('an answer of authorise about a cluster is looked at', () => {
    const ignored = files.filter((file) => /^\s*authorise\([^\n]*[{] cluster/m.test(read(file)));
    expect(ignored).toEqual([]);
  });
});

describe('commands', () => {
  const definitions = inFolder('lib/commands/').flatMap((file) =>
    read(file)
      .split(/\bdefineCommand\([{]/)
      .slice(1)
      .map((text) => ({ file, head: text.split(/^ {2}run:/m)[0] ?? '' })),
  );

  test('one whose input names something of a cluster declares it as its object', () => {
    expect(definitions.length).toBeGreaterThan(20);
    const names = /\b(cluster: clusterSlug|operation: operationId|findingId:|node: nodeName)/;
    expect(definitions.filter(({ head }) => names.test(head) && /object: 'fleet'/.test(head)).map(({ file }) => file)).toEqual([]);
    expect(definitions.filter(({ head }) => !/^ {2}object:/m.test(head)).map(({ file }) => file)).toEqual([]);
  });
});

describe('routes and pages', () => {
  /** Sign-in, whether this process answers, and addresses that do not exist. */
  const OPEN = ['app/api/auth/[...nextauth]/route.ts', 'app/api/health/route.ts', 'app/api/[...path]/route.ts'];
  const routes = inFolder('app/api/').filter((file) => file.endsWith('/route.ts') && !OPEN.includes(file));

  test('each route asks for a right and says how far it reaches', () => {
    expect(routes.length).toBeGreaterThan(20);
    const asks = /\bauthorisedRoute\(request, '[a-z.]+', '(fleet|anywhere)', |\b(changingRoute|decidingRoute)\(request, /;
    expect(
      routes.filter(
        (file) => (read(file).match(/^export async function/gm) ?? []).length > (read(file).match(new RegExp(asks, 'g')) ?? []).length,
      ),
    ).toEqual([]);
  });

  test('each route about a cluster or an operation hands the actor to what asks about it', () => {
    const about = routes.filter((file) => /\[(slug|cluster|id)\]/.test(file));
    expect(about.length).toBeGreaterThan(10);
    const hands = /\b(read|preview)\w+\(actor, |\bwebCommandContext\(actor\)|\bdecidingRoute\(|\b\w+\(by, /;
    expect(about.filter((file) => !hands.test(read(file)))).toEqual([]);
  });

  test('no page or route reads past the queries', () => {
    const past = inFolder('app/').filter((file) => /\b(findOperation|findCluster|readViews|planNow|load[A-Z]\w+)\(/.test(read(file)));
    expect(past).toEqual([]);
  });
});
