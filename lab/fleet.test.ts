import { expect, test } from 'vitest';
import { selectClusters } from './fleet.ts';

test('a cluster is cut down to a region that holds its primary and the upstreams of the rest', () => {
  const [payments] = selectClusters(['payments'], ['us-east-1']);
  expect(payments?.nodes.map(({ name }) => name)).toEqual(['aws-use1-a', 'aws-use1-b']);
  expect(selectClusters(['payments'])[0]?.nodes).toHaveLength(4);
});

test.each([
  [
    'a region nobody is in',
    ['payments'],
    ['us-east-9'],
    'payments in us-east-9 alone has no primary. Its regions: us-east-1, us-east4, dfw.',
  ],
  ['standbys only', ['payments'], ['dfw'], 'leaves out aws-use1-a, from which rax-dfw-a streams'],
  ['a cluster that is not there', ['paymants'], undefined, 'There is no cluster "paymants" in the lab. Clusters: payments, ledger.'],
])('%s is refused with what there is', (_, slugs, regions, sentence) => {
  expect(() => selectClusters(slugs, regions)).toThrow(sentence);
});
