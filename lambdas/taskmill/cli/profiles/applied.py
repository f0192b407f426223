"""The global options of a call, with what they leave out taken from the profile in use."""

from __future__ import annotations

import os
from dataclasses import replace

from taskmill.cli.call import Call
from taskmill.cli.profiles.store import Profiles


def with_profile(call: Call) -> Call:
    """The call with the profile in use; without one, or with a URL of its own, as it is.

    Raises:
        NoProfile: `TASKMILL_PROFILE` names none that is there, or the file cannot be read.
    """
    if call.url is not None:
        return call
    found = Profiles.read().in_use()
    if found is None:
        return call
    name, profile = found
    environment = os.environ
    return replace(
        call,
        url=profile.url,
        tenant=call.tenant or profile.tenant,
        profile=call.profile or (None if environment.get("AWS_PROFILE") else profile.aws_profile),
        region=call.region or (None if environment.get("AWS_REGION") else profile.region),
        stack=call.stack or profile.stack,
        using=name,
        of_profile={
            "--url": profile.url,
            "--tenant": profile.tenant,
            "--profile": profile.aws_profile,
            "--region": profile.region,
            "--stack": profile.stack,
        },
    )
