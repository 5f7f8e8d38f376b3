// Runs the conformance scripts against a server with the fake model:
//
//   translator serve --fake-model --port 0
//   node conformance.js --address localhost:50051 [--only NAME]

import { parseArgs } from 'node:util';
import grpc from '@grpc/grpc-js';
import { CuttingProxy } from './conformance/cutting-proxy.js';
import { disappointments } from './conformance/expectations.js';
import { Invariants } from './conformance/invariants.js';
import { runLibrary } from './conformance/library-run.js';
import { loadOutages, runOutage } from './conformance/outages.js';
import { runRaw } from './conformance/raw-run.js';
import { loadScripts } from './conformance/scripts.js';
import { TranslatorService } from './src/service.js';

// The connection is cut after this many updates, once in each run.
const CUTS = [1, 2, 3];

const { values } = parseArgs({
  options: {
    address: { type: 'string', default: 'localhost:50051' },
    only: { type: 'string' },
    'timeout-ms': { type: 'string', default: '10000' },
  },
});
const { address } = values;
const timeoutMs = Number(values['timeout-ms']);
const service = new TranslatorService(address, grpc.credentials.createInsecure());

/** @typedef {import('./conformance/scripts.js').Script} Script */

/** @param {Script} script */
async function raw(script) {
  const journal = await runRaw(service, script, timeoutMs);
  return [...Invariants.problemsOf(journal), ...disappointments(script, journal)];
}

/** @param {Script} script @param {number} cutAfter updates */
async function libraryWithCut(script, cutAfter) {
  const proxy = new CuttingProxy(address);
  try {
    return await runLibrary(await proxy.listen(), script, timeoutMs, (numUpdates) => {
      if (numUpdates === cutAfter) proxy.cut();
    });
  } finally {
    proxy.close();
  }
}

/** @param {Script} script @returns {[string, () => Promise<string[]>][]} */
function runsOf(script) {
  /** @type {[string, () => Promise<string[]>][]} */
  const runs = [['messages', () => raw(script)]];
  if (!script.library) return runs;
  runs.push(['library', () => runLibrary(address, script, timeoutMs)]);
  for (const cut of CUTS)
    runs.push([`library, cut after update ${cut}`, () => libraryWithCut(script, cut)]);
  return runs;
}

const scripts = loadScripts(new URL('../conformance/scripts/', import.meta.url)).filter(
  ({ name }) => !values.only || name === values.only,
);
const outages = loadOutages(new URL('../conformance/outages/', import.meta.url)).filter(
  ({ name }) => !values.only || name === values.only,
);
let passed = 0;
let failed = 0;

/** @param {string} name @param {string} how @param {() => Promise<string[]>} run */
async function judge(name, how, run) {
  const problems = await run().catch((error) => [String(error.message)]);
  if (problems.length) failed++;
  else passed++;
  console.log(`${problems.length ? 'FAILED' : 'passed'}  ${name} (${how})`);
  for (const problem of problems) console.log(`        ${problem}`);
}

for (const script of scripts) {
  for (const [how, run] of runsOf(script)) await judge(script.name, how, run);
}
for (const outage of outages) await judge(outage.name, 'outage', () => runOutage(outage));
service.close();
if (scripts.length + outages.length === 0) console.log(`no script is named ${values.only}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed || passed === 0 ? 1 : 0;
