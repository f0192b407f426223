"""What the props of ``TaskStack`` take, checked where they are given."""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2 import CorsPreflightOptions

from taskmill_cdk.auth import Auth
from taskmill_cdk.limits import TenantLimits
from taskmill_cdk.props import (
    LAMBDA_MEMORY,
    LAMBDA_SECONDS,
    checked_props,
    choice,
    each_of,
    flag,
    flag_or_seconds,
    has_vpc_id,
    instance,
    key_of_kms,
    seconds,
    whole,
)
from taskmill_cdk.sign_in import SignIn
from taskmill_cdk.stack.environment import Ids
from taskmill_cdk.task_source import TaskSource
from taskmill_cdk.worker_pool import Pool

checked = checked_props(
    Stack,
    tasks=instance(TaskSource, "a TaskSource"),
    local=flag,
    removable=flag,
    retention_days=whole(0, 36_500),
    max_payload_bytes=whole(1),
    worker_memory=whole(*LAMBDA_MEMORY),
    worker_timeout=seconds(LAMBDA_SECONDS),
    worker_concurrency=whole(2, 1_000, or_none=True),
    priority_concurrency=whole(2, 1_000, or_none=True),
    batch_memory=whole(*LAMBDA_MEMORY),
    max_concurrency=whole(1, 10_000),
    container_image=instance(ecs.ContainerImage, "an ecs.ContainerImage"),
    container_cpu=whole(1),
    container_memory=whole(1),
    container_queue=flag,
    pools=each_of(Pool, "WorkerPool(...) and ContainerPool(...)"),
    snap_start=flag,
    bytecode=flag,
    ids=choice(get_args(Ids)),
    api=flag,
    auth=instance(Auth, "sigv4(), cognito(...) or jwt(...)"),
    console=instance((bool, SignIn), "True, or SignIn(...)"),
    environment_name=instance(str, "a name such as 'prod'"),
    redact=each_of(str, "a name of a field"),
    fast_start=flag,
    hand_back_after=seconds(900, least=0),
    environment=instance(Mapping, "a mapping of names to texts"),
    secrets=instance(Mapping, "a mapping of names to secrets and parameters"),
    vpc=has_vpc_id,
    vpc_subnets=instance(ec2.SubnetSelection, "an ec2.SubnetSelection"),
    security_groups=instance((list, tuple), "a list of security groups"),
    alarm_email=instance((str, list, tuple), "an e-mail address, or a list of them"),
    warm_throughput=instance(dynamodb.WarmThroughput, "a dynamodb.WarmThroughput"),
    callback_budget=whole(1),
    tenant_limits=instance(TenantLimits, "TenantLimits(...)"),
    cors=instance((list, tuple, CorsPreflightOptions), "a list of origins, or settings"),
    encryption_key=key_of_kms,
    base_path=instance(str, "a path such as 'jobs'"),
    rate_limit=whole(1),
    burst_limit=whole(1),
    statistics=flag_or_seconds(300),
    sweep_every=seconds(31_536_000, least=60),
    log_level=instance(lambda_.ApplicationLogLevel, "a lambda_.ApplicationLogLevel"),
    log_retention=instance(logs.RetentionDays, "a logs.RetentionDays"),
    build_folder=instance(Path, "a pathlib.Path"),
)
