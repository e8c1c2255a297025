import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

// The client beside this test, or the installed one that is named.
const { start } = await import(process.env.CLIENT ?? '../index.mjs');

const template = fileURLToPath(new URL('../../../tests/fixtures/yaml/site.yaml', import.meta.url));
const origin = createServer((_, response) => response.setHeader('cache-tag', 't').end('ok'));

before(() => once(origin.listen(0, '127.0.0.1'), 'listening'));
after(() => {
  origin.close();
  origin.closeAllConnections();
});

test('hits, misses and a purge by tag', async () => {
  const origins = { '*': `http://127.0.0.1:${origin.address().port}` };
  const cloudfront = await start({ templates: [template], origins });
  await cloudfront.assertMiss('/api/a?page=1');
  assert.equal((await cloudfront.assertHit('/api/a?page=1')).body, 'ok');
  await assert.rejects(cloudfront.assertMiss('/api/a?page=1'), assert.AssertionError);
  await cloudfront.purge('#t');
  await cloudfront.assertMiss('/api/a?page=1');
  await assert.rejects(cloudfront.purge(['no path']), /InvalidArgument/);
  await cloudfront.stop();
});

test('a template that cannot be served is an error', async () => {
  await assert.rejects(start({ templates: ['nowhere.yaml'] }), /did not start/);
});
