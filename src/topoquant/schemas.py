"""What every table of the catalog promises; checked by Kedro on load and save."""

import pandera.pandas as pa

from topoquant.lib.bars.schema import OPTIONAL_BAR_COLUMNS

UTC_TIME = pa.Column("datetime64[ns, UTC]", nullable=False, coerce=True)
TOUCHED = ["lower", "time", "upper", "both"]
SETS = ["train", "val", "test", "purged", "embargoed"]


def _keyed(
    columns: dict[str, pa.Column],
    *,
    strict: bool,
    unique: tuple[str, str] = ("symbol", "time"),
    checks: pa.Check | None = None,
) -> pa.DataFrameSchema:
    """Return a schema keyed by symbol and time."""
    key = {"symbol": pa.Column(str, nullable=False), unique[1]: UTC_TIME}
    return pa.DataFrameSchema({**key, **columns}, checks=checks, strict=strict, unique=list(unique))


_price = pa.Column(float, pa.Check.gt(0), nullable=False)

BARS = _keyed(
    {
        "open": _price,
        "high": _price,
        "low": _price,
        "close": _price,
        "volume": pa.Column(float, pa.Check.ge(0), nullable=False),
        **{name: pa.Column(float, pa.Check.ge(0), required=False) for name in OPTIONAL_BAR_COLUMNS},
    },
    strict=True,
    unique=("symbol", "open_time"),
)

MACRO = pa.DataFrameSchema(
    {
        "name": pa.Column(str, nullable=False),
        "available_at": UTC_TIME,
        "value": pa.Column(float, nullable=False),
    },
    strict=True,
    unique=["name", "available_at"],
)

SPLITS = _keyed(
    {
        "t1": UTC_TIME,
        "set": pa.Column(str, pa.Check.isin(SETS)),
        "fold": pa.Column(int, pa.Check.ge(-1), coerce=True),
        "kept": pa.Column(bool),
    },
    strict=True,
)

TARGETS = _keyed(
    {
        "t1": UTC_TIME,
        "target_id": pa.Column(str),
        "label": pa.Column(float, pa.Check.isin([-1.0, 0.0, 1.0]), nullable=False, required=False),
        "max_pct": pa.Column(float, pa.Check.in_range(0, 1), nullable=False, required=False),
        r"^logret_\d+$": pa.Column(float, nullable=False, required=False, regex=True),
        "touched": pa.Column(pa.Category, pa.Check.isin(TOUCHED), nullable=False, required=False),
        "ret": pa.Column(float, nullable=False),
        "uniqueness": pa.Column(float, pa.Check.in_range(0, 1, include_min=False)),
    },
    strict=True,
)

_share = pa.Column(float, pa.Check.in_range(0, 1), nullable=False)
REGIMES = pa.DataFrameSchema(
    {
        "symbol": pa.Column(str, nullable=False),
        "time": UTC_TIME,
        "fold": pa.Column(int, pa.Check.ge(-1), coerce=True),
        "p_range": _share,
        "p_trend": _share,
        "p_panic": _share,
        "regime": pa.Column(str, pa.Check.isin(["range", "trend", "panic"]), nullable=False),
        "rule": pa.Column(
            str, pa.Check.isin(["trending", "mean_reverting", "volatile", "ranging"]), nullable=False
        ),
    },
    strict=True,
    unique=["symbol", "time", "fold"],
)

OUTCOMES = _keyed(
    {
        "available_at": UTC_TIME,
        "target_id": pa.Column(str),
        "label": pa.Column(float, pa.Check.isin([-1.0, 0.0, 1.0]), nullable=False),
    },
    strict=True,
)

FEATURES = _keyed({}, strict=False)
KEYS = _keyed({}, strict=True)

PREDICTIONS = _keyed(
    {
        "t1": UTC_TIME,
        "target_id": pa.Column(str),
        "set": pa.Column(str, pa.Check.isin(["train", "val", "test"])),
        "fold": pa.Column(int, pa.Check.ge(-1), coerce=True),
        "p_label": pa.Column(float, pa.Check.in_range(0, 1), nullable=False, required=False),
        "logit_label": pa.Column(float, nullable=False, required=False),
        r"^p_(?!label$)\w+$": pa.Column(
            float, pa.Check.in_range(0, 1), nullable=False, required=False, regex=True
        ),
        "value_max_pct": pa.Column(float, pa.Check.in_range(0, 1), nullable=False, required=False),
        r"^value_(?!max_pct$)\w+$": pa.Column(float, nullable=False, required=False, regex=True),
        "spread": pa.Column(float, pa.Check.ge(0), nullable=False, required=False),
        "model_hash": pa.Column(str),
    },
    strict=True,
    checks=pa.Check(
        lambda table: any(str(name).startswith(("p_", "value_")) for name in table),
        error="a column p_<target> or value_<target>",
    ),
)

AUDITS = _keyed(
    {
        "t1": UTC_TIME,
        "target_id": pa.Column(str),
        "set": pa.Column(str, pa.Check.isin(["train", "val", "test"])),
        "fold": pa.Column(int, pa.Check.ge(-1), coerce=True),
        "side": pa.Column(int, pa.Check.isin([-1, 1]), coerce=True),
        "p_correct": pa.Column(float, pa.Check.in_range(0, 1), nullable=False),
        "logit_correct": pa.Column(float, nullable=False),
        "model_hash": pa.Column(str),
    },
    strict=True,
)

TRUTH = _keyed({"drift": pa.Column(float), "volatility": pa.Column(float, pa.Check.gt(0))}, strict=False)

# Of several tables below one another.
TABLES = pa.DataFrameSchema(
    {
        "table": pa.Column(str),
        "symbol": pa.Column(str),
        "time": UTC_TIME,
        "value": pa.Column(float, nullable=False),
    },
    strict=False,
    unique=["table", "symbol", "time"],
)
JUDGED = pa.DataFrameSchema(
    {
        "table": pa.Column(str),
        **{name: column for name, column in PREDICTIONS.columns.items() if name != "value_max_pct"},
    },
    strict=True,
    unique=["table", "symbol", "time"],
)
