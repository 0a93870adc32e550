import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { classify, type Evidence, tamperedOutcome } from "./failure.js";
import { failureRules } from "./failure-rules.js";
import { causedByConfiguration, failureKinds, faultOf } from "./outcome.js";

/** A trial that ended with exit code 1 after writing this. */
function failedWith(log: string, rest: Partial<Evidence> = {}) {
  return classify({ exitCode: 1, log: log.split("\n"), objective: "loss", metrics: [], ...rest });
}

/** Kind and fault, for tables. */
function verdict(log: string, rest: Partial<Evidence> = {}): string {
  const outcome = failedWith(log, rest);
  return outcome.kind === "failed" ? `${outcome.failure} ${faultOf(outcome)}` : outcome.kind;
}

const traceback = (last: string) =>
  `Traceback (most recent call last):\n  File "train.py", line 3, in <module>\n    main(width)\n${last}`;

describe("what the log says", () => {
  test.each<[string, string]>([
    // PyTorch
    [
      "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.10 GiB",
      "out_of_memory configuration",
    ],
    [
      "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 10.76 GiB total capacity)",
      "out_of_memory configuration",
    ],
    ["RuntimeError: CUDA error: out of memory", "out_of_memory configuration"],
    ["RuntimeError: MPS backend out of memory (MPS allocated: 17.7 GB)", "out_of_memory configuration"],
    [
      "RuntimeError: [enforce fail at alloc_cpu.cpp:75] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 40000000000 bytes. Error code 12 (Cannot allocate memory)",
      "out_of_memory configuration",
    ],
    [
      "RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
      "out_of_memory configuration",
    ],
    ["RuntimeError: CUDA error: device-side assert triggered", "crashed configuration"],
    ["RuntimeError: mat1 and mat2 shapes cannot be multiplied (4x8 and 16x8)", "crashed configuration"],
    ["RuntimeError: Found no NVIDIA driver on your system.", "crashed environment"],
    ["RuntimeError: No CUDA GPUs are available", "crashed environment"],
    [
      "torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:1970, unhandled system error, ncclSystemError",
      "crashed environment",
    ],
    ["RuntimeError: probability tensor contains either `inf`, `nan` or element < 0", "diverged configuration"],
    // JAX, TensorFlow
    [
      "jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 137438953472 bytes.",
      "out_of_memory configuration",
    ],
    [
      "tensorflow.python.framework.errors_impl.ResourceExhaustedError: OOM when allocating tensor with shape[8192,8192]",
      "out_of_memory configuration",
    ],
    ["FloatingPointError: invalid value (nan) encountered in jit(step)", "diverged configuration"],
    // Python
    ["MemoryError", "out_of_memory configuration"],
    [
      "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 74.5 GiB for an array with shape (100000, 100000)",
      "out_of_memory configuration",
    ],
    ["ValueError: d_model must be divisible by n_heads", "crashed configuration"],
    ["ValueError: loss is nan, stopping training", "diverged configuration"],
    ["ModuleNotFoundError: No module named 'torch'", "crashed environment"],
    ["ImportError: libcudnn.so.9: cannot open shared object file: No such file or directory", "crashed environment"],
    ["OSError: [Errno 28] No space left on device", "crashed environment"],
    ["OSError: [Errno 122] Disk quota exceeded", "crashed environment"],
    ["PermissionError: [Errno 13] Permission denied: '/data'", "crashed environment"],
    ["FileNotFoundError: [Errno 2] No such file or directory: 'data/train.bin'", "crashed environment"],
    [
      "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='huggingface.co', port=443): Max retries exceeded",
      "crashed environment",
    ],
    ["ConnectionRefusedError: [Errno 111] Connection refused", "crashed environment"],
    ["OSError: [Errno 24] Too many open files", "crashed environment"],
    ["SyntaxError: invalid syntax", "crashed environment"],
  ])("as a Python exception: %s", (line, expected) => {
    expect(verdict(traceback(line))).toBe(expected);
  });

  test.each<[string, string]>([
    [
      "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
      "out_of_memory configuration",
    ],
    ["RangeError: Array buffer allocation failed", "out_of_memory configuration"],
    ["terminate called after throwing an instance of 'std::bad_alloc'", "out_of_memory configuration"],
    ["memory allocation of 8589934592 bytes failed", "out_of_memory configuration"],
    ["fatal error: runtime: out of memory", "out_of_memory configuration"],
    ["java.lang.OutOfMemoryError: Java heap space", "out_of_memory configuration"],
    ["ERROR: LoadError: OutOfMemoryError()", "out_of_memory configuration"],
    ["slurmstepd: error: Detected 1 oom_kill event in StepId=5.0.", "out_of_memory configuration"],
    ["Error: Cannot find module './model.js'", "crashed environment"],
    [
      "./train: error while loading shared libraries: libfoo.so.1: cannot open shared object file",
      "crashed environment",
    ],
    ["train.py: error: unrecognized arguments: --widht=3", "crashed environment"],
    ["train.py: error: the following arguments are required: --data", "crashed environment"],
    ["train.py: error: argument --lr: invalid float value: 'high'", "invalid_configuration configuration"],
    ["Error: Invalid value for '--opt': 'sgdd' is not one of 'sgd', 'adam'.", "invalid_configuration configuration"],
    ["Loss is nan, stopping training", "diverged configuration"],
    ["the run has diverged: training loss Infinity at step 6 of 1904", "diverged configuration"],
    ["something went wrong", "crashed configuration"],
  ])("as a line: %s", (line, expected) => expect(verdict(`starting\n${line}\n`)).toBe(expected));

  test("the message quotes the line that decided", () => {
    expect(failedWith(traceback("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB."))).toEqual({
      kind: "failed",
      failure: "out_of_memory",
      message: 'GPU memory ran out: "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB".',
    });
    expect(failedWith(traceback("ValueError: bad width"))).toMatchObject({
      message: 'It ended with exit code 1: "ValueError: bad width".',
    });
    expect(failedWith("")).toMatchObject({ message: "It ended with exit code 1 and wrote nothing." });
  });

  test("an error that the program survived is not blamed for the one that ended it", () => {
    const survived = traceback("torch.OutOfMemoryError: CUDA out of memory.");
    expect(verdict(`${survived}\nhalving the batch\n${traceback("ValueError: bad width")}`)).toBe(
      "crashed configuration",
    );
    expect(verdict("CUDA out of memory, retrying with batch 8\nsomething went wrong")).toBe("crashed configuration");
  });

  test("the cause at the head of a chain of exceptions counts", () => {
    const chain = `${traceback("torch.OutOfMemoryError: CUDA out of memory.")}

During handling of the above exception, another exception occurred:

${traceback("RuntimeError: step failed")}`;
    expect(verdict(chain)).toBe("out_of_memory configuration");
  });

  test("a launcher's exception only wraps the one of its worker", () => {
    const wrapped = `${traceback("torch.OutOfMemoryError: CUDA out of memory.")}
some more output
${traceback("torch.distributed.elastic.multiprocessing.errors.ChildFailedError:")}`;
    expect(verdict(wrapped)).toBe("out_of_memory configuration");
  });

  test("source lines within a traceback do not decide", () => {
    const log = `Traceback (most recent call last):\n  File "t.py", line 1\n    raise MemoryError if big else Oops("No space left on device")\nOops: too wide`;
    expect(verdict(log)).toBe("crashed configuration");
  });

  test("a warning long before the end does not decide", () => {
    const log = ["urllib3: Connection refused", ...Array.from({ length: 50 }, (_, i) => `step ${i}`), "boom"].join(
      "\n",
    );
    expect(verdict(log)).toBe("crashed configuration");
  });

  test("each rule is named once", () => {
    expect(new Set(failureRules.map(({ name }) => name)).size).toBe(failureRules.length);
  });
});

test("a sandbox that does not start is not the configuration's fault", () => {
  const log =
    "bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)";
  expect(verdict(log)).toBe("crashed environment");
  expect(failedWith(log)).toMatchObject({ message: expect.stringMatching(/^The sandbox could not start the command/) });
});

describe("the order of precedence", () => {
  const oom = traceback("torch.OutOfMemoryError: CUDA out of memory.");

  test("what the executor did comes first", () => {
    const stop = { kind: "cancelled", reason: "the user said so" } as const;
    expect(failedWith(oom, { stop })).toMatchObject({ failure: "cancelled", message: "Cancelled: the user said so." });
    expect(failedWith(oom, { stop: { kind: "memory", limit: "2 GiB", used: "2.1 GiB" } })).toMatchObject({
      failure: "out_of_memory",
      message: "It used 2.1 GiB of memory, more than the limit of 2 GiB.",
    });
    expect(failedWith(oom, { stop: { kind: "time", limit: "5m" } })).toMatchObject({
      failure: "timeout",
      message: 'It ran longer than the limit of 5m. Its log says "torch.OutOfMemoryError: CUDA out of memory".',
    });
    expect(failedWith(oom, { stop: { kind: "processes", limit: 50, used: 51 } })).toMatchObject({
      failure: "crashed",
      message: "It had 51 processes at once, more than the limit of 50.",
    });
    expect(failedWith(oom, { stop: { kind: "disk", limit: "1 GiB", used: "1.1 GiB" } })).toMatchObject({
      failure: "crashed",
      message: "It wrote 1.1 GiB, more than the limit of 1 GiB.",
    });
  });

  test("a trial to be pruned before its objective was seen has no value to be pruned with", () => {
    const stop = { kind: "pruned", reason: "too slow" } as const;
    expect(failedWith("", { stop })).toMatchObject({ failure: "metric_missing" });
    expect(failedWith("", { stop, lastObjective: { value: 3, step: 9 } })).toEqual({
      kind: "pruned",
      value: 3,
      step: 9,
      reason: "too slow",
    });
  });

  test("a finite objective and exit code 0 are complete, whatever the log says", () => {
    expect(failedWith(oom, { exitCode: 0, value: 1.5 })).toEqual({ kind: "complete", value: 1.5 });
    expect(failedWith("", { exitCode: 0, value: Number.NaN })).toMatchObject({ failure: "diverged" });
  });

  test("a value does not save a trial that failed", () => {
    expect(failedWith(traceback("ValueError: no"), { value: 1.5 })).toMatchObject({ failure: "crashed" });
  });

  test("readings that ceased to be finite explain a crash that nothing else explains", () => {
    expect(verdict(traceback("AssertionError"), { value: Number.NaN })).toBe("diverged configuration");
    expect(verdict(traceback("AssertionError"), { notFinite: "train_loss was NaN" })).toBe("diverged configuration");
    expect(verdict(oom, { value: Number.NaN })).toBe("out_of_memory configuration");
  });

  test("signals and the exit codes that stand for them", () => {
    expect(failedWith("", { exitCode: undefined, signal: "SIGKILL" })).toMatchObject({
      failure: "out_of_memory",
      message: expect.stringContaining("probably"),
    });
    expect(verdict("", { exitCode: 137 })).toBe("out_of_memory configuration");
    expect(verdict("", { exitCode: undefined, signal: "SIGTERM" })).toBe("lost environment");
    expect(verdict("", { exitCode: 143 })).toBe("lost environment");
    expect(failedWith("bye", { exitCode: 139 })).toMatchObject({
      failure: "crashed",
      message: 'It was ended by SIGSEGV: "bye".',
    });
    expect(
      verdict("terminate called after throwing an instance of 'std::bad_alloc'", {
        exitCode: undefined,
        signal: "SIGABRT",
      }),
    ).toBe("out_of_memory configuration");
    expect(verdict("sh: 1: trian: not found", { exitCode: 127 })).toBe("crashed environment");
  });

  test("exit code 0 without the objective: what was seen and what is near", () => {
    expect(failedWith("", { exitCode: 0 })).toMatchObject({
      failure: "metric_missing",
      message: "It ended well but reported no metric, so there is no loss.",
    });
    expect(failedWith("", { exitCode: 0, metrics: ["acc", "val_loss"] })).toMatchObject({
      message: "It ended well but did not report loss; seen were acc, val_loss, the nearest is val_loss.",
    });
  });

  test("a program that hides its failure behind exit code 0 is still out of memory; a mere warning is not a failure", () => {
    expect(verdict("caught: CUDA out of memory", { exitCode: 0 })).toBe("out_of_memory configuration");
    expect(verdict("warning: Permission denied", { exitCode: 0 })).toBe("metric_missing configuration");
  });
});

describe("whose fault it was", () => {
  test("the optimizer learns from what the configuration caused and from nothing else", () => {
    expect(causedByConfiguration(failedWith(traceback("MemoryError")))).toBe(true);
    expect(causedByConfiguration(failedWith(traceback("ModuleNotFoundError: No module named 'x'")))).toBe(false);
    expect(causedByConfiguration({ kind: "failed", failure: "lost", message: "" })).toBe(false);
    expect(causedByConfiguration({ kind: "failed", failure: "lost", message: "", fault: "configuration" })).toBe(true);
    expect(causedByConfiguration({ kind: "complete", value: 1 })).toBe(false);
  });
});

test("a run that changed what it may not change names some of it", () => {
  const paths = ["eval.py", "a", "b", "c", "d", "e", "f"];
  expect(tamperedOutcome(paths)).toEqual({
    kind: "failed",
    failure: "tampered",
    message: "The run changed eval.py, a, b, c, d and 2 more, which no run may change.",
  });
  expect(causedByConfiguration(tamperedOutcome(paths))).toBe(true);
});

describe("docs/failures.md", () => {
  /** Cells of the rows of its tables, by their first cell. */
  const rows = new Map(
    readFileSync(new URL("../../docs/failures.md", import.meta.url), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")))
      .map(([, first = "", ...rest]) => [first, rest]),
  );

  test.each(failureKinds)("documents %s in its table, with the fault it usually means", (kind) => {
    expect(rows.get(kind)?.[1]).toBe(faultOf({ kind: "failed", failure: kind, message: "" }));
  });

  test.each(failureRules.map((rule) => [rule.name, rule] as const))(
    "documents the rule %s with its kind and fault",
    (name, rule) => {
      expect(rows.get(name)?.slice(1, 3)).toEqual([rule.failure, rule.fault]);
    },
  );
});
