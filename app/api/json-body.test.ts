import { describe, expect, test } from 'vitest';
import { BODY_BYTES_MAX, readJsonBody } from './json-body.ts';

const post = (body: BodyInit | null, type = 'application/json', headers: Record<string, string> = {}) =>
  readJsonBody(
    new Request('http://127.0.0.1/api', {
      method: 'POST',
      body,
      headers: { 'content-type': type, ...headers },
      duplex: 'half',
    } as RequestInit),
  );
const statusOf = async (answer: ReturnType<typeof post>) => {
  const body = await answer;
  return body.ok ? 200 : body.response.status;
};

describe('the body of a request', () => {
  test('is a JSON object', async () => {
    expect(await post('{"a": [1, "é"]}', 'application/json; charset=utf-8')).toEqual({ ok: true, value: { a: [1, 'é'] } });
  });

  test.each([
    ['nothing', null],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"x"'],
  ])('%s is refused', async (_what, body) => {
    expect(await statusOf(post(body))).toBe(400);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])('type “%s” is refused', async (type) => {
    expect(await statusOf(post('{}', type))).toBe(415);
  });

  test('more than the limit is refused, told beforehand or not', async () => {
    expect(await statusOf(post(JSON.stringify({ a: 'x'.repeat(BODY_BYTES_MAX) })))).toBe(413);
    let pulled = 0;
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(16 * 1024));
      },
    });
    expect(await statusOf(post(endless))).toBe(413);
    expect(pulled).toBeLessThan(10);
  });
});
