"""Folders of kept objects: Python runs what it reads there, so nobody else may write to them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from scconcepts_app.settings import SettingsError


def make_own(folder: Path) -> None:
    """Make a folder that nobody but this user can enter, or see to it that it is one.

    Raises
    ------
    SettingsError
        It is there and belongs to another user, or others can write to it: what lies there may
        be anybody's.
    OSError
        It cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise SettingsError(
            f"{folder}: belongs to user {found.st_uid}, expected {os.geteuid()}, the user of this "
            "app, which runs what is kept there. Set SCCONCEPTS_CACHE_DIR to a folder of your own."
        )
    mode = stat.S_IMODE(found.st_mode)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise SettingsError(
            f"{folder}: can be written by others (mode {mode:o}), expected 700: this app runs "
            "what is kept there. Remove the folder, it is made anew."
        )
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        folder.chmod(0o700)
