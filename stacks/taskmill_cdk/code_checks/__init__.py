"""Checks of task modules at synthesis, from their source: nothing of the user's is imported."""

from taskmill_cdk.code_checks.declared import Declared, declared_in
from taskmill_cdk.code_checks.dependencies import missing_imports
from taskmill_cdk.code_checks.modules import CodeError, Module, reachable

__all__ = ["CodeError", "Declared", "Module", "declared_in", "missing_imports", "reachable"]
