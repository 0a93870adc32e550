"""Tune hyperparameters from Python with agent-tune.

One file, the standard library and nothing else, Python 3.8 or newer. It starts ``agent-tune serve`` and speaks
JSON-RPC with it over a pipe; the program ends with this process, however that ends.

    import agent_tune

    def objective(trial):
        lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True, default=1e-3)
        width = trial.suggest_int("width", 16, 256, log=True, default=64)
        return train(lr, width)

    with agent_tune.create_study(direction="minimize", optimizer="cma-es", seed=1) as study:
        study.optimize(objective, n_trials=50)
        print(study.best_value, study.best_params)

The first trial runs the defaults, and what it suggests is the search space from then on. With ``space=`` the search
space is said beforehand, which also allows conditions and constraints.
"""

from __future__ import annotations

import collections
import concurrent.futures
import json
import math
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
import traceback
import weakref
from dataclasses import dataclass, field
from typing import Any, Callable, Deque, Dict, IO, Iterable, List, Mapping, Optional, Sequence, Tuple, Type, Union

__all__ = [
    "AgentTuneError",
    "Boolean",
    "Categorical",
    "Client",
    "Float",
    "FrozenTrial",
    "Int",
    "SpaceChangedError",
    "Study",
    "Trial",
    "TrialPruned",
    "create_study",
    "load_study",
]

#: Number of the protocol that this file speaks.
PROTOCOL = 1

Scalar = Union[float, int, str, bool, None]
Program = Union[str, Sequence[str]]
ParameterFields = Dict[str, Any]


class AgentTuneError(Exception):
    """What agent-tune refused, and why.

    Attributes:
        kind: stable name of the kind of error, such as ``space_invalid`` (docs/errors.md)
        code: code of JSON-RPC; None where the program was not asked or did not answer
        where: the parameter, trial or file it is about, or None
        remedy: what can be done now, or None
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str = "usage",
        code: Optional[int] = None,
        where: Optional[str] = None,
        remedy: Optional[str] = None,
    ) -> None:
        super().__init__(message if remedy is None else "%s %s" % (message, remedy))
        self.kind = kind
        self.code = code
        self.where = where
        self.remedy = remedy


class SpaceChangedError(AgentTuneError):
    """A trial suggested a parameter that is not the one the search space has."""


class TrialPruned(Exception):
    """Raise it in an objective to end a trial early. The last value that was reported stands for it."""


# ------------------------------------------------------------------------------------------------ the search space


def Float(
    low: float,
    high: float,
    *,
    log: bool = False,
    step: Optional[float] = None,
    default: Optional[float] = None,
    **more: str
) -> ParameterFields:
    """A real number, for ``space=``. ``more``: when, unit, description (docs/study-file.md)."""
    return _fields("float", low=low, high=high, scale="log" if log else None, step=step, default=default, **more)


def Int(
    low: int,
    high: int,
    *,
    log: bool = False,
    step: Optional[int] = None,
    powers_of: Optional[int] = None,
    default: Optional[int] = None,
    **more: str
) -> ParameterFields:
    """A whole number, for ``space=``."""
    scale = "log" if log else None
    return _fields("int", low=low, high=high, scale=scale, step=step, powers_of=powers_of, default=default, **more)


def Categorical(choices: Sequence[Scalar], *, default: Any = ..., **more: str) -> ParameterFields:
    """One of several values without an order, for ``space=``; None is written as the text "None"."""
    wire = [_to_wire(choice) for choice in choices]
    return _fields("categorical", choices=wire, default=None if default is ... else _to_wire(default), **more)


def Boolean(*, default: bool = False, **more: str) -> ParameterFields:
    """True or false, for ``space=``."""
    return _fields("boolean", default=default, **more)


def _fields(kind: str, **given: Any) -> ParameterFields:
    return {"type": kind, **{name: value for name, value in given.items() if value is not None}}


#: What makes two parameters the same one; defaults and descriptions may differ.
_IDENTITY = {
    "float": ("low", "high", "scale", "step"),
    "int": ("low", "high", "scale", "step", "powers_of"),
    "categorical": ("choices",),
    "boolean": (),
}


def _identity(parameter: Mapping[str, Any]) -> Tuple[Any, ...]:
    kind = parameter["type"]
    if kind == "boolean":
        return ("categorical", [False, True])
    values: List[Any] = []
    for name in _IDENTITY[kind]:
        value = parameter.get(name)
        if name == "scale":
            value = value or ("log" if parameter.get("powers_of") else "linear")
        if name == "step" and kind == "int" and value == 1:
            value = None
        values.append(value)
    return (kind, *values)


def _sort_key(value: Any) -> str:
    return json.dumps(value)


def _same(declared: Mapping[str, Any], suggested: Mapping[str, Any]) -> bool:
    if declared["type"] == "boolean" and suggested["type"] == "categorical":
        return sorted(suggested["choices"], key=_sort_key) == [False, True]
    one, other = _identity(declared), _identity(suggested)
    # True == 1 in Python, and not here.
    return json.dumps(_floats(one)) == json.dumps(_floats(other))


def _floats(value: Any) -> Any:
    """The same with every number a float, so that 1 and 1.0 are written alike."""
    if isinstance(value, bool) or not isinstance(value, (int, float, list, tuple)):
        return value
    return [_floats(each) for each in value] if isinstance(value, (list, tuple)) else float(value)


def _in_words(parameter: Mapping[str, Any]) -> str:
    shown = {name: parameter[name] for name in _IDENTITY[parameter["type"]] if parameter.get(name) is not None}
    return "%s %s" % (parameter["type"], ", ".join("%s=%r" % item for item in shown.items()))


def _to_wire(choice: Any) -> Union[str, float, bool]:
    """A choice as JSON has it: None is written as a text."""
    if choice is None:
        return "None"
    if isinstance(choice, (bool, int, float, str)):
        return choice
    raise TypeError("A choice must be a text, a number, True, False or None, not %r: use names for it." % (choice,))


def _wire(params: Mapping[str, Any]) -> Dict[str, Any]:
    return {name: _to_wire(value) for name, value in params.items()}


def _measurement(value: Any, what: str) -> Union[float, str]:
    """A measured value as JSON has it; anything that ``float`` takes, such as a scalar of NumPy or PyTorch."""
    if isinstance(value, str) or value is None:
        raise TypeError("%s is %r and not a number." % (what, value))
    number = float(value)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


# ---------------------------------------------------------------------------------------------------- the program


def _command(program: Optional[Program]) -> List[str]:
    """The program to start: as given, as AGENT_TUNE says, or as it is found on the PATH."""
    given: Optional[Program] = program if program is not None else os.environ.get("AGENT_TUNE") or None
    if given is None:
        found = shutil.which("agent-tune")
        if found is None:
            raise AgentTuneError(
                "The program agent-tune was not found on the PATH.",
                kind="command_not_found",
                remedy="Install it (npm install --global agent-tune), or name it with program= or AGENT_TUNE.",
            )
        return [found]
    if not isinstance(given, str):
        return [str(word) for word in given]
    words = [given] if os.path.exists(given) or os.name == "nt" else shlex.split(given)
    if len(words) == 1 and words[0].endswith((".js", ".mjs")):
        return ["node", words[0]]
    return words


class Client:
    """One running ``agent-tune serve``. Several studies and several threads can share it."""

    def __init__(self, program: Optional[Program] = None) -> None:
        command = _command(program) + ["serve"]
        # A file and not a pipe: nobody has to read it, and it is there to quote when the program ends.
        self._errors: IO[bytes] = tempfile.TemporaryFile()
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                # Ctrl-C in a terminal is for this process: it tells the trial that was interrupted.
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:
            self._errors.close()
            raise AgentTuneError(
                "The program %s could not be started: %s." % (command[0], error),
                kind="command_not_found",
                remedy="Name it with program= or AGENT_TUNE.",
            ) from error
        self._lock = threading.Lock()
        self._last_id = 0
        self._pid = os.getpid()
        self._finalizer = weakref.finalize(self, _end_process, self._process, self._errors, self._pid)
        about = self.call("about")
        if about["protocol"] != PROTOCOL:
            self.close()
            raise AgentTuneError(
                "%s speaks protocol %s; this client speaks %s." % (command[0], about["protocol"], PROTOCOL),
                remedy="Take agent_tune.py and agent-tune from the same release.",
            )
        #: Version of the program.
        self.version: str = about["version"]

    def call(self, method: str, **params: Any) -> Any:
        """Call one method (docs/serve.md) and return its result.

        Raises:
            AgentTuneError: what the program answered instead, or that it has ended
        """
        if os.getpid() != self._pid:
            raise AgentTuneError(
                "A study cannot be used in a forked process.", remedy="Create or load a study in that process."
            )
        with self._lock:
            self._last_id += 1
            number = self._last_id
            request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            line = json.dumps(request, allow_nan=False, separators=(",", ":")).encode() + b"\n"
            stdin, stdout = self._process.stdin, self._process.stdout
            assert stdin is not None and stdout is not None
            try:
                stdin.write(line)
                stdin.flush()
                while True:
                    answer_line = stdout.readline()
                    if not answer_line.endswith(b"\n"):
                        raise self._ended()
                    answer = json.loads(answer_line)
                    # An answer that an interrupt kept from being read is still in the pipe.
                    if answer["id"] is None or answer["id"] >= number:
                        break
            except (OSError, ValueError) as error:
                raise self._ended() from error
        if "error" in answer:
            error_object = answer["error"]
            details = error_object.get("data", {})
            raise AgentTuneError(
                error_object["message"],
                kind=details.get("code", "internal"),
                code=error_object["code"],
                where=details.get("where"),
                remedy=details.get("remedy"),
            )
        return answer["result"]

    def close(self) -> None:
        """End the program. A second call does nothing."""
        self._finalizer()

    def _ended(self) -> AgentTuneError:
        try:
            code: Optional[int] = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = None
        said = ""
        if not self._errors.closed:
            self._errors.seek(0)
            said = self._errors.read()[-2000:].decode("utf-8", "replace").strip()
        how = "" if code is None else " with exit code %d" % code
        return AgentTuneError(
            "agent-tune has ended%s%s" % (how, ": " + said if said else "."),
            kind="internal",
            remedy="A durable study has lost nothing: load_study goes on with it.",
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _end_process(process: "subprocess.Popen[bytes]", errors: IO[bytes], pid: int) -> None:
    """The end of its input is the program's end. In a forked child there is nothing to end."""
    for pipe in (process.stdin, process.stdout):
        try:
            if pipe is not None:
                pipe.close()
        except OSError:
            pass
    if os.getpid() == pid:
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    errors.close()


# ------------------------------------------------------------------------------------------------------------ trials


@dataclass(frozen=True)
class FrozenTrial:
    """A trial as the study has it.

    Attributes:
        number: from 0
        params: its configuration
        state: "running", "complete", "pruned" or "failed"
        value: the objective's value; None where it has none
        failure: kind of failure, such as "out_of_memory"; None where it did not fail
        message: why it failed or was pruned
        origin: who proposed it: the optimizer's name, "default" or "user"
        seed: for everything in the trial that is random
        duration: seconds, or None
        intermediate_values: what was reported, by step; only where the trial was asked for with :meth:`Study.trial`
    """

    number: int
    params: Dict[str, Scalar]
    state: str
    value: Optional[float]
    failure: Optional[str]
    message: Optional[str]
    origin: str
    seed: int
    duration: Optional[float]
    intermediate_values: Dict[float, float] = field(default_factory=dict)


def _frozen(record: Mapping[str, Any], metric: Optional[str] = None) -> FrozenTrial:
    outcome = record.get("outcome")
    kind = "running" if outcome is None else outcome["kind"]
    return FrozenTrial(
        number=record["number"],
        params=record["proposal"]["configuration"],
        state=kind,
        value=None if outcome is None else outcome.get("value"),
        failure=None if outcome is None else outcome.get("failure"),
        message=None if outcome is None else outcome.get("message", outcome.get("reason")),
        origin=record["proposal"]["origin"],
        seed=record["seed"],
        duration=record.get("seconds"),
        intermediate_values={
            each["step"]: float(each["value"]) for each in record.get("observations", ()) if each["metric"] == metric
        },
    )


class Trial:
    """A trial that an objective runs.

    Attributes:
        number: from 0
        seed: use it for everything that is random
        params: the configuration; while the search space is being found, what was suggested so far
        derived: values of the derived quantities
    """

    def __init__(self, study: "Study", asked: Optional[Mapping[str, Any]]) -> None:
        self._study = study
        #: None while the search space is being found: values are then made up as they are suggested.
        self._configuration: Optional[Dict[str, Any]] = None if asked is None else dict(asked["configuration"])
        self._found: Dict[str, ParameterFields] = {}
        self._wire: Dict[str, Any] = {}
        self._observations: List[Dict[str, Any]] = []
        self._measured: Dict[str, Any] = {}
        self._started = time.monotonic()
        self.number: int = 0 if asked is None else asked["trial"]
        self.seed: int = study._first_seed if asked is None else asked["seed"]
        self.params: Dict[str, Any] = {} if asked is None else dict(asked["configuration"])
        self.derived: Dict[str, float] = {} if asked is None else dict(asked.get("derived", {}))

    def suggest_float(
        self,
        name: str,
        low: float,
        high: float,
        *,
        step: Optional[float] = None,
        log: bool = False,
        default: Optional[float] = None,
    ) -> float:
        """The value of a real parameter in [low, high].

        Args:
            step: only low, low + step, low + 2 step, ... are possible
            log: search factors instead of differences; low must be positive
            default: the value in use now, which the first trial runs; the middle of the range where not given

        A range of one value is that value, and no parameter.
        """
        if low == high:
            self.params[name] = float(low)
            return float(low)
        if default is None and low < high:
            default = math.sqrt(low) * math.sqrt(high) if log and low > 0 else low + (high - low) / 2
            if step is not None:
                default = low + math.floor((default - low) / step) * step
        parameter = Float(float(low), float(high), log=log, step=step, default=low if default is None else default)
        return float(self._suggest(name, parameter))

    def suggest_int(
        self, name: str, low: int, high: int, step: int = 1, *, log: bool = False, default: Optional[int] = None
    ) -> int:
        """The value of a whole parameter in [low, high]; see :meth:`suggest_float`."""
        if low == high:
            self.params[name] = low
            return low
        if default is None and low < high:
            default = round(math.sqrt(low * high)) if log and low > 0 else (low + high) // 2
            default = low + (default - low) // step * step
        default = low if default is None else default
        return int(self._suggest(name, Int(low, high, log=log, step=None if step == 1 else step, default=default)))

    def suggest_categorical(self, name: str, choices: Sequence[Any], *, default: Any = ...) -> Any:
        """One of several values without an order: texts, numbers, True, False, None (kept as the text "None").

        Args:
            default: the choice in use now, which the first trial runs; the first one where not given
        """
        wire = [_to_wire(choice) for choice in choices]
        if not wire:
            raise ValueError("%s has no choices." % name)
        chosen = wire[0] if default is ... else _to_wire(default)
        value = self._suggest(name, Categorical(wire, default=chosen))
        for choice, written in zip(choices, wire):
            if written == value and isinstance(written, bool) == isinstance(value, bool):
                self.params[name] = choice
                return choice
        raise SpaceChangedError("%s is %r, which is not one of %r." % (name, value, list(choices)), where=name)

    def report(self, value: Any, step: Optional[float] = None) -> None:
        """An intermediate value of the objective, told with the trial's result."""
        observation: Dict[str, Any] = {
            "value": _measurement(value, "What trial %d reported" % self.number),
            "step": float(len(self._observations) if step is None else step),
            "seconds": time.monotonic() - self._started,
        }
        self._observations.append(observation)

    def measure(
        self,
        *,
        peak_memory: Optional[float] = None,
        cost: Optional[float] = None,
        progress: Optional[float] = None,
        metrics: Optional[Mapping[str, float]] = None,
    ) -> None:
        """What else was measured; some optimizers learn from it.

        Args:
            peak_memory: most memory in use at once, in bytes
            cost: what the trial cost, in any unit that stays the same; its duration where not given
            progress: share of the trial that is done, in [0, 1]
            metrics: other metrics by name
        """
        if peak_memory is not None:
            self._measured["peakMemoryBytes"] = float(peak_memory)
        if cost is not None:
            self._measured["cost"] = float(cost)
        if progress is not None:
            self._measured["progress"] = float(progress)
        if metrics is not None:
            known = self._measured.setdefault("metrics", {})
            known.update((name, _measurement(value, name)) for name, value in metrics.items())

    def _suggest(self, name: str, parameter: ParameterFields) -> Any:
        if self._configuration is None:
            return self._make_up(name, parameter)
        space = self._study._space
        declared = space.get(name)
        if declared is None:
            raise SpaceChangedError(
                "Trial %d suggests %s, which is not in the search space (%s)." % (self.number, name, ", ".join(space)),
                where=name,
                remedy="The first trial fixes the search space. Suggest every parameter in every trial, or give "
                "create_study the whole space= with a condition (when=).",
            )
        if not _same(declared, parameter):
            raise SpaceChangedError(
                "Trial %d suggests %s as %s; in the search space it is %s."
                % (self.number, name, _in_words(parameter), _in_words(declared)),
                where=name,
                remedy="A search space stays as it is. Start a new study to search another range.",
            )
        if name not in self._configuration:
            raise SpaceChangedError(
                "Trial %d suggests %s, which is not active in its configuration (when: %s)."
                % (self.number, name, declared.get("when", "?")),
                where=name,
                remedy="Suggest it only where its condition holds.",
            )
        return self._configuration[name]

    def _make_up(self, name: str, parameter: ParameterFields) -> Any:
        found = self._found.get(name)
        if found is not None:
            if not _same(found, parameter):
                raise SpaceChangedError("%s was suggested as %s before." % (name, _in_words(found)), where=name)
            return self._wire[name]
        value = self._study._check_parameter(name, parameter)
        self._found[name] = parameter
        self._wire[name] = value
        self.params[name] = value
        return value

    def _result(self) -> Dict[str, Any]:
        result: Dict[str, Any] = {"seconds": time.monotonic() - self._started}
        result.update(self._measured)
        if self._observations:
            result["observations"] = self._observations
        return result


# ------------------------------------------------------------------------------------------------------------ studies


def create_study(
    *,
    direction: str = "minimize",
    optimizer: str = "cma-es",
    seed: int = 1,
    space: Optional[Mapping[str, ParameterFields]] = None,
    constraints: Sequence[str] = (),
    derived: Optional[Mapping[str, str]] = None,
    start: Union[Mapping[str, Scalar], str, None] = "defaults",
    settings: Optional[Mapping[str, Any]] = None,
    initial_deviation: Optional[Mapping[str, float]] = None,
    name: Optional[str] = None,
    durable: Union[bool, str] = False,
    program: Optional[Program] = None,
    client: Optional[Client] = None,
) -> "Study":
    """Start a study.

    Args:
        direction: "minimize" or "maximize"
        optimizer: "cma-es", "random", ...; ``Client.call("about")`` lists them
        seed: the same seed and the same results give the same proposals
        space: parameters by name, from :func:`Float`, :func:`Int`, :func:`Categorical` and :func:`Boolean`. Where it
            is not given, the first trial runs the defaults and what it suggests is the space
        constraints: expressions that every configuration satisfies, such as ``"head_dim <= width"``
        derived: quantities computed from parameters, by name
        start: "defaults", or the configuration to run first and to search from; None leaves it to the optimizer
        settings: settings of the optimizer
        initial_deviation: first standard deviation of single parameters, as a share of their range
        name: of the study
        durable: keep the study in this folder's ``.agent-tune`` (True: the working directory's), where kill -9 loses
            nothing that was told, :func:`load_study` finds it, and ``agent-tune status`` shows it
        program: the program to start; otherwise the environment variable AGENT_TUNE, otherwise the PATH
        client: a running program to share
    """
    request: Dict[str, Any] = {"direction": direction, "optimizer": optimizer, "seed": seed}
    if durable:
        request["durable"] = durable if durable is True else os.path.abspath(durable)
    for key, value in (("settings", settings), ("initialDeviation", initial_deviation), ("name", name)):
        if value is not None:
            request[key] = value
    study = Study(client or Client(program), request, start, constraints, derived or {}, owns_client=client is None)
    try:
        if space is not None:
            study._create(space, start)
    except BaseException:
        study.close()
        raise
    return study


def load_study(
    name: Optional[str] = None,
    *,
    durable: Union[bool, str] = True,
    program: Optional[Program] = None,
    client: Optional[Client] = None,
) -> "Study":
    """Go on with a durable study.

    Trials that were asked for and not told come again before new ones are asked for.

    Args:
        name: name or id of the study; the newest where not given
        durable: folder that it is kept in; True for the working directory
    """
    study = Study(client or Client(program), {}, None, (), {}, owns_client=client is None)
    folder: Union[bool, str] = True if durable is True else os.path.abspath(str(durable))
    try:
        study._open({"durable": folder} if name is None else {"durable": folder, "study": name})
    except BaseException:
        study.close()
        raise
    return study


class Study:
    """One tuning problem. Made by :func:`create_study` or :func:`load_study`; a context manager; thread-safe."""

    def __init__(
        self,
        client: Client,
        request: Dict[str, Any],
        start: Union[Mapping[str, Scalar], str, None],
        constraints: Sequence[str],
        derived: Mapping[str, str],
        owns_client: bool,
    ) -> None:
        self.client = client
        self._owns_client = owns_client
        self._request = request
        self._start: Mapping[str, Scalar] = start if isinstance(start, Mapping) else {}
        self._constraints = list(constraints)
        self._derived = dict(derived)
        self._id: Optional[str] = None
        self._space: Dict[str, ParameterFields] = {}
        self._metric = "objective"
        self._pending: Deque[Mapping[str, Any]] = collections.deque()
        self._lock = threading.RLock()
        self._finding: Optional[Trial] = None
        self._first_seed: int = int(request.get("seed", 1))
        self._stopped = threading.Event()
        self.direction: str = str(request.get("direction", "minimize"))

    # -- what is asked and told

    @property
    def id(self) -> Optional[str]:
        """Id of the study; None until its search space is known."""
        return self._id

    def ask(self) -> Trial:
        """A trial to run. Tell its result with :meth:`tell`."""
        with self._lock:
            if self._id is None:
                if self._finding is not None:
                    raise AgentTuneError(
                        "The search space is not known until the first trial has been told.",
                        remedy="Tell that trial first, or give create_study the space=.",
                    )
                self._finding = Trial(self, None)
                return self._finding
            if self._pending:
                return Trial(self, self._pending.popleft())
        return Trial(self, self.client.call("ask", study=self._id)["trials"][0])

    def tell(
        self,
        trial: Trial,
        value: Any = None,
        *,
        failure: Optional[str] = None,
        message: Optional[str] = None,
        pruned: bool = False,
    ) -> Dict[str, Any]:
        """Tell what became of a trial and return how that was understood: kind, value, failure, message.

        Args:
            value: of the objective. Not a number, or an infinity, is the failure "diverged"
            failure: why there is no value: out_of_memory, timeout, diverged, crashed, metric_missing or
                invalid_configuration, which the configuration has caused; cancelled or lost, which it has not
            pruned: ended early; the value, or else the last reported one, stands for it
        """
        result: Dict[str, Any] = {}
        if value is not None:
            result["value"] = _measurement(value, "The value of trial %d" % trial.number)
        if failure is not None:
            result["failure"] = failure
        if message is not None:
            result["message"] = message
        if pruned:
            result["pruned"] = True
        return self._tell(trial, result)

    def add_trial(self, params: Mapping[str, Scalar], value: Any = None, *, failure: Optional[str] = None) -> int:
        """Tell a result that was not asked for, such as an earlier run's. Returns the trial's number."""
        result: Dict[str, Any] = {"configuration": _wire(params)}
        if value is not None:
            result["value"] = _measurement(value, "The value")
        if failure is not None:
            result["failure"] = failure
        return int(self.client.call("tell", study=self._known(), **result)["results"][0]["trial"])

    def enqueue_trial(self, params: Mapping[str, Scalar]) -> int:
        """Have this configuration run next. Returns the trial's number."""
        asked = self.client.call("ask", study=self._known(), configurations=[_wire(params)])["trials"][0]
        with self._lock:
            self._pending.append(asked)
        return int(asked["trial"])

    def optimize(
        self,
        objective: Callable[[Trial], Any],
        n_trials: Optional[int] = None,
        timeout: Optional[float] = None,
        n_jobs: int = 1,
        catch: Union[Type[BaseException], Tuple[Type[BaseException], ...]] = (),
    ) -> None:
        """Run an objective again and again, and learn from what it returns.

        An objective that runs out of memory or whose numbers cease to be finite makes its trial fail, and the study
        goes on. So does any exception that is named in ``catch``. Every other exception ends the study, after its
        trial was told as failed: a mistake in the objective is better seen once than a hundred times.

        Args:
            objective: returns the value of a trial
            n_trials: how many to run in this call
            timeout: seconds after which no new trial is started
            n_jobs: trials at once, each in a thread
            catch: exceptions that only make a trial fail
        """
        if n_trials is None and timeout is None:
            raise ValueError("Give n_trials or timeout.")
        if n_jobs < 1:
            raise ValueError("n_jobs is %r; at least one trial runs at once." % n_jobs)
        self._stopped.clear()
        deadline = None if timeout is None else time.monotonic() + timeout
        left = [math.inf if n_trials is None else n_trials]
        lock = threading.Lock()

        def take() -> bool:
            with lock:
                if left[0] <= 0 or self._stopped.is_set():
                    return False
                if deadline is not None and time.monotonic() >= deadline:
                    return False
                left[0] -= 1
                return True

        # The first trial finds the search space, alone.
        while self._id is None and take():
            self._run(objective, catch)
        if n_jobs == 1:
            while take():
                self._run(objective, catch)
            return

        def work() -> None:
            try:
                while take():
                    self._run(objective, catch)
            except BaseException:
                self._stopped.set()
                raise

        with concurrent.futures.ThreadPoolExecutor(n_jobs, thread_name_prefix="agent-tune") as pool:
            workers = [pool.submit(work) for _ in range(n_jobs)]
            try:
                for worker in workers:
                    worker.result()
            except BaseException:
                self._stopped.set()
                raise

    def stop(self) -> None:
        """Have :meth:`optimize` start no further trial; for an objective to call."""
        self._stopped.set()

    # -- what is known

    @property
    def best_trial(self) -> FrozenTrial:
        """The trial that first ran the best configuration.

        Raises:
            AgentTuneError: of kind ``nothing_completed`` where no trial has completed
        """
        return self.trial(int(self._best()["trial"]))

    @property
    def best_params(self) -> Dict[str, Scalar]:
        """The best configuration by its estimated true value."""
        return dict(self._best()["configuration"])

    @property
    def best_value(self) -> float:
        """Its estimated true value: the value itself where no configuration ran twice."""
        return float(self._best()["value"])

    @property
    def trials(self) -> List[FrozenTrial]:
        """All trials, by number."""
        if self._id is None:
            return []
        return [_frozen(record) for record in self.client.call("trials", study=self._id)["trials"]]

    def trial(self, number: int) -> FrozenTrial:
        """One trial with its intermediate values."""
        return _frozen(self.client.call("trial", study=self._known(), trial=number), self._metric)

    def importance(self) -> Dict[str, Any]:
        """How much each parameter matters around the best configuration, with intervals (docs/serve.md)."""
        return dict(self.client.call("importance", study=self._known()))

    def predict(self, configurations: Iterable[Mapping[str, Scalar]]) -> List[Dict[str, Any]]:
        """What the models of the trials expect of configurations, in their order (docs/serve.md)."""
        given = [_wire(each) for each in configurations]
        return list(self.client.call("predict", study=self._known(), configurations=given)["predictions"])

    def state(self) -> Dict[str, Any]:
        """What the optimizer's state shows, in the units of the parameters."""
        return dict(self.client.call("state", study=self._known()))

    def close(self) -> None:
        """End the study's program; with a shared client, only the study. A durable study can be loaded again."""
        if self._owns_client:
            self.client.close()
        elif self._id is not None:
            self.client.call("close", study=self._id)
            self._id = None

    def __enter__(self) -> "Study":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    # -- behind it

    def _create(self, space: Mapping[str, ParameterFields], start: Union[Mapping[str, Scalar], str, None]) -> None:
        fields = {"parameters": dict(space), "constraints": self._constraints, "derived": self._derived}
        request = {**self._request, "space": fields}
        if start is not None:
            request["start"] = start if isinstance(start, str) else _wire(start)
        self._take(self.client.call("study.create", **request))

    def _open(self, request: Dict[str, Any]) -> None:
        self._take(self.client.call("study.open", **request))

    def _take(self, answer: Mapping[str, Any]) -> None:
        self._space = dict(answer["space"]["parameters"])
        self._metric = answer["metric"]
        self.direction = answer["direction"]
        self._pending.extend(answer["pending"])
        self._id = answer["study"]

    def _known(self) -> str:
        if self._id is None:
            raise AgentTuneError(
                "The search space is not known until the first trial has been told.",
                kind="nothing_completed",
                remedy="Run a trial first, or give create_study the space=.",
            )
        return self._id

    def _check_parameter(self, name: str, parameter: ParameterFields) -> Any:
        """The value that the first trial runs. What is wrong is said now, and not when that trial has run."""
        value = _to_wire(self._start[name]) if name in self._start else parameter["default"]
        request = {key: given for key, given in self._request.items() if key in ("optimizer", "seed", "settings")}
        space = {"parameters": {name: {**parameter, "default": value}}}
        probe = self.client.call("study.create", **request, space=space)
        self.client.call("close", study=probe["study"])
        return probe["defaults"][name]

    def _best(self) -> Dict[str, Any]:
        best = self.client.call("best", study=self._known())["best"]
        if best is None:
            raise AgentTuneError("No trial has completed, so there is no best one.", kind="nothing_completed")
        return dict(best)

    def _tell(self, trial: Trial, result: Dict[str, Any]) -> Dict[str, Any]:
        if trial._configuration is None:
            self._found_space(trial)
        told = {**trial._result(), **result}
        answer = self.client.call("tell", study=self._known(), trial=trial.number, **told)
        return dict(answer["results"][0]["outcome"])

    def _found_space(self, trial: Trial) -> None:
        """The first trial has run: what it suggested is the search space, and what it ran is trial 0."""
        with self._lock:
            if trial is not self._finding:
                raise AgentTuneError("This trial has been given up.", remedy="Ask for another one.")
            if not trial._found:
                self._finding = None
                raise AgentTuneError(
                    "The objective suggested no parameter, so there is nothing to tune.",
                    remedy="Call trial.suggest_float, suggest_int or suggest_categorical in it.",
                )
            unknown = [name for name in self._start if name not in trial._found]
            if unknown:
                self._finding = None
                raise AgentTuneError("start names %s, which the objective does not suggest." % ", ".join(unknown))
            try:
                self._create(trial._found, dict(trial._wire))
            finally:
                self._finding = None
            asked = self.client.call("ask", study=self._id)["trials"][0]
            trial._configuration = dict(asked["configuration"])
            trial.number = asked["trial"]

    def _give_up(self, trial: Trial, message: str) -> None:
        """A trial whose end says nothing about its configuration."""
        if trial._configuration is None:
            with self._lock:
                self._finding = None
            return
        self._tell(trial, {"failure": "cancelled", "message": message})

    def _run(
        self,
        objective: Callable[[Trial], Any],
        catch: Union[Type[BaseException], Tuple[Type[BaseException], ...]],
    ) -> None:
        trial = self.ask()
        try:
            value = objective(trial)
        except TrialPruned as pruned:
            self._tell(trial, {"pruned": True, "message": str(pruned) or "the objective"})
            return
        except AgentTuneError as error:
            self._give_up(trial, str(error))
            raise
        except Exception as error:
            caught = isinstance(error, catch)
            if trial._configuration is None and not caught and not _ran_out_of_memory(error):
                # The search space it would leave is only what was suggested before the mistake.
                self._give_up(trial, str(error))
                raise
            lines = "".join(traceback.format_exception(type(error), error, error.__traceback__)).splitlines()
            outcome = self._tell(trial, {"log": lines[-200:]})
            if not caught and outcome.get("failure") not in ("out_of_memory", "diverged"):
                raise
            return
        except BaseException as interrupt:
            self._give_up(trial, "interrupted by %s" % type(interrupt).__name__)
            raise
        try:
            measured = _measurement(value, "What the objective returned")
        except (TypeError, ValueError) as error:
            self._give_up(trial, str(error))
            raise
        self._tell(trial, {"value": measured})


def _ran_out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "out of memory" in str(error).lower()
