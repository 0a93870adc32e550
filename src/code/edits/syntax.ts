import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { z } from "zod";

/**
 * Exact syntax checks by the language itself. The one place of this folder that starts processes: the interpreter reads
 * the text from its standard input and only compiles it, so nothing of the edited code, of the project's folder or of
 * installed packages runs.
 */
export interface SyntaxProblem {
  readonly path: string;
  /** From 1; undefined where the interpreter names none. */
  readonly line: number | undefined;
  readonly message: string;
}

export interface SyntaxReport {
  readonly problems: readonly SyntaxProblem[];
  /** What was not checked, and why. */
  readonly notes: readonly string[];
}

export interface SyntaxOptions {
  /** Interpreter of the training command, such as `python3` or a path. */
  readonly python: string;
  /** Seconds for each process. */
  readonly seconds?: number;
  readonly signal?: AbortSignal | undefined;
}

const usualSeconds = 20;
/** Text of an interpreter's answer that is kept. */
const mostOutput = 1_000_000;

/** Checks every file whose language has a check: Python, and JavaScript with Node. Others are named in `notes`. */
export async function checkSyntax(files: ReadonlyMap<string, string>, options: SyntaxOptions): Promise<SyntaxReport> {
  const python = new Map([...files].filter(([path]) => /\.pyw?$/i.test(path)));
  const javaScript = new Map([...files].filter(([path]) => /\.[mc]?js$/i.test(path)));
  // JSON was checked where the edit was applied.
  const others = [...files.keys()].filter(
    (path) => !python.has(path) && !javaScript.has(path) && !/\.json$/i.test(path),
  );
  const reports = [await pythonSyntax(python, options), await javaScriptSyntax(javaScript, options)];
  return {
    problems: reports.flatMap((report) => report.problems),
    notes: [...reports.flatMap((report) => report.notes), ...others.map((path) => `${path}: syntax was not checked.`)],
  };
}

const compileScript = `
import json, sys
problems = []
for path, text in json.loads(sys.stdin.buffer.read()).items():
    try:
        compile(text, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        problems.append({"path": path, "line": error.lineno, "message": str(error.msg)})
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        problems.append({"path": path, "line": None, "message": type(error).__name__ + ": " + str(error)})
sys.stdout.write(json.dumps(problems))
`;

const answerSchema = z.array(z.object({ path: z.string(), line: z.number().int().nullable(), message: z.string() }));

/**
 * Compiles Python files with the interpreter that will run them, so that its version decides what is allowed. `-I -S`
 * keeps environment, working directory and installed packages out.
 *
 * An interpreter that is missing, late or broken is a note and no problem of the edit.
 */
export async function pythonSyntax(files: ReadonlyMap<string, string>, options: SyntaxOptions): Promise<SyntaxReport> {
  if (files.size === 0) return { problems: [], notes: [] };
  const input = JSON.stringify(Object.fromEntries(files));
  const end = await run(options.python, ["-I", "-S", "-W", "ignore", "-c", compileScript], input, options);
  const answer = end.failure === undefined ? parseAnswer(end.output) : undefined;
  if (answer === undefined) {
    const why = end.failure ?? "its answer could not be read";
    return { problems: [], notes: [`Python syntax was not checked: ${options.python}: ${why}.`] };
  }
  return { problems: answer.map((each) => ({ ...each, line: each.line ?? undefined })), notes: [] };
}

function parseAnswer(output: string): z.infer<typeof answerSchema> | undefined {
  try {
    return answerSchema.parse(JSON.parse(output));
  } catch {
    // Not the script's answer: the caller says that nothing was checked.
    return undefined;
  }
}

/** `node --check`. A `.js` file may be either kind of module, so only what is wrong as both is a problem. */
export async function javaScriptSyntax(
  files: ReadonlyMap<string, string>,
  options: Omit<SyntaxOptions, "python">,
): Promise<SyntaxReport> {
  const problems: SyntaxProblem[] = [];
  const notes: string[] = [];
  for (const [path, text] of files) {
    const kinds = /\.mjs$/i.test(path) ? ["module"] : /\.cjs$/i.test(path) ? ["commonjs"] : ["module", "commonjs"];
    let problem: SyntaxProblem | undefined;
    for (const kind of kinds) {
      const args = ["--no-warnings", "--check", ...(kind === "module" ? ["--input-type=module"] : []), "-"];
      const end = await run(process.execPath, args, text, options);
      if (end.failure === undefined) {
        problem = undefined;
        break;
      }
      if (!/SyntaxError/.test(end.errors)) {
        notes.push(`${path}: syntax was not checked: ${end.failure}.`);
        problem = undefined;
        break;
      }
      problem ??= {
        path,
        line: Number(/^\[stdin\]:(\d+)/m.exec(end.errors)?.[1]) || undefined,
        message: /SyntaxError: (.*)/.exec(end.errors)?.[1] ?? "syntax error",
      };
    }
    if (problem !== undefined) problems.push(problem);
  }
  return { problems, notes };
}

interface Ended {
  readonly output: string;
  readonly errors: string;
  /** Why there is no answer, or that the process ended with an error. */
  readonly failure: string | undefined;
}

function run(
  command: string,
  args: readonly string[],
  input: string,
  options: Omit<SyntaxOptions, "python">,
): Promise<Ended> {
  return new Promise((resolve) => {
    const seconds = options.seconds ?? usualSeconds;
    let [output, errors] = ["", ""];
    // Of the environment only what a launcher of interpreters needs to find the right one.
    const { PATH, HOME, SystemRoot } = process.env;
    const child = spawn(command, args, {
      cwd: tmpdir(),
      env: Object.fromEntries(Object.entries({ PATH, HOME, SystemRoot }).filter(([, value]) => value !== undefined)),
      timeout: seconds * 1000,
      killSignal: "SIGKILL",
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const keep = (text: string, chunk: string) => (text.length < mostOutput ? text + chunk : text);
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output = keep(output, chunk);
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      errors = keep(errors, chunk);
    });
    child.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ output, errors, failure: error.code === "ENOENT" ? "it was not found" : error.message }),
    );
    child.on("close", (code, signal) => {
      const failure =
        signal !== null
          ? child.killed
            ? `no answer within ${seconds} s`
            : `it was ended by ${signal}`
          : code === 0
            ? undefined
            : `it ended with exit code ${code}`;
      resolve({ output, errors, failure });
    });
    // It may end before it has read everything; how it ended says why.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
