"""Users of a Cognito user pool cannot choose their tenant; who lets them is told so."""

from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_cognito as cognito_
from aws_cdk.assertions import Annotations, Match

from taskmill_cdk import cognito

ATTRIBUTES = cognito_.ClientAttributes()


def any_pool(*, mutable: bool = False, **props: Any) -> cognito_.UserPool:
    attributes = {
        "tenant": cognito_.StringAttribute(mutable=mutable),
        "colour": cognito_.StringAttribute(mutable=True),
    }
    return cognito_.UserPool(Stack(App(), "Any"), "Users", custom_attributes=attributes, **props)


def errors(pool: cognito_.UserPool) -> list[str]:
    found = Annotations.from_stack(Stack.of(pool)).find_error("*", Match.any_value())
    return [str(each.entry.data) for each in found]


def warnings(pool: cognito_.UserPool) -> list[str]:
    found = Annotations.from_stack(Stack.of(pool)).find_warning("*", Match.any_value())
    return [str(each.entry.data) for each in found]


def test_a_client_without_write_attributes_is_an_error() -> None:
    pool = any_pool(mutable=True)

    cognito(pool, [pool.add_client("Client")])

    [error] = errors(pool)
    assert "App client Any/Users/Client lets users change their tenant" in error
    assert "it has no write attributes" in error


def test_a_client_whose_write_attributes_are_empty_is_an_error() -> None:
    pool = any_pool(mutable=True)

    cognito(pool, [pool.add_client("Client", write_attributes=ATTRIBUTES)])

    assert len(errors(pool)) == 1


def test_a_client_that_may_write_the_tenant_is_an_error() -> None:
    pool = any_pool(mutable=True)
    may_write = ATTRIBUTES.with_custom_attributes("tenant", "colour")

    cognito(pool, [pool.add_client("Client", write_attributes=may_write)])

    [error] = errors(pool)
    assert "it may write custom:tenant" in error
    assert "tenant_claim='cognito:groups'" in error


def test_each_such_client_is_named() -> None:
    pool = any_pool(mutable=True)
    safe = pool.add_client("Safe", write_attributes=ATTRIBUTES.with_custom_attributes("colour"))

    cognito(pool, [pool.add_client("One"), safe, pool.add_client("Two")])

    assert [error.split()[2] for error in errors(pool)] == ["Any/Users/One", "Any/Users/Two"]


def test_a_client_that_may_not_write_a_tenant_that_never_changes_is_fine() -> None:
    pool = any_pool()
    may_write = ATTRIBUTES.with_standard_attributes(fullname=True)

    cognito(pool, [pool.add_client("Client", write_attributes=may_write)])

    assert (errors(pool), warnings(pool)) == ([], [])


def test_a_mutable_tenant_is_a_warning_as_the_pool_may_have_more_clients() -> None:
    pool = any_pool(mutable=True)
    may_write = ATTRIBUTES.with_custom_attributes("colour")

    cognito(pool, [pool.add_client("Client", write_attributes=may_write)])

    [warning] = warnings(pool)
    assert "custom:tenant is mutable" in warning
    assert errors(pool) == []


def test_where_administrators_create_users_they_alone_set_what_never_changes() -> None:
    pool = any_pool(self_sign_up_enabled=False)

    cognito(pool, [pool.add_client("Client")])

    assert (errors(pool), warnings(pool)) == ([], [])


def test_at_an_open_sign_up_users_choose_what_never_changes_after() -> None:
    pool = any_pool(self_sign_up_enabled=True)

    cognito(pool, [pool.add_client("Client")])

    assert len(errors(pool)) == 1


def test_a_client_of_elsewhere_is_a_warning() -> None:
    pool = any_pool()
    imported = cognito_.UserPoolClient.from_user_pool_client_id(Stack.of(pool), "Imported", "1a2b")

    cognito(pool, [imported])

    [warning] = warnings(pool)
    assert "App client Any/Imported was not made in this app" in warning


def test_a_pool_of_elsewhere_is_judged_by_its_clients() -> None:
    stack = Stack(App(), "Any")
    pool: Any = cognito_.UserPool.from_user_pool_id(stack, "Users", "eu-west-1_1a2b")

    cognito(pool, [pool.add_client("Client")])

    assert len(errors(pool)) == 1


@pytest.mark.parametrize("claim", ["email", "profile", "preferred_username"])
def test_standard_attributes_are_the_user_s_as_well(claim: str) -> None:
    pool = any_pool()

    cognito(pool, [pool.add_client("Client")], tenant_claim=claim)

    assert f"without {claim}" in errors(pool)[0]


@pytest.mark.parametrize("claim", ["cognito:groups", "tenant", "sub"])
def test_claims_that_are_no_attributes_are_safe(claim: str) -> None:
    pool = any_pool(mutable=True)

    auth = cognito(pool, [pool.add_client("Client")], tenant_claim=claim)

    assert auth.tenant_claim == claim
    assert (errors(pool), warnings(pool)) == ([], [])
