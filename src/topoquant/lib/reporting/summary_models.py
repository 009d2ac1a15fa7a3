"""The model table of the summary, in columns of plain text."""

from collections.abc import Sequence

from topoquant.lib.reporting.formatting import Record, decimal, duration, fraction, interval, signed

# Left edges follow from these least widths; a longer name or note widens its own column.
NAME_WIDTH = 12
AUC_WIDTH = 17
GAIN_WIDTH = 23
TIMING_WIDTH = 10
ECE_WIDTH = 6
SHOWN_ROLES = ("naive", "member", "ensemble", "permuted")


def model_lines(model_scores: Sequence[Record], ceiling: float | None) -> list[str]:
    """Write the model table: a header, then naive, members, ensemble and permuted labels.

    Parameters
    ----------
    model_scores : sequence of mapping
        Rows of the model table. Baselines that are not naive are left to the report.
    ceiling : float or None
        The AUC no model can beat, on a market whose law is known; it stands on the last line.

    Returns
    -------
    list of str
        Lines of aligned columns.

    Examples
    --------
    >>> row = {"name": "nbeats", "role": "member", "auc": 0.622, "auc_low": 0.59, "auc_high": 0.65}
    >>> row |= {"gain": 0.016, "gain_low": 0.009, "gain_high": 0.023, "timing_t": 2.6, "ece": 0.021}
    >>> row |= {"oof_auc": 0.611, "fit_seconds": 44}
    >>> for line in model_lines([row], None):
    ...     print(line)
    model       AUC [.99]        gain over naive [.99]  timing t  ECE   oof AUC  fit
    nbeats      .622 [.59 .65]   +.016 [+.009 +.023]      2.6     .021  .611    44 s
    """
    rows = sorted(
        (row for row in model_scores if row["role"] in SHOWN_ROLES),
        key=lambda row: SHOWN_ROLES.index(row["role"]),
    )
    names = [shown_name(row) for row in rows]
    name_width = max([NAME_WIDTH, *(len(name) + 2 for name in names)])
    gain_width = max([GAIN_WIDTH, *(len(_gain(row)) + 2 for row in rows)])
    header = (
        f"{'model':<{name_width}}{'AUC [.99]':<{AUC_WIDTH}}{'gain over naive [.99]':<{gain_width}}"
        f"{'timing t':<{TIMING_WIDTH}}{'ECE':<{ECE_WIDTH}}oof AUC  fit"
    )
    lines = [header]
    for name, row in zip(names, rows, strict=True):
        left = f"{name:<{name_width}}{_auc(row):<{AUC_WIDTH}}{_gain(row):<{gain_width}}"
        # Permuted labels are scored for their AUC alone: the place of the rest is free for the ceiling.
        right = _ceiling(ceiling) if row["role"] == "permuted" else _scores(row)
        lines.append((left + right).rstrip())
    if ceiling is not None and not any(row["role"] == "permuted" for row in rows):
        lines.append(" " * (name_width + AUC_WIDTH + gain_width) + _ceiling(ceiling))
    return lines


def shown_name(row: Record) -> str:
    """Name a row of the model table: naive and permuted by their role, the others by their name.

    Parameters
    ----------
    row : mapping
        name, role.

    Returns
    -------
    str
        The name a person reads.

    Examples
    --------
    >>> shown_name({"name": "sign_blind_lightgbm", "role": "naive"})
    'naive'
    """
    return str(row["role"] if row["role"] in ("naive", "permuted") else row["name"])


def _auc(row: Record) -> str:
    """Write the AUC and its interval."""
    return f"{fraction(row.get('auc'))} {interval(row.get('auc_low'), row.get('auc_high'))}".rstrip()


def _gain(row: Record) -> str:
    """Write the gain and its interval; for naive, which fit it is."""
    if row["role"] == "permuted":
        return ""
    if row["role"] == "naive":
        return f"({row['note']})" if row.get("note") else ""
    bounds = interval(row.get("gain_low"), row.get("gain_high"), 3, sign=True)
    return f"{signed(row.get('gain'))} {bounds}".rstrip()


def _scores(row: Record) -> str:
    """Write timing, calibration, out-of-fold AUC and the seconds of the fit."""
    timing = f"{decimal(row.get('timing_t')):>5}"
    seconds, _, unit = duration(row.get("fit_seconds")).partition(" ")
    return (
        f"{timing:<{TIMING_WIDTH}}{fraction(row.get('ece')):<{ECE_WIDTH}}{fraction(row.get('oof_auc')):<7}"
        f"{seconds:>3} {unit}"
    ).rstrip()


def _ceiling(ceiling: float | None) -> str:
    """Write the ceiling of a known market, if it is one."""
    return "" if ceiling is None else f"ceiling {fraction(ceiling)} (known market)"
