import { AgentTuneError } from "../errors.js";

/** Options that several commands share, as commander gives them. */
export interface StudyChoice {
  readonly study?: string;
  readonly directory?: string;
  readonly json?: boolean;
}

export interface ApplyChoice extends StudyChoice {
  readonly held?: boolean;
}

export interface ExportChoice extends ApplyChoice {
  readonly output?: string;
}

/** What may be said about a study, in place of its study file. */
export interface SettingsChoice {
  readonly trials?: number;
  readonly time?: string;
  readonly cost?: number;
  readonly tokens?: number;
  readonly advisor?: string;
  readonly model?: string;
  readonly baseUrl?: string;
  readonly share?: "adaptive" | number;
  readonly review?: "trial" | "generation";
  readonly optimizer?: string;
  readonly warmStart?: string;
  readonly seed?: number;
  readonly parallel?: number;
  readonly edit?: readonly string[];
  readonly sandbox?: string;
}

export interface ResumeChoice extends StudyChoice, SettingsChoice {
  readonly config?: string;
  readonly replay?: string;
  readonly plain?: boolean;
}

export interface RunChoice extends SettingsChoice {
  readonly config?: string;
  readonly replay?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
}

export interface InitChoice {
  readonly output: string;
  readonly force?: boolean;
  readonly command?: string;
  readonly metric?: string;
  readonly direction?: "minimize" | "maximize";
  readonly model: string;
  readonly json?: boolean;
}

export interface DoctorChoice {
  readonly config: string;
  readonly model?: string;
  readonly online?: boolean;
  readonly json?: boolean;
}

/** `--model` and `--advisor` say the same thing; both at once must agree. */
export function advisorName(options: Pick<RunChoice, "advisor" | "model">): string | undefined {
  if (options.advisor !== undefined && options.model !== undefined && options.advisor !== options.model) {
    throw new AgentTuneError("usage", {
      message: `--advisor ${options.advisor} and --model ${options.model} contradict each other.`,
      remedy: "Give one of them.",
    });
  }
  return options.model ?? options.advisor;
}
