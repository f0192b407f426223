from aws_cdk.assertions import Match, Template


def test_topics_refuse_plain_http(template: Template) -> None:
    refused = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    policies = template.find_resources(
        "AWS::SNS::TopicPolicy",
        {
            "Properties": {
                "PolicyDocument": {"Statement": Match.array_with([Match.object_like(refused)])}
            }
        },
    )

    assert len(policies) == len(template.find_resources("AWS::SNS::Topic")) == 2


def test_alarms_of_this_account_reach_the_alarm_topic(template: Template) -> None:
    # A topic policy of one's own replaces the default one, which let them in.
    statement = {
        "Action": "sns:Publish",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }
    [policy] = template.find_resources(
        "AWS::SNS::TopicPolicy",
        {
            "Properties": {
                "PolicyDocument": {"Statement": Match.array_with([Match.object_like(statement)])}
            }
        },
    ).values()

    [topic] = policy["Properties"]["Topics"]
    assert topic["Ref"].startswith("NotificationsAlarmTopic")
