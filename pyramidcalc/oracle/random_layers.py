"""Random configurations against torch: both accept with the same size and read the same, or both refuse."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from torch.utils.flop_counter import FlopCounterMode

from pyramidcalc.errors import LayerError, OracleError, ShapeError
from pyramidcalc.graph import Graph, Node
from pyramidcalc.layers import kinds as layer_kinds
from pyramidcalc.oracle.configurations import GRAPHS, chosen_kinds, configuration
from pyramidcalc.oracle.device import choose, is_memory, out_of_memory_told, torch, torch_version
from pyramidcalc.oracle.draws import Draw
from pyramidcalc.oracle.forward import REFUSALS, first_line
from pyramidcalc.oracle.random_graphs import graph_outcome, graph_text
from pyramidcalc.oracle.random_reads import read_mismatches
from pyramidcalc.oracle.references import reference
from pyramidcalc.oracle.results import Disagreement, KindResult, RandomResult
from pyramidcalc.passes.shapes import shapes as follow_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyramidcalc.layers.base import Layer
    from pyramidcalc.oracle.configurations import Configuration
    from pyramidcalc.oracle.random_reads import Mismatch
    from pyramidcalc.passes.shapes import Resolved

    Shape = tuple[int, ...]


def random_checks(
    count: int,
    seed: int = 0,
    kinds: Sequence[str] | None = None,
    device: str = "auto",
    progress: Callable[[int, int, str], None] | None = None,
) -> RandomResult:
    """`count` random configurations, shared evenly among the kinds (None: all), each compared with torch.

    Configuration i of seed S is configuration 0 of seed S + i, in every kind. `progress(done,
    total, kind)` is called before the first and after each. Raises UsageError for an unknown kind,
    OracleError where torch cannot be asked.
    """
    names = chosen_kinds(kinds)
    chosen = choose(device)
    with one_thread():
        rows = [tally.result() for tally in tallies(count, seed, names, chosen, progress)]
    return RandomResult(chosen.type, torch_version(), tuple(rows))


@contextmanager
def one_thread() -> Iterator[None]:
    """Maps this small are computed faster than threads are woken."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def tallies(
    count: int,
    seed: int,
    names: Sequence[str],
    device: torch.device,
    progress: Callable[[int, int, str], None] | None,
) -> Iterator[Tally]:
    """Kind after kind, what its share of the configurations gave."""
    share, more = divmod(count, len(names))
    done = 0
    if progress:
        progress(0, count, names[0])
    for index, kind in enumerate(names):
        tally = Tally(kind)
        for i in range(share + (index < more)):
            tally.add(outcome(kind, seed + i, device))
            done += 1
            if progress:
                progress(done, count, kind)
        yield tally


class Tally:
    """Counts the outcomes of one kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.outcomes: list[Outcome] = []

    def add(self, found: Outcome) -> None:
        """One more configuration."""
        self.outcomes.append(found)

    def result(self) -> KindResult:
        """The summary row."""
        accepted = sum(found.accepted for found in self.outcomes)
        return KindResult(
            self.kind,
            len(self.outcomes),
            accepted,
            len(self.outcomes) - accepted,
            sum(found.compared for found in self.outcomes),
            tuple(item for found in self.outcomes for item in found.disagreements),
        )


class Outcome:
    """One configuration: whether we accept it, how many numbers were compared, and where torch differs."""

    __slots__ = ("accepted", "compared", "disagreements")

    def __init__(self, accepted: bool, compared: int, disagreements: list[Disagreement]) -> None:
        self.accepted = accepted
        self.compared = compared
        self.disagreements = disagreements


def outcome(kind: str, seed: int, device: torch.device) -> Outcome:
    """Draws one configuration and compares it; a crash of ours is a disagreement as well."""
    text = str(configuration(kind, seed)) if kind != GRAPHS else graph_text(seed)
    with warnings.catch_warnings(), out_of_memory_told():
        warnings.simplefilter("ignore")
        try:
            if kind == GRAPHS:
                accepted, compared, mismatches = graph_outcome(seed, device.type)
            else:
                accepted, compared, mismatches = compare(configuration(kind, seed), seed, device)
        except Exception as error:  # whatever it is, the configuration that shows it is worth telling
            if isinstance(error, OracleError) or is_memory(error):
                raise
            crash = f"{type(error).__name__}: {first_line(error)}"
            accepted, compared, mismatches = False, 0, [("crash", "an answer", crash, None)]
    return Outcome(accepted, compared, [Disagreement(kind, seed, text, *mismatch) for mismatch in mismatches])


def compare(drawn: Configuration, seed: int, device: torch.device) -> tuple[bool, int, list[Mismatch]]:
    """(accepted by us, numbers compared, mismatches) of one layer."""
    ours, said = our_shape(drawn)
    module, theirs, counted = torch_shape(drawn, device)
    if ours is None or not isinstance(theirs, tuple):
        # An empty map is refused by us everywhere; torch may make one, or take one.
        empty = isinstance(theirs, tuple) and (0 in theirs or any(0 in shape for shape in drawn.shapes))
        agree = ours is None and (empty or not isinstance(theirs, tuple))
        got = theirs if isinstance(theirs, str) else list(theirs[1:])
        return ours is not None, 1, [] if agree else [("shape", list(ours) if ours else said, got, None)]
    resolved = one_layer(drawn)
    step = resolved.steps[0]
    learned = sum(p.numel() for p in module.parameters()) if module is not None else 0
    macs = step.layer.macs(step.shapes, step.shape) * drawn.batch
    pairs = [
        ("shape", (drawn.batch, *ours), theirs),
        ("parameters", step.layer.parameters, learned),
        ("macs", macs, counted),
    ]
    wrong: list[Mismatch] = [(what, one, other, None) for what, one, other in pairs if one != other]
    if wrong or module is None:
        return True, len(pairs), wrong
    reads = read_mismatches(resolved, drawn.kind, module, Draw(f"{drawn.kind} position", seed), device)
    return True, len(pairs) + 2, reads


def our_shape(drawn: Configuration) -> tuple[Shape | None, str]:
    """Our output shape, or None and what we say."""
    try:
        return make(drawn).output_shape(*drawn.shapes, batch=drawn.batch), ""
    except (LayerError, ShapeError) as error:
        return None, f"refused: {error}"


def make(drawn: Configuration) -> Layer:
    """Our layer."""
    return layer_kinds()[drawn.kind](**drawn.arguments)


def torch_shape(
    drawn: Configuration, device: torch.device
) -> tuple[torch.nn.Module | None, tuple[int, ...] | str, int]:
    """torch's module, its output shape with the batch (or what it says), and its MACs."""
    try:
        module = reference(drawn.kind, drawn.arguments).to(device).eval()
        inputs = [torch.zeros(drawn.batch, *shape, device=device) for shape in drawn.shapes]
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            shape = tuple(module(*inputs).shape)
    except REFUSALS as error:
        return None, f"refused: {first_line(error)}", 0
    if shape[:1] != (drawn.batch,):
        return module, f"refused: torch mixes samples, {shape} from a batch of {drawn.batch}", 0
    return module, shape, counter.get_total_flops() // 2


def one_layer(drawn: Configuration) -> Resolved:
    """The layer as a graph of one node, on its shapes."""
    names = [f"input{index}" for index in range(len(drawn.shapes))]
    graph = Graph(
        tuple((name, shape[0]) for name, shape in zip(names, drawn.shapes, strict=True)),
        (Node("layer", make(drawn), tuple(names)),),
        (("layer", "layer"),),
    )
    return follow_shapes(graph, dict(zip(names, drawn.shapes, strict=True)), drawn.batch)
