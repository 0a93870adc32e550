/**
 * Scores a model that save-model.mjs has written: `node eval.mjs model.bin` prints its loss on the held-out passages in
 * bits per byte (val_bpb), as train.mjs does at its end.
 */
import { readFileSync } from "node:fs";
import { NgramModel } from "./model.mjs";

const tokens = 8192;

function main([file]) {
  const model = readModel(readFileSync(file));
  const text = heldOut(readFileSync(new URL("data/persuasion.txt", import.meta.url), "latin1"));
  const batch = model.newBatch(256);
  const positions = new Int32Array(batch.size);
  const stride = (text.length - model.context) / tokens;
  let loss = 0;
  for (let start = 0; start < tokens; start += batch.size) {
    for (let i = 0; i < batch.size; i++) positions[i] = model.context + Math.floor((start + i) * stride);
    loss += (model.forward(batch, text, positions, 0) * batch.size) / tokens;
  }
  process.stdout.write(`val_bpb: ${loss.toFixed(4)}\n`);
}

function readModel(content) {
  const end = content.indexOf("\n");
  const model = new NgramModel(JSON.parse(content.toString("utf8", 0, end)), () => 0.5);
  let offset = end + 1;
  for (const [name, { value }] of model.parameters()) {
    if (offset + value.byteLength > content.length) throw new Error(`the file ends within ${name}`);
    new Uint8Array(value.buffer).set(content.subarray(offset, offset + value.byteLength));
    offset += value.byteLength;
  }
  if (offset !== content.length) throw new Error("the file is longer than the model");
  return model;
}

/** Character codes of every tenth of 40 blocks of the text. */
function heldOut(text) {
  const codeOf = new Map([...new Set(text)].sort().map((character, code) => [character, code]));
  const codes = Uint8Array.from(text, (character) => codeOf.get(character));
  const blocks = 40;
  const from = (block) => Math.floor((codes.length * block) / blocks);
  return Buffer.concat([9, 19, 29, 39].map((block) => codes.subarray(from(block), from(block + 1))));
}

main(process.argv.slice(2));
