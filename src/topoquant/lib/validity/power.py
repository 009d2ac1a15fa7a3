"""What these very bars would have shown: nothing without direction, and an injected edge of known size."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.progress import Progress, silent
from topoquant.lib.validity.binary import roc_auc
from topoquant.lib.validity.power_kernel import filter_two_states

FindEdge = Callable[[pd.DataFrame, int], tuple[bool, float]]
Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
MEAN_STAY_HORIZONS = 25
VOLATILITY_HALF_LIFE = 50
STUDENT_DEGREES = 4.0


class Injected(NamedTuple):
    """Bars with a hidden drift, and the AUC of who knows everything but the state."""

    bars: pd.DataFrame
    auc: float


def sign_flipped(bars: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Give every bar's log-return a random sign: volatility, volume and gaps stay, direction goes.

    A flipped bar is mirrored in log price about the close before it, so its high becomes a low.
    Bars of one time share the sign across symbols, which keeps them correlated.

    Parameters
    ----------
    bars : DataFrame
        Bars of one or several symbols, sorted by (symbol, open_time).
    seed : int
        Seed of the signs.

    Returns
    -------
    DataFrame
        Same rows and columns; `taker_buy_volume` becomes the sellers' share in flipped bars,
        `quote_volume` follows the price.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "SYN", "open": [1.0, 2.0], "high": 4.0, "low": 1.0, "close": 2.0,
    ...                      "volume": 1.0})
    >>> bars["open_time"] = pd.date_range("2024", periods=2, freq="h", tz="UTC")
    >>> flipped = sign_flipped(bars, seed=0)
    >>> (flipped["high"] / flipped["low"]).tolist()
    [4.0, 4.0]
    """
    codes, times = pd.factorize(bars["open_time"])
    sign = np.random.default_rng(seed).choice([-1.0, 1.0], len(times))[codes]
    logs = np.log(bars[["open", "high", "low", "close"]].to_numpy(float))
    previous = _previous_close(bars, logs)
    down = sign < 0
    moves = (logs - previous[:, None]) * sign[:, None]
    moves[down] = moves[down][:, [0, 2, 1, 3]]
    symbols = bars["symbol"].to_numpy()
    start = pd.Series(previous).groupby(symbols).transform("first").to_numpy()
    base = start + pd.Series(moves[:, 3]).groupby(symbols).cumsum().to_numpy() - moves[:, 3]
    flipped = _with_log_prices(bars, base[:, None] + moves)
    if "taker_buy_volume" in bars:
        bought, volume = bars["taker_buy_volume"].to_numpy(float), bars["volume"].to_numpy(float)
        flipped["taker_buy_volume"] = np.where(down, volume - bought, bought)
    return flipped


def injected(bars: pd.DataFrame, strength: float, seed: int, *, horizon: int) -> Injected:
    """Add a hidden drift of two states to a sign-flipped surrogate.

    The state, up or down, stays for 25 horizons on average and adds plus or minus `strength` times
    the recent volatility (EWMA, known before the bar) to each log-return. `auc` is that of a
    Hamilton filter that knows every parameter but the state, for the direction from the next open
    to the close of the horizon: near what the best possible model reaches on these bars.

    Parameters
    ----------
    bars : DataFrame
        As in `sign_flipped`.
    strength : float
        Drift per bar in units of volatility per bar, not negative.
    seed : int
        Seed of signs and states.
    horizon : int
        Bars ahead of the label that the AUC is for.

    Returns
    -------
    Injected
        Bars and AUC (about 0.5 when `strength` is 0, NaN with too few bars).

    Raises
    ------
    InputError
        If `strength` is negative or `horizon` below 1.

    References
    ----------
    Hamilton (1989), "A new approach to the economic analysis of nonstationary time series".

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> close = np.exp(np.cumsum(rng.normal(0, 0.01, 4000)))
    >>> bars = pd.DataFrame({"symbol": "SYN", "open": np.append(1.0, close[:-1]), "close": close})
    >>> bars = bars.assign(high=bars[["open", "close"]].max(axis=1), low=bars[["open", "close"]].min(axis=1))
    >>> bars["volume"] = 1.0
    >>> bars["open_time"] = pd.date_range("2024", periods=4000, freq="h", tz="UTC")
    >>> injected(bars, 0.4, seed=0, horizon=4).auc > 0.65
    True
    """
    if strength < 0 or horizon < 1:
        raise bad_input(
            "strength and horizon", "at least 0 and 1", (strength, horizon), "correct the power options"
        )
    surrogate = sign_flipped(bars, seed)
    logs = np.log(surrogate[["open", "high", "low", "close"]].to_numpy(float))
    symbols = bars["symbol"].to_numpy()
    returns = pd.Series(logs[:, 3] - _previous_close(surrogate, logs))
    volatility = returns.groupby(symbols).transform(_past_volatility).to_numpy()
    codes, times = pd.factorize(bars["open_time"])
    stay = 1 - 1 / (MEAN_STAY_HORIZONS * horizon)
    drift = strength * volatility * _two_states(len(times), stay, seed)[codes]
    drift[_is_first(bars)] = 0.0
    raised = pd.Series(drift).groupby(symbols).cumsum().to_numpy()
    # The drift accrues evenly within the bar; the extremes get half of it and never cross the ends.
    shift = np.column_stack([raised - drift, raised - drift / 2, raised - drift / 2, raised])
    moved = logs + shift
    moved[:, 1] = moved.max(axis=1)
    moved[:, 2] = moved.min(axis=1)
    scores = np.empty(len(bars))
    total = returns.to_numpy() + drift
    for rows in bars.groupby("symbol").indices.values():
        scores[rows] = filter_two_states(total[rows], volatility[rows], strength, stay, STUDENT_DEGREES)
    return Injected(_with_log_prices(surrogate, moved), _direction_auc(moved, symbols, scores, horizon))


def measure_power(
    bars: pd.DataFrame, find_edge: FindEdge, *, n_surrogates: int, n_injections: int,
    strengths: Sequence[float], seed: int, horizon: int, map: Map = map, progress: Progress = silent,  # noqa: A002
) -> dict[str, Any]:  # fmt: skip
    """Run a search for an edge on sign-flipped bars, and on some with an injected edge.

    Parameters
    ----------
    bars : DataFrame
        As in `sign_flipped`.
    find_edge : callable
        Takes bars and a seed, gives whether it found an edge and the AUC it reached.
    n_surrogates : int
        Sign-flipped surrogates.
    n_injections : int
        Surrogates per strength.
    strengths : sequence of float
        As in `injected`.
    seed : int
        Every run draws its own seed from it.
    horizon : int
        Bars ahead.
    map : callable
        Maps a function over arguments, in order; with processes `find_edge` has to be picklable.
    progress : Progress
        Told of every run.

    Returns
    -------
    dict
        `surrogates` {n, n_edge}; `injections`, the strongest first, {strength, auc (mean oracle),
        reached_auc (mean of what find_edge reports), n, n_found}.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=300, freq="h", tz="UTC")
    >>> bars = pd.DataFrame({"symbol": "SYN", "open_time": time, "volume": 1.0})
    >>> bars = bars.assign(open=1.0, high=1.1, low=0.9, close=1.0)
    >>> measure_power(bars, lambda bars, seed: (False, 0.5), n_surrogates=3, n_injections=0, strengths=[],
    ...               seed=0, horizon=4)["surrogates"]
    {'n': 3, 'n_edge': 0}
    """
    settings = [0.0] * n_surrogates + [strength for strength in strengths for _ in range(n_injections)]
    seeds = np.random.SeedSequence(seed).generate_state(max(len(settings), 1)).tolist()
    run = partial(_run, bars, find_edge, horizon)
    is_injected = [False] * n_surrogates + [True] * (len(settings) - n_surrogates)
    results = []
    with progress(len(settings), "runs") as advance:
        for result in map(run, zip(settings, is_injected, seeds[: len(settings)], strict=True)):
            results.append(result)
            advance(1)
    found = pd.DataFrame(results, columns=["found", "reached", "oracle"]).assign(strength=settings)
    n_edge = int(found["found"].iloc[:n_surrogates].sum())
    injections: list[dict[str, Any]] = [
        {"strength": float(rows["strength"].iloc[0]), "auc": float(rows["oracle"].mean()),
         "reached_auc": float(rows["reached"].mean()), "n": len(rows), "n_found": int(rows["found"].sum())}
        for _, rows in found.iloc[n_surrogates:].groupby("strength")
    ]  # fmt: skip
    injections.sort(key=lambda one: -one["auc"])
    return {
        "surrogates": {"n": n_surrogates, "n_edge": n_edge},
        "injections": injections,
    }


def _run(
    bars: pd.DataFrame, find_edge: FindEdge, horizon: int, setting: tuple[float, bool, int]
) -> tuple[bool, float, float]:
    """One search: whether it found, the AUC it reached, the oracle's AUC."""
    strength, is_injected, seed = setting
    if not is_injected:
        found, reached = find_edge(sign_flipped(bars, seed), seed)
        return bool(found), float(reached), float("nan")
    market = injected(bars, strength, seed, horizon=horizon)
    found, reached = find_edge(market.bars, seed)
    return bool(found), float(reached), market.auc


def _is_first(bars: pd.DataFrame) -> np.ndarray:
    """Rows that begin a symbol."""
    return ~bars["symbol"].duplicated().to_numpy()


def _previous_close(bars: pd.DataFrame, logs: np.ndarray) -> np.ndarray:
    """Log close of the bar before, within the symbol; a symbol's first bar takes its own open."""
    previous = np.roll(logs[:, 3], 1)
    return np.where(_is_first(bars), logs[:, 0], previous)


def _past_volatility(returns: pd.Series) -> pd.Series:
    """EWMA root mean square of the returns before each one; 0 where there are none."""
    return (returns**2).ewm(halflife=VOLATILITY_HALF_LIFE).mean().shift(1).fillna(0.0) ** 0.5


def _two_states(n_times: int, stay: float, seed: int) -> np.ndarray:
    """Draw a Markov chain of +1 and -1."""
    rng = np.random.default_rng([seed, 1])
    turns = np.where(rng.random(n_times) < stay, 1.0, -1.0)
    turns[0] = rng.choice([-1.0, 1.0])
    return np.cumprod(turns)


def _with_log_prices(bars: pd.DataFrame, logs: np.ndarray) -> pd.DataFrame:
    """Give the same bars at other prices."""
    prices = np.exp(logs)
    changed = bars.assign(open=prices[:, 0], high=prices[:, 1], low=prices[:, 2], close=prices[:, 3])
    if "quote_volume" in bars:
        changed["quote_volume"] = bars["quote_volume"] * (prices[:, 3] / bars["close"].to_numpy(float))
    return changed


def _direction_auc(logs: np.ndarray, symbols: np.ndarray, score: np.ndarray, horizon: int) -> float:
    """AUC of a score for the direction from the next open to the close of the horizon."""
    table = pd.DataFrame({"open": logs[:, 0], "close": logs[:, 3]}).groupby(symbols)
    move = (table["close"].shift(-horizon) - table["open"].shift(-1)).to_numpy()
    known = np.isfinite(move) & (move != 0)
    return roc_auc(move[known] > 0, score[known]) if known.any() else float("nan")
