import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { optimizerFactories, optimizerFactory } from "../optimizers/index.js";
import { Store } from "../store/index.js";
import { type Clock, systemClock } from "../study/clock.js";
import {
  askedTrial,
  bestAnswer,
  importanceAnswer,
  predictAnswer,
  publicTrial,
  studyAnswer,
  trialWithCurve,
} from "./answers.js";
import { AskTellStudy } from "./ask-tell-study.js";
import { isObject, type Params } from "./json-rpc.js";
import { MemoryKeeper } from "./memory-keeper.js";
import { checkNames, readList, readObject, readText, readWhole } from "./read-params.js";
import { invalidParams, RpcError, rpcCodes } from "./rpc-error.js";
import { createStoredStudy, openStoredStudy } from "./store-keeper.js";
import { readConfiguration, readStudyRequest } from "./study-request.js";
import { readToldTrial } from "./told-trial.js";

/** Number of the protocol; a change that breaks clients gets another. */
export const protocolVersion = 1;

const methods = [
  "about",
  "study.create",
  "study.open",
  "ask",
  "tell",
  "best",
  "state",
  "trials",
  "trial",
  "importance",
  "predict",
  "close",
  "shutdown",
] as const;
type Method = (typeof methods)[number];

/** Most trials or configurations in one call. */
const mostAtOnce = 10_000;

/** What the studies of one server need of the process it runs in. */
export interface Host {
  /** Absolute path of the working directory. */
  readonly cwd: string;
  /** Of the program, for `about`. */
  readonly version: string;
  readonly holder: { readonly pid: number; readonly host: string };
  /** Unguessable text, for ids and marks. */
  readonly nonce: () => string;
  readonly clock?: Clock;
}

/** A store and the studies of this server that are kept in it. */
interface OpenStore {
  readonly store: Store;
  readonly studies: Set<string>;
}

/** The studies that one client works on, and the methods it calls. */
export class ServedStudies {
  private readonly studies = new Map<string, AskTellStudy>();
  private readonly stores = new Map<string, OpenStore>();
  private made = 0;
  private ended = false;

  constructor(private readonly host: Host) {}

  /** Whether the client has asked for the end. */
  get shutDown(): boolean {
    return this.ended;
  }

  /** @throws RpcError, AgentTuneError */
  call(method: string, params: Params): unknown {
    const known = methods.find((each) => each === method);
    if (known === undefined) {
      throw new RpcError(rpcCodes.methodNotFound, `There is no method "${method}".`, {
        remedy: `What there is: ${methods.join(", ")}.`,
      });
    }
    return this.carryOut(known, params);
  }

  /** Gives every study free. */
  closeAll(): void {
    for (const id of [...this.studies.keys()]) this.close(id);
  }

  private carryOut(method: Method, params: Params): unknown {
    switch (method) {
      case "ask":
        return this.ask(params);
      case "tell":
        return this.tell(params);
      case "study.create":
        return this.create(params);
      case "study.open":
        return this.open(params);
      case "best":
        return bestAnswer(this.only(params));
      case "state":
        return this.only(params).view();
      case "trials":
        return this.trials(params);
      case "trial": {
        checkNames(params, ["study", "trial"], "params");
        const study = this.study(params);
        return trialWithCurve(study, required(readWhole(params, "trial", "params", 0), "params.trial"));
      }
      case "importance":
        return importanceAnswer(this.only(params));
      case "predict": {
        checkNames(params, ["study", "configurations"], "params");
        const study = this.study(params);
        const list = limited(readList(params, "configurations", "params"), "params.configurations");
        return predictAnswer(study, this.configurations(study, list));
      }
      case "close":
        this.close(this.only(params).id);
        return {};
      case "about":
        checkNames(params, [], "params");
        return this.about();
      case "shutdown":
        checkNames(params, [], "params");
        this.ended = true;
        return {};
    }
  }

  private about(): unknown {
    return {
      name: "agent-tune",
      version: this.host.version,
      protocol: protocolVersion,
      methods,
      optimizers: optimizerFactories.map(({ name, summary, settings }) => ({
        name,
        summary,
        settings: settings === undefined ? null : z.toJSONSchema(settings, { io: "input", unrepresentable: "any" }),
      })),
    };
  }

  private create(params: Params): unknown {
    const request = readStudyRequest(params);
    const { durable, settings, search } = request;
    if (durable === false) {
      this.made++;
      const study = new AskTellStudy({
        id: `memory-${this.made}`,
        settings,
        search,
        optimizer: optimizerFactory(settings.optimizer),
        keeper: new MemoryKeeper(),
        clock: this.clock,
        // No process is ever looked for by it.
        mark: () => "",
      });
      this.studies.set(study.id, study);
      return studyAnswer(study);
    }
    // What is wrong with the request is said before a store is made for it.
    optimizerFactory(settings.optimizer);
    return this.stored(durable, true, (store) => createStoredStudy({ ...this.surroundings, store }, request));
  }

  private open(params: Params): unknown {
    checkNames(params, ["study", "durable"], "params");
    const { durable = true } = params;
    if (durable !== true && typeof durable !== "string") {
      throw invalidParams("params.durable", "is neither true nor the folder of a store");
    }
    const name = readText(params, "study", "params");
    // A study that is open here already is the same study, not one that somebody else holds.
    const here = this.stores.get(this.storeFolder(durable))?.store.findStudy(name).id;
    const known = here === undefined ? undefined : this.studies.get(here);
    if (known !== undefined) return studyAnswer(known);
    return this.stored(durable, false, (store) => openStoredStudy({ ...this.surroundings, store }, name));
  }

  private ask(params: Params): unknown {
    checkNames(params, ["study", "count", "configurations"], "params");
    const study = this.study(params);
    const list = readList(params, "configurations", "params");
    const count = readWhole(params, "count", "params", 1);
    if (list === undefined) {
      if (count !== undefined && count > mostAtOnce) {
        throw invalidParams("params.count", `is ${count}, and at most ${mostAtOnce} trials are given at once`);
      }
      return { trials: this.guarded(study, () => study.ask(count ?? 1)).map(askedTrial) };
    }
    if (count !== undefined) throw invalidParams("params.count", "belongs to a call without configurations");
    const wanted = this.configurations(study, limited(list, "params.configurations"));
    return { trials: this.guarded(study, () => study.askFor(wanted)).map(askedTrial) };
  }

  private tell(params: Params): unknown {
    const study = this.study(params);
    const { metric } = study.settings.objective;
    const list = readList(params, "results", "params");
    if (list === undefined) {
      const told = readToldTrial(params, "params", metric, ["study"]);
      return { results: this.guarded(study, () => study.tell([told])) };
    }
    checkNames(params, ["study", "results"], "params");
    const results = limited(list, "params.results").map((each, index) => {
      const where = `params.results[${index}]`;
      return readToldTrial(readObject(each, where), where, metric, []);
    });
    return { results: this.guarded(study, () => study.tell(results)) };
  }

  private trials(params: Params): unknown {
    checkNames(params, ["study", "from", "count"], "params");
    const study = this.study(params);
    const from = readWhole(params, "from", "params", 0) ?? 0;
    const count = readWhole(params, "count", "params", 1);
    const shown = study.trials.slice(from, count === undefined ? undefined : from + count);
    return { total: study.trials.length, trials: shown.map(publicTrial) };
  }

  /** The study of a call that says nothing else. */
  private only(params: Params): AskTellStudy {
    checkNames(params, ["study"], "params");
    return this.study(params);
  }

  private study(params: Params): AskTellStudy {
    const id = required(readText(params, "study", "params"), "params.study");
    const study = this.studies.get(id);
    if (study !== undefined) return study;
    throw new AgentTuneError("study_unknown", {
      message: `There is no study "${id}" open here.`,
      where: "params.study",
      remedy: "Give the id that study.create or study.open answered; open a stored study with study.open.",
    });
  }

  private configurations(
    study: AskTellStudy,
    list: readonly unknown[],
  ): readonly ReturnType<typeof readConfiguration>[] {
    return list.map((each, index) => {
      const where = `params.configurations[${index}]`;
      if (!isObject(each)) throw invalidParams(where, "is not an object");
      return readConfiguration(study.space, each, where);
    });
  }

  /** Gives a study up that could not be kept: what is stored is whole, and can be opened again. */
  private guarded<Result>(study: AskTellStudy, action: () => Result): Result {
    try {
      return action();
    } finally {
      if (study.broken) this.close(study.id);
    }
  }

  private stored(durable: string | true, create: boolean, make: (store: Store) => AskTellStudy): unknown {
    const folder = this.storeFolder(durable);
    const open = this.stores.get(folder) ?? { store: Store.open(folder, { create }), studies: new Set<string>() };
    this.stores.set(folder, open);
    try {
      const study = make(open.store);
      this.studies.set(study.id, study);
      open.studies.add(study.id);
      return studyAnswer(study);
    } finally {
      this.leave(folder, open);
    }
  }

  private storeFolder(durable: string | true): string {
    const folder = resolve(this.host.cwd, durable === true ? "." : durable);
    return basename(folder) === ".agent-tune" ? folder : join(folder, ".agent-tune");
  }

  private close(id: string): void {
    const study = this.studies.get(id);
    if (study === undefined) return;
    this.studies.delete(id);
    study.close();
    for (const [folder, open] of this.stores) {
      if (open.studies.delete(id)) this.leave(folder, open);
    }
  }

  /** Closes a store that no study is kept in any more. */
  private leave(folder: string, { store, studies }: OpenStore): void {
    if (studies.size > 0) return;
    this.stores.delete(folder);
    store.close();
  }

  private get clock(): Clock {
    return this.host.clock ?? systemClock;
  }

  private get surroundings(): { readonly clock: Clock } & Pick<Host, "holder" | "nonce"> {
    const { holder, nonce } = this.host;
    return { clock: this.clock, holder, nonce };
  }
}

function required<Value>(value: Value | undefined, where: string): Value {
  if (value === undefined) throw invalidParams(where, "is missing");
  return value;
}

function limited(list: readonly unknown[] | undefined, where: string): readonly unknown[] {
  const given = required(list, where);
  if (given.length === 0) throw invalidParams(where, "is empty");
  if (given.length > mostAtOnce) throw invalidParams(where, `has more than ${mostAtOnce} entries`);
  return given;
}
