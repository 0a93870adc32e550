/**
 * Writes the model that train.mjs has trained to a file when the training ends well: `node --import ./save-model.mjs
 * train.mjs`. It stands apart from train.mjs so that the training may be edited and the form of the file may not.
 *
 * The file `model.bin` is in the folder AGENT_TUNE_FOLDER, or the current one: a line of JSON with the options of the
 * model, then all its parameters in order as 32-bit floats.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { NgramModel } from "./model.mjs";

const { update } = NgramModel.prototype;
let trained;
NgramModel.prototype.update = function (change) {
  trained = this;
  return update.call(this, change);
};

process.on("exit", (code) => {
  if (code !== 0 || trained === undefined) return;
  const { context, buckets, width, depth, activation, classes } = trained;
  const header = JSON.stringify({ context, buckets, width, depth, activation, classes });
  const values = [...trained.parameters()].map(([, { value }]) =>
    Buffer.from(value.buffer, value.byteOffset, value.byteLength),
  );
  writeFileSync(
    join(process.env.AGENT_TUNE_FOLDER ?? ".", "model.bin"),
    Buffer.concat([Buffer.from(`${header}\n`), ...values]),
  );
});
