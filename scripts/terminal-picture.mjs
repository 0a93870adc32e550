// Draws a picture of a program at work: runs it in a real terminal of 100 by 36 cells, waits until the screen shows
// what is asked for, and writes that screen as SVG. The one in the README is made, after `npm run build`, by
//
//   node scripts/terminal-picture.mjs docs/images/run.svg --when "3[3-5]/36" --seconds 110 --title "agent-tune demo" -- node dist/program/agent-tune.js demo
//
// The program runs in an empty folder and is ended once the picture is taken. Lines, blocks and braille dots are drawn
// as shapes, so that the picture does not depend on the fonts of whoever looks at it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { spawn } from "@lydell/node-pty";
import headless from "@xterm/headless";

const columns = 100;
const rows = 36;
/** Pixels. */
const cell = { width: 8.4, height: 18, baseline: 13.5, font: 14 };
const margin = 16;
const titleBar = 34;
/** Without output after which a frame is complete. */
const quietMs = 60;

const theme = {
  background: "#0d1117",
  bar: "#161b22",
  border: "#30363d",
  text: "#e6edf3",
  // The eight colours of ANSI, then the bright ones.
  palette: [
    ..."484f58 ff7b72 3fb950 d29922 58a6ff bc8cff 39c5cf b1bac4".split(" "),
    ..."6e7681 ffa198 56d364 e3b341 79c0ff d2a8ff 56d4dd ffffff".split(" "),
  ].map((hex) => `#${hex}`),
};

/** The screen when it shows `when`, as an xterm buffer; the program has ended when this resolves. */
async function screenOf(command, { when, seconds, cwd }) {
  const terminal = new headless.Terminal({ cols: columns, rows, allowProposedApi: true });
  const { CI: _, NO_COLOR: __, ...env } = process.env;
  const [program, ...rest] = command;
  const child = spawn(program === "node" ? process.execPath : program, rest, {
    cols: columns,
    rows,
    cwd,
    name: "xterm-256color",
    env: { ...env, TERM: "xterm-256color", COLORTERM: "truecolor", FORCE_COLOR: "3" },
  });
  const ended = new Promise((done) => child.onExit(done));
  const seen = new Promise((done, fail) => {
    const timer = setTimeout(
      () => fail(new Error(`The screen did not show ${when} within ${seconds} s.`)),
      seconds * 1000,
    );
    let settled;
    child.onData((data) => {
      // A frame can come in several pieces: taken once nothing more has come for a moment.
      clearTimeout(settled);
      terminal.write(data, () => {
        if (!when.test(textOf(terminal))) return;
        clearTimeout(settled);
        settled = setTimeout(() => {
          clearTimeout(timer);
          done(cellsOf(terminal));
        }, quietMs);
      });
    });
    ended.then(() => fail(new Error(`The program ended before the screen showed ${when}:\n${textOf(terminal)}`)));
  });
  try {
    return await seen;
  } finally {
    child.kill("SIGINT");
    const second = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(second);
  }
}

function textOf(terminal) {
  const { active } = terminal.buffer;
  return Array.from(
    { length: rows },
    (_, y) => active.getLine(active.viewportY + y)?.translateToString(true) ?? "",
  ).join("\n");
}

/** Rows of cells: character, columns that it takes, colours and style. */
function cellsOf(terminal) {
  const { active } = terminal.buffer;
  return Array.from({ length: rows }, (_, y) => {
    const line = active.getLine(active.viewportY + y);
    return Array.from({ length: columns }, (_, x) => {
      const at = line?.getCell(x);
      if (at === undefined) return { character: " ", width: 1, colour: theme.text };
      const front = colourOf(at.getFgColor(), at.isFgRGB(), at.isFgDefault()) ?? theme.text;
      const back = colourOf(at.getBgColor(), at.isBgRGB(), at.isBgDefault());
      const inverse = at.isInverse() !== 0;
      return {
        character: at.getChars() || " ",
        width: at.getWidth(),
        colour: inverse ? (back ?? theme.background) : front,
        background: inverse ? front : back,
        bold: at.isBold() !== 0,
        dim: at.isDim() !== 0,
        italic: at.isItalic() !== 0,
        underline: at.isUnderline() !== 0,
      };
    });
  });
}

function colourOf(value, isRgb, isDefault) {
  if (isDefault) return undefined;
  if (isRgb) return `#${value.toString(16).padStart(6, "0")}`;
  if (value < 16) return theme.palette[value];
  // The 6 x 6 x 6 cube of the 256 colours, then the greys.
  if (value >= 232) return rgb([1, 1, 1].map(() => 8 + 10 * (value - 232)));
  const level = (n) => (n === 0 ? 0 : 55 + 40 * n);
  return rgb([Math.floor((value - 16) / 36), Math.floor((value - 16) / 6) % 6, (value - 16) % 6].map(level));
}

function rgb(levels) {
  return `#${levels.map((level) => level.toString(16).padStart(2, "0")).join("")}`;
}

/** Which of left, right, up, down a line character has; the corners that are round are marked. */
const lines = {
  "─": "lr",
  "│": "ud",
  "┌": "rd",
  "┐": "ld",
  "└": "ru",
  "┘": "lu",
  "├": "udr",
  "┤": "udl",
  "┬": "lrd",
  "┴": "lru",
  "┼": "lrud",
  "╭": "rd~",
  "╮": "ld~",
  "╰": "ru~",
  "╯": "lu~",
  "━": "lr!",
  "┃": "ud!",
  "╴": "l",
  "╵": "u",
  "╶": "r",
  "╷": "d",
};

/** A character as a path to stroke or as markup to fill, or undefined where it is a letter for a font. */
function shape(character, left, top) {
  const { width, height } = cell;
  const number = (value) => Number(value.toFixed(2));
  const rect = (x, y, w, h, opacity = "") =>
    `<rect x="${number(left + x)}" y="${number(top + y)}" width="${number(w)}" height="${number(h)}"${opacity}/>`;
  const circle = (x, y, radius) => `<circle cx="${number(left + x)}" cy="${number(top + y)}" r="${radius}"/>`;
  const line = lines[character];
  if (line !== undefined) {
    const [x, y] = [left + width / 2, top + height / 2];
    const ends = { l: [left, y], r: [left + width, y], u: [x, top], d: [x, top + height] };
    const sides = [...line].filter((side) => side in ends);
    const points = sides.map((side) => ends[side].map(number).join(" "));
    const middle = `${number(x)} ${number(y)}`;
    const straight = line.startsWith("lr") || line.startsWith("ud");
    const bend = line.includes("~") ? `Q${middle} ` : straight ? "L" : `L${middle}L`;
    const path = sides.length === 2 ? `M${points.join(bend)}` : points.map((point) => `M${middle}L${point}`).join("");
    return { path, width: line.includes("!") ? 2.4 : 1.2 };
  }
  const code = character.codePointAt(0) ?? 0;
  // Block elements: lower eighths, left eighths, shades, halves.
  if (code >= 0x2581 && code <= 0x2588) {
    const part = (height * (code - 0x2580)) / 8;
    return { markup: rect(0, height - part, width, part) };
  }
  if (code >= 0x2589 && code <= 0x258f) return { markup: rect(0, 0, (width * (0x2590 - code)) / 8, height) };
  if (code >= 0x2591 && code <= 0x2593)
    return { markup: rect(0, 0, width, height, ` opacity="${(code - 0x2590) / 4}"`) };
  if (code === 0x2580) return { markup: rect(0, 0, width, height / 2) };
  if (code > 0x2800 && code <= 0x28ff) {
    // Bits of braille dots run down the left column, then the right one, and the lowest two come last.
    const places = [
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
      [1, 2],
      [0, 3],
      [1, 3],
    ];
    const dots = places
      .filter((_, bit) => ((code - 0x2800) >> bit) & 1)
      .map(([x, y]) => circle(((x + 0.5) * width) / 2, ((y + 0.5) * height) / 4, 1.5));
    return { markup: dots.join("") };
  }
  if (character === "●") return { markup: circle(width / 2, height / 2, 4) };
  return undefined;
}

function drawn(screen, title) {
  const used = screen.findLastIndex((line) =>
    line.some(({ character, background }) => character !== " " || background),
  );
  const shown = screen.slice(0, used + 1);
  const width = columns * cell.width + 2 * margin;
  const height = shown.length * cell.height + titleBar + 2 * margin;
  const parts = [];
  for (const [y, line] of shown.entries()) {
    const top = titleBar + margin + y * cell.height;
    // Words are placed one by one: fonts whose letters are a little wider or narrower then shift nothing.
    let run;
    const endRun = () => {
      if (run !== undefined) parts.push(run.cells === undefined ? figures(run) : written(run, top));
      run = undefined;
    };
    for (const [x, at] of line.entries()) {
      if (at.width === 0) continue;
      const left = margin + x * cell.width;
      if (at.background !== undefined) {
        const width = (at.width * cell.width + 0.3).toFixed(1);
        parts.push(
          `<rect x="${left.toFixed(1)}" y="${top}" width="${width}" height="${cell.height}" fill="${at.background}"/>`,
        );
      }
      const figure = at.character === " " ? undefined : shape(at.character, left, top);
      const style = `${at.colour} ${at.dim} ${figure === undefined ? `${at.bold} ${at.italic} ${at.underline}` : (figure.width ?? "filled")}`;
      if (at.character === " " || run?.style !== style) endRun();
      if (at.character === " ") continue;
      if (figure === undefined) {
        run ??= { style, at, left, text: "", cells: 0 };
        run.text += at.character;
        run.cells += at.width;
      } else {
        run ??= { style, at, path: "", markup: "", width: figure.width };
        // A line that goes on where the last one ended becomes one line.
        run.path = `${run.path}${figure.path ?? ""}`.replace(/L(\S+ \S+)M\1L/, "L");
        run.markup += figure.markup ?? "";
      }
    }
    endRun();
  }
  const dots = ["#ff5f57", "#febc2e", "#28c840"].map(
    (colour, index) => `<circle cx="${margin + 6 + index * 20}" cy="${titleBar / 2}" r="6" fill="${colour}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="${cell.font}">
<title>${escaped(title)}</title>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10" fill="${theme.background}" stroke="${theme.border}"/>
<path d="M0.5 ${titleBar} V10.5 a10 10 0 0 1 10 -10 H${width - 10.5} a10 10 0 0 1 10 10 V${titleBar} Z" fill="${theme.bar}" stroke="${theme.border}"/>
${dots.join("")}
<text x="${width / 2}" y="${titleBar / 2 + 5}" text-anchor="middle" fill="#8b949e" font-size="13">${escaped(title)}</text>
${parts.join("\n")}
</svg>
`;
}

function figures({ at, path, markup, width }) {
  const dim = at.dim ? ' opacity="0.6"' : "";
  return path === ""
    ? `<g fill="${at.colour}"${dim}>${markup}</g>`
    : `<path d="${path}" fill="none" stroke="${at.colour}" stroke-width="${width}"${dim}/>`;
}

function written({ text, left, cells, at }, top) {
  const attributes = [
    `x="${left.toFixed(1)}" y="${top + cell.baseline}" textLength="${(cells * cell.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs" fill="${at.colour}"`,
    at.bold ? 'font-weight="bold"' : "",
    at.dim ? 'opacity="0.6"' : "",
    at.italic ? 'font-style="italic"' : "",
    at.underline ? 'text-decoration="underline"' : "",
  ];
  return `<text ${attributes.filter((each) => each !== "").join(" ")}>${escaped(text)}</text>`;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

async function main() {
  const split = process.argv.indexOf("--");
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2, split === -1 ? undefined : split),
    allowPositionals: true,
    options: {
      when: { type: "string" },
      seconds: { type: "string", default: "120" },
      title: { type: "string" },
    },
  });
  const [output] = positionals;
  const command = split === -1 ? [] : process.argv.slice(split + 1);
  if (output === undefined || command.length === 0 || values.when === undefined) {
    process.stderr.write(
      "usage: terminal-picture.mjs OUTPUT.svg --when REGEX [--seconds N] [--title TEXT] -- COMMAND...\n",
    );
    process.exitCode = 2;
    return;
  }
  // The program gets a folder of its own, so paths in its command are made absolute first.
  const absolute = command.map((word) => (word.includes("/") && !word.startsWith("-") ? resolve(word) : word));
  const cwd = mkdtempSync(join(tmpdir(), "terminal-picture-"));
  try {
    const screen = await screenOf(absolute, { when: new RegExp(values.when), seconds: Number(values.seconds), cwd });
    const title =
      values.title ?? ["agent-tune", ...command.slice(command.findIndex((word) => /\.m?js$/.test(word)) + 1)].join(" ");
    mkdirSync(dirname(resolve(output)), { recursive: true });
    writeFileSync(output, drawn(screen, title));
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
