"""One prediction, chosen on val, and the threshold at which it is a signal."""

from topoquant.schemas import PREDICTIONS


def test_the_ensemble_is_one_table_of_predictions(made):
    PREDICTIONS.validate(made("predictions_ensemble"))
    choices = made("choices")
    assert choices["naive"]["member"] in choices["naive"]["log_loss"]
    assert choices["final"]["name"]


def test_the_signal_needs_no_test_row(made, registered):
    needed = registered["trigger"].to_outputs("trigger.operating_point").datasets()
    assert "trigger.test_targets" not in needed
    assert "threshold" in made("operating_point")
