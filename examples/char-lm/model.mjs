import { matmul } from "./matmul.mjs";

/**
 * A feed-forward language model over hashed character n-grams.
 *
 * Each n-gram that ends at the current position (the last 1, 2, ... `context` characters) is hashed to one of
 * `buckets` rows of an embedding table. The sum of these rows is the first hidden layer; `depth` - 1 dense layers
 * follow, then a softmax over the next character. Matrices are row-major Float32Arrays, weights are [outputs, inputs].
 */
export class NgramModel {
  /** @param options context, buckets, width, depth, activation, classes; `random` draws from [0, 1) */
  constructor(options, random) {
    Object.assign(this, options);
    this.random = random;
    const { context, buckets, width, depth, classes } = options;
    const perLayer = (make) => Array.from({ length: depth }, (_, layer) => make(layer));
    // The sum of embeddings stands for layer 0, which therefore has no weights of its own. Every n-gram brings its
    // share, so that the sum starts with the same variance whatever the context.
    this.table = this.uniform(context * buckets * width, Math.sqrt(3 / context));
    this.weights = perLayer((layer) => this.uniform(layer === 0 ? 0 : width * width, Math.sqrt(3 / width)));
    this.biases = perLayer(() => this.uniform(width, 0));
    this.outputWeights = this.uniform(classes * width, Math.sqrt(3 / width));
    this.outputBias = this.uniform(classes, 0);
    this.isTouched = new Uint8Array(context * buckets);
    this.touchedRows = [];
  }

  /** A parameter with its gradient and the optimizer's moments, uniform in [-limit, limit]. */
  uniform(length, limit) {
    const value = new Float32Array(length);
    if (limit > 0) for (let i = 0; i < length; i++) value[i] = limit * (2 * this.random() - 1);
    const zeros = () => new Float32Array(length);
    return { value, gradient: zeros(), firstMoment: zeros(), secondMoment: zeros() };
  }

  /** Pairs of a name and a parameter. */
  *parameters() {
    yield ["table", this.table];
    for (let layer = 0; layer < this.depth; layer++) {
      if (layer > 0) yield [`weights ${layer}`, this.weights[layer]];
      yield [`bias ${layer}`, this.biases[layer]];
    }
    yield ["output weights", this.outputWeights];
    yield ["output bias", this.outputBias];
  }

  /** How many numbers the model learns. */
  get size() {
    let size = 0;
    for (const [, parameter] of this.parameters()) size += parameter.value.length;
    return size;
  }

  /**
   * What one training step costs, in multiplications and additions. Square roots, divisions, exponentials and reads
   * from all over a large table take longer: they count as several, so that equal counts take about equal time.
   */
  operationsPerStep(batchSize) {
    const { context, buckets, width, depth, classes } = this;
    const dense = (depth - 1) * width * width + classes * width;
    const touched = Math.min(batchSize, buckets) * context * width;
    const perToken = 6 * dense + 10 * context * width + 30 * depth * width + 30 * classes;
    return batchSize * perToken + 40 * (dense + touched);
  }

  /** Room for what a batch of `size` tokens leaves behind on its way through the model. */
  newBatch(size) {
    const perLayer = () => Array.from({ length: this.depth }, () => new Float32Array(size * this.width));
    return {
      size,
      rows: new Int32Array(size * this.context),
      outputs: perLayer(),
      slopes: perLayer(),
      gradients: perLayer(),
      probabilities: new Float32Array(size * this.classes),
    };
  }

  /**
   * Predicts the character at each position of the text and returns the mean loss in bits.
   * @param text character codes
   * @param dropout share of hidden units to drop
   */
  forward(batch, text, positions, dropout) {
    const { width, depth, classes } = this;
    const size = batch.size;
    this.findRows(batch, text, positions);
    for (let layer = 0; layer < depth; layer++) {
      const out = batch.outputs[layer];
      if (layer === 0) this.sumRows(batch);
      else matmul(out, batch.outputs[layer - 1], width, 1, this.weights[layer].value, 1, width, size, width, width);
      addBias(out, this.biases[layer].value);
      activations[this.activation](out, batch.slopes[layer]);
      if (dropout > 0) drop(out, batch.slopes[layer], dropout, this.random);
    }
    const { probabilities } = batch;
    matmul(probabilities, batch.outputs[depth - 1], width, 1, this.outputWeights.value, 1, width, size, classes, width);
    addBias(probabilities, this.outputBias.value);
    softmax(probabilities, classes);
    let loss = 0;
    for (let i = 0; i < size; i++) loss -= Math.log2(probabilities[i * classes + text[positions[i]]]);
    return loss / size;
  }

  /** Gradients of the mean loss of the batch that last went forward. */
  backward(batch, text, positions) {
    const { width, depth, classes } = this;
    const size = batch.size;
    // Softmax and cross-entropy together: the gradient at the logits is probability minus target.
    const error = batch.probabilities;
    for (let i = 0; i < size; i++) error[i * classes + text[positions[i]]] -= 1;
    for (let i = 0; i < error.length; i++) error[i] /= size;
    const last = batch.outputs[depth - 1];
    matmul(this.outputWeights.gradient, error, 1, classes, last, width, 1, classes, width, size);
    sumRowsInto(this.outputBias.gradient, error);
    matmul(batch.gradients[depth - 1], error, classes, 1, this.outputWeights.value, width, 1, size, width, classes);
    for (let layer = depth - 1; layer >= 0; layer--) {
      const gradient = batch.gradients[layer];
      multiplyInto(gradient, batch.slopes[layer]);
      sumRowsInto(this.biases[layer].gradient, gradient);
      if (layer === 0) break;
      const { value, gradient: weightGradient } = this.weights[layer];
      matmul(weightGradient, gradient, 1, width, batch.outputs[layer - 1], width, 1, width, width, size);
      matmul(batch.gradients[layer - 1], gradient, width, 1, value, width, 1, size, width, width);
    }
    this.scatterRows(batch);
  }

  findRows(batch, text, positions) {
    const { context, buckets } = this;
    for (let i = 0; i < batch.size; i++) {
      let hash = 0x811c9dc5;
      for (let n = 0; n < context; n++) {
        hash = Math.imul(hash ^ text[positions[i] - 1 - n], 0x01000193);
        const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
        batch.rows[i * context + n] = n * buckets + (((mixed ^ (mixed >>> 13)) >>> 0) % buckets);
      }
    }
  }

  sumRows(batch) {
    const { context, width } = this;
    const table = this.table.value;
    const out = batch.outputs[0].fill(0);
    for (let i = 0; i < batch.size; i++) {
      for (let n = 0; n < context; n++) {
        const row = batch.rows[i * context + n] * width;
        for (let j = 0; j < width; j++) out[i * width + j] += table[row + j];
      }
    }
  }

  scatterRows(batch) {
    const { context, width } = this;
    const table = this.table.gradient;
    const gradient = batch.gradients[0];
    for (let i = 0; i < batch.size; i++) {
      for (let n = 0; n < context; n++) {
        const row = batch.rows[i * context + n];
        if (this.isTouched[row] === 0) {
          this.isTouched[row] = 1;
          this.touchedRows.push(row);
        }
        for (let j = 0; j < width; j++) table[row * width + j] += gradient[i * width + j];
      }
    }
  }

  /** One optimizer step; `change(parameter, from, to)` updates one stretch of one parameter. */
  update(change) {
    for (const [, parameter] of this.parameters()) {
      if (parameter !== this.table) change(parameter, 0, parameter.value.length);
    }
    // Of the table only the rows that the batch has touched: the others have no gradient.
    for (const row of this.touchedRows) {
      change(this.table, row * this.width, (row + 1) * this.width);
      this.table.gradient.fill(0, row * this.width, (row + 1) * this.width);
      this.isTouched[row] = 0;
    }
    this.touchedRows.length = 0;
  }
}

/** Each replaces x by its activation and leaves the derivative in `slope`. */
const activations = {
  relu(x, slope) {
    for (let i = 0; i < x.length; i++) {
      slope[i] = x[i] > 0 ? 1 : 0;
      x[i] *= slope[i];
    }
  },
  /** x * sigmoid(1.702 x), as in Hendrycks and Gimpel (2016). */
  gelu(x, slope) {
    for (let i = 0; i < x.length; i++) {
      const gate = 1 / (1 + Math.exp(-1.702 * x[i]));
      slope[i] = gate * (1 + 1.702 * x[i] * (1 - gate));
      x[i] *= gate;
    }
  },
  tanh(x, slope) {
    for (let i = 0; i < x.length; i++) {
      const y = 1 - 2 / (Math.exp(2 * x[i]) + 1);
      slope[i] = 1 - y * y;
      x[i] = y;
    }
  },
};

/** Inverted dropout: what is kept is scaled up, so that nothing has to change at evaluation. */
function drop(x, slope, dropout, random) {
  for (let i = 0; i < x.length; i++) {
    const factor = random() < dropout ? 0 : 1 / (1 - dropout);
    x[i] *= factor;
    slope[i] *= factor;
  }
}

function multiplyInto(x, factors) {
  for (let i = 0; i < x.length; i++) x[i] *= factors[i];
}

function addBias(x, bias) {
  for (let i = 0; i < x.length; i += bias.length) {
    for (let j = 0; j < bias.length; j++) x[i + j] += bias[j];
  }
}

function sumRowsInto(out, x) {
  out.fill(0);
  for (let i = 0; i < x.length; i += out.length) {
    for (let j = 0; j < out.length; j++) out[j] += x[i + j];
  }
}

function softmax(x, classes) {
  for (let i = 0; i < x.length; i += classes) {
    let largest = x[i];
    for (let j = 1; j < classes; j++) if (x[i + j] > largest) largest = x[i + j];
    let sum = 0;
    for (let j = 0; j < classes; j++) {
      x[i + j] = Math.exp(x[i + j] - largest);
      sum += x[i + j];
    }
    for (let j = 0; j < classes; j++) x[i + j] /= sum;
  }
}
