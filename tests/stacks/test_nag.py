"""cdk-nag's AwsSolutions pack; what is meant is acknowledged beside the resource, with a reason."""


def test_nothing_is_left_to_acknowledge(findings: list[str]) -> None:
    assert findings == []
