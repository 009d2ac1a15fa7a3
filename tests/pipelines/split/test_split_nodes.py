"""Every bar gets a set; only train is thinned."""

from topoquant.schemas import SPLITS


def test_split_gives_every_bar_one_row(made, parameters):
    splits = made("splits")
    SPLITS.validate(splits)
    assert len(splits) == len(made("bars"))
    assert set(splits.loc[~splits["kept"], "set"]) == {"train"}
    assert splits.loc[splits["set"] == "train", "kept"].sum() <= parameters["n_rows"]
