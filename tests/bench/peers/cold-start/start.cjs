// Starts a bundle with the code that V8 compiled before: `NODE_COMPILE_CACHE` of Node 22, for the Node 20 that has only
// its parts (`vm.Script`, "cachedData"). Without a cache, or with one of another bundle or
// Node, writes one after the first invocation.
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const { Script } = require("node:vm");

const filename = process.argv[2];
const cache = `${filename}.cache`;
const cachedData = existsSync(cache) ? readFileSync(cache) : undefined;
const source = readFileSync(filename, "utf8");
const script = new Script(`(function (require, module, exports) {${source}\n})`, { filename, cachedData });
if (cachedData === undefined || script.cachedDataRejected) process.once("answered", () => writeFileSync(cache, script.createCachedData()));

const bundle = { exports: {} };
script.runInThisContext()(require, bundle, bundle.exports);
