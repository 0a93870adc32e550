import { fromLoss } from "../evidence/index.js";
import type { Surrogate } from "../optimizers/surrogate/index.js";
import type { Configuration, Parameter, SpaceFields } from "../space/index.js";
import type { TrialRecord } from "../store/index.js";
import type { AskTellStudy } from "./ask-tell-study.js";

/*
 * What the methods answer, in the user's units. Numbers that are not known are null, never zero.
 */

/** A trial to be run. */
export function askedTrial({ number, proposal, derived, seed }: TrialRecord): object {
  const { configuration, origin } = proposal;
  return { trial: number, configuration, seed, origin, ...(Object.keys(derived).length === 0 ? {} : { derived }) };
}

/** Without the mark, which is how a trial's processes would be recognised and nobody's business. */
export function publicTrial({ mark: _, ...trial }: TrialRecord): object {
  return trial;
}

/** A trial with its curve. JSON has no NaN and no infinity: text says which it was. */
export function trialWithCurve(study: AskTellStudy, number: number): object {
  return {
    ...publicTrial(study.trial(number)),
    observations: study.observations(number).map(({ metric, step, value, seconds }) => ({
      metric,
      step,
      value: Number.isFinite(value) ? value : String(value),
      seconds,
    })),
  };
}

/** What a client needs to go on with a study. */
export function studyAnswer(study: AskTellStudy): object {
  const { id, settings, trials, pending, space } = study;
  const { name, seed, optimizer, objective } = settings;
  return {
    study: id,
    name,
    seed,
    optimizer,
    direction: objective.direction,
    metric: objective.metric,
    space: fieldsOf(settings.space),
    defaults: space.defaults(),
    trials: trials.length,
    pending: pending.map(askedTrial),
  };
}

/** The best configuration by estimated true value. */
export function bestAnswer(study: AskTellStudy): object {
  const { incumbent, objective } = study.evidence;
  const trials = { total: study.trials.length, running: study.pending.length };
  if (incumbent === undefined) return { best: null, trials };
  const { group, estimate } = incumbent;
  return {
    best: {
      trial: group.first.number,
      configuration: group.configuration,
      origin: group.first.proposal.origin,
      value: estimate.mean,
      deviation: estimate.deviation,
      values: group.losses.map((loss) => fromLoss(objective, loss)),
    },
    trials,
  };
}

/** How much each parameter matters around the incumbent, and how far that is to be trusted. */
export function importanceAnswer(study: AskTellStudy): object {
  const { models, space } = study;
  const fit = models.surrogate();
  const unclear = space.parameters.map(({ name }) => name);
  if (fit === undefined) return { ...trustOf(study, fit), parameters: [], unclear };
  const { centre, significant, insignificant } = fit.sensitivities();
  return {
    ...trustOf(study, fit),
    centre,
    parameters: significant.map(({ parameter, ...effect }) => ({ name: parameter, ...effect })),
    unclear: insignificant,
  };
}

/** What the models of the trials expect of configurations, in their order. */
export function predictAnswer(study: AskTellStudy, configurations: readonly Configuration[]): object {
  const { models } = study;
  const { objective } = study.evidence;
  const fit = models.surrogate();
  const risk = models.feasibility();
  const ends = (low: number, high: number): readonly number[] =>
    [low, high].map((loss) => fromLoss(objective, loss)).sort((a, b) => a - b);
  return {
    ...trustOf(study, fit),
    predictions: configurations.map((configuration) => {
      const failure = risk?.probability(configuration) ?? null;
      if (fit === undefined) return { configuration, mean: null, failure };
      const { mean, low, high, trueLow, trueHigh, support, beyond } = fit.predict(configuration);
      const mine = fromLoss(objective, mean);
      return {
        configuration,
        mean: mine,
        interval: ends(low, high),
        trueInterval: ends(trueLow, trueHigh),
        support,
        beyond,
        failure,
      };
    }),
  };
}

/** How far the surrogate is to be trusted: the share of results it had not seen that lay in their 80 % intervals. */
function trustOf(study: AskTellStudy, fit: Surrogate | undefined): object {
  const held = fit?.heldOut();
  return {
    calibration: study.models.calibration,
    coverage: held?.coverage ?? null,
    heldOut: held?.points.length ?? 0,
  };
}

/** A space as a study file and `study.create` write it. */
function fieldsOf({ parameters, constraints, derived }: AskTellStudy["settings"]["space"]): SpaceFields {
  return {
    parameters: Object.fromEntries(parameters.map((parameter) => [parameter.name, parameterFields(parameter)])),
    constraints: [...constraints],
    derived: Object.fromEntries(derived.map(({ name, ...rest }) => [name, rest])),
  };
}

function parameterFields(parameter: Parameter): SpaceFields["parameters"][string] {
  switch (parameter.kind) {
    case "float": {
      const { kind, name: _, ...rest } = parameter;
      return { type: kind, ...rest };
    }
    case "int": {
      const { kind, name: _, powersOf, ...rest } = parameter;
      return { type: kind, ...rest, ...(powersOf === undefined ? {} : { powers_of: powersOf }) };
    }
    case "categorical": {
      const { kind, name: _, choices, ...rest } = parameter;
      return { type: kind, ...rest, choices: [...choices] };
    }
    case "boolean": {
      const { kind, name: _, ...rest } = parameter;
      return { type: kind, ...rest };
    }
  }
}
