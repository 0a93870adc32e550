/** How a proposal's origin is told apart in charts: by letter first, since not every eye or terminal has colours. */
export interface OriginMark {
  readonly letter: string;
  /** A colour that terminals have. */
  readonly terminal: "white" | "cyan" | "magenta" | "yellow" | "green" | "blue";
  /** A colour for paper and screens, from the palette of Okabe and Ito (2008), safe for the colour-blind. */
  readonly paper: string;
}

const known: Readonly<Record<string, OriginMark>> = {
  default: { letter: "D", terminal: "white", paper: "#7f7f7f" },
  "check run": { letter: "C", terminal: "white", paper: "#4d4d4d" },
  user: { letter: "U", terminal: "green", paper: "#009e73" },
  llm: { letter: "L", terminal: "magenta", paper: "#cc79a7" },
  "llm-edit": { letter: "l", terminal: "magenta", paper: "#d55e00" },
  rules: { letter: "R", terminal: "yellow", paper: "#e69f00" },
  "rules-edit": { letter: "r", terminal: "yellow", paper: "#b8860b" },
  "stand-in": { letter: "S", terminal: "blue", paper: "#56b4e9" },
  "stand-in-edit": { letter: "s", terminal: "blue", paper: "#3a7ca5" },
};
const optimizer: OriginMark = { letter: "o", terminal: "cyan", paper: "#0072b2" };

/** An origin without a mark of its own is an optimizer's name. */
export function originMark(origin: string): OriginMark {
  return Object.hasOwn(known, origin) ? (known[origin] ?? optimizer) : optimizer;
}
