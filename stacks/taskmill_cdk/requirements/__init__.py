"""Requirements files of the user's: paths in them, files that they name, what they pin."""

from taskmill_cdk.requirements.reading import (
    Requirements,
    RequirementsError,
    named,
    read_requirements,
)

__all__ = ["Requirements", "RequirementsError", "named", "read_requirements"]
