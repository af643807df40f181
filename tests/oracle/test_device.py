"""Devices, memory, and a Python without torch."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

import pyramidcalc as pc
from pyramidcalc.errors import OracleError
from pyramidcalc.layers.linear import Flatten
from pyramidcalc.oracle import device
from pyramidcalc.passes.shapes import shapes
from tests.oracle.graphs import chain

pytestmark = pytest.mark.torch


def test_cuda_without_cuda_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names torch and the way out; auto goes to the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(OracleError, match=r"sees no CUDA device; use --device cpu"):
        device.choose("cuda")
    assert device.choose("auto").type == "cpu"


def test_unknown_device_is_refused() -> None:
    """The message lists what there is."""
    with pytest.raises(OracleError, match="auto, cpu, cuda"):
        device.choose("tpu")


@pytest.mark.parametrize("size", [10**5, 10**12])
def test_a_huge_input_is_refused_before_anything_runs(size: int) -> None:
    """What is needed and what is free are both said, in no time."""
    with pytest.raises(OracleError, match=r"needs about .*iB, .*iB of memory are free on cpu"):
        pc.oracle.verify(shapes(chain(Flatten()), {"input": (3, size, size)}))


def test_torch_running_out_of_memory_is_an_oracle_error() -> None:
    """Both of torch's ways of saying so."""
    for error in (torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("can't allocate memory: 1 bytes")):
        with pytest.raises(OracleError, match="ran out of memory"), device.memory_explained():
            raise error


def test_other_errors_pass() -> None:
    """Only memory is renamed."""
    with pytest.raises(RuntimeError, match="sizes differ"), device.memory_explained():
        raise RuntimeError("sizes differ")


@pytest.mark.parametrize(("count", "text"), [(3 << 20, "3 MiB"), (3 << 29, "1.5 GiB"), (1 << 60, "1e+06 TiB")])
def test_sizes_are_told_in_binary_units(count: int, text: str) -> None:
    """Up to TiB."""
    assert device.size_text(count) == text


def test_without_torch_the_way_out_is_told() -> None:
    """A fresh interpreter that cannot import torch: verify says what to install, the rest works."""
    code = """
import sys
sys.modules["torch"] = None
import pyramidcalc as pc
print(pc.analyze("spp").output, "graphs" in pc.oracle.random_kinds())
try:
    pc.oracle.verify
except pc.OracleError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("(5376,) True")
    assert "pip install 'pyramidcalc[torch]'" in done.stdout


def test_importing_the_oracle_does_not_import_torch() -> None:
    """Only its first use does."""
    code = "import sys, pyramidcalc.oracle; pyramidcalc.oracle.random_kinds(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
