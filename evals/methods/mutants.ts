import { deriveSeed, RandomStream } from "../../src/math/random.js";
import type { Configuration } from "../../src/space/index.js";
import type { Observation } from "../tasks/index.js";
import type { Method, Proposed, Session, SessionContext } from "./method.js";
import { optimizerMethod } from "./optimizer-method.js";

/** Deliberately broken copies of TPE, by which a suite shows that it would notice. */
const mutants: Readonly<Record<string, (session: Session, context: SessionContext) => Session>> = {
  "mutant-ignores-results": (session) => ({
    ...session,
    begin: async () => {},
    tell: async () => {},
  }),
  "mutant-never-learns-categories": (session, context) => withOtherCategories(session, context),
  "mutant-believes-failures-are-good": (session) => {
    const praised = ({ evaluation, measured }: Observation): Observation =>
      evaluation.kind === "failure"
        ? { evaluation: { kind: "value", value: -1e6 }, measured }
        : { evaluation, measured };
    return {
      ...session,
      begin: (start, observation) => session.begin(start, praised(observation)),
      tell: (proposed, observation) => session.tell(proposed, praised(observation)),
    };
  },
};

export const mutantNames: readonly string[] = Object.keys(mutants);

/** Runs other categories than those that are told to be running. */
function withOtherCategories(session: Session, { task: { space }, seed }: SessionContext): Session {
  const random = RandomStream.fromSeed(deriveSeed(seed, "categories"));
  const asked = new Map<Proposed, Proposed>();
  const scrambled = (configuration: Configuration): Configuration => {
    const point = space.encode(configuration);
    const categorical = space.categoricalAxes.map(({ choices }) => random.integer(choices.length));
    return space.repair(space.decode({ ...point, categorical })) ?? configuration;
  };
  return {
    ...session,
    async ask() {
      const proposed = await session.ask();
      const other = { ...proposed, configuration: scrambled(proposed.configuration) };
      asked.set(other, proposed);
      return other;
    },
    async tell(proposed, observation) {
      await session.tell(asked.get(proposed) ?? proposed, observation);
      asked.delete(proposed);
    },
  };
}

/** @returns undefined where the name is none of a mutant */
export function mutantMethod(name: string): Method | undefined {
  const broken = Object.hasOwn(mutants, name) ? mutants[name] : undefined;
  if (broken === undefined) return undefined;
  const sound = optimizerMethod("tpe");
  return {
    name,
    close: () => sound.close(),
    open: async (context) => broken(await sound.open(context), context),
  };
}
