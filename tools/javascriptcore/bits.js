// Draws every case of a folder in JavaScriptCore's shell and compares its bytes:
// jsc bits.js -- FOLDER EXECUTOR ENGINE
// A case is NAME.program beside NAME.json (n, labels, temperature, guidance), NAME.bin (uniforms,
// then levels, then known) and NAME.out: images, outputs and log-probabilities as they must be.

const [folder, wasm, script] = arguments;
load(script);
const module = new WebAssembly.Module(readFile(wasm, "binary"));

function bytesOf(engine) {
  const parts = ["images", "outputs", "log_probs"].map((name) => {
    const view = engine.read(name);
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
  });
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    all.set(part, place);
    place += part.length;
  }
  return all;
}

let wrong = 0;
for (const name of JSON.parse(readFile(`${folder}/names.json`))) {
  const { n, labels, temperature, guidance } = JSON.parse(readFile(`${folder}/${name}.json`));
  const inputs = readFile(`${folder}/${name}.bin`, "binary");
  const expected = readFile(`${folder}/${name}.out`, "binary");
  const engine = new Engine(module, readFile(`${folder}/${name}.program`, "binary"));
  const numbers = inputs.length / 6;
  for (const stride of [1, engine.height]) {
    engine.set(n, {
      uniforms: new Float32Array(inputs.slice(0, 4 * numbers).buffer),
      levels: inputs.slice(4 * numbers, 5 * numbers),
      known: inputs.slice(5 * numbers),
      labels,
      temperature,
      guidance,
      tells: 2,
    });
    for (let row = 0; row < engine.height; row += stride) engine.rows(row, row + stride);
    const found = bytesOf(engine);
    const same = found.length === expected.length && found.every((byte, i) => byte === expected[i]);
    if (!same) {
      wrong++;
      print(`${name}: other bits, ${stride} rows at a time`);
    }
  }
}
print(JSON.stringify({ wrong }));
