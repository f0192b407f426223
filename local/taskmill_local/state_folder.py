"""The state folder of a local cloud: made where it is missing, and hidden from Git."""

from pathlib import Path


def make_state_folder(folder: Path) -> None:
    """Make the folder; a new or empty one gets a ``.gitignore`` that covers all its content."""
    folder.mkdir(parents=True, exist_ok=True)
    ignored = folder / ".gitignore"
    if not ignored.exists() and (folder.name == ".local" or not any(folder.iterdir())):
        ignored.write_text("*\n")
