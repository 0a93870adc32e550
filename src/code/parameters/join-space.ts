import {
  type DefinitionProblem,
  definitionFromFields,
  type Parameter,
  type ParameterFields,
  parseExpression,
  SearchSpace,
  type SpaceDefinition,
} from "../../space/index.js";
import { didYouMean } from "../../space/nearest-name.js";
import type { Passing } from "./passing.js";

/** Most parameters that one edit may declare: each makes the search wider, and trials are few. */
export const mostDeclared = 8;

export type JoinedSpace =
  | { readonly ok: true; readonly space: SpaceDefinition }
  /** Whole sentences, for the model and for the person. */
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * The search space of an edited version: its parent's without the removed parameters and with the declared ones, which
 * stand last. One that is both removed and declared keeps its place and gets the new range.
 *
 * @param declares by name; the default is what makes the code behave as before, so it has to be said
 * @param passing how values reach the command, to refuse names that do not get there; left out where that was checked
 */
export function joinSpace(
  space: SpaceDefinition,
  declares: Readonly<Record<string, ParameterFields>>,
  removes: readonly string[],
  passing?: Passing,
): JoinedSpace {
  const names = Object.keys(declares);
  const known = space.parameters.map(({ name }) => name);
  const gone = removes.filter((name) => !Object.hasOwn(declares, name));
  const mentions = mentionsOf(space, gone);
  const problems = [
    ...(names.length > mostDeclared
      ? [`An edit declares at most ${mostDeclared} parameters; this one declares ${names.length}.`]
      : []),
    ...removes.filter((name) => !known.includes(name)).map((name) => unknownName(name, known)),
    ...names.flatMap((name) => declarationProblems(name, declares, known, removes, passing)),
    ...mentions.map(({ problem }) => problem),
  ];
  const declared = definitionFromFields({ parameters: declares }).parameters;
  const again = new Map(declared.map((parameter) => [parameter.name, parameter]));
  const redeclared = new Set(removes.filter((name) => again.has(name) && known.includes(name)));
  const kept = space.parameters.flatMap((parameter): Parameter[] => {
    if (redeclared.has(parameter.name)) return [again.get(parameter.name) ?? parameter];
    return gone.includes(parameter.name) ? [] : [parameter];
  });
  const added = declared.filter(({ name }) => !redeclared.has(name) && !known.includes(name));
  const joined: SpaceDefinition = { ...space, parameters: [...kept, ...added] };
  const reported = mentions.map(({ path }) => `${path.join(".")}.`);
  for (const problem of SearchSpace.check(joined)) {
    // What follows from a problem that was said already is not said again.
    if (!reported.some((path) => `${problem.path.join(".")}.`.startsWith(path))) problems.push(sentenceOf(problem));
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, space: joined };
}

function declarationProblems(
  name: string,
  declares: Readonly<Record<string, ParameterFields>>,
  known: readonly string[],
  removes: readonly string[],
  passing: Passing | undefined,
): readonly string[] {
  const problems: string[] = [];
  if (known.includes(name) && !removes.includes(name)) {
    problems.push(
      `The parameter ${name} exists already: choose another name, or list it under removes too, to give it a new range.`,
    );
  }
  if (declares[name]?.default === undefined) {
    problems.push(
      `The declared parameter ${name} has no default: give the value with which the code behaves as before.`,
    );
  }
  const unpassable = passing?.nameProblem(name);
  if (unpassable !== undefined) problems.push(unpassable);
  return problems;
}

interface Mention {
  readonly path: readonly (string | number)[];
  readonly problem: string;
}

/** Everything in a definition that needs a parameter that is gone. */
function mentionsOf(space: SpaceDefinition, gone: readonly string[]): readonly Mention[] {
  const mentions: Mention[] = [];
  const look = (expression: string, path: Mention["path"], what: string) => {
    const missing = parseExpression(expression).names.filter((name) => gone.includes(name));
    if (missing.length === 0) return;
    mentions.push({
      path,
      problem: `${missing.join(", ")} cannot be removed: ${what} '${expression}' needs it.`,
    });
  };
  space.constraints.forEach((constraint, k) => {
    look(constraint, ["constraints", k], "the constraint");
  });
  for (const { name, formula } of space.derived) look(formula, ["derived", name], `the derived quantity ${name} =`);
  for (const { name, when } of space.parameters) {
    if (when !== undefined && !gone.includes(name)) look(when, ["parameters", name, "when"], `${name} is active where`);
  }
  return mentions;
}

function unknownName(name: string, known: readonly string[]): string {
  return `${name} cannot be removed, since there is no such parameter${didYouMean(name, known, ".")}`;
}

function sentenceOf({ subject, message, remedy }: DefinitionProblem): string {
  return `The ${subject}: ${message}${remedy === undefined ? "" : ` ${remedy}`}`;
}
