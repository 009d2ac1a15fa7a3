"""Lines of the summary that only tables from elsewhere have."""

from topoquant.lib.reporting.formatting import Record, count, interval, is_missing, one_line, signed

DIFFERENCES = {"auc": ("AUC", 3), "gain": ("log-loss gain", 4), "timing": ("timing per bar", 6)}


def table_line(record: Record) -> str:
    """Write how much of a table was matched, and how it was read.

    Parameters
    ----------
    record : mapping
        name, column, scale, key, n_rows, n_val, all_val, n_test, all_test and, of a score that was
        calibrated, calibrator.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> record = {"name": "lstm", "column": "score", "scale": "score", "key": "time", "n_rows": 5000}
    >>> record |= {"n_val": 90, "all_val": 100, "n_test": 100, "all_test": 100, "calibrator": None}
    >>> table_line(record)
    'table   lstm: val 90 of 100, test 100 of 100, of 5,000 rows keyed by time; score'
    """
    held = (
        record["column"] if record["column"] == record["scale"] else f"{record['column']} ({record['scale']})"
    )
    calibrator = record.get("calibrator")
    if calibrator is not None:
        held += f", calibrated on val ({calibrator['calibrator']['kind']})"
    parts = [
        f"{name} {count(record[f'n_{name}'])} of {count(record[f'all_{name}'])}" for name in ("val", "test")
    ]
    return one_line(
        f"table   {record['name']}: {', '.join(parts)}, of {count(record['n_rows'])} rows keyed by "
        f"{record['key']}; {held}"
    ).replace("table ", "table   ", 1)


def paired_line(record: Record) -> str:
    """Write the difference of two tables with its intervals.

    Parameters
    ----------
    record : mapping
        Of `paired_differences`.

    Returns
    -------
    str
        One line; what is undefined is left out.

    Examples
    --------
    >>> record = {"first": "a", "second": "b", "n": 9, "auc": 0.012, "auc_low": -0.003, "auc_high": 0.027}
    >>> paired_line(record)
    'paired  a less b: AUC +.012 [-.003 +.027]'
    """
    return (
        f"paired  {record['first']} less {record['second']}: {', '.join(difference_texts(record).values())}"
    )


def difference_texts(record: Record) -> dict[str, str]:
    """Write each difference with its interval, by name.

    Parameters
    ----------
    record : mapping
        Of `paired_differences`.

    Returns
    -------
    dict of str to str
        auc, gain and timing, as far as they are defined.

    Examples
    --------
    >>> difference_texts({"gain": 0.002, "gain_low": None, "gain_high": None})
    {'gain': 'log-loss gain +.0020'}
    """
    return {
        name: f"{title} {signed(record[name], digits)} "
        f"{interval(record.get(f'{name}_low'), record.get(f'{name}_high'), digits, sign=True)}".rstrip()
        for name, (title, digits) in DIFFERENCES.items()
        if not is_missing(record.get(name))
    }
