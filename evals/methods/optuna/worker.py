"""Samplers of Optuna behind lines of JSON, for optuna-method.ts.

One request a line on standard input, one reply a line on standard output:

    {"op": "create", "sampler": "tpe", "seed": 1, "settings": {}}   a new study, minimised
    {"op": "enqueue", "values": {"x": 0.5}}                         fixes the parameters of the next trial
    {"op": "ask"}                                                   starts a trial
    {"op": "suggest", "parameter": {"name": "x", "kind": "float", "low": 0, "high": 1, "log": false}}
    {"op": "tell", "evaluation": {"kind": "value", "value": 0.3}}   ends it; {"kind": "failure"} is told as FAIL

A reply has the milliseconds that Optuna took, and a value where a parameter was suggested, or an error.
`--check` prints the versions and, for each sampler, why it cannot be used ("" where it can).
"""

import json
import sys
import time
import warnings

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore")


def make_sampler(name, seed, settings):
    if name == "tpe":
        return optuna.samplers.TPESampler(seed=seed, **settings)
    if name == "tpe-univariate":
        return optuna.samplers.TPESampler(seed=seed, multivariate=False, **settings)
    if name == "tpe-multivariate":
        # `group` splits a conditional space into the parts that occur together.
        return optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True, **settings)
    if name == "cma-es":
        return optuna.samplers.CmaEsSampler(seed=seed, **settings)
    if name == "gp":
        return optuna.samplers.GPSampler(seed=seed, **settings)
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed, **settings)
    raise ValueError(f"there is no sampler named {name}")


def suggest(trial, parameter):
    name, kind = parameter["name"], parameter["kind"]
    if kind == "categorical":
        return trial.suggest_categorical(name, parameter["choices"])
    low, high, log = parameter["low"], parameter["high"], parameter["log"]
    if kind == "int":
        return trial.suggest_int(name, int(low), int(high), step=int(parameter.get("step", 1)), log=log)
    return trial.suggest_float(name, low, high, step=parameter.get("step"), log=log)


class Worker:
    def __init__(self):
        self.study = None
        self.trial = None

    def answer(self, request):
        op = request["op"]
        if op == "create":
            sampler = make_sampler(request["sampler"], request["seed"] % 2**32, request["settings"])
            self.study = optuna.create_study(direction="minimize", sampler=sampler)
        elif op == "enqueue":
            self.study.enqueue_trial(request["values"])
        elif op == "ask":
            self.trial = self.study.ask()
        elif op == "suggest":
            return suggest(self.trial, request["parameter"])
        elif op == "tell":
            evaluation = request["evaluation"]
            if evaluation["kind"] == "value":
                self.study.tell(self.trial, evaluation["value"])
            else:
                self.study.tell(self.trial, state=optuna.trial.TrialState.FAIL)
        else:
            raise ValueError(f"there is no operation named {op}")
        return None


def needs(module):
    try:
        __import__(module)
    except ImportError:
        return f"the Python package {module} is not installed"
    return ""


def check():
    versions = {"python": sys.version.split()[0], "optuna": optuna.__version__}
    samplers = {
        "tpe": "",
        "tpe-univariate": "",
        "tpe-multivariate": "",
        "cma-es": needs("cmaes"),
        "gp": needs("torch") or needs("scipy"),
        "random": "",
    }
    print(json.dumps({"versions": versions, "samplers": samplers}))


def main():
    worker = Worker()
    for line in sys.stdin:
        before = time.perf_counter()
        reply = {}
        try:
            value = worker.answer(json.loads(line))
            if value is not None:
                reply["value"] = value
        except Exception as error:  # told to the other side, which stops
            reply["error"] = f"{type(error).__name__}: {error}"
        reply["milliseconds"] = 1000 * (time.perf_counter() - before)
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        check()
    else:
        main()
