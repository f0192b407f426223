"""Which files of a tasks folder are deployed."""

from taskmill_cdk.task_files.chosen import chosen_files
from taskmill_cdk.task_files.walk import walk

__all__ = ["chosen_files", "walk"]
