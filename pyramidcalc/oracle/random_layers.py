"""Random configurations against torch: both accept with the same size and read the same, or both refuse."""

from __future__ import annotations

import warnings
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.errors import LayerError, OracleError, ShapeError
from pyramidcalc.graph import Graph, Node
from pyramidcalc.layers import kinds as layer_kinds
from pyramidcalc.layers.normalization import Norm
from pyramidcalc.layers.slicing import Slice
from pyramidcalc.oracle.build import module_of
from pyramidcalc.oracle.configurations import GRAPHS, Foreign, chosen_kinds, configuration
from pyramidcalc.oracle.device import REFUSALS, choose, is_memory, memory_explained, refusal, torch, torch_version
from pyramidcalc.oracle.draw import Draw
from pyramidcalc.oracle.random_graphs import graph_text, random_graph
from pyramidcalc.oracle.reach_checks import compared
from pyramidcalc.oracle.results import Disagreement, KindResult, RandomResult
from pyramidcalc.oracle.verification import verify
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.shapes import shapes as follow_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from pyramidcalc.layers.base import Layer
    from pyramidcalc.oracle.configurations import Configuration
    from pyramidcalc.passes.shapes import Resolved

    Mismatch = tuple[str, Any, Any, str | None]
    """(quantity, ours, torch's, note)"""
    Outcome = tuple[bool, int, list[Mismatch]]
    """(whether we accept it, how many numbers were compared, where torch differs)"""

MAX_ELEMENTS = 1 << 20
"""A larger output of one layer is not made: sizes that torch cannot allocate are fine here."""
MAX_NUDGED = 1 << 24
"""The same for one output for each input value."""
SMALLEST_CHANGE = 1e-9


def random_checks(
    count: int,
    seed: int = 0,
    kinds: Sequence[str] | None = None,
    device: str = "auto",
    progress: Callable[[int, int, str], None] | None = None,
    finished: Callable[[KindResult], None] | None = None,
) -> RandomResult:
    """`count` random configurations, shared evenly among the kinds (None: all), each compared with torch.

    Configuration i of seed S is configuration 0 of seed S + i, in every kind. `progress(done, total, kind)` is called
    before the first and after each, `finished(row)` after each kind. Raises UsageError for an unknown kind,
    OracleError where torch cannot be asked.
    """
    names, chosen = chosen_kinds(kinds), choose(device)
    share, more = divmod(count, len(names))
    threads, done = torch.get_num_threads(), 0
    rows: list[KindResult] = []
    if progress:
        progress(0, count, names[0])
    # Maps this small are computed faster than threads are woken.
    torch.set_num_threads(1)
    try:
        for index, kind in enumerate(names):
            outcomes: list[tuple[int, Outcome]] = []
            for each in range(seed, seed + share + (index < more)):
                outcomes.append((each, outcome(kind, each, chosen)))
                done += 1
                if progress:
                    progress(done, count, kind)
            rows.append(row_of(kind, outcomes))
            if finished:
                finished(rows[-1])
    finally:
        torch.set_num_threads(threads)
    return RandomResult(chosen.type, torch_version(), tuple(rows))


def row_of(kind: str, outcomes: Sequence[tuple[int, Outcome]]) -> KindResult:
    """The summary row of a kind, from seeds and outcomes."""
    wrong = tuple(
        Disagreement(kind, seed, graph_text(seed) if kind == GRAPHS else str(configuration(kind, seed)), *mismatch)
        for seed, (_, _, mismatches) in outcomes
        for mismatch in mismatches
    )
    accepted, compared = sum(each[0] for _, each in outcomes), sum(each[1] for _, each in outcomes)
    return KindResult(kind, len(outcomes), accepted, compared, wrong)


def outcome(kind: str, seed: int, device: torch.device) -> Outcome:
    """Draws one configuration and compares it; a crash of ours is a disagreement as well."""
    with warnings.catch_warnings(), memory_explained():
        warnings.simplefilter("ignore")
        try:
            if kind == GRAPHS:
                return of_graph(follow_shapes(*random_graph(seed), 1 + seed % 2), device)
            return of_layer(configuration(kind, seed), Draw(f"{kind} position", seed), device)
        except Exception as error:  # whatever it is, the configuration that shows it is worth telling
            if isinstance(error, OracleError) or is_memory(error):
                raise
            return False, 0, [("crash", "an answer", f"{type(error).__name__}: {error}", None)]


def of_graph(resolved: Resolved, device: torch.device) -> Outcome:
    """Every number of a graph."""
    result = verify(resolved, device.type)
    mismatches: list[Mismatch] = [
        (f"{check.quantity} of `{check.layer}`", check.expected, check.got, check.note) for check in result.failures
    ]
    return resolved.failure is None, len(result.checks) - len(result.unchecked), mismatches


def of_layer(drawn: Configuration, d: Draw, device: torch.device) -> Outcome:
    """Whether both accept one layer, then every number of it, and what torch's own layer reads."""
    arguments = {name: real(value) for name, value in drawn.arguments.items()}
    layer, ours = our_answer(drawn, arguments)
    if layer is not None and prod(ours) > MAX_ELEMENTS:
        return True, 0, []
    module, theirs = torch_answer(drawn, arguments, device)
    if layer is None or module is None:
        # An empty map is refused by us everywhere; torch may make one, or take one.
        refused = module is None or 0 in theirs or any(0 in shape for shape in drawn.shapes)
        return layer is not None, 1, [] if layer is None and refused else [("shape", ours, theirs, None)]
    resolved = with_one_channel(layer, drawn, d.randint(0, ours[0] - 1))
    accepted, numbers, mismatches = of_graph(resolved, device)
    if not mismatches and not isinstance(layer, Norm):
        mismatches = [*nudged(resolved, module, d, device)]
        numbers += 2
    return accepted, numbers, mismatches


def our_answer(drawn: Configuration, arguments: dict[str, Any]) -> tuple[Layer | None, Any]:
    """Our layer and its output shape, or None and what we say."""
    try:
        layer = layer_kinds()[drawn.kind](**arguments)
        return layer, [*layer.output_shape(*drawn.shapes, batch=drawn.batch)]
    except (LayerError, ShapeError) as error:
        return None, f"refused: {error}"


def real(value: Any) -> Any:
    """An argument with numpy's numbers in the place of those that stand for them."""
    if isinstance(value, Foreign):
        return torch.tensor(value.value, dtype=torch.float64 if isinstance(value.value, float) else None).numpy()[()]
    return type(value)([real(v) for v in value]) if isinstance(value, tuple | list) else value


def torch_answer(
    drawn: Configuration, arguments: dict[str, Any], device: torch.device
) -> tuple[torch.nn.Module | None, Any]:
    """torch's module and its output shape without the batch, or None and what it says."""
    ranks = layer_kinds()[drawn.kind].ranks
    if len(ranks) == 1 and any(len(shape) - 1 not in ranks for shape in drawn.shapes):
        return None, "refused: torch would take a batch of these for one sample, or pad and pool over samples"
    try:
        module = module_of(drawn.kind, arguments).to(device).eval()
        with torch.no_grad():
            batch, *shape = module(*(torch.zeros(drawn.batch, *shape, device=device) for shape in drawn.shapes)).shape
    except REFUSALS as error:
        return None, refusal(error)
    if batch != drawn.batch:
        return None, f"refused: torch mixes samples, {batch} from a batch of {drawn.batch}"
    return module, shape


def with_one_channel(layer: Layer, drawn: Configuration, channel: int) -> Resolved:
    """The layer as a graph on its shapes, with one channel of it sliced off, so that it is told apart."""
    inputs = {f"input{index}": shape for index, shape in enumerate(drawn.shapes)}
    nodes = Node("layer", layer, tuple(inputs)), Node("channel", Slice(1, channel, channel + 1), ("layer",))
    graph = Graph(tuple((name, shape[0]) for name, shape in inputs.items()), nodes, (("channel", "channel"),))
    return follow_shapes(graph, inputs, drawn.batch)


def nudged(resolved: Resolved, module: torch.nn.Module, d: Draw, device: torch.device) -> Iterator[Mismatch]:
    """Which input values change a random position of torch's own layer when they grow, in all channels and in one."""
    layer, channel = resolved.layers
    position = tuple(d.randint(0, n - 1) for n in layer.shape[1:])
    first = channel.axes[0][0].reads(layer.shape[0], 0)[0]
    taken = {"layer": slice(None), "channel": slice(first, first + 1)}
    for values in module.parameters():
        values.requires_grad_(False).fill_(1.0)
    # Nearest resizes round in the precision of what they resize.
    dtype = torch.float32 if str(layer.layer.attributes().get("mode")).startswith("nearest") else torch.float64
    module = module.to(dtype)
    given = {name: torch.ones(1, *shape, dtype=dtype, device=device) for name, shape in resolved.inputs.items()}
    before = module(*given.values())
    for key, shape in resolved.inputs.items():
        if prod(shape) * prod(layer.shape) > MAX_NUDGED:
            continue
        grown = {name: x.expand(prod(shape), *x.shape[1:]) for name, x in given.items()}
        grown[key] = grown[key] + torch.eye(prod(shape), dtype=dtype, device=device).reshape(-1, *shape)
        # A max pool over padding alone gives minus infinity whatever it is fed: no change, which nan > 0 denies too.
        changed = (module(*grown.values()) - before).abs() > SMALLEST_CHANGE
        for name, channels in taken.items():
            torchs = changed[(slice(None), channels, *position)].any(1).reshape(shape)
            ours = reach(resolved, name, position)
            expected, got, note = (0, 0, None) if ours.unknown else compared(ours, key, torchs)
            if note:
                yield "reach", expected, got, f"{name} at {position}: {note}"
