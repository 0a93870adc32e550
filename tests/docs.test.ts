import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { advisor } from "../agents/advisor.js";
import { briefSections } from "../src/centaur/brief/sections.js";

import { comparedResults } from "../src/centaur/credit.js";
import { adaptiveBounds } from "../src/centaur/turn-policy.js";
import { createProgram } from "../src/cli/program.js";
import { CircuitBreaker, defaultBreakerPolicy } from "../src/llm/circuit-breaker.js";
import {
  type Clock,
  defaultAnthropicModel,
  defaultOpenAiModel,
  ModelCallError,
  modelFailures,
  resolveModelName,
} from "../src/llm/index.js";
import { defaultRetryPolicy, retryDelay } from "../src/llm/retry-policy.js";
import { likelyToFail, optimizerFactories } from "../src/optimizers/index.js";
import { functions } from "../src/space/expression/functions.js";
import { trialSchema } from "../src/store/records.js";
import { predictionSchema } from "../src/study/prediction.js";
import { parseStudyFile, studyFileJsonSchema } from "../src/study/study-file/index.js";
import { summaryJsonSchema, summarySchema } from "../src/study/summary.js";
import { failureKinds } from "../src/trials/outcome.js";
import { agentTune, cleanEnvironment, projectFolder } from "./cli.js";
import { referenceTables } from "./reference-tables.js";

// Whole programs run here; nothing is decided by how long they take.
vi.setConfig({ testTimeout: 120_000 });

const root = resolve(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
}

const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "prompts/README.md", ...markdownIn("docs")];

interface Fence {
  readonly page: string;
  readonly info: string;
  readonly text: string;
}

function fencesOf(page: string): Fence[] {
  return [...read(page).matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, info = "", text = ""]) => ({
    page,
    info,
    text,
  }));
}

const fences = pages.flatMap(fencesOf);
const withoutFences = (text: string): string => text.replace(/^```.*?^```$/gms, "");
const fencesWith = (info: string): Fence[] => fences.filter((fence) => fence.info === info);

/** Text between `<!-- name -->` and `<!-- /end -->`. */
function marked(page: string, start: string, end: string): string {
  return read(page).split(`<!-- ${start} -->`)[1]?.split(`<!-- /${end} -->`)[0] ?? "";
}

/** First cells of the rows of the tables under a heading, without their backquotes. */
function firstCells(page: string, heading: string): string[] {
  const [, after = ""] = read(page).split(`\n${heading}\n`);
  const [section = ""] = after.split(/^#{1,6} /m);
  return [...section.matchAll(/^\| `([^`]+)` *\|/gm)].map((match) => match[1] ?? "");
}

describe("the README", () => {
  it("begins with the two commands that install, show and test everything", () => {
    const [first] = fencesOf("README.md");
    expect(first).toMatchObject({ info: "sh", text: "npm ci && npm run demo\nnpm test\n" });
  });

  it("shows a picture of it working", () => {
    const text = read("docs/images/run.svg")
      .replaceAll(/<[^>]*>/g, " ")
      .replaceAll(/\s+/g, " ");
    for (const seen of ["agent-tune", "trials finished", "val_bpb", "cma-es", "rules"]) expect(text).toContain(seen);
  });
});

describe("commands", () => {
  const said: string[] = [];
  const note = (text: string): void => {
    said.push(text);
  };
  const realProgram = () =>
    createProgram({ env: {}, cwd: "/", interactive: false, out: note, err: note, setExitCode: () => {} });
  const commandNames = realProgram().commands.map((command) => command.name());
  const parsed = (words: readonly string[]): void => {
    said.length = 0;
    const program = realProgram();
    const quiet = (command: (typeof program.commands)[number]): void => {
      command.action(() => {});
      command.commands.forEach(quiet);
    };
    program.commands.forEach(quiet);
    try {
      program.parse([...words], { from: "user" });
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)} ${said.join(" ")}`);
    }
  };
  const scripts = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(read("package.json"))).scripts;

  /** What a person would paste, one command each: without comments and redirections. */
  function commandsOf({ text }: Fence): string[] {
    return text
      .split("\n")
      .flatMap((line) => line.replace(/(^|\s)#.*$/, "").split("&&"))
      .map((command) => command.replace(/\s>\s*\S+$/, "").trim())
      .filter((command) => command !== "");
  }

  function check(command: string): void {
    const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    const [program, ...args] = words;
    if (program === "agent-tune") parsed(args);
    else if (program === "npm" && args[0] === "run") expect(Object.keys(scripts)).toContain(args[1]);
    else if (program === "node") expect(existsSync(join(root, args[0] ?? ""))).toBe(true);
    else expect(["npm ci", "npm test", "npm install --global ."]).toContain(command);
  }

  const shown = fencesWith("sh").flatMap((fence) => commandsOf(fence).map((command) => [fence.page, command] as const));

  it.each(shown)("%s: %s", (_, command) => {
    check(command);
  });

  it("in the text are commands as well", () => {
    const named = pages.flatMap((page) =>
      [...withoutFences(read(page)).matchAll(/`agent-tune ([a-z][^`]*)`/g)].map((match) => ({
        page,
        words: (match[1] ?? "").replaceAll(/\b(N|COMMAND)\b/g, "1").split(" "),
      })),
    );
    expect(named.length).toBeGreaterThan(15);
    for (const { page, words } of named) {
      // A single word names a command and does not call it: `agent-tune init`.
      if (words.length === 1) expect(commandNames).toContain(words[0]);
      else expect(() => parsed(words), `${page}: agent-tune ${words.join(" ")}`).not.toThrow();
    }
  });

  it("name models that are names of models", () => {
    const env = { OPENAI_API_KEY: "sk-test", ANTHROPIC_API_KEY: "test" };
    const named = shown.flatMap(([, command]) => {
      const [, model] = /--model (\S+)/.exec(command) ?? [];
      const [, baseUrl] = /--base-url (\S+)/.exec(command) ?? [];
      return model === undefined ? [] : [[model, baseUrl] as const];
    });
    expect(named.length).toBeGreaterThan(4);
    for (const [model, baseUrl] of named) {
      expect(resolveModelName(model, { env, ...(baseUrl === undefined ? {} : { baseUrl }) })).toBeDefined();
    }
  });

  it("that do not exist would be noticed", () => {
    expect(() => parsed(["bset"])).toThrow("unknown command 'bset'");
    expect(() => parsed(["run", "--shore", "0.3"])).toThrow("unknown option '--shore'");
    expect(() => check("npm run dmo")).toThrow();
  });
});

describe("links", () => {
  const anchorOf = (heading: string): string =>
    heading
      .replaceAll(/[`*]|\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(/\s/g, "-");
  const anchorsOf = (path: string): string[] =>
    [...withoutFences(read(path)).matchAll(/^#{1,6} (.*)$/gm)].map((match) => anchorOf(match[1] ?? ""));

  it.each(pages)("%s leads somewhere", (page) => {
    const broken = [...withoutFences(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
      if (/^https?:/.test(target)) return [];
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : relative(root, resolve(root, dirname(page), path));
      if (!existsSync(join(root, file))) return [target];
      return anchor === undefined || (statSync(join(root, file)).isFile() && anchorsOf(file).includes(anchor))
        ? []
        : [target];
    });
    expect(broken).toEqual([]);
  });
});

it("every page can be reached: guides from the README, decisions from the architecture", () => {
  const linked = (page: string): string[] =>
    [...read(page).matchAll(/\]\(([^)#\s]+)/g)].map((match) =>
      relative(root, resolve(root, dirname(page), match[1] ?? "")),
    );
  const decisions = markdownIn("docs/decisions");
  const guides = markdownIn("docs").filter((page) => !decisions.includes(page));
  expect(guides.filter((page) => !linked("README.md").includes(page))).toEqual([]);
  expect(decisions.filter((page) => !linked("docs/architecture.md").includes(page))).toEqual([]);
});

it.each(pages)("%s names files that exist", (page) => {
  const named = [
    ...withoutFences(read(page)).matchAll(
      /`((?:src|tests|scripts|schemas|docs|prompts|agents|examples|evals)\/[^`\s]*)`/g,
    ),
  ];
  const missing = named
    .map((match) => match[1] ?? "")
    .filter((path) => !path.includes("NAME") && !existsSync(join(root, path)));
  expect(missing).toEqual([]);
});

describe("study files in the documents", () => {
  const studies = fencesWith("yaml study");
  it.each(studies.map(({ page, text }) => [page, text] as const))("%s: %s", (page, text) => {
    expect(parseStudyFile(text, { path: page }).space.parameters.length).toBeGreaterThan(0);
  });

  it("that are said to be refused are refused", () => {
    const refused = fencesWith("yaml refused");
    expect(refused).toHaveLength(1);
    for (const { page, text } of refused) {
      expect(() => parseStudyFile(text, { path: page })).toThrow("batch_size never reaches the command");
    }
  });

  it("in parts fit into a whole one", () => {
    const least = studies.find(({ page }) => page === "docs/study-file.md")?.text ?? "";
    const parts = fencesWith("yaml part");
    expect(parts.length).toBeGreaterThan(1);
    for (const { page, text } of parts) expect(() => parseStudyFile(`${least}${text}`, { path: page })).not.toThrow();
    expect(fences.filter(({ info }) => info === "yaml")).toEqual([]);
  });

  it("show every way in and out that there is", () => {
    const trials = studies.map(({ page, text }) => parseStudyFile(text, { path: page }).trial);
    const ways = (schema: unknown): string[] =>
      z
        .object({ oneOf: z.array(z.object({ properties: z.looseObject({}) })) })
        .parse(schema)
        .oneOf.map(({ properties }) => {
          const { to, from } = z
            .object({ to: z.object({ const: z.string() }), from: z.object({ const: z.string() }) })
            .partial()
            .parse(properties);
          return to?.const ?? from?.const ?? "";
        });
    const schema = z
      .object({
        properties: z.object({
          pass: z.object({ properties: z.object({ parameters: z.object({ anyOf: z.array(z.unknown()) }) }) }),
          metrics: z.unknown(),
        }),
      })
      .parse(studyFileJsonSchema()).properties;
    const passed = trials.map(({ pass }) =>
      typeof pass.parameters === "object" ? pass.parameters.to : pass.parameters,
    );
    // "template" is the one that the refused example shows; without pass it is also the first one's.
    expect([...new Set([...passed, "template"])]).toEqual(
      expect.arrayContaining(ways(schema.pass.properties.parameters.anyOf.at(-1))),
    );
    expect(trials.map(({ metrics }) => metrics.from)).toEqual(expect.arrayContaining(ways(schema.metrics)));
  });
});

describe("tables made from schemas", () => {
  const { shape } = trialSchema.unwrap();
  const { mark: _, ...shown } = shape;
  const tables = [
    ["docs/study-file.md", "study-file", studyFileJsonSchema(), { level: 3, written: true, top: "Top level" }],
    ["docs/output.md", "summary", summaryJsonSchema(), { level: 3, written: false, top: "The document" }],
    ["docs/output.md", "trial", z.toJSONSchema(z.object(shown)), { level: 3, written: false, top: "A trial" }],
    [
      "docs/output.md",
      "prediction",
      z.toJSONSchema(predictionSchema),
      { level: 3, written: false, top: "A prediction" },
    ],
  ] as const;

  it.each(tables)(
    "%s: %s; UPDATE_DOCS=1 npx vitest run tests/docs.test.ts writes it anew",
    (page, name, schema, options) => {
      const start = `<!-- generated: ${name} -->`;
      const made = `\n\n${referenceTables(schema, options)}\n\n`;
      const before = read(page).split(start)[0] ?? "";
      const after = (read(page).split(start)[1] ?? "")
        .split("<!-- /generated -->")
        .slice(1)
        .join("<!-- /generated -->");
      if (process.env.UPDATE_DOCS === "1")
        writeFileSync(join(root, page), `${before}${start}${made}<!-- /generated -->${after}`);
      expect(marked(page, `generated: ${name}`, "generated")).toBe(made);
    },
  );
});

describe("lists in the documents are those of the code", () => {
  it("failures of model calls", () => {
    expect(firstCells("docs/models.md", "## Failures")).toEqual(modelFailures);
  });

  it("which failures of model calls are asked again, and which end all calls", () => {
    const rows = [...read("docs/models.md").matchAll(/^\| `(\w+)` \|[^|]*\| ([^|]*) \|/gm)];
    const again = new Map(rows.map(([, failure = "", cell = ""]) => [failure, cell]));
    const now = 0;
    const clock: Clock = { now: () => now, monotonic: () => now, after: () => () => {} };
    for (const failure of modelFailures) {
      const cell = again.get(failure) ?? "";
      const error = new ModelCallError(failure, "");
      const repeats = [1, 2].map(
        (count) => retryDelay(Array(count).fill(error), defaultRetryPolicy, () => 0) !== undefined,
      );
      expect([failure, repeats]).toEqual([failure, [/^(yes|once)/.test(cell), /^yes/.test(cell)]]);
      const breaker = new CircuitBreaker(defaultBreakerPolicy, clock);
      breaker.enter()(error);
      const ends = (() => {
        try {
          breaker.enter();
          return false;
        } catch {
          return true;
        }
      })();
      expect([failure, ends]).toEqual([failure, cell.includes("no more calls in this run")]);
    }
  });

  it("numbers that are explained", () => {
    const centaur = read("docs/centaur.md");
    expect(centaur).toContain(`between ${adaptiveBounds.low} and ${adaptiveBounds.high}`);
    expect(centaur).toContain(`more than ${likelyToFail * 100} % likely to fail`);
    expect(centaur).toContain(`the latest ${comparedResults} results`);
    const models = read("docs/models.md");
    expect(models).toContain(
      `at most ${defaultRetryPolicy.attempts} requests, waiting ${defaultRetryPolicy.baseMs / 1000} s`,
    );
    const { failures, coolOffMs } = defaultBreakerPolicy;
    expect(models).toContain(`After ${failures} failed calls in a row none is sent for ${coolOffMs / 1000} s`);
  });

  it("failure kinds of trials", () => {
    expect(firstCells("docs/failures.md", "## Kinds").sort()).toEqual([...failureKinds].sort());
  });

  it("sections of the brief", () => {
    expect(firstCells("docs/centaur.md", "## The brief")).toEqual(briefSections);
  });

  it("the advisor's tools", () => {
    expect(firstCells("docs/centaur.md", "## What the advisor may do")).toEqual(advisor.tools);
  });

  it("optimizers", () => {
    expect(firstCells("docs/optimizers.md", "## All of them").sort()).toEqual(
      optimizerFactories.map(({ name }) => name).sort(),
    );
  });

  it("functions of expressions", () => {
    const named = [...marked("docs/study-file.md", "functions", "functions").matchAll(/`(\w+)`/g)].map(
      (match) => match[1],
    );
    expect(named).toEqual([...functions.keys()]);
  });

  it("default models", () => {
    const said = marked("docs/models.md", "default-models", "default-models");
    expect(said).toBe(`\`${defaultAnthropicModel}\` and \`${defaultOpenAiModel}\``);
  });

  it("environment variables of models", () => {
    const used = new Set(
      [...read("src/llm/model-name.ts").matchAll(/(?:value|has)\((?:options\.)?env, "([A-Z_]+)"\)/g)].map(
        (match) => match[1],
      ),
    );
    expect(used.size).toBeGreaterThan(5);
    for (const name of used) expect(read("docs/models.md")).toContain(`\`${name}\``);
  });

  it("events", () => {
    const sources = read("src/study/study-events.ts") + read("src/centaur/events.ts");
    const types = [...sources.matchAll(/readonly type: "([\w.]+)"/g)].map((match) => match[1]);
    expect(types.length).toBeGreaterThan(12);
    for (const type of types) expect(read("docs/library.md")).toContain(`\`${type}\``);
  });

  it("options of tune", () => {
    const [, body = ""] = /export interface TuneOptions [^{]*\{(.*?)^\}/ms.exec(read("src/study/tune.ts")) ?? [];
    const options = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => match[1] ?? "");
    expect(options.length).toBeGreaterThan(15);
    const [, section = ""] = read("docs/library.md").split("## Options");
    for (const option of options) expect(section).toContain(`\`${option}\``);
  });

  it("dependencies, each with its line", () => {
    const manifest = z
      .object({ dependencies: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read("package.json")));
    const page = read("docs/decisions/dependencies.md");
    const rows = (text: string): string[] =>
      [...text.matchAll(/^\| `([^`]+)` \| ([\d.]+) \|/gm)].map(([, name, line]) => `${name} ${line}`).sort();
    const expected = (versions: Readonly<Record<string, string>>): string[] =>
      Object.entries(versions)
        .map(
          ([name, version]) =>
            `${name} ${version.startsWith("0.") ? version.split(".").slice(0, 2).join(".") : version.split(".")[0]}`,
        )
        .sort();
    const [runtime = "", development = ""] = page.split("### For development");
    expect(rows(runtime)).toEqual(expected(manifest.dependencies));
    expect(rows(development)).toEqual(expected(manifest.devDependencies));
  });

  it("the order of the rooms", () => {
    const [, list = ""] = /const order = \[(.*?)\]/s.exec(read("scripts/check-imports.mjs")) ?? [];
    const order = [...list.matchAll(/"([\w-]+)"/g)].map((match) => match[1]);
    expect(read("docs/architecture.md")).toContain(`from the bottom: ${order.join(", ")}.`);
  });

  it("forms of the documents for programs", () => {
    const listed = [...read("docs/output.md").matchAll(/^\| `(agent-tune\/[\w-]+\/\d+)` \|/gm)].map(
      (match) => match[1],
    );
    const sources = ["src/cli", "src/study", "evals/studies"]
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
      )
      .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
      .map(read)
      .join("");
    const made = new Set([...sources.matchAll(/"(agent-tune\/[\w-]+\/\d+)"/g)].map((match) => match[1]));
    expect([...listed].sort()).toEqual([...made].sort());
  });
});

describe("code in the documents", () => {
  let folder = "";
  const snippets = fences.filter(({ info }) => info === "js" || info === "ts");
  const fileOf = ({ page, info }: Fence, index: number): string =>
    `${page.replaceAll(/\W/g, "-")}-${index}.${info === "js" ? "mjs" : "mts"}`;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "agent-tune-docs-"));
    mkdirSync(join(folder, "node_modules", "@langchain"), { recursive: true });
    symlinkSync(root, join(folder, "node_modules", "agent-tune"));
    symlinkSync(join(root, "node_modules", "@langchain", "core"), join(folder, "node_modules", "@langchain", "core"));
    symlinkSync(join(root, "node_modules", "@types"), join(folder, "node_modules", "@types"));
    // Stands in for a package that people have and we need not install: any chat model of LangChain fits.
    const ollama = join(folder, "node_modules", "@langchain", "ollama");
    mkdirSync(ollama);
    writeFileSync(
      join(ollama, "package.json"),
      '{"name":"@langchain/ollama","type":"module","types":"index.d.ts","main":"index.js"}',
    );
    writeFileSync(
      join(ollama, "index.d.ts"),
      'import type { BaseChatModel } from "@langchain/core/language_models/chat_models";\nexport declare const ChatOllama: new (fields: { model: string; maxRetries?: number }) => BaseChatModel;\n',
    );
    for (const [index, snippet] of snippets.entries())
      writeFileSync(join(folder, fileOf(snippet, index)), snippet.text);
    const compilerOptions = {
      target: "es2023",
      module: "nodenext",
      strict: true,
      noEmit: true,
      allowJs: true,
      checkJs: true,
      skipLibCheck: true,
      types: ["node"],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.mjs", "*.mts"] }));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("type-checks as a user's would", () => {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  const runnable = snippets.flatMap((snippet, index) =>
    snippet.info === "js" ? [[fileOf(snippet, index)] as const] : [],
  );
  it.each(runnable)("runs: %s", async (file) => {
    const { code, stdout, stderr } = await node([file], folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).not.toBe("");
  });

  it("in the README finds what it looks for", async () => {
    const { stdout } = await node([runnable.find(([file]) => file.startsWith("README"))?.[0] ?? ""], folder);
    const [, rate, width] = /learning_rate: ([\d.e-]+), width: (\d+)/.exec(stdout) ?? [];
    // The formula is best at 0.01 and 128; the default is 0.001 and 64.
    expect(Math.abs(Math.log10(Number(rate)) + 2)).toBeLessThan(0.5);
    expect(Number(width)).toBe(128);
  });
});

describe("what the documents say a command prints", () => {
  it("init, in Getting started", async () => {
    const cwd = projectFolder();
    cpSync(join(root, "examples", "digits-python", "train.py"), join(cwd, "train.py"));
    const { code, stdout } = await agentTune(["init", "train.py"], { cwd });
    expect(code).toBe(0);
    expect(fencesOf("docs/getting-started.md").map(({ text }) => text)).toContain(stdout);
  });

  it("each document with the form that docs/output.md names", async () => {
    const cwd = projectFolder("toy");
    cpSync(join(root, "examples", "digits-python", "train.py"), join(cwd, "train.py"));
    const document = async (...args: string[]): Promise<Record<string, unknown>> =>
      z.record(z.string(), z.unknown()).parse(JSON.parse((await agentTune([...args, "--json"], { cwd })).stdout));

    expect(summarySchema.parse(await document("run")).best).not.toBeNull();
    const { controller, running, ...summary } = await document("status");
    expect({ controller, running }).toEqual({ controller: null, running: [] });
    expect(() => z.strictObject(summarySchema.shape).parse(summary)).not.toThrow();

    const { shape } = trialSchema.unwrap();
    const { mark: _, ...shown } = shape;
    const { schema, study, trials } = await document("trials");
    expect([schema, study]).toEqual(["agent-tune/trials/1", summarySchema.parse(summary).study.id]);
    expect(z.array(z.strictObject(shown)).parse(trials).length).toBeGreaterThanOrEqual(12);

    const { schema: one, study: __, observations, ...trial } = await document("show", "1");
    expect(one).toBe("agent-tune/trial/1");
    expect(() => z.strictObject(shown).parse(trial)).not.toThrow();
    const observation = z.strictObject({
      metric: z.string(),
      step: z.number(),
      value: z.union([z.number(), z.string()]),
      seconds: z.number(),
    });
    expect(z.array(observation).parse(observations).length).toBeGreaterThan(0);

    const best = await document("best");
    expect(Object.keys(best)).toEqual(
      expect.arrayContaining(["schema", "objective", "configuration", "estimate", "fresh", "gain", "noise"]),
    );
    expect(Object.keys(await document("report"))).toEqual(["schema", "path"]);
    expect(Object.keys(await document("doctor"))).toEqual(["schema", "healthy", "findings"]);
    expect(Object.keys(await document("init", "train.py", "--output", "other.yaml"))).toEqual([
      "schema",
      "file",
      "parameters",
      "skipped",
      "metric",
      "command",
      "toDo",
      "problem",
    ]);
    expect(Object.keys(await document("show", "99"))).toEqual(["schema", "code", "message", "where", "remedy"]);
  });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function node(args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd, env: cleanEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", fail);
    child.once("close", (code) => done({ code, stdout, stderr }));
  });
}
