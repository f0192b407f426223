"""Finds Cognito app clients that let a user choose his tenant himself."""

from collections.abc import Iterable, Sequence
from typing import Any

from aws_cdk import Annotations, Token
from aws_cdk import aws_cognito as cognito_

GROUPS_CLAIM = "cognito:groups"  # of ID and access tokens; only administrators change groups

# Attributes of every user pool (Cognito guide, "Working with user attributes"). A client writes
# them unless its write attributes leave them out.
_STANDARD = frozenset(
    {
        *("address", "birthdate", "email", "family_name", "gender", "given_name", "locale"),
        *("middle_name", "name", "nickname", "phone_number", "picture", "preferred_username"),
        *("profile", "updated_at", "website", "zoneinfo"),
    }
)


def check_tenant_attribute(
    user_pool: cognito_.IUserPool, clients: Sequence[cognito_.IUserPoolClient], claim: str
) -> None:
    """Annotate a user pool whose users may change the attribute that is their tenant.

    A user's own access token suffices to call ``UpdateUserAttributes``, and anybody may call
    ``SignUp`` where sign-up is open. What these may set is decided by the app client's write
    attributes. Sources differ on whether a client without any may write custom attributes (the
    CDK's reference says it may), so that counts as write access.

    Adds an error, which stops ``cdk synth``, for a client that may write the attribute; a warning
    for what cannot be seen from here: clients that were imported, and further clients of a pool
    whose attribute is mutable.

    Args:
        claim: Of the token. Claims that are no attributes, such as groups or those of a
            pre-token-generation trigger, are safe from users.
    """
    if not _is_attribute(claim):
        return
    notes = Annotations.of(user_pool)
    mutable = _is_mutable(user_pool, claim)
    set_by_administrators = mutable is False and _is_by_invitation(user_pool)
    for client in clients:
        writes = _write_attributes(client)
        if writes is None:
            notes.add_warning_v2(
                f"taskmill:unseen-client:{client.node.path}",
                f"App client {client.node.path} was not made in this app: make sure that its write"
                f" attributes are set and leave out {claim}, or its users can change their tenant",
            )
        elif not set_by_administrators and (not writes or claim in writes):
            notes.add_error(
                f"App client {client.node.path} lets users change their tenant: "
                + (f"it may write {claim}. " if writes else "it has no write attributes. ")
                + "Set its write_attributes to those that users may change, without"
                f" {claim}; or use tenant_claim={GROUPS_CLAIM!r}"
            )
    if mutable:
        notes.add_warning_v2(
            "taskmill:mutable-tenant",
            f"{claim} is mutable: a further app client of the pool that may write it would let"
            " users change their tenant. Declare it with mutable=False, or acknowledge this",
        )


def caution_about(claim: str) -> str | None:
    """What to make sure of with a claim of an issuer that cannot be looked into; None: nothing."""
    if not _is_attribute(claim):
        return None
    return (
        f"The token's {claim} is the tenant, and many issuers let users change it themselves: make"
        " sure that yours does not"
    )


def _is_attribute(claim: str) -> bool:
    return claim.startswith("custom:") or claim in _STANDARD


def _write_attributes(client: cognito_.IUserPoolClient) -> list[str] | None:
    """The attributes that a client may write, empty if all of them; None: it cannot be seen."""
    resource = client.node.default_child
    if not isinstance(resource, cognito_.CfnUserPoolClient):
        return None
    writes = resource.write_attributes
    return None if Token.is_unresolved(writes) else list(writes or ())


def _is_mutable(user_pool: cognito_.IUserPool, claim: str) -> bool | None:
    """Whether the attribute can be changed after sign-up; None: it cannot be seen."""
    resource = user_pool.node.default_child
    if not isinstance(resource, cognito_.CfnUserPool):
        return None
    # The schema names a custom attribute without its prefix.
    name = claim.removeprefix("custom:")
    declared = [each for each in _listed(resource.schema) if _get(each, "name") == name]
    return any(_get(each, "mutable") is not False for each in declared) if declared else None


def _is_by_invitation(user_pool: cognito_.IUserPool) -> bool:
    """Whether only administrators create users, and so set what cannot be changed later."""
    resource = user_pool.node.default_child
    config = getattr(resource, "admin_create_user_config", None)
    return _get(config, "allow_admin_create_user_only") is True


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


def _get(struct: Any, name: str) -> Any:
    """A property of a CloudFormation struct, which jsii returns as an object or a dictionary."""
    if isinstance(struct, dict):
        head, *rest = name.split("_")
        return struct.get(name, struct.get(head + "".join(word.title() for word in rest)))
    return getattr(struct, name, None)
