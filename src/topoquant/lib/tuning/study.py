"""A search that goes on where it was stopped: trials in a database, by several processes if there are."""

import hashlib
import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from topoquant.lib.errors import InputError, bad_input
from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling import Samples
from topoquant.lib.training import FoldPlan, fingerprint_samples
from topoquant.lib.tuning.objective import held_out_losses
from topoquant.lib.tuning.options import ChoiceOptions, Domain, Space, TuningOptions
from topoquant.lib.tuning.outcome import REFUSED, Tuned, ended_states, sum_up
from topoquant.lib.tuning.spaces import Setup, check_space, current_values, decode, encode, replace_options

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.storages import RDBStorage

# Of options: the loss and the weight of each fold's held-out rows.
Losses = Callable[[Setup], Iterator[tuple[float, float]]]
FILE = "trials.db"
# Where optuna keeps what an enqueued trial has to be.
FIXED = "fixed_params"
# A process that has not shown that it lives for so many heartbeats has died.
MISSED_HEARTBEATS = 3


def tune(
    member: str,
    model: str,
    samples: Samples,
    plan: FoldPlan,
    setup: Setup,
    tuning: TuningOptions,
    *,
    n_trials: int,
    storage: Path | str,
    seed: int,
    progress: Progress = silent,
) -> Tuned:
    """Search the options of a member by the loss on rows that no fit saw, train rows alone.

    Bergstra et al. (2011), "Algorithms for hyper-parameter optimization" (tree-structured Parzen
    estimators, here of all options together); a trial that is worse than the median of the others after as
    many folds is stopped.

    Parameters
    ----------
    member, model : str
        The member's name, and the name of its model in `MODELS`.
    samples : Samples
        Of the member; train rows alone are looked at, so that no choice here depends on val or test rows.
    plan : FoldPlan
        Purged folds.
    setup : Setup
        Options as they are; what is not searched stays.
    tuning : TuningOptions
        Spaces and first trials by member, sampler and pruner.
    n_trials : int
        How many shall have ended, those of earlier processes included: a search that was killed goes on.
    storage : Path or str
        A folder for a database of its own, or the address of one that several machines share
        ("postgresql://..."). A search is recognised by all it depends on: other rows, options, folds or
        spaces begin a new one beside it.
    seed : int
        Of the fits, and with the number of trials found of the sampler.
    progress : Progress, optional
        Told about trials.

    Returns
    -------
    Tuned

    Raises
    ------
    InputError
        As `check_space`; for fewer than one trial; if no trial was seen to its end.

    Examples
    --------
    >>> import tempfile
    >>> from topoquant.lib.models import LogisticOptions
    >>> from topoquant.lib.sampling import SplitOptions, samples_from_arrays
    >>> time = np.arange("2024-01-01", "2024-02-10", dtype="datetime64[D]")
    >>> random = np.random.default_rng(0)
    >>> x = random.normal(size=(40, 3))
    >>> samples = samples_from_arrays(
    ...     time=time, t1=time, targets={"label": (x[:, 0] > 0).astype(int)}, static=x,
    ...     fold=np.repeat([0, 1], 20),
    ... )
    >>> split = SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=0)
    >>> plan = FoldPlan(split=split, horizon=1, interval="1d")
    >>> tuning = TuningOptions(
    ...     n_startup=2, n_startup_pruning=2, n_folds_before_pruning=1, heartbeat_seconds=60, first={},
    ...     spaces={"logistic": {"options.l2": {"low": 0.1, "high": 1000.0, "log": True}}},
    ... )
    >>> setup = Setup(options=LogisticOptions(l2=1000.0, n_iterations=100))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tuned = tune("logistic", "logistic", samples, plan, setup, tuning, n_trials=5,
    ...                  storage=Path(folder), seed=0)
    >>> tuned.record["loss"] < tuned.record["untuned_loss"], len(tuned.trials)
    (True, 5)
    """
    space = tuning.spaces.get(member, {})
    first = tuning.first.get(member, ())
    check_space(member, setup, space, first)
    if n_trials < 1:
        raise bad_input("n_trials", "1 or more", n_trials, "type n_trials=50")
    rows = samples.take(np.flatnonzero((samples.rows["set"] == "train").to_numpy()))
    told = {
        "member": member, "model": model, "setup": setup.to_dict(), "seed": seed,
        "rows": fingerprint_samples(rows), "plan": repr(plan), "space": repr(space),
    }  # fmt: skip
    digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()

    def losses(tried: Setup) -> Iterator[tuple[float, float]]:
        return held_out_losses(model, rows, plan, tried, seed=seed)

    with _opened(storage, tuning) as database:
        study = _study(database, f"{member}-{digest[:16]}", tuning, seed)
        for trial in (current_values(setup, space), *first):
            if trial is not None:
                _enqueue(study, {name: encode(value) for name, value in trial.items()})
        _run(study, partial(_loss_of_trial, losses, setup, space), n_trials, progress)
        return sum_up(study, member, model, setup, space)


def _loss_of_trial(losses: Losses, setup: Setup, space: Space, trial: "Trial") -> float:
    """Fit the folds one by one, and stop when the pruner says so."""
    from optuna import TrialPruned  # noqa: PLC0415 (a heavy import that few callers need)

    values = {name: decode(domain, _draw(trial, name, domain)) for name, domain in space.items()}
    total = weight = 0.0
    try:
        for fold, (loss, rows) in enumerate(losses(replace_options(setup, values))):
            total, weight = total + loss * rows, weight + rows
            if not np.isfinite(total):
                raise bad_input("loss of held-out rows", "a number", loss, "correct the space")
            trial.report(total / weight, step=fold)
            if trial.should_prune():
                raise TrialPruned
    except InputError as error:  # options that no fit can go on with, as a step size that diverges
        trial.set_user_attr(REFUSED, str(error))
        raise TrialPruned from None
    return total / weight


def _draw(trial: "Trial", name: str, domain: Domain) -> Any:  # noqa: ANN401
    """Let the sampler choose the value of an option."""
    if isinstance(domain, ChoiceOptions):
        return trial.suggest_categorical(name, [encode(one) for one in domain.choices])
    if domain.is_whole:
        step = int(domain.step or 1)
        return trial.suggest_int(name, int(domain.low), int(domain.high), step=step, log=domain.log)
    return trial.suggest_float(name, domain.low, domain.high, step=domain.step, log=domain.log)


@contextmanager
def _opened(storage: Path | str, tuning: TuningOptions) -> Iterator["RDBStorage"]:
    """Open the database; trials whose process died are begun again."""
    import optuna  # noqa: PLC0415

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    address = str(storage)
    if isinstance(storage, Path):
        storage.mkdir(parents=True, exist_ok=True)
        address = f"sqlite:///{storage / FILE}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        database = optuna.storages.RDBStorage(
            address,
            heartbeat_interval=tuning.heartbeat_seconds,
            grace_period=MISSED_HEARTBEATS * tuning.heartbeat_seconds,
            heartbeat_stale_trial_callback=optuna.storages.RetryHeartbeatStaleTrialCallback(),
        )
        try:
            yield database
        finally:
            database.remove_session()
            database.engine.dispose()


def _study(database: "RDBStorage", name: str, tuning: TuningOptions, seed: int) -> "Study":
    """Open a study, or go on with it."""
    import optuna  # noqa: PLC0415

    pruner = optuna.pruners.MedianPruner(
        n_startup_trials=tuning.n_startup_pruning, n_warmup_steps=tuning.n_folds_before_pruning - 1
    )
    study = optuna.create_study(storage=database, study_name=name, pruner=pruner, load_if_exists=True)
    # Processes that share a study would draw the same trials from the same seed.
    study.sampler = optuna.samplers.TPESampler(
        multivariate=True, n_startup_trials=tuning.n_startup, seed=seed + len(study.trials)
    )
    return study


def _enqueue(study: "Study", values: Mapping[str, Any]) -> None:
    """Begin with a trial, unless it is there: one that was interrupted in its middle is not."""
    from optuna.trial import TrialState  # noqa: PLC0415

    known = study.get_trials(deepcopy=False)
    live = [one.system_attrs.get(FIXED, one.params) for one in known if one.state != TrialState.FAIL]
    if values not in live:
        study.enqueue_trial(dict(values))


def _run(study: "Study", objective: Any, n_trials: int, progress: Progress) -> None:  # noqa: ANN401
    """Run trials until so many have ended, whoever ran them."""
    from optuna.study import MaxTrialsCallback  # noqa: PLC0415

    ended = ended_states()
    done = len(study.get_trials(deepcopy=False, states=ended))
    with progress(n_trials, "trials", min(done, n_trials)) as advance:
        if done < n_trials:
            stop = MaxTrialsCallback(n_trials, states=ended)
            study.optimize(objective, callbacks=[stop, lambda _study, _trial: advance(1)])
