"""What the user's code reaches beside taskmill: variables, secrets, a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

# Set by taskmill, or by Lambda:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_RESERVED = ("TASKMILL_", "AWS_", "LAMBDA_", "_X_AMZN_")
_RESERVED_NAMES = ("_HANDLER",)

Secret = secretsmanager.ISecret | ssm.IParameter


class Readable(Protocol):
    """A secret or a parameter: something whose value a role can be allowed to read."""

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant: ...


@dataclass(frozen=True, kw_only=True)
class UserResources:
    """The props of a stack that are about the user's own resources.

    Attributes:
        environment: Variables of the user's.
        secrets: By the name of a variable, the secret or parameter whose ARN or name it holds.
        vpc, vpc_subnets, security_groups: The network of what runs task functions.

    Raises:
        ValueError: A variable's name is reserved or given twice; subnets or security groups are
            given without a VPC.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Any] = field(default_factory=dict)
    vpc: ec2.IVpc | None = None
    vpc_subnets: ec2.SubnetSelection | None = None
    security_groups: Sequence[ec2.ISecurityGroup] | None = None

    def __post_init__(self) -> None:
        check_variables("environment", self.environment)
        check_variables("secrets", dict.fromkeys(self.secrets, ""))
        for name, secret in self.secrets.items():
            if not hasattr(secret, "grant_read"):
                raise TypeError(
                    f"secrets[{name!r}] is {secret!r}; give a secretsmanager.Secret or an"
                    " ssm.StringParameter, never the value of a secret"
                )
            if name in self.environment:
                raise ValueError(f"{name} is in environment and in secrets; give it once")
        if self.vpc is None:
            for name in ("vpc_subnets", "security_groups"):
                if getattr(self, name) is not None:
                    raise ValueError(f"{name} is given without vpc, and has no effect")

    @property
    def variables(self) -> dict[str, str]:
        """The variables of all functions; for a secret its ARN, for a parameter its name."""
        places = {name: place_of(secret) for name, secret in self.secrets.items()}
        return {**self.environment, **places}

    @property
    def network(self) -> dict[str, Any]:
        """Props of a function, or of container workers; empty without a VPC."""
        given = {
            "vpc": self.vpc,
            "vpc_subnets": self.vpc_subnets,
            "security_groups": self.security_groups,
        }
        return {name: value for name, value in given.items() if value is not None}


def check_variables(prop: str, variables: Mapping[str, str]) -> None:
    """Refuse environment variables that taskmill or Lambda set.

    Raises:
        TypeError: A value is no text.
        ValueError: A name is reserved.
    """
    for name, value in variables.items():
        if not isinstance(value, str):
            raise TypeError(f"{prop}[{name!r}] is {value!r}; variables are texts: {str(value)!r}")
        if name.startswith(_RESERVED) or name in _RESERVED_NAMES:
            owner = "taskmill" if name.startswith("TASKMILL_") else "Lambda"
            raise ValueError(f"{prop} has {name!r}, a variable of {owner}'s; name it differently")


def place_of(secret: Any) -> str:
    """Where a function finds a secret: the ARN of a secret, the name of a parameter."""
    place: str = secret.secret_arn if hasattr(secret, "secret_arn") else secret.parameter_name
    return place
