/** A script reads the topology with the demo's token, and gets the shape that is documented. */
import { expect, test } from '../fixtures/attempts.ts';
import { readRecorded } from '../fixtures/recorded-fleet.ts';

test('GET /api/v1/clusters and /topology', async ({ request }) => {
  const { url, apiToken } = readRecorded();
  const headers = { authorization: `Bearer ${apiToken}` };
  const list = await request.get(`${url}/api/v1/clusters`, { headers });
  expect(list.status()).toBe(200);
  expect(list.headers()['cache-control']).toContain('no-store');
  expect(JSON.stringify(await list.json())).toContain('"payments"');

  const response = await request.get(`${url}/api/v1/clusters/payments/topology`, { headers });
  const topology = (await response.json()) as {
    nodes: Record<string, unknown>[];
    links: Record<string, unknown>[];
    term: number;
    rpo: { state: string };
  };
  expect(topology.nodes.map((node) => node['name']).sort()).toEqual(['aws-use1-a', 'aws-use1-b', 'gcp-use4-a', 'rax-dfw-a']);
  expect(topology.nodes.find((node) => node['name'] === 'gcp-use4-a')).toMatchObject({
    role: 'standby',
    upstream: 'aws-use1-b',
    site: { provider: 'gcp', region: 'us-east4', jurisdiction: 'US' },
    timeline: 1,
  });
  // An inapplicable or unknown figure is null, never 0: a primary has no lag.
  expect(topology.nodes.find((node) => node['name'] === 'aws-use1-a')).toMatchObject({
    role: 'primary',
    upstream: null,
    lag: { transportBytes: null, applyBytes: null, totalBytes: null, seconds: null },
  });
  expect(topology.links).toContainEqual(
    expect.objectContaining({
      from: 'aws-use1-a',
      to: 'aws-use1-b',
      state: 'streaming',
      tls: expect.objectContaining({ version: 'TLSv1.3' }),
    }),
  );
  expect(topology.term).toBe(1);
  expect(topology.rpo.state).toBe('best-effort');
});

test('every refusal is a problem that says what to do', async ({ request }) => {
  const { url, apiToken } = readRecorded();
  const cases = [
    { path: '/api/v1/clusters', token: 'fat_wrong', status: 401 },
    { path: '/api/v1/clusters/no-such/topology', token: apiToken, status: 404 },
    { path: '/api/v1/nothing-here', token: apiToken, status: 404 },
  ];
  for (const { path, token, status } of cases) {
    const response = await request.get(url + path, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status(), path).toBe(status);
    expect(response.headers()['content-type'], path).toContain('application/problem+json');
    expect(await response.json(), path).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
  }
});
