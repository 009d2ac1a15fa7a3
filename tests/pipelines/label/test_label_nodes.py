"""Development and test targets are two tables that share no row."""

from topoquant.schemas import TARGETS


def test_label_keeps_test_rows_apart(made):
    splits = made("splits").set_index(["symbol", "time"])["set"]
    for name, sets in (("development_targets", {"train", "val"}), ("test_targets", {"test"})):
        targets = made(name)
        TARGETS.validate(targets)
        assert set(splits.loc[list(zip(targets["symbol"], targets["time"], strict=True))]) == sets
    assert made("label_threshold")["fitted"]
    assert set(made("label_summary")["rate"]) == {"train", "val", "test"}
