"""Writing over a file, whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from stat import S_IMODE
from tempfile import mkstemp

from pyramidcalc.cli.checking.loading import SpecError


def save(path: str, old: str, new: str) -> None:
    """Puts a text in the place of a file's old one. Raises SpecError where it cannot; the file is then as it was."""
    # A link stays one: what it points to is written.
    real = os.path.realpath(path)
    try:
        if not os.path.isfile(real):
            raise SpecError(path, None, "cannot write it: it is no regular file; update the file that it came from")
        if not os.access(real, os.W_OK):
            raise SpecError(path, None, "cannot write it: it is read-only; make it writable first")
        if not replace(real, old.encode(), new.encode()):
            raise SpecError(path, None, "it has changed since it was read, and stays as it is; run --update again")
    except OSError as error:
        told = f"cannot write it: {error.strerror}; it stays as it was (a new file has to fit into its folder first)"
        raise SpecError(path, None, told) from None


def replace(real: str, old: bytes, new: bytes) -> bool:
    """Writes a new file beside the old one and renames it, as only that is done whole or not at all.

    False where the file does not hold the old bytes any more; it is left alone then.
    """
    handle, made = mkstemp(prefix=".pyramidcalc-", dir=os.path.dirname(real))
    try:
        with open(handle, "wb") as file:
            file.write(new)
        keep_mode_and_owner(real, made)
        # Checks may take long; what somebody wrote meanwhile must not be lost.
        with open(real, "rb") as file:
            same = file.read() == old
        if same:
            os.replace(made, real)
        else:
            os.unlink(made)
    except BaseException:
        # An interrupt too leaves nothing behind.
        with suppress(OSError):
            os.unlink(made)
        raise
    return same


def keep_mode_and_owner(real: str, made: str) -> None:
    """Gives the new file those of the old one, where the file system has them and we may."""
    old = os.stat(real)
    with suppress(OSError):
        os.chmod(made, S_IMODE(old.st_mode))
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(made, old.st_uid, old.st_gid)
