"""``TaskStack``, the stack that puts the constructs of ``taskmill_cdk`` together.

Here live the composition and what concerns the whole stack: permissions, environment variables,
outputs, removal. A construct that owns resources has a module of its own beside this folder.
"""

from taskmill_cdk.stack.environment import Ids
from taskmill_cdk.stack.removal import STATEFUL
from taskmill_cdk.stack.task_stack import TaskStack

__all__ = ["STATEFUL", "Ids", "TaskStack"]
