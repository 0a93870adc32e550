import { fixedPlaceholders } from "../../trials/command/template.js";
import { declaredDelivery, resolvePass, type TrialSettings } from "../../trials/index.js";

/** How the values of declared parameters reach the training command. */
export interface Passing {
  readonly delivery: ReturnType<typeof declaredDelivery>;
  /** One sentence for whoever writes the code that reads them. */
  readonly sentence: string;
  /** One sentence where a name cannot be passed this way. */
  nameProblem(name: string): string | undefined;
  /** What the code has to mention in order to read the value: `--warmup`, `TUNE_warmup`, `warmup`. */
  spelling(name: string): string;
}

/** Variables that mean something to the system or the interpreter, whoever sets them. */
const reservedVariables =
  /^(?:PATH|HOME|SHELL|USER|LOGNAME|PWD|TMPDIR|TEMP|TMP|LANG|LC_\w+|LD_\w+|DYLD_\w+|PYTHON\w*|CUDA_\w+|NVIDIA_\w+|AGENT_TUNE_\w+)$/i;

/** @param settings of the study: command, way of passing, constant variables */
export function passingOf(settings: Pick<TrialSettings, "command" | "pass" | "env">): Passing {
  const delivery = declaredDelivery(settings);
  const { seed } = resolvePass(settings);
  const seedName =
    typeof seed === "string"
      ? undefined
      : "argument" in seed
        ? seed.argument
        : "environment" in seed
          ? seed.environment
          : "constant" in seed
            ? seed.constant
            : seed.key;
  const commandWords = (typeof settings.command === "string" ? settings.command.split(/\s+/) : settings.command).map(
    (word) => word.replace(/^["']|["']$/g, ""),
  );

  const spelling = (name: string): string => {
    switch (delivery.to) {
      case "arguments":
        return delivery.form === "name=value" ? name : `--${name}`;
      case "environment":
        return `${delivery.prefix}${name}`;
      case "file":
      case "constants":
        return name;
    }
  };

  const nameProblem = (name: string): string | undefined => {
    const spelled = spelling(name);
    if (fixedPlaceholders.some((fixed) => fixed === name)) {
      return `A parameter cannot be called ${name}: in commands {${name}} means something else. Choose another name.`;
    }
    if (spelled === seedName) return `A parameter cannot be called ${name}: ${spelled} passes the seed of a run.`;
    switch (delivery.to) {
      case "arguments":
        return commandWords.some((word) => word === spelled || word.startsWith(`${spelled}=`))
          ? `A parameter cannot be called ${name}: the command passes ${spelled} already. Choose another name.`
          : undefined;
      case "environment":
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(spelled)) {
          return `The parameter ${name} cannot be passed as an environment variable: use letters, digits and _ alone.`;
        }
        return reservedVariables.test(spelled) || Object.hasOwn(settings.env, spelled)
          ? `A parameter cannot be called ${name}: the environment variable ${spelled} is in use. Choose another name.`
          : undefined;
      case "constants":
        return /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?$/.test(name)
          ? undefined
          : `The parameter ${name} cannot be a constant: write NAME, or Class.field for a field of a dataclass.`;
      case "file":
        return undefined;
    }
  };
  return { delivery, sentence: sentenceOf(delivery), nameProblem, spelling };
}

function sentenceOf(delivery: Passing["delivery"]): string {
  switch (delivery.to) {
    case "arguments": {
      const word = delivery.form.replace("name", "NAME").replace("value", "VALUE");
      return `Each declared parameter is passed to the training command as the argument ${word}, spelled exactly as declared.`;
    }
    case "environment":
      return `Each declared parameter is the environment variable ${delivery.prefix}NAME, as text.`;
    case "file":
      return delivery.base === undefined
        ? "Each declared parameter is a key of the parameter file that the training command gets."
        : `Each declared parameter is a key of the training command's copy of ${delivery.base}, which must have that key; dots lead into nested keys.`;
    case "constants":
      return `Each declared parameter is the constant NAME = VALUE at the top level of ${delivery.source} (Class.field for a dataclass), which is rewritten for each run.`;
  }
}
