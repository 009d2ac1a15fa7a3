"""What an ablation found, in the last lines of its run."""

from collections.abc import Mapping
from typing import Any

from topoquant.lib.reporting.formatting import count, fraction, interval, signed

DIGITS = 4
FINDINGS = {
    "earns": "earns its place",
    "nothing": "adds nothing that can be told from chance",
    "hurts": "hurts",
    "unknown": "cannot be judged: too few rows for an interval",
}
BESIDE = FINDINGS | {"earns": "adds something, direction or not"}


def ablation_lines(found: Mapping[str, Any]) -> list[str]:
    """Say of every part whether it earns its place, and whether it says more than volatility does.

    Parameters
    ----------
    found : mapping
        `member`, `n_train_rows` (of the split, before it was thinned) and `record` of an ablation.

    Returns
    -------
    list of str

    Examples
    --------
    >>> def ends(name):
    ...     return {name: 0.001, f"{name}_low": -0.002, f"{name}_high": 0.004}
    >>> part = {"name": "tda", "n_columns": 214, "finding": "nothing", "beside_finding": "nothing"}
    >>> part = {**part, **ends("lost"), **ends("val_lost"), **ends("beside")}
    >>> whole = {**ends("gain"), "auc": 0.61}
    >>> found = {"member": "lightgbm", "n_train_rows": 9000, "all": whole, "blind": whole, "parts": [part],
    ...          "n_seeds": 3, "seed_deviation": {"oof": 0.0006, "val": 0.0004},
    ...          "beside_all": {**ends("beside"), "finding": "nothing"},
    ...          "rows": {"train": 3000, "val": 900, "dropped": {"no_t1": 4, "warm_up": 0, "gap": 0}}}
    >>> for line in ablation_lines(found):
    ...     print(line)
    ablate  lightgbm: 3,000 of 9,000 train rows, out of fold, and 900 val rows; dropped: no t1 4
    seeds   3 of every variant; the log-loss of one fit deviates by .0006, val .0004: it is in the intervals
    gain    all parts +.0010 [-.0020 +.0040] AUC .610   sign-blind +.0010 [-.0020 +.0040] AUC .610
    part    lost without it [.99]   on val                  added to sign-blind     columns
    tda     +.0010 [-.0020 +.0040]  +.0010 [-.0020 +.0040]  +.0010 [-.0020 +.0040]      214
    all                                                     +.0010 [-.0020 +.0040]
    tda     adds nothing that can be told from chance; beside volatility likewise
    all     beside volatility: adds nothing that can be told from chance
    """
    rows, parts = found["rows"], found["parts"]
    dropped = [f"{why.replace('_', ' ')} {count(n)}" for why, n in rows["dropped"].items() if n]
    shown = f"{count(rows['train'])} of {count(found['n_train_rows'])} train rows"
    said = f"; dropped: {', '.join(dropped)}" if dropped else ""
    lines = [
        ("ablate", f"{found['member']}: {shown}, out of fold, and {count(rows['val'])} val rows{said}"),
        ("seeds", seeds_sentence(found)),
        ("gain", f"all parts {_scored(found['all'])}   sign-blind {_scored(found['blind'])}"),
        ("part", _cells("lost without it [.99]", "on val", "added to sign-blind") + "columns"),
    ]  # fmt: skip
    for part in parts:
        cells = _cells(*(bounded(part, key) for key in ("lost", "val_lost", "beside")))
        lines.append((part["name"], f"{cells}{part['n_columns']:7,}"))
    lines.append(("all", _cells("", "", bounded(found["beside_all"], "beside"))))
    lines += [(part["name"], part_sentence(part)) for part in parts]
    lines.append(("all", f"beside volatility: {BESIDE[found['beside_all']['finding']]}"))
    width = max(7, *(len(name) for name, _ in lines))
    return [f"{name:{width}} {text}".rstrip() for name, text in lines]


def seeds_sentence(found: Mapping[str, Any]) -> str:
    """Say how many fits were averaged, and how far one is from another.

    Parameters
    ----------
    found : mapping
        `n_seeds`, and `seed_deviation` by set.

    Returns
    -------
    str

    Examples
    --------
    >>> seeds_sentence({"n_seeds": 2, "seed_deviation": {"oof": 0.0006}})
    '2 of every variant; the log-loss of one fit deviates by .0006: it is in the intervals'
    """
    far = found["seed_deviation"]
    named = (f"{'' if name == 'oof' else f'{name} '}{fraction(far[name], DIGITS)}" for name in far)
    return (
        f"{found['n_seeds']} of every variant; the log-loss of one fit deviates by {', '.join(named)}: "
        "it is in the intervals"
    )


def part_sentence(part: Mapping[str, Any]) -> str:
    """Say of one part what follows of what is lost without it, and of what it adds to volatility.

    Parameters
    ----------
    part : mapping
        `finding` and `beside_finding`; of the sign-blind columns themselves `beside` is None.

    Returns
    -------
    str

    Examples
    --------
    >>> part_sentence({"finding": "earns", "beside": 0.0, "beside_finding": "nothing"})
    'earns its place; beside volatility it adds nothing that can be told from chance'
    """
    said = FINDINGS[part["finding"]]
    if part["beside"] is None:
        return said
    if part["finding"] == part["beside_finding"] != "earns":
        return f"{said}; beside volatility likewise"
    return f"{said}; beside volatility it {BESIDE[part['beside_finding']]}"


def bounded(row: Mapping[str, Any], key: str) -> str:
    """Write a difference of log-losses with its interval.

    Parameters
    ----------
    row : mapping
        `key`, `<key>_low` and `<key>_high`; None where there is none.
    key : str
        Which.

    Returns
    -------
    str

    Examples
    --------
    >>> bounded({"lost": 0.0003, "lost_low": -0.0004, "lost_high": 0.0011}, "lost")
    '+.0003 [-.0004 +.0011]'
    """
    ends = interval(row[f"{key}_low"], row[f"{key}_high"], DIGITS, sign=True)
    return f"{signed(row[key], DIGITS)} {ends}".strip()


def _cells(*texts: str) -> str:
    """Put texts into columns of the width of an interval."""
    return "".join(f"{text:24}" for text in texts)


def _scored(row: Mapping[str, Any]) -> str:
    """Write a gain over the base rate with its interval, and the AUC."""
    return f"{bounded(row, 'gain')} AUC {fraction(row['auc'])}"
