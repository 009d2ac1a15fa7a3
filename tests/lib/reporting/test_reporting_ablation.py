"""What an ablation found, as lines and as a figure."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.ablation import Part, SeedLuck, find_parts, join_variants, list_variants, score_variants
from topoquant.lib.reporting import ablation_figure, ablation_lines, draw_png
from topoquant.lib.reporting.ablation_lines import part_sentence


@pytest.fixture(scope="module")
def ablation():
    """`tda` knows the label, `complexity` nothing, and what makes volatility loses by it."""
    random = np.random.default_rng(0)
    n = 900
    time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC")
    label = random.integers(0, 2, n).astype(float)
    parts = [Part(name=name, family=name, channels=(), static=(name,)) for name in ("tda", "complexity")]
    variants = list_variants(parts, Part(name="blind", family="blind", channels=(), static=("range",)))
    known = 0.5 + 0.3 * (label - 0.5)
    tables = {}
    for name, knows in {"base": False, **{one.name: parts[0] in one.parts for one in variants}}.items():
        said = np.where(knows, known, 0.5) + 0.02 * random.normal(size=n)
        rows = {"symbol": "SYN", "time": time, "target_id": "up", "set": ["train"] * 600 + ["val"] * 300}
        tables[name] = pd.DataFrame({**rows, "p_label": said})
    joined = join_variants(tables, tables["base"].assign(label=label))
    luck = {name: SeedLuck(deviation=0.0, n_free=9, n_seeds=2) for name in ("train", "val")}
    table = score_variants(joined, variants, luck, base="base", horizon=1, interval="1h", seed=0)
    rows = {"train": 600, "val": 300, "dropped": {"no_t1": 0, "warm_up": 12, "gap": 0}}
    names = [part.name for part in parts]
    about = {"member": "lightgbm", "n_train_rows": 4000, "rows": rows, "n_seeds": 2}
    return table, {**about, "seed_deviation": {"oof": 0.0004}, **find_parts(table, names)}


def test_lines_say_what_each_part_is_worth(ablation):
    lines = ablation_lines(ablation[1])
    assert (
        lines[0]
        == "ablate     lightgbm: 600 of 4,000 train rows, out of fold, and 300 val rows; dropped: warm up 12"
    )
    words = [line.split()[0] for line in lines]
    assert words == ["ablate", "seeds", "gain", "part", *["tda", "complexity", "all"] * 2]
    assert lines[7] == "tda        earns its place; beside volatility it adds something, direction or not"
    assert lines[8].endswith("adds nothing that can be told from chance; beside volatility likewise")
    # Numbers stand under their heads.
    head = lines[3]
    for name in ("lost", "on val", "added"):
        assert lines[4][head.index(name)] in "+-", name
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize(
    ("finding", "beside", "said"),
    [
        ("earns", "earns", "earns its place; beside volatility it adds something, direction or not"),
        ("hurts", "nothing", "hurts; beside volatility it adds nothing that can be told from chance"),
        ("unknown", "unknown", "cannot be judged: too few rows for an interval; beside volatility likewise"),
    ],
)
def test_a_sentence_says_what_both_intervals_tell(finding, beside, said):
    assert part_sentence({"finding": finding, "beside": 0.1, "beside_finding": beside}) == said
    assert (
        part_sentence({"finding": "earns", "beside": None, "beside_finding": "unknown"}) == "earns its place"
    )


def test_a_figure_has_a_dot_with_its_interval_per_row_and_set(ablation):
    table, found = ablation
    figure = ablation_figure(table, found)
    dots = [trace for trace in figure.data if trace.mode == "markers"]
    drawn = [(name, x, low, high) for one in dots for name, x, low, high in zip(
        one.y, one.x, one.error_x.arrayminus, one.error_x.array, strict=True)]  # fmt: skip
    # Per set: two parts without which, two beside volatility and all, two alone, two added, sign-blind.
    assert len(drawn) == 2 * (2 + 3 + 5)
    oof = table.loc[(table["set"] == "oof") & (table["variant"] == "without tda")].iloc[0]
    expected = (oof["lost"], oof["lost"] - oof["lost_low"], oof["lost_high"] - oof["lost"])
    assert ("tda", *expected) in drawn
    names = [trace.name for trace in dots if trace.showlegend]
    assert len(names) == len(set(names))
    assert names[0] == "above chance"
    assert draw_png(figure).startswith(b"\x89PNG")


def test_a_study_without_val_rows_is_drawn_in_one_column(ablation):
    table, found = ablation
    figure = ablation_figure(table.loc[table["set"] == "oof"], found)
    assert len(figure.layout.annotations) == 3
