"""Development and test targets are two tables that share no row."""

from topoquant.schemas import TARGETS


def test_label_keeps_test_rows_apart(made):
    splits = made("splits").set_index(["symbol", "time"])["set"]
    for name, sets in (("development_targets", {"train", "val"}), ("test_targets", {"test"})):
        targets = made(name)
        TARGETS.validate(targets)
        assert set(splits.loc[list(zip(targets["symbol"], targets["time"], strict=True))]) == sets


def test_the_target_says_what_is_predicted(made, parameters):
    target = made("target")
    assert (target["kind"], target["fitted"]) == ("trigger", True)
    assert target["horizon"] == parameters["trigger"]["label"].horizon
    assert set(made("development_targets")["target_id"]) == {target["target_id"]}


def test_the_labels_are_reported_before_a_model_sees_them(made):
    summary = made("label_summary")
    assert set(summary["rate"]) == {"train", "val", "test"}
    assert summary["text"] == made("target")["text"]
    assert sum(summary["n"].values()) == len(made("development_targets")) + len(made("test_targets"))
    assert made("figure_labels").data
