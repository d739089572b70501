"""The studies of policies and promotion tests, in their shortest form."""

from benchmarks import policies, promotion


def test_every_setting_meets_every_learner() -> None:
    result = policies.study(3, 1)
    assert set(result) == set(policies.settings())
    assert all(set(kinds) == set(policies.LEARNERS) for kinds in result.values())
    assert policies.table(result).count("\n") == len(result) + 1


def test_the_default_promotes_few_who_should_not_be_and_the_peer_rule_nearly_all() -> None:
    result = promotion.study(150, 30)
    assert all(count / 150 <= 0.05 for count in result["false"]["e-process (default)"].values())
    assert result["peer"]["0.65"] / 30 > 0.95
    assert result["false"]["mean of the last 32"]["0.75"] / 150 > 0.95
    assert all(at is not None for at in result["looks"]["e-process (default)"]["0.95"])
    assert "| e-process (default) |" in promotion.table(result)
