/**
 * Compares the gradients of the model with finite differences; run it after a change to model.mjs.
 *
 *   node gradient-check.mjs
 *
 * Prints the relative error of the derivative along a random direction for each parameter, and exits with 1 where one
 * is above 5 %, which is what single precision and the kinks of relu leave room for.
 */
import { NgramModel } from "./model.mjs";
import { uniformNumbers } from "./random.mjs";

const shape = { context: 3, buckets: 16, width: 12, depth: 3, classes: 8 };
const batchSize = 64;
const distance = 0.003;
const dropout = 0.2;

let worst = 0;
for (const activation of ["tanh", "gelu", "relu"]) {
  const random = uniformNumbers(1);
  const model = new NgramModel({ ...shape, activation }, random);
  const text = Uint8Array.from({ length: 200 }, () => Math.floor(random() * shape.classes));
  const positions = Int32Array.from({ length: batchSize }, () => 3 + Math.floor(random() * 190));
  const batch = model.newBatch(batchSize);
  const loss = () => {
    model.random = uniformNumbers(2); // the same units are dropped each time
    return model.forward(batch, text, positions, dropout) * Math.LN2;
  };
  loss();
  model.backward(batch, text, positions);
  for (const [name, parameter] of model.parameters()) {
    const { value, gradient } = parameter;
    const start = Float32Array.from(value);
    const direction = Float32Array.from(value, () => 2 * random() - 1);
    const length = Math.hypot(...direction);
    const lossAt = (shift) => {
      for (let i = 0; i < value.length; i++) value[i] = start[i] + (shift * direction[i]) / length;
      return loss();
    };
    const measured = (lossAt(distance) - lossAt(-distance)) / (2 * distance);
    value.set(start);
    const computed = direction.reduce((sum, d, i) => sum + d * gradient[i], 0) / length;
    // The derivative along a random direction may be close to zero by chance; this is what it is typically.
    const typical = Math.hypot(...gradient) / Math.sqrt(gradient.length);
    const error = Math.abs(measured - computed) / Math.max(typical, Math.abs(computed));
    worst = Math.max(worst, error);
    process.stdout.write(
      `${activation} ${name}: computed ${computed.toExponential(3)}, relative error ${error.toExponential(1)}\n`,
    );
  }
}
if (!(worst < 0.05)) {
  process.stderr.write("gradient-check.mjs: the gradients of model.mjs are wrong\n");
  process.exitCode = 1;
}
