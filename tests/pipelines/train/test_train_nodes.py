"""Every member of the recipe through the one template."""

import pytest

from topoquant.pipeline_registry import RECIPES
from topoquant.schemas import PREDICTIONS

RECIPE = RECIPES["trigger"]


@pytest.mark.parametrize("member", [*RECIPE.members, *RECIPE.baselines])
def test_a_member_predicts_the_same_rows_as_every_other(made, member):
    predictions, record = made(f"predictions_{member}"), made(f"training_{member}")
    PREDICTIONS.validate(predictions)
    assert record["member"] == member
    # Train rows are predicted out of fold, the rest by the final model.
    is_train = predictions["set"] == "train"
    assert set(predictions.loc[~is_train, "model_hash"]) == {record["model_hash"]}
    assert (is_train == (predictions["fold"] >= 0)).all()
    splits = made("splits")
    kept = splits.loc[splits["kept"] & splits["set"].isin(["train", "val", "test"])]
    assert set(predictions["time"]) <= set(kept["time"])
    assert all(isinstance(content, bytes) for content in made(f"model_{member}").values())
    history = made(f"history_{member}")
    assert len(history) == len(record["history"])
    assert set(record["scores"]["label"]) == {"train", "val"}
