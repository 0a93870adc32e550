"""Records the published loop on Optuna itself: what optuna-trace.test.ts replays.

    PYTHON evals/methods/published-centaur/optuna_trace.py > evals/methods/published-centaur/fixtures/optuna-trace.json

CmaEsSampler with its defaults; trial 0 is added and not asked for; every third trial from 10 on is overwritten after
it was asked for; failures are told as 100. The normal numbers behind the samples are given and recorded: a sample is
mean + sigma C^(1/2) z with the symmetric root, so that it depends on z alone and not on the signs and the order of
eigenvectors. The numbers of three trials are stretched, so that samples are redrawn often and, once, clipped.
"""

import json
import math
import sys
import warnings

import cmaes
import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore")

TRIALS = 75
PENALTY = 100.0

# In alphabetical order, which is Optuna's.
DISTRIBUTIONS = {
    "a_rate": FloatDistribution(1e-5, 1e-1, log=True),
    "b_drop": FloatDistribution(0.0, 0.6),
    "c_layers": IntDistribution(1, 12),
    "d_batch": IntDistribution(8, 1024, log=True),
    "e_kernel": IntDistribution(1, 15, step=2),
    "f_grid": FloatDistribution(0.0, 1.0, step=0.25),
    "g_width": IntDistribution(32, 1024, log=True),
    "h_kind": CategoricalDistribution(["x", "y", "z"]),
}
NUMERIC = [name for name in DISTRIBUTIONS if name != "h_kind"]
DEFAULTS = {
    "a_rate": 1e-3,
    "b_drop": 0.1,
    "c_layers": 4,
    "d_batch": 64,
    "e_kernel": 5,
    "f_grid": 0.5,
    "g_width": 128,
    "h_kind": "x",
}

source = np.random.RandomState(11)
normals = []
stretch = 1.0
states = []
original_tell = cmaes.CMA.tell


def sample_solution(self):
    B, D = self._eigen_decomposition()
    z = np.round(stretch * source.randn(self._n_dim), 3)
    normals.extend(z.tolist())
    return self._mean + self._sigma * B.dot(D * B.T.dot(z))


def tell(self, solutions):
    original_tell(self, solutions)
    states.append({"mean": self._mean.tolist(), "sigma": float(self._sigma), "C": self._C.tolist()})


def value_of(params, number):
    # One generation fails nearly as a whole: equal values become parents, in the order of trials.
    if number % 7 == 3 or 46 <= number <= 52:
        return PENALTY
    return (
        (math.log10(params["a_rate"]) + 2.3) ** 2
        + 3 * (params["b_drop"] - 0.2 - 0.02 * params["c_layers"]) ** 2
        + 0.05 * abs(params["c_layers"] - 8)
        + 0.2 * (math.log2(params["d_batch"]) - 7 + math.log10(params["a_rate"]) + 2) ** 2
        + 0.01 * (params["e_kernel"] - 7) ** 2
        + params["f_grid"]
        + 0.1 * (math.log2(params["g_width"]) - 9) ** 2
    )


def advice(number, random):
    """Far from the mean now and then, on the bounds now and then."""
    values = dict(DEFAULTS)
    values["a_rate"] = float(f"{10 ** random.uniform(-5, -1):.6g}")
    values["b_drop"] = 0.6 if number % 2 == 0 else round(float(random.uniform(0, 0.6)), 3)
    values["c_layers"] = int(random.randint(1, 13))
    values["d_batch"] = 1024 if number % 4 == 0 else int(random.randint(8, 1025))
    values["e_kernel"] = int(random.randint(0, 8)) * 2 + 1
    values["f_grid"] = int(random.randint(0, 5)) * 0.25
    values["g_width"] = int(random.randint(32, 1025))
    return values


def main():
    global stretch
    cmaes.CMA._sample_solution = sample_solution
    cmaes.CMA.tell = tell
    study = optuna.create_study(sampler=optuna.samplers.CmaEsSampler(seed=1))
    study.add_trial(
        create_trial(state=TrialState.COMPLETE, params=DEFAULTS, distributions=DISTRIBUTIONS, value=value_of(DEFAULTS, 0))
    )
    trials = []
    advisor = np.random.RandomState(5)
    for number in range(1, TRIALS + 1):
        # The last of the three finds no sample in the box.
        stretch = {4: 3.0, 31: 4.0, 40: 400.0}.get(number, 1.0)
        before = len(normals)
        trial = study.ask(fixed_distributions=DISTRIBUTIONS)
        record = {"asked": {name: trial.params[name] for name in NUMERIC}, "samples": (len(normals) - before) // len(NUMERIC)}
        if number >= 10 and number % 3 == 0:
            record["advice"] = advice(number, advisor)
            for name, distribution in DISTRIBUTIONS.items():
                internal = distribution.to_internal_repr(record["advice"][name])
                study._storage.set_trial_param(trial._trial_id, name, internal, distribution)
        params = study._storage.get_trial(trial._trial_id).params
        value = value_of(params, number)
        record["value"] = value
        study.tell(trial, value)
        trials.append(record)
    versions = {
        "python": sys.version.split()[0],
        "numpy": np.__version__,
        "optuna": optuna.__version__,
        "cmaes": cmaes.__version__,
    }
    json.dump({"versions": versions, "defaults": DEFAULTS, "trials": trials, "states": states, "normals": normals}, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
