"""torch modules by torch.export: shapes, fields, parameters, MACs and reach against torch's own."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING, Any

import pytest

from pyramidcalc.errors import UsageError
from pyramidcalc.passes.channels import fields
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.receptive_field import receptive_fields
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.report import analyze_graph
from pyramidcalc.request import analyze

torch = pytest.importorskip("torch", reason="torch is the reference here")
pytestmark = pytest.mark.torch

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from pyramidcalc.importing.exported import export, from_torch, quiet  # noqa: E402
from pyramidcalc.importing.layouts import Tensor, standard  # noqa: E402
from pyramidcalc.importing.live import program_of  # noqa: E402
from pyramidcalc.importing.programs import imported  # noqa: E402
from pyramidcalc.importing.targets import from_file  # noqa: E402
from pyramidcalc.oracle.gradients import Gradients  # noqa: E402
from pyramidcalc.oracle.programs import countable  # noqa: E402
from tests.importing.cases import CASES, Run  # noqa: E402
from tests.importing.open_cases import ONE_SIZE, OPEN, Broken  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

    from pyramidcalc.passes.shapes import Resolved

each_case = pytest.mark.parametrize("name", CASES)


@cache
def of(name: str) -> tuple[Any, Any, Any, Resolved]:
    """Module, exported program, what is imported and its shapes, of a case."""
    case = CASES[name]
    module = case.module().eval()
    exported = export(module, case.inputs)
    result = imported(program_of(exported))
    resolved = shapes(result.graph, result.inputs)
    assert resolved.failure is None
    return module, exported, result, resolved


@each_case
def test_shapes_are_torchs(name: str) -> None:
    """Every output has the shape that a forward gives."""
    module, _, result, resolved = of(name)
    outputs = torch.utils._pytree.tree_leaves(module(*[torch.ones(1, *shape) for shape in CASES[name].inputs]))
    assert [resolved.shapes[value] for _, value in result.graph.outputs] == [tuple(x.shape[1:]) for x in outputs]


@each_case
def test_parameters_and_macs_are_torchs(name: str) -> None:
    """Shared weights count once; MACs are half of FlopCounterMode's count."""
    module, _, result, _ = of(name)
    report = analyze_graph(result.graph, result.inputs)
    assert report.parameters == sum(p.numel() for p in module.parameters())
    assert result.notes == ()
    with quiet(), torch.no_grad(), countable(), FlopCounterMode(display=False) as counter:
        module(*[torch.ones(1, *shape) for shape in CASES[name].inputs])
    assert 2 * report.macs == counter.get_total_flops()


@each_case
def test_receptive_fields_are_known(name: str) -> None:
    """The field of the first output, by hand; nothing is unknown."""
    _, _, result, resolved = of(name)
    assert not [node.name for node in result.graph.nodes if node.layer.opaque]
    by_input = receptive_fields(resolved, fields(resolved))[result.graph.outputs[0][1]]
    field = next(iter(by_input.values()))
    assert field.size == CASES[name].field
    assert field.is_global == (None in field.size)


@each_case
def test_reach_is_the_gradient(name: str) -> None:
    """Position by position, at the corners and the middle of every output."""
    _, exported, result, resolved = of(name)
    gradients = Gradients(exported)
    for index, (_, value) in enumerate(result.graph.outputs):
        laid = Tensor.of(value, resolved.shapes[value], standard(resolved.shapes[value]))
        sizes = resolved.shapes[value][1:]
        if value in result.inputs:
            continue
        corners = product(*[sorted({0, n // 2, n - 1}) for n in sizes])
        for position in islice(corners, 9):
            ours = reach(resolved, value, position)
            assert ours.unknown is None
            for name_, places in gradients.reads(gradients.outputs[index], laid.indices(position)).items():
                if len(result.inputs[name_]) > 1:
                    mask = ours.mask(name_)
                    bits = {(*outer, i) for outer, row in mask.items() for i in range(row.bit_length()) if row >> i & 1}
                    assert bits == places, position


def test_outputs_are_labelled_by_their_path() -> None:
    """Keys of dicts and positions in tuples, joined by dots."""
    assert [label for label, _ in of("dict and tuple")[2].graph.outputs] == ["map.0", "map.1"]
    assert [label for label, _ in of("conv")[2].graph.outputs] == ["output"]


def test_names_are_the_modules_paths() -> None:
    """A layer of torch.nn has its own path; an operator has that of the module that runs it."""
    assert [node.name for node in of("residual")[2].graph.nodes] == ["a", "b", "skip", "add", "last"]
    assert [node.name for node in of("shared")[2].graph.nodes] == ["c", "c_2"]


def test_a_layer_that_runs_twice_shares_its_parameters() -> None:
    """The second call names the first, and counts nothing."""
    first, second = of("shared")[2].graph.nodes
    assert (first.shares, second.shares) == (None, "c")
    assert (first.parameters, second.parameters) == (4 * 4 * 9 + 4, 0)


def test_unused_parameters_are_told() -> None:
    """They are no part of the graph, and a note says how many and which."""
    module = Run(lambda s, x: s.a(x), a=torch.nn.Conv2d(3, 2, 1), b=torch.nn.Conv2d(3, 5, 1))
    result = imported(program_of(export(module, ((3, 8, 8),))))
    assert result.notes == ("20 parameters are used by nothing here: b.weight, b.bias",)
    assert prod(next(iter(result.inputs.values()))) == 192


@pytest.mark.parametrize("name", OPEN)
def test_open_sizes_are_followed(name: str) -> None:
    """One graph, exported with open sizes, has torch's shapes at other sizes too."""
    module: Any = OPEN[name]()
    result = from_torch(module, (3, 16, 20), dynamic=True)
    assert (result.known, result.notes) == ((), ())
    for size in ((16, 20), (32, 24), (8, 44), (62, 30)):
        resolved = shapes(result.graph, {next(iter(result.inputs)): (3, *size)})
        assert resolved.shapes[result.graph.outputs[0][1]] == tuple(module(torch.ones(1, 3, *size)).shape[1:])


@pytest.mark.parametrize(("function", "reasons"), ONE_SIZE)
def test_what_does_not_hold_for_all_sizes_says_so(function: Any, reasons: list[str], tmp_path: Path) -> None:
    """Where torch fixes a size, a layer's numbers follow it, or the code looks at it: with the user's own line."""
    result = from_torch(Run(function), (3, 16, 20), dynamic=True)
    line = f"open_cases.py, line {function.__code__.co_firstlineno}"
    assert [condition.reason for condition in result.conditions] == [each.replace("LINE", line) for each in reasons]
    (name,) = result.inputs
    assert result.against(result.inputs) is None
    assert result.against({name: (3, 42, 21)}) is not None
    path = tmp_path / "net.pt2"
    torch.export.save(export(Run(function), ((3, 16, 20),), dynamic=True), path)
    file = [condition.reason for condition in from_file(path, any_size=True).conditions]
    assert file == [each.replace(" (LINE)", "") for each in reasons]


def test_sizes_of_what_takes_one_number_of_features_are_exact() -> None:
    """The layers refuse the others, as torch does; nothing of them is unknown."""
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, stride=2), torch.nn.Flatten(), torch.nn.Linear(4 * 7 * 9, 5))
    result = from_torch(module, (3, 16, 20), dynamic=True)
    answers = analyze(result).sizes(most=40)
    assert [str(answer) for answer in answers.values()] == ["H = 15–16", "W = 19–20"]
    for height in (14, 15, 16, 17):
        works = height in answers["height"].valid
        with nullcontext() if works else pytest.raises(RuntimeError):
            module(torch.ones(1, 3, height, 20))


def test_what_cannot_be_exported_is_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    """torch's own reason, and nothing on stderr; the module's mode stays as it was."""
    module = Broken().train()
    with pytest.raises(UsageError, match="torch cannot export Broken: ") as error:
        from_torch(module, (3, 8, 8))
    assert "\n" not in str(error.value)
    assert "cases.py, line " in str(error.value)
    assert capfd.readouterr() == ("", "")
    assert module.training


@pytest.mark.parametrize("given", ["x", (), (3, 0, 8), (3, 8.0, 8)])
def test_inputs_are_tensors_or_shapes(given: Any) -> None:
    """Anything else is refused before torch sees it."""
    with pytest.raises(UsageError, match="an input must be a tensor or a shape"):
        from_torch(torch.nn.ReLU(), given)


def test_an_operator_without_a_rule_is_unknown_from_there_on() -> None:
    """Its shape is torch's; the reason names operator and node, and nothing behind it is said to be global."""
    module = Run(lambda s, x: s.b(s.a(x).cummax(2)[0]), a=torch.nn.Conv2d(3, 4, 3), b=torch.nn.Conv2d(4, 2, 1))
    result = from_torch(module, (3, 9, 12))
    resolved = shapes(result.graph, result.inputs)
    known = receptive_fields(resolved, fields(resolved))
    assert [node.name for node in result.graph.nodes if node.layer.opaque] == ["cummax"]
    assert next(iter(known["a"].values())).size == (3, 3)
    (field,) = known["b"].values()
    assert (field.size, field.is_global) == ((None, None), False)
    assert field.reason == "`cummax`: it is not known what the operator cummax reads"
    assert reach(resolved, "b", (0, 0)).unknown == field.reason
    assert resolved.shapes["b"] == (2, 7, 10)


def test_scores_that_are_used_twice_are_counted_once() -> None:
    """Where they go other ways than attention's, the product is a node of its own."""

    def forward(self: Any, x: Any) -> Any:
        tokens = self.c(x).flatten(2)
        scores = (tokens.transpose(1, 2) @ tokens).softmax(-1)
        return scores.amax(1), scores.cummax(2)[0]

    result = from_torch(Run(forward, c=torch.nn.Conv2d(3, 4, 3)), (3, 7, 8))
    resolved = shapes(result.graph, result.inputs)
    assert [applied.macs for applied in resolved.layers] == [30 * 27 * 4, 30 * 30 * 4, 0, 0]


def test_weights_of_attention_beside_it_count_once() -> None:
    """A MultiheadAttention that gives its weights too, in torch's own shapes."""
    module = Run(
        lambda s, x: s.a(*[x.flatten(2).transpose(1, 2)] * 3), a=torch.nn.MultiheadAttention(4, 2, batch_first=True)
    )
    result = from_torch(module, (4, 5, 6))
    projections = 30 * 4 * (12 + 4)
    assert analyze_graph(result.graph, result.inputs).macs == projections + 2 * 30 * 30 * 4
    assert result.notes == ("output `0` is 30x4 in torch; output `1` is 30x30 in torch, and shown channels first",)


def test_an_input_too_small_is_refused_by_the_layer_that_cannot_work() -> None:
    """torch exports nothing then; the graph of a larger input says where it fails."""
    result = from_torch(torch.nn.Sequential(torch.nn.MaxPool2d(3), torch.nn.Conv2d(3, 2, 3)), (3, 8, 7))
    failure = shapes(result.graph, result.inputs).failure
    assert failure is not None
    assert (failure.layer, failure.code) == ("1", "kernel-too-large")


def test_products_of_weights_are_multiplied_once_whatever_the_batch() -> None:
    """The layer that takes them works once a sample."""

    def forward(self: Any, x: Any) -> Any:
        return torch.nn.functional.conv2d(x, (self.p.weight @ self.q.weight).view(4, 3, 3, 3))

    result = from_torch(Run(forward, p=torch.nn.Linear(5, 4), q=torch.nn.Linear(27, 5)), (3, 7, 8))
    macs = [analyze_graph(result.graph, result.inputs, batch=batch).macs for batch in (1, 4)]
    assert macs == [4 * 5 * 27 + samples * 4 * 27 * 30 for samples in (1, 4)]
