// Runs one edge function. One JSON line in is an event, one JSON line out is its outcome.
'use strict';
const path = require('node:path');
const fs = require('node:fs');
const readline = require('node:readline');
const { pathToFileURL } = require('node:url');

const { folder, handler, hosts, cloudfront } = JSON.parse(process.argv[2]);
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
// A CloudFront function: a script with a global `handler`, no modules of Node but crypto and querystring.
function loadScript() {
  const vm = require('node:vm');
  const code = fs.readFileSync(path.join(folder, 'index.js'), 'utf8')
    .replace(/^\s*import\s+(\w+)\s+from\s+(['"][^'"]+['"])\s*;?/gm, 'const $1 = require($2);');
  const modules = { crypto: require('node:crypto'), querystring: require('node:querystring') };
  const context = vm.createContext({ console, Buffer, require: (name) => modules[name], atob, btoa });
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

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  logs = [];
  let outcome;
  try {
    outcome = { value: (await run(JSON.parse(line))) ?? null };
  } catch (error) {
    outcome = { error: String((error && error.message) || error) };
  }
  answer(`${JSON.stringify({ ...outcome, logs })}\n`);
});
