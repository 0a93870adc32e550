"""Tests of the Python client against the real program: python3 -m unittest (AGENT_TUNE names the program)."""

import ast
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest

import agent_tune

HERE = pathlib.Path(__file__).resolve().parent

#: One program for the tests that are not about it.
shared = {}


def setUpModule():
    shared["client"] = agent_tune.Client()


def tearDownModule():
    shared["client"].close()


def create_study(**more):
    return agent_tune.create_study(client=shared["client"], **more)


def bowl(trial):
    lr = trial.suggest_float("lr", 1e-5, 1, log=True, default=1e-4)
    layers = trial.suggest_int("layers", 1, 8, default=2)
    kind = trial.suggest_categorical("kind", ["relu", None, True])
    return (math.log10(lr) + 2) ** 2 + 0.1 * (layers - 5) ** 2 + (0 if kind is None else 0.5)


SPACE = {
    "x": agent_tune.Float(-5, 5, default=4),
    "optimizer": agent_tune.Categorical(["adam", "sgd"]),
    "momentum": agent_tune.Float(0.5, 0.99, default=0.9, when="optimizer == 'sgd'"),
}


class DefineByRun(unittest.TestCase):
    def test_the_first_trial_runs_the_defaults_and_finds_the_space(self):
        with create_study(seed=3) as study:
            self.assertIsNone(study.id)
            self.assertEqual(study.trials, [])
            study.optimize(bowl, n_trials=40)
            trials = study.trials
            self.assertEqual([trial.number for trial in trials], list(range(40)))
            self.assertEqual(trials[0].params, {"lr": 1e-4, "layers": 2, "kind": "relu"})
            self.assertEqual(trials[0].origin, "default")
            self.assertEqual(trials[1].origin, "cma-es")
            self.assertLess(study.best_value, trials[0].value)
            self.assertEqual(study.best_value, min(trial.value for trial in trials))
            self.assertEqual(study.best_params, study.best_trial.params)

    def test_gives_what_an_explicit_space_gives(self):
        space = {
            "lr": agent_tune.Float(1e-5, 1, log=True, default=1e-4),
            "layers": agent_tune.Int(1, 8, default=2),
            "kind": agent_tune.Categorical(["relu", "None", True]),
        }
        with create_study(seed=5) as found, create_study(seed=5, space=space) as declared:
            found.optimize(bowl, n_trials=12)
            declared.optimize(bowl, n_trials=12)
            self.assertEqual([t.params for t in found.trials], [t.params for t in declared.trials])
            self.assertEqual([t.seed for t in found.trials][1:], [t.seed for t in declared.trials][1:])

    def test_middles_are_the_defaults_where_none_are_given(self):
        def objective(trial):
            trial.suggest_float("a", 1e-4, 1e-2, log=True)
            trial.suggest_float("b", 0, 1, step=0.25)
            trial.suggest_int("c", 1, 10, step=3)
            trial.suggest_int("d", 4, 64, log=True)
            self.assertEqual(trial.suggest_int("fixed", 7, 7), 7)
            return 1

        with create_study() as study:
            study.optimize(objective, n_trials=2)
            self.assertEqual(study.trials[0].params, {"a": 1e-3, "b": 0.5, "c": 4, "d": 16})

    def test_a_mistake_in_a_range_is_said_before_the_first_trial_runs_on(self):
        reached = []

        def objective(trial):
            trial.suggest_float("lr", 0, 1, log=True)
            reached.append("training")
            return 1

        with create_study() as study:
            with self.assertRaisesRegex(agent_tune.AgentTuneError, "log scale") as raised:
                study.optimize(objective, n_trials=1)
            self.assertEqual(raised.exception.kind, "space_invalid")
        self.assertEqual(reached, [])

    def test_the_space_stays_as_it_is(self):
        def grows(trial):
            x = trial.suggest_float("x", 0, 1)
            return x + (trial.suggest_float("y", 0, 1) if trial.number > 0 else 0)

        def moves(trial):
            return trial.suggest_float("x", 0, 1 + trial.number)

        for objective, says in ((grows, "suggests y, which is not in the search space"), (moves, "high=2.0")):
            with create_study() as study:
                with self.assertRaisesRegex(agent_tune.SpaceChangedError, says):
                    study.optimize(objective, n_trials=5, catch=Exception)
                self.assertEqual([t.state for t in study.trials], ["complete", "failed"])
                self.assertEqual(study.trials[1].failure, "cancelled")

    def test_starts_where_it_is_told(self):
        with create_study(start={"lr": 0.1, "kind": None}) as study:
            study.optimize(bowl, n_trials=1)
            self.assertEqual(study.trials[0].params, {"lr": 0.1, "layers": 2, "kind": "None"})
            self.assertEqual(study.trials[0].origin, "user")

    def test_an_objective_that_suggests_nothing_is_refused(self):
        with create_study() as study:
            with self.assertRaisesRegex(agent_tune.AgentTuneError, "suggested no parameter"):
                study.optimize(lambda trial: 1.0, n_trials=1)

    def test_a_mistake_in_the_first_trial_leaves_no_half_space(self):
        broken = [True]

        def objective(trial):
            x = trial.suggest_float("x", 0, 1)
            if broken.pop() if broken else False:
                raise KeyError("mistake")
            return x + trial.suggest_float("y", 0, 1)

        with create_study() as study:
            with self.assertRaises(KeyError):
                study.optimize(objective, n_trials=3)
            study.optimize(objective, n_trials=3)
            self.assertEqual(sorted(study.best_params), ["x", "y"])


class Space(unittest.TestCase):
    def test_conditions_and_constraints(self):
        with create_study(space=SPACE, constraints=["x < 4.5"], optimizer="random", seed=2) as study:
            seen = set()
            for _ in range(30):
                trial = study.ask()
                self.assertLess(trial.suggest_float("x", -5, 5), 4.5)
                kind = trial.suggest_categorical("optimizer", ["adam", "sgd"])
                seen.add(kind)
                if kind == "sgd":
                    self.assertGreaterEqual(trial.suggest_float("momentum", 0.5, 0.99), 0.5)
                else:
                    with self.assertRaisesRegex(agent_tune.SpaceChangedError, "not active"):
                        trial.suggest_float("momentum", 0.5, 0.99)
                study.tell(trial, 1.0)
            self.assertEqual(seen, {"adam", "sgd"})

    def test_booleans_are_suggested_as_categoricals(self):
        with create_study(space={"on": agent_tune.Boolean(), "x": agent_tune.Float(0, 1)}) as study:
            trial = study.ask()
            self.assertIs(trial.suggest_categorical("on", [True, False]), False)

    def test_none_is_a_choice(self):
        space = {"norm": agent_tune.Categorical(["layer", None], default=None), "x": agent_tune.Float(0, 1)}
        with create_study(space=space) as study:
            trial = study.ask()
            self.assertIsNone(trial.suggest_categorical("norm", ["layer", None]))
            study.tell(trial, 1.0)
            study.add_trial({"norm": None, "x": 0.25}, 0.5)
            self.assertEqual(study.best_params, {"norm": "None", "x": 0.25})

    def test_choices_that_json_does_not_have_are_refused(self):
        with create_study() as study:
            with self.assertRaisesRegex(TypeError, "use names"):
                study.ask().suggest_categorical("layers", [(1, 2), (3, 4)])

    def test_unknown_optimizers_are_refused_with_those_there_are(self):
        with self.assertRaisesRegex(agent_tune.AgentTuneError, "cma-es") as raised:
            create_study(space=SPACE, optimizer="gradient-descent")
        self.assertEqual(raised.exception.code, -32002)


class Results(unittest.TestCase):
    def study(self, **more):
        study = create_study(space=SPACE, **more)
        self.addCleanup(study.close)
        return study

    def test_maximises(self):
        study = self.study(direction="maximize", seed=1)
        study.optimize(lambda trial: -((trial.params["x"] - 1) ** 2), n_trials=40)
        self.assertGreater(study.best_value, -9)
        self.assertEqual(study.best_value, max(trial.value for trial in study.trials))

    def test_what_is_not_finite_is_a_failure(self):
        study = self.study()
        for value in (float("nan"), float("inf"), -math.inf):
            self.assertEqual(study.tell(study.ask(), value)["failure"], "diverged")

    def test_out_of_memory_and_divergence_do_not_end_a_study(self):
        errors = [
            MemoryError("no room"),
            RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
            FloatingPointError("overflow encountered"),
        ]

        def objective(trial):
            if trial.number < 3:
                raise errors[trial.number]
            return trial.params["x"]

        study = self.study()
        study.optimize(objective, n_trials=5)
        self.assertEqual(
            [trial.failure for trial in study.trials], ["out_of_memory", "out_of_memory", "diverged", None, None]
        )
        self.assertIn("CUDA out of memory", study.trials[1].message)

    def test_other_exceptions_end_it_unless_they_are_caught(self):
        def objective(trial):
            if trial.number == 1:
                raise ValueError("bad width")
            return 1.0

        study = self.study()
        with self.assertRaisesRegex(ValueError, "bad width"):
            study.optimize(objective, n_trials=4)
        self.assertEqual([trial.state for trial in study.trials], ["complete", "failed"])
        other = self.study()
        other.optimize(objective, n_trials=4, catch=(ValueError,))
        self.assertEqual([trial.failure for trial in other.trials], [None, "crashed", None, None])
        self.assertIn("bad width", other.trials[1].message)

    def test_an_interrupt_gives_its_trial_up(self):
        def objective(trial):
            if trial.number == 1:
                raise KeyboardInterrupt
            return 1.0

        study = self.study()
        with self.assertRaises(KeyboardInterrupt):
            study.optimize(objective, n_trials=4)
        self.assertEqual([trial.failure for trial in study.trials], [None, "cancelled"])

    def test_what_is_not_a_number_is_a_mistake(self):
        study = self.study()
        with self.assertRaisesRegex(TypeError, "None and not a number"):
            study.optimize(lambda trial: None, n_trials=2)
        self.assertEqual([trial.failure for trial in study.trials], ["cancelled"])

    def test_pruned_trials_stand_by_their_last_value_and_are_never_the_best(self):
        def objective(trial):
            for step in range(1, 4):
                trial.report(trial.number / step, step)
                if trial.number == 0 and step == 2:
                    raise agent_tune.TrialPruned()
            return 5.0

        study = self.study()
        study.optimize(objective, n_trials=2)
        self.assertEqual([trial.state for trial in study.trials], ["pruned", "complete"])
        self.assertEqual(study.best_trial.number, 1)
        self.assertEqual(study.trial(1).intermediate_values, {1.0: 1.0, 2.0: 0.5, 3.0: 1 / 3})

    def test_results_that_were_not_asked_for(self):
        study = self.study(start=None)
        number = study.add_trial({"x": 0.25, "optimizer": "adam"}, 0.1)
        self.assertEqual(study.best_params, {"x": 0.25, "optimizer": "adam"})
        self.assertEqual(study.best_trial.number, number)
        queued = study.enqueue_trial({"x": 2, "optimizer": "adam"})
        trial = study.ask()
        self.assertEqual((trial.number, trial.params["x"]), (queued, 2))
        with self.assertRaises(agent_tune.AgentTuneError) as raised:
            study.add_trial({"x": 20, "optimizer": "adam"}, 0.1)
        self.assertEqual(raised.exception.kind, "configuration_invalid")

    def test_nothing_completed_has_no_best(self):
        study = self.study()
        with self.assertRaises(agent_tune.AgentTuneError) as raised:
            study.best_value
        self.assertEqual(raised.exception.kind, "nothing_completed")

    def test_what_else_was_measured_is_kept(self):
        study = self.study()
        trial = study.ask()
        trial.measure(peak_memory=1e9, cost=3, progress=1, metrics={"accuracy": 0.5})
        study.tell(trial, 1.0)
        record = study.client.call("trial", study=study.id, trial=0)
        self.assertEqual(record["peakMemoryBytes"], 1e9)
        self.assertEqual(record["metrics"], {"accuracy": 0.5, "objective": 1.0})

    def test_models_of_the_trials(self):
        study = self.study(seed=1, optimizer="random")
        self.assertEqual(study.importance()["calibration"], "too little data")
        study.optimize(lambda trial: trial.params["x"] ** 2, n_trials=30)
        importance = study.importance()
        self.assertEqual([each["name"] for each in importance["parameters"]], ["x"])
        (first,) = importance["parameters"]
        self.assertTrue(first["low"] <= first["effect"] <= first["high"])
        (prediction,) = study.predict([{"x": 3, "optimizer": "adam"}])
        self.assertTrue(prediction["interval"][0] <= 9 <= prediction["interval"][1])
        self.assertEqual(study.state()["optimizer"], "random")


class Threads(unittest.TestCase):
    def test_several_trials_at_once_with_no_number_twice(self):
        running, most, lock = [0], [0], threading.Lock()

        def objective(trial):
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            time.sleep(0.01)
            with lock:
                running[0] -= 1
            return bowl(trial)

        with create_study(seed=2) as study:
            study.optimize(objective, n_trials=24, n_jobs=4)
            self.assertEqual([trial.state for trial in study.trials], ["complete"] * 24)
        self.assertGreater(most[0], 1)
        self.assertLessEqual(most[0], 4)

    def test_an_error_in_one_ends_all(self):
        def objective(trial):
            if trial.number == 5:
                raise ValueError("mistake")
            return bowl(trial)

        with create_study() as study:
            with self.assertRaisesRegex(ValueError, "mistake"):
                study.optimize(objective, n_trials=1000, n_jobs=3)
            self.assertLess(len(study.trials), 20)

    def test_stops_when_it_is_told_to_and_when_time_is_up(self):
        with create_study() as study:

            def objective(trial):
                if trial.number == 4:
                    study.stop()
                return bowl(trial)

            study.optimize(objective, n_trials=100)
            self.assertEqual(len(study.trials), 5)
            study.optimize(bowl, timeout=0)
            self.assertEqual(len(study.trials), 5)
            with self.assertRaisesRegex(ValueError, "n_trials or timeout"):
                study.optimize(bowl)
            with self.assertRaisesRegex(ValueError, "n_jobs is 0"):
                study.optimize(bowl, n_trials=1, n_jobs=0)


class Durable(unittest.TestCase):
    def test_goes_on_where_it_was_with_the_same_proposals(self):
        with tempfile.TemporaryDirectory() as whole, tempfile.TemporaryDirectory() as parts:
            with agent_tune.create_study(seed=4, durable=whole) as study:
                study.optimize(bowl, n_trials=15)
                expected = [(trial.params, trial.value) for trial in study.trials]
            with agent_tune.create_study(seed=4, durable=parts, name="mine") as study:
                study.optimize(bowl, n_trials=6)
                unfinished = study.ask()
            with agent_tune.load_study("mine", durable=parts) as study:
                # The trial that was asked for and never told comes again.
                again = study.ask()
                self.assertEqual((again.number, again.params), (unfinished.number, unfinished.params))
                study.tell(again, bowl(again))
                study.optimize(bowl, n_trials=8)
                self.assertEqual([(trial.params, trial.value) for trial in study.trials], expected)

    def test_is_worked_on_by_one_program_at_a_time(self):
        with tempfile.TemporaryDirectory() as folder:
            with agent_tune.create_study(space=SPACE, durable=folder):
                with self.assertRaises(agent_tune.AgentTuneError) as raised:
                    agent_tune.load_study(durable=folder)
                self.assertEqual(raised.exception.kind, "study_held")


class TheProgram(unittest.TestCase):
    def test_is_missed_with_a_remedy(self):
        saved = dict(os.environ)
        try:
            os.environ.pop("AGENT_TUNE", None)
            os.environ["PATH"] = "/nowhere"
            with self.assertRaisesRegex(agent_tune.AgentTuneError, "npm install"):
                agent_tune.create_study()
        finally:
            os.environ.clear()
            os.environ.update(saved)
        with self.assertRaisesRegex(agent_tune.AgentTuneError, "could not be started"):
            agent_tune.create_study(program="/nowhere/agent-tune")

    def test_that_ends_at_once_is_quoted(self):
        with self.assertRaisesRegex(agent_tune.AgentTuneError, "exit code 3: some reason"):
            agent_tune.create_study(
                program=[sys.executable, "-c", "import sys; print('some reason', file=sys.stderr); sys.exit(3)"]
            )

    def test_ends_with_the_study_and_says_so_afterwards(self):
        study = agent_tune.create_study(space=SPACE)
        process = study.client._process
        study.close()
        study.close()
        self.assertEqual(process.returncode, 0)
        with self.assertRaisesRegex(agent_tune.AgentTuneError, "has ended"):
            study.ask()

    def test_ends_with_its_client_even_if_that_is_killed(self):
        script = """
            import agent_tune, os, signal, sys
            study = agent_tune.create_study()
            print(study.client._process.pid, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        """
        ended = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)], cwd=str(HERE), stdout=subprocess.PIPE, timeout=60
        )
        pid = int(ended.stdout)
        limit = time.monotonic() + 30
        while time.monotonic() < limit:
            try:
                os.kill(pid, 0)
                with open("/proc/%d/stat" % pid) as stat:
                    if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                        return
            except OSError:
                return
            time.sleep(0.02)
        self.fail("the program outlived its client")

    def test_is_shared_by_several_studies(self):
        with agent_tune.Client() as client:
            one = agent_tune.create_study(space=SPACE, client=client, seed=1)
            other = agent_tune.create_study(space=SPACE, client=client, seed=1, direction="maximize")
            self.assertNotEqual(one.id, other.id)
            self.assertEqual(one.ask().params, other.ask().params)
            one.close()
            self.assertEqual(other.ask().number, 1)


class TheFile(unittest.TestCase):
    def test_is_python_3_8_and_imports_the_standard_library_only(self):
        source = (HERE / "agent_tune.py").read_text()
        tree = ast.parse(source, feature_version=(3, 8))
        imported = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imported.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
        if sys.version_info >= (3, 10):
            self.assertEqual(imported - set(sys.stdlib_module_names), set())

    def test_the_examples_of_the_readme_and_the_module_run(self):
        readme = (HERE / "README.md").read_text()
        blocks = re.findall(r"^```python\n(.*?)^```$", readme, re.S | re.M)
        self.assertGreaterEqual(len(blocks), 3)
        with tempfile.TemporaryDirectory() as folder:
            before = os.getcwd()
            os.chdir(folder)
            try:
                names = {}
                for block in blocks:
                    exec(compile(block, "README.md", "exec"), names)
            finally:
                os.chdir(before)

    def test_everything_public_says_what_it_is_for(self):
        missing = [name for name in agent_tune.__all__ if not getattr(agent_tune, name).__doc__]
        missing += [
            "%s.%s" % (kind.__name__, name)
            for kind in (agent_tune.Client, agent_tune.Study, agent_tune.Trial)
            for name, member in vars(kind).items()
            if not name.startswith("_") and not member.__doc__
        ]
        self.assertEqual(missing, [])


if __name__ == "__main__":
    unittest.main()
