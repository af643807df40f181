"""The kinds of failure that pyramidcalc reports; a leaf that imports nothing."""


class PyramidcalcError(Exception):
    """A failure told in one sentence: what is wrong with which values, and a way out.

    `message` says what is wrong, `hint` a way out (or None); `code` is the stable name of the
    diagnostic. `str(error)` joins message and hint with a semicolon.
    """

    code = "error"

    def __init__(self, message: str, *, hint: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class LayerError(PyramidcalcError, ValueError):
    """A layer's arguments cannot be legal on any input."""

    code = "invalid-layer"


class ShapeError(PyramidcalcError, ValueError):
    """A layer cannot work on the shapes that reach it.

    `between` holds the indices of two inputs that do not go together, where that is the reason.
    """

    code = "invalid-shape"
    between: tuple[int, int] | None = None


class GraphError(PyramidcalcError, ValueError):
    """A graph is wired wrongly: a missing input, a name used twice, no output."""

    code = "invalid-graph"


class UsageError(PyramidcalcError, ValueError):
    """A name, an option or an input shape that pyramidcalc does not know how to read."""

    code = "usage"


class OracleError(PyramidcalcError, RuntimeError):
    """torch cannot be asked: it is not installed, has no such device, or lacks the memory."""

    code = "oracle"


class ModelError(PyramidcalcError, ValueError):
    """A user's own model cannot be imported, built, exported or read."""

    code = "model"
