"""What the branches of each layer take beside the state, in a pass that evaluates them twice."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor

from schemetools.errors import UnsupportedError
from schemetools.nn.tensors.graphs import entered
from schemetools.nn.tensors.inputs import NOTHING, WRITTEN, Apart, Call, Versions


class Inputs:
    """The calls of a pass: their tensors are the autograd node's, and supplied while it evaluates."""

    def __init__(self, calls: Sequence[Call] | None, depth: int) -> None:
        held = [NOTHING] * depth if calls is None else list(calls)
        made = {id(call): Apart([call]) for call in held if call}
        self._apart = [made.get(id(call)) for call in held]
        found = {id(t): t for apart in made.values() for t in apart.tensors}
        place = {key: n for n, key in enumerate(found)}
        self._places = {key: [place[id(t)] for t in apart.tensors] for key, apart in made.items()}
        self._keys = [id(call) for call in held]
        self._tensors = list(found.values())
        self._calls: list[Call] = []
        self._supplied: Sequence[Tensor] = ()

    def taken(self) -> list[Tensor]:
        """The tensors of all calls, each once, which are not kept here."""
        found, self._tensors = self._tensors, []
        for apart in self._apart:
            if apart is not None:
                apart.tensors = []
        return found

    @contextmanager
    def supplied(self, tensors: Sequence[Tensor], *, first: bool = False) -> Iterator[None]:
        """The calls with these tensors for a while; UnsupportedError if a first evaluation wrote into them."""
        self._supplied = tensors
        versions = Versions(tensors)
        self._calls = [
            NOTHING if apart is None else apart.joined([entered(t) for t in self.own(n)])[0]
            for n, apart in enumerate(self._apart)
        ]
        try:
            yield
            if first:
                versions.check("reversible")
                self._refuse_written()
        finally:
            self._supplied, self._calls = (), []

    def own(self, layer: int) -> list[Tensor]:
        """The supplied tensors of a layer."""
        return [self._supplied[place] for place in self._places.get(self._keys[layer], ())]

    def of(self, layer: int) -> Call:
        """What a layer is called with."""
        return self._calls[layer]

    def followed(self, layer: int) -> list[Tensor]:
        """The supplied tensors of a layer that need gradients."""
        return [t for t in self.own(layer) if t.requires_grad] if self._supplied else []

    def _refuse_written(self) -> None:
        for n, apart in enumerate(self._apart):
            if not (apart is None or apart.is_unchanging or apart.fits(self.own(n), [self._calls[n]])):
                raise UnsupportedError(WRITTEN.format(memory="reversible"))
