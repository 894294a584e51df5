// SPDX-License-Identifier: MIT
// query.mjs FOLDER TRACE SQL... - asks Perfetto's trace processor (tests/readers/fetch puts it into FOLDER) about a trace:
// a line of JSON for each SQL, an array of rows. It is made for browsers, so this gives it what it looks for of one: a
// worker's global object, and the WebAssembly as bytes instead of an address. Status 0, or 1 with a message.
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import {pathToFileURL} from 'node:url';

const [folder, trace, ...queries] = process.argv.slice(2);
const file = (name) => path.resolve(folder, name);

function replaced(text, from, to) {
  if (!text.includes(from)) throw new Error('not the trace processor that this was written for: no ' + from);
  return text.replace(from, to);
}

function startEngine() {
  globalThis.self = globalThis;
  globalThis.WorkerGlobalScope = function () {};
  Object.defineProperty(globalThis, 'location', {value: {href: pathToFileURL(file('.')).href + '/'}, configurable: true});
  globalThis.lapicsim = {wasm: new Uint8Array(fs.readFileSync(file('trace_processor.wasm')))};
  let text = fs.readFileSync(file('engine_bundle.node.js'), 'utf8');
  text = replaced(text, 'this.useMemory64 = hasMemory64Support();', 'this.useMemory64 = false;');
  text = replaced(text, 'locateFile: (s) => s,', 'locateFile: (s) => s, wasmBinary: globalThis.lapicsim.wasm,');
  const made = 'const wasmBridge = new wasm_bridge_1.WasmBridge();';
  text = replaced(text, made, made + ' globalThis.lapicsim.bridge = wasmBridge;');
  vm.runInThisContext(text, {filename: 'engine_bundle.node.js'});
  const channel = new MessageChannel();
  globalThis.lapicsim.bridge.initialize(channel.port1);
  return channel.port2;
}

function rowsOf(result) {
  if (result.error()) throw new Error(result.error());
  const columns = result.columns(), rows = [];
  for (const it = result.iter({}); it.valid(); it.next()) {
    rows.push(columns.map((c) => (typeof it.get(c) === 'bigint' ? Number(it.get(c)) : it.get(c))));
  }
  return rows;
}

console.warn = () => {};
const {EngineBase} = await import(pathToFileURL(file('engine.mjs')).href);
const port = startEngine();

class Engine extends EngineBase {
  mode = 'WASM';
  id = 'tests';
  constructor() {
    super();
    port.onmessage = (m) => this.onRpcResponseBytes(m.data);
  }
  rpcSendRequestBytes(data) {
    port.postMessage(data);
  }
}

try {
  await new Promise((done) => setTimeout(done, 1500)); // the engine does not say when it is ready
  const engine = new Engine();
  await engine.parse(new Uint8Array(fs.readFileSync(trace)));
  await engine.notifyEof();
  for (const sql of queries) console.log(JSON.stringify(rowsOf(await engine.query(sql))));
  process.exit(0);
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
