// Runs one edge function. One JSON line in is an event, one JSON line out is its outcome.
'use strict';
const path = require('node:path');
const fs = require('node:fs');
const readline = require('node:readline');
const { pathToFileURL } = require('node:url');

const { folder, handler, hosts, cloudfront, store } = JSON.parse(process.argv[2]);
const answer = process.stdout.write.bind(process.stdout);
let logs = [];
const keep = (chunk, encoding, done) => {
  logs.push(String(chunk).trimEnd());
  const callback = typeof encoding === 'function' ? encoding : done;
  if (callback) callback();
  return true;
};
process.stdout.write = keep;
process.stderr.write = keep;

// Hosts that stand-ins answer for: the function's code names the real ones.
function rewrite(url) {
  const base = hosts[url.hostname];
  return base ? new URL(url.pathname + url.search, base) : undefined;
}
function patchModules() {
  const http = require('node:http');
  const https = require('node:https');
  const request = https.request;
  const patched = (...args) => {
    const last = typeof args[args.length - 1] === 'function' ? args.pop() : undefined;
    const options = Object.assign({}, ...args.filter((arg) => typeof arg === 'object' && !(arg instanceof URL)));
    const first = args[0];
    const url = typeof first === 'string' || first instanceof URL
      ? new URL(first)
      : new URL(`https://${options.hostname || options.host}${options.path || '/'}`);
    const target = rewrite(url);
    if (!target) return request(...args, ...(last ? [last] : []));
    const { agent, host, hostname, port, path: ignored, protocol, servername, ...rest } = options;
    // A stand-in that serves several hosts tells them apart by this.
    rest.headers = { ...rest.headers, host: url.host };
    return (target.protocol === 'http:' ? http.request : request)(target, rest, last);
  };
  https.request = patched;
  https.get = (...args) => {
    const sent = patched(...args);
    sent.end();
    return sent;
  };
  require('node:module').syncBuiltinESMExports();
  const fetch = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const target = typeof input === 'string' || input instanceof URL ? rewrite(new URL(input)) : undefined;
    return fetch(target || input, init);
  };
}
if (Object.keys(hosts).length > 0) patchModules();

async function load() {
  const dot = handler.lastIndexOf('.');
  const stem = path.resolve(folder, handler.slice(0, dot));
  const file = ['.mjs', '.js', '.cjs'].map((end) => stem + end).find((name) => fs.existsSync(name));
  if (!file) throw new Error(`no ${handler.slice(0, dot)}.mjs, .js or .cjs in the asset`);
  const loaded = await import(pathToFileURL(file).href);
  const found = loaded[handler.slice(dot + 1)] ?? loaded.default?.[handler.slice(dot + 1)];
  if (typeof found !== 'function') throw new Error(`the asset exports no function for handler ${handler}`);
  return found;
}
// A CloudFront function: a script with a global `handler`, no modules of Node but three, and the key value store.
function requireModule(name) {
  if (name === 'cloudfront') return { kvs: openStore };
  if (['buffer', 'crypto', 'querystring'].includes(name)) return require(`node:${name}`);
  throw new Error(`there is no module ${name}: a CloudFront function has buffer, cloudfront, crypto and querystring`);
}
function openStore() {
  if (!store) throw new Error('no key value store is associated with the function');
  const has = (key) => Object.hasOwn(store.data, key);
  const formats = { string: String, json: JSON.parse, bytes: (text) => Buffer.from(text) };
  return {
    async get(key, options) {
      if (!has(key)) throw new Error(`KeyNotFound: the key value store has no key ${key}`);
      const format = formats[(options && options.format) || 'string'];
      if (!format) throw new Error(`the format ${options.format} is none of string, json and bytes`);
      return format(store.data[key]);
    },
    async exists(key) { return has(key); },
    async count() { return Object.keys(store.data).length; },
    async meta() { return { creationDateTime: store.created, lastUpdatedDateTime: store.created, keyCount: Object.keys(store.data).length }; },
  };
}
function loadScript() {
  const vm = require('node:vm');
  const code = fs.readFileSync(path.join(folder, 'index.js'), 'utf8')
    .replace(/^\s*import\s+(?:\*\s+as\s+)?(\w+|\{[^}]*\})\s+from\s+(['"][^'"]+['"])\s*;?/gm, 'const $1 = require($2);');
  const context = vm.createContext({ console, Buffer, require: requireModule, atob, btoa });
  return vm.runInContext(`${code}\n;handler`, context, { timeout: 1000 });
}
const loading = cloudfront ? Promise.resolve().then(loadScript) : load();
loading.catch(() => {});

async function run(event) {
  const found = await loading;
  if (cloudfront) return found(event);
  const context = { functionName: 'edge', functionVersion: '1', awsRequestId: event.Records[0].cf.config.requestId };
  if (found.length < 3) return found(event, context);
  return new Promise((resolve, reject) => {
    const result = found(event, context, (error, value) => (error ? reject(error) : resolve(value)));
    if (result && typeof result.then === 'function') result.then(resolve, reject);
  });
}

// Whoever started this is gone when its end of the pipe is; what the function still waits for does not count.
const lines = readline.createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0));
lines.on('line', async (line) => {
  logs = [];
  let outcome;
  try {
    outcome = { value: (await run(JSON.parse(line))) ?? null };
  } catch (error) {
    outcome = { error: String((error && error.message) || error) };
  }
  answer(`${JSON.stringify({ ...outcome, logs })}\n`);
});
