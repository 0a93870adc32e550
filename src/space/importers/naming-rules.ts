import type { Discovered } from "./discovered.js";
import {
  categorical,
  integer,
  isPowerOfTwo,
  linear,
  logAround,
  logInteger,
  multiples,
  niceAbove,
  powersOfTwo,
  type Range,
} from "./range.js";

/** What is decided about one setting, with the one-line reason that stands beside it in the study file. */
export type Verdict =
  | { readonly decision: "tune"; readonly range: Range; readonly reason: string; readonly unit?: string }
  | { readonly decision: "skip"; readonly reason: string }
  | { readonly decision: "seed" };

/** `MATRIX_LR`, `matrixLr` and `optimizer.matrix_lr` as `_matrix_lr_`: rules look for whole words in it. */
export function wordsOf(name: string): string {
  const last = name.split(".").at(-1) ?? name;
  const words = last
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  return `_${words.join("_")}_`;
}

function words(list: string): RegExp {
  return new RegExp(`_(?:${list.trim().split(/\s+/).join("|")})_`);
}

const skip = (reason: string): Verdict => ({ decision: "skip", reason });
const tune = (range: Range, reason: string, unit?: string): Verdict => ({
  decision: "tune",
  range,
  reason,
  ...(unit === undefined ? {} : { unit }),
});

export const headCount = words("heads n_head n_heads num_heads nhead nheads num_attention_heads attention_heads");
export const modelWidth = words(
  "n_embd d_model dim model_dim hidden hidden_size hidden_dim embed_dim embedding_dim emb_dim n_embed width",
);

/** Names of settings that are never tuned, whatever their type. First match counts. */
const neverTuned: readonly (readonly [RegExp, string])[] = [
  [
    words(`path dir directory folder file filename root url uri name tag id project entity run version checkpoint ckpt
      resume save output out_dir debug verbose quiet wandb tensorboard logging notes comment prompt profile dry_run
      log_(?:interval|every|freq|frequency|steps|level|dir|file|to) (?:save|print|report|checkpoint)_\\w+
      (?:eval|sample)_(?:interval|every|freq|frequency|steps|epochs)
      load_(?:from|path|model|weights|checkpoint)`),
    "names, files and reports do not change what is learned",
  ],
  [
    words(`device(?!\\w*_batch) devices gpu gpus num_gpus n_gpus cuda cpu tpu backend port host hostname rank local_rank world_size
      nodes workers num_workers n_workers n_jobs threads num_threads pin_memory prefetch prefetch_factor dtype precision
      amp fp16 bf16 fp8 compile jit distributed ddp fsdp master_addr master_port peak_flops`),
    "part of the machine, not of the model",
  ],
  [words(`patience early_stop early_stopping`), "decides when a trial ends, which trials must have in common"],
  [
    words(`(?:eval|val|valid|validation|test)(?:_\\w+)? \\w+_(?:eval|val|valid|validation|test) folds n_folds num_folds cv
      metric threshold`),
    "part of how results are measured, which must stay the same for all trials",
  ],
  [
    words(`vocab vocab_size num_classes n_classes classes num_labels input_dim output_dim in_dim out_dim in_channels
      input_size output_size in_features out_features image_size img_size num_features n_features tokenizer dataset
      datasets data split corpus language (?:num|n)_train(?!_(?:epochs|steps|iters)) train_size num_samples n_samples num_examples n_examples
      max_samples images rows columns documents pixels height side
      train(?:ing)?_(?:images|samples|examples|rows|documents|set|data)`),
    "given by the task and its data",
  ],
];

const computeBudget = words(`epoch epochs steps iters iter iterations max_iter n_iter updates episodes timesteps budget
  duration minutes hours seconds time_limit max_time train_time walltime timeout total_tokens max_tokens num_tokens
  train_tokens rounds n_rounds flops \\w*param_data_ratio`);

interface NumberRule {
  readonly names: RegExp;
  readonly decide: (value: number, setting: Discovered) => Verdict;
}

const isFraction = (value: number): boolean => value >= 0 && value <= 1;

/** What is known about settings by their names. Order matters: the telling rule comes before the general one. */
const numberRules: readonly NumberRule[] = [
  {
    names:
      words(`(?:final|min|end)_lr_(?:frac|fraction|ratio|factor|mult|scale) lr_(?:final|min|end)_(?:frac|fraction|ratio|factor)
      lr_(?:frac|fraction)`),
    decide: (value) =>
      isFraction(value)
        ? tune(linear(value, 0, 0.5), "share of the peak learning rate that is left at the end")
        : skip("a share of the learning rate outside 0 to 1 is not understood"),
  },
  {
    names: words("lr_decay lr_gamma lr_decay_(?:rate|factor)"),
    decide: (value) =>
      isFraction(value)
        ? tune(
            linear(value, value >= 0.9 ? 0.9 : 0.1, value >= 0.99 ? 0.9999 : 0.99),
            "factor that shrinks the learning rate",
          )
        : skip("depends on the length of training, which is not tuned"),
  },
  {
    names: words("lr_(?:mult|multiplier|scale|factor)"),
    decide: (value) => positive(value, () => tune(logAround(value, 10), "factor on a learning rate, spans decades")),
  },
  {
    names: words("warmup warm_up warmup_\\w+ num_warmup_\\w+ n_warmup_\\w+ \\w+_warmup"),
    decide: (value, { kind }) => {
      if (kind === "float" && isFraction(value))
        return tune(linear(value, 0, 0.5), "share of training spent on warm-up");
      if (value <= 0) return skip("0 switches warm-up off and says nothing about its usual length");
      return tune(logInteger(value, 4), "length of warm-up, a quarter to four times the default", "steps");
    },
  },
  {
    names: words("warmdown cooldown decay_(?:ratio|frac|fraction) (?:warmdown|cooldown)_\\w+"),
    decide: (value, { kind }) => {
      if (kind === "float" && isFraction(value)) return tune(linear(value, 0, 1), "share of training spent on decay");
      return value <= 0
        ? skip("0 switches it off and says nothing about its usual length")
        : tune(logInteger(value, 4), "length of decay, a quarter to four times the default", "steps");
    },
  },
  {
    names: words(
      "grad_accum gradient_accumulation (?:grad|gradient)_accum\\w*_steps accumulate_grad_batches accum_steps",
    ),
    decide: (value) =>
      isPowerOfTwo(value)
        ? tune(powersOfTwo(value, 4), "batches for one step, powers of two")
        : positive(value, () => tune(logInteger(value, 4), "batches for one step")),
  },
  {
    names: computeBudget,
    decide: () => skip("changes how much compute a trial uses, so that trials could not be compared"),
  },
  {
    names: words(
      "(?:\\w+_)?lr lr_\\w+ lr0 lrate (?:\\w+_)?learning_rate learning_rate_\\w+ learningrate eta0 step_size",
    ),
    decide: (value) =>
      value > 0
        ? tune(
            logAround(value, 30, { low: Math.min(1e-5, value / 10), high: Math.max(1, niceAbove(value * 2)) }),
            "learning rate: log scale, decades around the default",
          )
        : skip("a learning rate of 0 says nothing about a sensible range"),
  },
  {
    names: words("(?:\\w+_)?ema(?:_\\w+)? polyak(?:_\\w+)?"),
    decide: (value) =>
      value >= 0.5 && value < 1
        ? tune(linear(value, 0.9, 0.9999), "decay of an average, close to 1")
        : skip("an average's decay outside 0.5 to 1 is not understood"),
  },
  {
    names: words(
      "(?:\\w+_)?(?:weight_decay|wd|l2|l1) l[12]_\\w+ weight_decay_\\w+ reg regularization reg_(?:lambda|alpha) (?:\\w+_)?decay",
    ),
    decide: (value) => {
      if (value < 0) return skip("a negative decay is not understood");
      if (value === 0) return tune(linear(0, 0, 0.2), "decay: linear from 0, because a log range cannot hold 0");
      return tune(
        logAround(value, 30, { high: Math.max(1, value * 3) }),
        "decay: log scale, decades around the default",
      );
    },
  },
  {
    names: words("(?:\\w+_)?(?:beta2|beta_2|b2)"),
    decide: (value) =>
      value > 0 && value < 1
        ? tune(linear(value, 0.9, 0.999), "average of squared gradients")
        : skip("a decay outside 0 to 1 is not understood"),
  },
  {
    names: words("(?:\\w+_)?(?:beta1|beta_1|b1|momentum) momentum_\\w+"),
    decide: (value) =>
      value >= 0 && value < 1
        ? tune(linear(value, value === 0 ? 0 : 0.5, 0.99), "average of gradients")
        : skip("a momentum outside 0 to 1 is not understood"),
  },
  {
    names: words(
      "(?:\\w+_)?(?:dropout|drop|droppath|drop_path|drop_rate|dropout_rate|drop_prob|p_drop|stochastic_depth)(?:_\\w+)?",
    ),
    decide: (value) =>
      value >= 0 && value < 1
        ? tune(linear(value, 0, 0.6), "dropout: linear, above 0.6 little is left to learn from")
        : skip("a dropout outside 0 to 1 is not understood"),
  },
  {
    names: words("(?:label_)?smoothing smooth"),
    decide: (value) =>
      isFraction(value) ? tune(linear(value, 0, 0.3), "label smoothing, linear from 0") : skip("not understood"),
  },
  {
    names: words("(?:\\w+_)?(?:batch|batch_size|batchsize|bs|bsz)(?:_\\w+)? mini_?batch\\w*"),
    decide: (value, { name }) => {
      if (value < 1) return skip("a batch size below 1 stands for something else");
      const unit = /total|token/i.test(name) && value >= 16384 ? "tokens" : undefined;
      return isPowerOfTwo(value)
        ? tune(powersOfTwo(value, 4), "batch size: powers of two, a quarter to four times the default", unit)
        : tune(logInteger(value, 4), "batch size: a quarter to four times the default", unit);
    },
  },
  {
    names:
      words(`context context_len context_length context_size (?:max_)?seq_?len sequence_length sequence_len seq_length
      max_sequence_length block_size (?:max_)?seqlen window window_size n_ctx`),
    decide: (value) => {
      if (value < 2) return skip("a length below 2 stands for something else");
      return isPowerOfTwo(value)
        ? tune(powersOfTwo(value, 4, 2), "context length: powers of two, a quarter to four times the default")
        : tune(logInteger(value, 2), "context length: half to twice the default");
    },
  },
  {
    names: words("head_dim head_size d_head dim_head"),
    decide: (value) =>
      isPowerOfTwo(value)
        ? tune(powersOfTwo(value, 2), "size of a head: powers of two, half to twice the default")
        : positive(value, () => tune(multiples(value), "size of a head: half to twice the default")),
  },
  {
    names: new RegExp(`${headCount.source}|${words("n_kv_heads? num_kv_heads? kv_heads num_key_value_heads").source}`),
    decide: (value) =>
      isPowerOfTwo(value)
        ? tune(powersOfTwo(value, 2), "heads: powers of two, half to twice the default")
        : positive(value, () =>
            tune(integer(value, Math.ceil(value / 2), value * 2), "heads: half to twice the default"),
          ),
  },
  {
    names: new RegExp(
      `${modelWidth.source}|${
        words(`\\w+_(?:dim|width|size|channels|units|filters|features|hidden) d_ff dim_ff ffn_dim
        channels units filters num_filters n_units n_hidden num_hidden hidden_units hidden_\\w+ neurons embed embedding rank lora_r r`)
          .source
      }`,
    ),
    decide: (value, setting) => {
      if (value < 1 || setting.kind !== "int") return genericNumber(value, setting);
      return isPowerOfTwo(value)
        ? tune(powersOfTwo(value, value <= 32 ? 4 : 2), "width: powers of two around the default")
        : tune(multiples(value), "width: half to twice the default, in multiples that hardware likes");
    },
  },
  {
    names: words(`(?:\\w+_)?(?:depth|layers|n_layer|num_layer|blocks|n_blocks|num_blocks|stages) n_layers? num_layers
      num_hidden_layers max_depth`),
    decide: (value) =>
      positive(value, () =>
        tune(integer(value, Math.max(1, Math.ceil(value / 2)), value * 2), "depth: half to twice the default"),
      ),
  },
  {
    names: words("(?:\\w+_)?clip(?:_\\w+)? max_(?:grad_)?norm clipping grad_norm"),
    decide: (value, { kind }) => {
      if (value < 0) return skip("a negative limit stands for something else");
      if (value === 0) {
        return tune(
          categorical(0, kind === "int" ? [0, 1, 3] : [0, 0.3, 1, 3]),
          "0 switches clipping off, which is another kind of value than a limit",
        );
      }
      return kind === "int"
        ? tune(logInteger(value, 4), "clipping, around the default")
        : tune(logAround(value, 10), "clipping: log scale");
    },
  },
  {
    names: words("(?:\\w+_)?eps(?:ilon)?"),
    decide: (value, setting) =>
      value < 1e-3 ? skip("guards a division; hardly ever matters") : genericNumber(value, setting),
  },
  {
    names: words("gamma discount gae_lambda"),
    decide: (value, setting) => {
      if (value >= 0.9 && value < 1) return tune(linear(value, 0.8, 0.999), "discount, close to 1");
      return value > 0 && value < 0.9
        ? tune(linear(value, 0.1, 0.99), "a factor below 1")
        : genericNumber(value, setting);
    },
  },
  {
    names: words(
      "(?:\\w+_)?(?:ratio|frac|fraction|prob|probability|share|percent|pct|subsample|colsample\\w*|mix|keep)(?:_\\w+)?",
    ),
    decide: (value, setting) =>
      setting.kind === "float" && isFraction(value)
        ? tune(linear(value, 0, 1), "a share of a whole")
        : genericNumber(value, setting),
  },
];

function positive(value: number, then: () => Verdict): Verdict {
  return value > 0 ? then() : skip(`${value} says nothing about a sensible range`);
}

/** Rules for numbers whose names say nothing. */
function genericNumber(value: number, { kind }: Discovered): Verdict {
  if (kind === "int") {
    if (value < 0) return skip("a negative whole number usually stands for a special case");
    if (value === 0) return skip("0 says nothing about a sensible range");
    if (isPowerOfTwo(value) && value >= 16)
      return tune(powersOfTwo(value, 4), "a power of two: a quarter to four times the default");
    return value < 8
      ? tune(integer(value, 1, value * 4), "a small whole number: up to four times the default")
      : tune(logInteger(value, 4), "a whole number: a quarter to four times the default");
  }
  if (value === 0) return skip("0 says nothing about a sensible range");
  if (value === -1) return skip("-1 usually stands for a special case");
  if (value < 0) return tune(linear(value, 2 * value, 0), "negative by default: from twice the default to 0");
  if (value >= 0.9 && value < 1)
    return tune(linear(value, 0.5, 0.999), "just below 1: probably a decay or a probability");
  return tune(logAround(value, 10), "unknown positive number: a decade to either side");
}

const tunableSwitch =
  words(`(?:\\w+_)?bias (?:\\w+_)?tie(?:d)?(?:_\\w+)? (?:\\w+_)?(?:norm|layernorm|rmsnorm|batchnorm|layer_norm|batch_norm)
  nesterov amsgrad rotary rope residual prenorm pre_norm swiglu gated augment augmentation (?:\\w+_)?flip mixup cutmix
  standardi[sz]e normali[sz]e whiten ema bidirectional centered cosine shuffle use_\\w+ with_\\w+`);

/**
 * Decides about one setting by its name, type and default: what range it is tuned in, or why it is not.
 *
 * @param alternatives what the source compares a string setting with
 */
export function decide(found: Discovered, alternatives: readonly string[] = []): Verdict {
  const name = wordsOf(found.name);
  const setting: Discovered = meansReal(found, name) ? { ...found, kind: "float" } : found;
  if (words("seed random_seed random_state rng_seed \\w+_seed seed_\\w+").test(name)) return { decision: "seed" };
  if (setting.obstacle !== undefined) return skip(setting.obstacle);
  for (const [names, reason] of neverTuned) {
    if (names.test(name)) return skip(reason);
  }
  if (setting.choices !== undefined) return fromChoices(setting, setting.choices);
  const value = setting.default;
  switch (typeof value) {
    case "boolean":
      return tunableSwitch.test(name)
        ? tune({ kind: "boolean", default: value }, "a switch of the model or its training")
        : skip("a switch whose effect its name does not tell");
    case "string": {
      const known = [...new Set([value, ...alternatives])];
      return alternatives.length > 0 && known.length > 1 && alternatives.includes(value)
        ? tune(categorical(value, known), "the alternatives that the script tells apart")
        : skip("text whose alternatives the script does not list");
    }
    case "number": {
      const rule = numberRules.find((candidate) => candidate.names.test(name));
      const verdict = rule === undefined ? genericNumber(value, setting) : rule.decide(value, setting);
      const declared = asDeclared(verdict, setting);
      // A rule for whole numbers says nothing sensible about a width of 0.001; then the name misleads.
      return fits(declared) ? declared : asDeclared(genericNumber(value, setting), setting);
    }
  }
}

const realNumber =
  words(`lr learning_rate decay weight_decay wd dropout momentum beta1 beta2 gamma ratio frac fraction prob
  rate smoothing scale std temperature coef clip max_norm`);

/** `DROPOUT = 0` and `lr: 1` are written like whole numbers but are none. */
function meansReal({ kind, untyped, default: value }: Discovered, name: string): boolean {
  return untyped === true && kind === "int" && (value === 0 || value === 1) && realNumber.test(name);
}

function fromChoices(setting: Discovered, choices: readonly Discovered["default"][]): Verdict {
  const distinct = [...new Set(choices)];
  if (!distinct.includes(setting.default)) return skip("its default is not among the choices that the script declares");
  if (distinct.length < 2) return skip("the script declares one choice only");
  const numbers = distinct.filter((choice): choice is number => typeof choice === "number").sort((a, b) => a - b);
  const low = numbers[0];
  const high = numbers.at(-1);
  if (
    numbers.length === distinct.length &&
    typeof setting.default === "number" &&
    low !== undefined &&
    high !== undefined &&
    numbers.every((number, i) => isPowerOfTwo(number) && (i === 0 || number === (numbers[i - 1] ?? 0) * 2))
  ) {
    return tune(
      { kind: "int", low, high, scale: "log", powersOf: 2, default: setting.default },
      "the choices that the script declares, all powers of two",
    );
  }
  return tune(categorical(setting.default, distinct), "the choices that the script declares");
}

function fits(verdict: Verdict): boolean {
  if (verdict.decision !== "tune" || verdict.range.kind === "boolean" || verdict.range.kind === "categorical")
    return true;
  const { kind, low, high, default: value, scale } = verdict.range;
  const whole = kind === "float" || [low, high, value].every(Number.isSafeInteger);
  return low < high && low <= value && value <= high && (scale === "linear" || low > 0) && whole;
}

/** A whole number stays one and a float a float, whatever the rule made of the name. */
function asDeclared(verdict: Verdict, setting: Discovered): Verdict {
  if (verdict.decision !== "tune") return verdict;
  const { range } = verdict;
  if (setting.kind === "int" && range.kind === "float") {
    const low = Math.ceil(range.low);
    const high = Math.floor(range.high);
    const scale = range.scale === "log" && low > 0 ? "log" : "linear";
    if (low >= high) return skip("too few whole numbers around its default");
    return { ...verdict, range: { kind: "int", low, high, scale, default: range.default } };
  }
  if (setting.kind === "float" && range.kind === "int") {
    return {
      ...verdict,
      range: { kind: "float", low: range.low, high: range.high, scale: range.scale, default: range.default },
    };
  }
  return verdict;
}
