// The streams of a folder in JavaScript: node streams.mjs FOLDER executor.wasm engine.js codec.js.
// NAME.json beside NAME.program: classes, number, and cases of {levels, labels, told, stream} in
// hexadecimal. Prints for each name: how many were read right, and the streams that it writes.
import { readFileSync, readdirSync } from "node:fs";

const [folder, wasm, ...scripts] = process.argv.slice(2);
const text = scripts.map((script) => readFileSync(script, "utf8")).join("\n");
const [Engine, Codec] = new Function(`${text}; return [Engine, Codec];`)();
const module = new WebAssembly.Module(readFileSync(wasm));
const bytes = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (array) => Buffer.from(array).toString("hex");
const found = {};
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const name = file.slice(0, -5);
  const { classes, cases } = JSON.parse(readFileSync(`${folder}/${file}`, "utf8"));
  const engine = new Engine(module, new Uint8Array(readFileSync(`${folder}/${name}.program`)));
  const codec = new Codec(engine, classes);
  let right = 0;
  const streams = [];
  const times = [0, 0];
  for (const { levels, labels, told, number, stream } of cases) {
    let start = process.cpuUsage().user;
    const read = codec.decompress(bytes(stream), told ? labels : null);
    times[0] += process.cpuUsage().user - start;
    const same = read.images.map(hex).join("") === levels;
    if (same && read.whole && (!classes || read.labels.join() === labels.join())) right++;
    start = process.cpuUsage().user;
    streams.push(hex(codec.compress(bytes(levels), labels, { tellLabels: told, number })));
    times[1] += process.cpuUsage().user - start;
  }
  found[name] = { right, streams, ms: times.map((time) => time / 1000) };
}
console.log(JSON.stringify(found));
