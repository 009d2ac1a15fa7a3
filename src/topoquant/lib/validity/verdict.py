"""One word on a study, whether it may be traded, why, and what would change it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from topoquant.lib.errors import bad_input
from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.flatness import MINIMUM_LOGIT_STD
from topoquant.lib.validity.positions import SIDES
from topoquant.lib.validity.wording import listed, short

Word = Literal["leak", "too_little_data", "flat_model", "no_edge", "edge"]
Tradeable = Literal["yes", "no", "untested"]
MINIMUM_UNIQUENESS = 30
MINIMUM_ENTRIES = 30
MINIMUM_DSR = 0.95
# A constant prediction decides nothing however long the test period is: no lack of data.
CONSTANT_LOGIT_STD = 1e-9


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the verdict rests on: the one prediction chosen on val, scored once on test.

    Attributes
    ----------
    member : str
        Name of that prediction.
    side : {"direction", "up", "down", "both"}
        Of the target.
    rarer_class_uniqueness : float
        Summed uniqueness of the rarer test class.
    n_entries : int or None
        Decisions on test rows that do not overlap; None without a side.
    logit_std : float
        Standard deviation of its logit on test rows.
    baseline : str or None
        Baseline with the largest gain over naive on val.
    baseline_gain_lower : float or None
        One-sided 0.99 bound of that gain: a baseline beats naive when it is above 0. The plain
        gain of the best of several baselines is above 0 on noise often enough.
    timing_mean, timing_lower, timing_t : float or None
        Timing return before costs; None without a side.
    gain, gain_lower : float or None
        Log-loss gain over naive on test rows and its one-sided 0.99 bound.
    dsr : float or None
        Deflated Sharpe ratio of the timing return net of costs; None when not computed.
    """

    member: str
    side: str
    rarer_class_uniqueness: float
    n_entries: int | None
    logit_std: float
    baseline: str | None
    baseline_gain_lower: float | None
    timing_mean: float | None
    timing_lower: float | None
    timing_t: float | None
    gain: float | None
    gain_lower: float | None
    dsr: float | None

    def __post_init__(self) -> None:
        """Refuse a side that has no rule."""
        if self.side not in SIDES:
            raise bad_input("side", f"one of {SIDES}", self.side, "name the side of the target")

    @property
    def has_side(self) -> bool:
        """Whether the timing return decides, rather than the gain over naive."""
        return self.side != "both"

    @property
    def value_and_bound(self) -> tuple[float | None, float | None]:
        """The deciding mean and its one-sided 0.99 lower bound."""
        return (self.timing_mean, self.timing_lower) if self.has_side else (self.gain, self.gain_lower)


@dataclass(frozen=True)
class Verdict:
    """A word with its reasons.

    Attributes
    ----------
    word : str
        First that applies of leak, too_little_data, flat_model, no_edge, edge.
    tradeable : str
        "yes", "no" or "untested".
    headline : str
        The word and its main number: "edge (ensemble, timing t 3.8)".
    tradeable_headline : str
        The same for tradeable: "no (DSR .74 < .95)".
    reasons, would_change : tuple of str
        Sentences with numbers: why, and what would change the verdict.
    numbers : dict
        The evidence and the limits it was held against.
    """

    word: Word
    tradeable: Tradeable
    headline: str
    tradeable_headline: str
    reasons: tuple[str, ...]
    would_change: tuple[str, ...]
    numbers: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as they are stored."""
        record = asdict(self)
        return {**record, "reasons": list(self.reasons), "would_change": list(self.would_change)}


def evidence_from_score(
    score: Mapping[str, Any],
    *,
    side: str,
    baseline: str | None,
    baseline_gain_lower: float | None,
    dsr: float | None,
) -> Evidence:
    """Take the evidence from a row of `score_predictions`.

    Parameters
    ----------
    score : mapping
        Row of the prediction finally used.
    side, baseline, baseline_gain_lower, dsr
        As in `Evidence`.

    Returns
    -------
    Evidence
        With a missing spread counted as 0.

    Examples
    --------
    >>> score = dict.fromkeys(["n_entries", "timing_mean", "timing_lower", "timing_t", "gain", "gain_lower"])
    >>> score |= {"name": "stack", "logit_std": 0.4, "rarer_class_uniqueness": 80.0}
    >>> evidence_from_score(score, side="both", baseline=None, baseline_gain_lower=None, dsr=None).member
    'stack'
    """
    copied = (
        "n_entries",
        "timing_mean",
        "timing_lower",
        "timing_t",
        "gain",
        "gain_lower",
        "rarer_class_uniqueness",
    )
    return Evidence(
        member=score["name"], side=side, logit_std=score["logit_std"] or 0.0, baseline=baseline,
        baseline_gain_lower=baseline_gain_lower, dsr=dsr, **{name: score[name] for name in copied},
    )  # fmt: skip


def decide_verdict(checks: Sequence[Check], evidence: Evidence) -> Verdict:
    """Apply the rule: the first word that applies.

    Parameters
    ----------
    checks : sequence of Check
        Those with status "leak" decide; warnings are counted in the reasons.
    evidence : Evidence
        Of the prediction finally used.

    Returns
    -------
    Verdict
        `tradeable` is "yes" only beside "edge"; "untested" when the target has no side, when there
        is no deflated Sharpe ratio, or when the word says that nothing can be concluded.

    Examples
    --------
    >>> evidence = Evidence(member="ensemble", side="up", rarer_class_uniqueness=75.0, n_entries=161,
    ...     logit_std=0.4, baseline="lightgbm", baseline_gain_lower=0.01, timing_mean=2e-4, timing_lower=1e-5,
    ...     timing_t=3.8, gain=0.02, gain_lower=0.01, dsr=0.74)
    >>> verdict = decide_verdict([], evidence)
    >>> verdict.headline, verdict.tradeable_headline
    ('edge (ensemble, timing t 3.8)', 'no (DSR .74 < .95)')
    """
    leaks = [check for check in checks if check.status == "leak"]
    word, reason = _word(leaks, evidence)
    tradeable, tradeable_why = _tradeable(word, evidence)
    n_warnings = sum(check.status == "warning" for check in checks)
    reasons = [reason, f"Tradeable: {tradeable} ({tradeable_why})."]
    if n_warnings:
        named = listed([check.name for check in checks if check.status == "warning"])
        reasons.append(f"{n_warnings} of {len(checks)} checks warn: {named}.")
    limits = {"minimum_uniqueness": MINIMUM_UNIQUENESS, "minimum_entries": MINIMUM_ENTRIES,
              "minimum_logit_std": MINIMUM_LOGIT_STD, "minimum_dsr": MINIMUM_DSR}  # fmt: skip
    return Verdict(
        word=word, tradeable=tradeable, headline=f"{word} ({_headline(word, leaks, evidence)})",
        tradeable_headline=f"{tradeable} ({tradeable_why})", reasons=tuple(reasons),
        would_change=tuple(_would_change(word, tradeable, leaks, evidence)),
        numbers={**asdict(evidence), **limits, "n_checks": len(checks), "n_warnings": n_warnings},
    )  # fmt: skip


def _word(leaks: list[Check], evidence: Evidence) -> tuple[Word, str]:
    """First word that applies, with its reason."""
    if leaks:
        return "leak", " ".join(f"{check.name}: {check.finding}." for check in leaks)
    if short_of := _short_of(evidence):
        return "too_little_data", f"The test period holds {short_of}: no number from it means much."
    baseline_gain = evidence.baseline_gain_lower
    if evidence.logit_std < MINIMUM_LOGIT_STD and baseline_gain is not None and baseline_gain > 0:
        return "flat_model", (
            f"The logit of {evidence.member} has std {short(evidence.logit_std, 3)} < "
            f"{short(MINIMUM_LOGIT_STD)}, while {evidence.baseline} beats naive on val by at least "
            f"{short(baseline_gain, 4)} nats a row."
        )
    value, bound = evidence.value_and_bound
    what = "timing return per bar before costs" if evidence.has_side else "log-loss gain over naive"
    is_edge = bound is not None and bound > 0
    comparison = "above 0" if is_edge else "not above 0"
    return ("edge" if is_edge else "no_edge"), (
        f"The mean {what} of {evidence.member} is {short(value, 6)}, and its one-sided .99 bound "
        f"{short(bound, 6)} is {comparison}."
    )


def _short_of(evidence: Evidence) -> str:
    """Name what there is too little of, or nothing."""
    missing = []
    if evidence.rarer_class_uniqueness < MINIMUM_UNIQUENESS:
        n_rows = short(evidence.rarer_class_uniqueness, 1)
        missing.append(f"{n_rows} effective rows of the rarer class < {MINIMUM_UNIQUENESS}")
    is_constant = evidence.logit_std < CONSTANT_LOGIT_STD
    if evidence.n_entries is not None and evidence.n_entries < MINIMUM_ENTRIES and not is_constant:
        missing.append(f"{evidence.n_entries} entries that do not overlap < {MINIMUM_ENTRIES}")
    return " and ".join(missing)


def _tradeable(word: Word, evidence: Evidence) -> tuple[Tradeable, str]:
    """Whether it may be traded, and the number behind it."""
    if word in ("leak", "too_little_data"):
        return "untested", word
    if not evidence.has_side:
        return "untested", "the target has no side"
    if evidence.dsr is None:
        return "untested", "no timing return net of costs"
    if evidence.dsr < MINIMUM_DSR:
        # Not rounded up to what it falls short of.
        return "no", f"DSR {short(min(evidence.dsr, MINIMUM_DSR - 0.01))} < {short(MINIMUM_DSR)}"
    if word != "edge":
        return "no", f"{word}, whatever its DSR {short(evidence.dsr)}"
    return "yes", f"DSR {short(evidence.dsr)} >= {short(MINIMUM_DSR)}"


def _headline(word: Word, leaks: list[Check], evidence: Evidence) -> str:
    """Give the main number of a word."""
    if word == "leak":
        return listed([check.name for check in leaks])
    if word == "too_little_data":
        return _short_of(evidence)
    if word == "flat_model":
        return f"{evidence.member}, logit std {short(evidence.logit_std, 3)}"
    if evidence.has_side:
        return f"{evidence.member}, timing t {short(evidence.timing_t, 1)}"
    return f"{evidence.member}, gain {short(evidence.gain, 3)}"


def _would_change(word: Word, tradeable: Tradeable, leaks: list[Check], evidence: Evidence) -> list[str]:
    """Say what would change the verdict."""
    value, bound = evidence.value_and_bound
    if word == "leak":
        return [f"Remove the leak that {check.name} names and run again." for check in leaks]
    if word == "too_little_data":
        return [f"A longer test period or a more frequent label: it now holds {_short_of(evidence)}."]
    if word == "flat_model":
        return [
            f"A prediction whose logit moves: {evidence.baseline} shows that the features carry something."
        ]
    if word == "no_edge" and value is not None and bound is not None and value > 0:
        factor = ((value - bound) / value) ** 2
        return [
            f"If the mean stayed as it is, the bound would pass 0 with {factor:.1f} times as many test bars."
        ]
    if word == "no_edge":
        return ["Other features, another target or another market: more of the same bars would not help."]
    sentences = [f"A bound at or below 0 on new bars: it is {short(bound, 6)} now."]
    if tradeable == "no":
        sentences.append("Lower costs, a longer test period or fewer trials raise the deflated Sharpe ratio.")
    return sentences
