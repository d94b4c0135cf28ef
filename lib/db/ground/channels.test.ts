import { expect, test } from 'vitest';
import { NOTIFY_PAYLOAD_BYTES_MAX, ingestPayload, livePayload, parseIngestPayload, parseLivePayload } from './channels.ts';

test('notices survive the way, each cluster once', () => {
  expect(parseIngestPayload(ingestPayload([3, 1, 3]))).toEqual([3, 1]);
  expect(parseLivePayload(livePayload(['a', 'b', 'a']))).toEqual({ clusters: ['a', 'b'] });
  expect(parseIngestPayload(ingestPayload([]))).toEqual([]);
});

test('more than fits means all', () => {
  const many = Array.from({ length: 5000 }, (_, index) => index + 1);
  expect(ingestPayload(many)).toBe('*');
  expect(parseLivePayload(livePayload(many.map((id) => `cluster-${id}`)))).toEqual({ clusters: '*' });
  expect(Buffer.byteLength(livePayload(many.slice(0, 500).map(String)))).toBeLessThanOrEqual(NOTIFY_PAYLOAD_BYTES_MAX);
});

test.each(['nonsense', '{}', '{"clusters":[1]}', 'null', '[]'])('a notice that can’t be read (%s) means all', (payload) => {
  expect(parseLivePayload(payload)).toEqual({ clusters: '*' });
  expect(parseIngestPayload('1,x')).toBe('*');
});
