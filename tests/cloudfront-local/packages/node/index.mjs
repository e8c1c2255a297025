// Runs cloudfront-local, a CloudFront on this machine, inside a test.
//
//   const cloudfront = await start({ templates: ['template.yaml'], origins: { '*': 'http://127.0.0.1:8080' } });
//   await cloudfront.assertMiss('/a');
//   await cloudfront.assertHit('/a');
//   await cloudfront.purge('#tag');
//   await cloudfront.assertMiss('/a');
//   await cloudfront.stop();

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

import { program } from './program.mjs';

const NAMESPACE = 'http://cloudfront.amazonaws.com/doc/2020-05-31/';

/** Starts a stand-in and waits for its ready line. It ends with `stop`, and with this process. */
export async function start({ templates, origins = {}, parameters = {}, options = [], command = program() }) {
  const pairs = (name, object) => Object.entries(object).map(([key, value]) => `--${name}=${key}=${value}`);
  const list = templates.map((template) => `--template=${template}`);
  const all = ['--with-parent', ...list, ...pairs('origin', origins), ...pairs('parameter', parameters), ...options];
  const child = spawn(command, all, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit');
  const first = await Promise.race([once(lines, 'line'), ended.then(() => null)]);
  if (first === null) throw new Error('cloudfront-local did not start: its reasons are on standard error');
  return new CloudFrontLocal(child, ended, JSON.parse(first[0]));
}

class CloudFrontLocal {
  #child;
  #ended;

  constructor(child, ended, ready) {
    this.#child = child;
    this.#ended = ended;
    /** The ready line: `controlPlane`, `control`, `distributions`, `notModelled`, … */
    this.ready = ready;
  }

  /** Asks a distribution as a viewer does; `cache` is the first word of `X-Cache`: `Hit`, `Miss`, … */
  async get(path, { headers = {}, distribution = 0 } = {}) {
    const url = this.ready.distributions[distribution].url + path;
    const response = await fetch(url, { headers, redirect: 'manual' });
    const cache = (response.headers.get('x-cache') ?? '').split(' ')[0];
    return { status: response.status, headers: response.headers, cache, body: await response.text() };
  }

  /** Fails unless the answer comes out of the cache. */
  assertHit(path, options) {
    return this.#assert('Hit', path, options);
  }

  /** Fails unless the answer comes from the origin. */
  assertMiss(path, options) {
    return this.#assert('Miss', path, options);
  }

  /** Invalidates paths and `#tags`, and waits until CloudFront says that it is done. */
  async purge(items, { distribution = 0, timeoutMs = 60_000 } = {}) {
    const all = [items].flat();
    const paths = all.map((item) => `<Path>${escape(item)}</Path>`).join('');
    const body =
      `<InvalidationBatch xmlns="${NAMESPACE}"><Paths><Quantity>${all.length}</Quantity><Items>${paths}</Items></Paths>` +
      `<CallerReference>${randomUUID()}</CallerReference></InvalidationBatch>`;
    const { id } = this.ready.distributions[distribution];
    const url = `${this.ready.controlPlane}/2020-05-31/distribution/${id}/invalidation`;
    let xml = await call(url, { method: 'POST', body });
    const one = `${url}/${element(xml, 'Id')}`;
    const deadline = performance.now() + timeoutMs;
    while (element(xml, 'Status') !== 'Completed') {
      if (performance.now() > deadline) throw new Error(`${all} is not purged within ${timeoutMs} ms`);
      await pause(20);
      xml = await call(one);
    }
  }

  /** Stops it, and waits until it is gone. */
  async stop() {
    this.#child.stdin.end();
    await this.#ended;
  }

  async #assert(expected, path, options) {
    const answer = await this.get(path, options);
    assert.equal(answer.cache, expected, `${path}: status ${answer.status}, X-Cache ${answer.headers.get('x-cache')}`);
    return answer;
  }
}

async function call(url, init) {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`the CloudFront API answers ${response.status}: ${text}`);
  return text;
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const element = (xml, name) => xml.match(new RegExp(`<${name}>([^<]*)</${name}>`))?.[1];
