// What the engine of widgets/engine draws, as a digest of each case: node engine_bits.mjs FOLDER.
// A case is NAME.program beside NAME.json (n, labels, temperature, guidance) and NAME.bin (uniforms,
// then levels, then known).
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";

const [folder, wasm, script] = process.argv.slice(2);
const Engine = new Function(`${readFileSync(script, "utf8")}; return Engine;`)();
const module = new WebAssembly.Module(readFileSync(wasm));
const found = {};
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const name = file.slice(0, -5);
  const { n, labels, temperature, guidance } = JSON.parse(readFileSync(`${folder}/${file}`, "utf8"));
  const engine = new Engine(module, new Uint8Array(readFileSync(`${folder}/${name}.program`)));
  const inputs = new Uint8Array(readFileSync(`${folder}/${name}.bin`));
  const numbers = inputs.length / 6;
  engine.set(n, {
    uniforms: new Float32Array(inputs.slice(0, 4 * numbers).buffer),
    levels: inputs.slice(4 * numbers, 5 * numbers),
    known: inputs.slice(5 * numbers),
    labels,
    temperature,
    guidance,
    tells: 2,
  });
  for (let row = 0; row < engine.height; row++) engine.rows(row, row + 1);
  const digest = createHash("sha256");
  for (const array of ["images", "outputs", "log_probs"]) {
    const view = engine.read(array);
    digest.update(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }
  found[name] = digest.digest("hex");
}
console.log(JSON.stringify(found));
