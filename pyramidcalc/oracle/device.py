"""torch itself, its devices, how it refuses, and whether a piece of work fits in memory."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pyramidcalc.errors import OracleError

try:
    import torch
except (ImportError, OSError) as error:
    raise OracleError(
        f"the comparison with torch needs torch, which cannot be imported ({error})",
        hint="install it with `pip install 'pyramidcalc[torch]'`",
        code="no-torch",
    ) from error

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["REFUSALS", "choose", "memory_explained", "refusal", "require_memory", "torch", "torch_version"]

DEVICES = ("auto", "cpu", "cuda")
RESERVE = 64 << 20
"""Bytes that torch itself and its kernels may take beside the tensors."""
REFUSALS = (ArithmeticError, AssertionError, LookupError, RuntimeError, TypeError, ValueError)
"""What torch raises where it refuses arguments or sizes."""


def torch_version() -> str:
    """2.13.0 for 2.13.0+cpu."""
    return str(torch.__version__).partition("+")[0]


def choose(name: str) -> torch.device:
    """The device of a name among auto, cpu and cuda. Raises OracleError where there is none."""
    if name not in DEVICES:
        raise OracleError(f"no device {name!r}", hint=f"use {', '.join(DEVICES)}", code="no-device")
    if name == "cuda" and not torch.cuda.is_available():
        raise OracleError(
            f"torch {torch.__version__} sees no CUDA device",
            hint="use --device cpu or auto, or install a torch with CUDA beside a driver",
            code="no-device",
        )
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def available_bytes(device: torch.device) -> int | None:
    """Memory that is free now, and that a limit on this container leaves; None where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    limits = []
    with suppress(OSError, KeyError, ValueError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        sizes = {key: value.split() for key, _, value in (line.partition(":") for line in lines)}
        limits.append(int(sizes["MemAvailable"][0]) << 10)
    with suppress(OSError, ValueError):
        limit, used = (int(Path(f"/sys/fs/cgroup/memory.{name}").read_text("ascii")) for name in ("max", "current"))
        limits.append(max(limit - used, 0))
    return min(limits, default=None)


def require_memory(needed: int, device: torch.device, what: str) -> None:
    """Refuses work that would not fit, before it starts. Raises OracleError."""
    free = available_bytes(device)
    if free is not None and needed + RESERVE > free:
        raise OracleError(
            f"{what} needs about {size_text(needed + RESERVE)}, {size_text(free)} of memory are free on {device.type}",
            hint="use a smaller input or batch, or leave the check out: the numbers need no torch",
            code="no-memory",
        )


def size_text(count: int) -> str:
    """1.5 GiB for 1610612736."""
    bits, unit = next((step for step in ((40, "TiB"), (30, "GiB")) if count >> step[0]), (20, "MiB"))
    size = count / 2**bits
    return f"{size:.3g} {unit}" if size < 1e6 else f"{size:.0e} {unit}"


def is_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, in any of torch's ways of saying so."""
    # torch 2.4 has its class under cuda only.
    kind = getattr(torch, "OutOfMemoryError", torch.cuda.OutOfMemoryError)
    return isinstance(error, MemoryError | kind) or "allocate memory" in str(error)


@contextmanager
def memory_explained() -> Iterator[None]:
    """Turns memory that ran out into OracleError."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_memory(error):
            raise
        message = f"torch ran out of memory: {first_line(error)}"
        raise OracleError(message, hint="use a smaller input or batch", code="no-memory") from error


def refusal(error: BaseException) -> str:
    """What torch says where it refuses. Raises the error where memory ran out, which is no refusal."""
    if is_memory(error):
        raise error
    return f"refused: {first_line(error)}"


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
