"""The rows that a TRL script trains on: row i is the problem in slot i of a curriculum, a stage or a family.

    rows = SlotRows(EnvClient(), SampleRequest(curriculum="inverse", stage="shear", slots=[0]))
    GRPOTrainer(model, train_dataset=rows.dataset(), args=GRPOConfig(shuffle_dataset=False, max_steps=100, ...), ...)

TRL repeats each row for its whole group, so a group shares one problem. `shuffle_dataset=False` matters: shuffled, a
stream is read a thousand rows ahead of what is trained.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from datasets import IterableDataset
from datasets.iterable_dataset import ExamplesIterable

from envserver.wire import ProblemOut, Progress, SampleRequest
from trainer_client.client import EnvClient
from trainer_client.client.filled import filled

_AT_ONCE = 16  # problems asked for in one request


class SlotRows:
    """An endless stream of rows `prompt`, `problem_id`, `stage`, `slot`; row i is always the same.

    TRL's resume reads the stream again from its beginning, and what decided a row must then be known again: `state`
    has, from which slot on, which progress did. `as_text` gives prompts as plain text, for models without a chat
    template.
    """

    def __init__(self, client: EnvClient, request: SampleRequest, as_text: bool = False) -> None:
        self.client = client
        self.request = request
        self.as_text = as_text
        self.drawn = 0
        """The first slot that nobody has asked for."""
        self._decided: list[tuple[int, Progress | None]] = [(0, request.progress)]

    def dataset(self) -> IterableDataset:
        """Return the stream; every iteration begins at slot 0."""
        # `from_generator` would pickle what the generator holds, to name a cache; a connection cannot be pickled.
        return IterableDataset(ExamplesIterable(lambda: enumerate(self._rows()), {}))

    @cached_property
    def first(self) -> ProblemOut:
        """The problem in slot 0, with its tools where it has some."""
        return self._posed([0], self.request.progress)[0]

    def since(self, slot: int, progress: Progress) -> None:
        """Let a progress decide from a slot on that nobody has asked for; raises `ValueError` for an earlier one."""
        if slot < self.drawn:
            raise ValueError(f"slot {slot} was drawn already")
        self._decided = [*(entry for entry in self._decided if entry[0] < slot), (slot, progress)]

    def forget(self, slot: int) -> None:
        """Forget what decided earlier slots: a stream that is read again has empty rows there, for TRL to skip."""
        slot = max(slot, self._decided[0][0])
        later = [entry for entry in self._decided if entry[0] > slot]
        self._decided = [(slot, self._decides(slot)), *later]

    @property
    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        kept = [(slot, progress and progress.model_dump(mode="json")) for slot, progress in self._decided]
        return {"decided": kept}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what a checkpoint kept."""
        self._decided = [(slot, progress and Progress.model_validate(progress)) for slot, progress in state["decided"]]

    def _rows(self) -> Iterator[dict[str, Any]]:
        nothing = {"prompt": "" if self.as_text else [], "problem_id": "", "stage": ""}
        slot = self._decided[0][0]
        yield from ({**nothing, "slot": skipped} for skipped in range(slot))
        while True:
            end = min([slot + _AT_ONCE, *(first for first, _ in self._decided if first > slot)])
            self.drawn = max(self.drawn, end)
            for posed in self._posed(range(slot, end), self._decides(slot)):
                prompt = posed.prompt if self.as_text else [message.model_dump() for message in posed.messages]
                yield {"prompt": prompt, "problem_id": posed.id, "stage": posed.stage or "", "slot": posed.slot}
            slot = end

    def _decides(self, slot: int) -> Progress | None:
        return [progress for first, progress in self._decided if first <= slot][-1]

    def _posed(self, slots: Sequence[int], progress: Progress | None) -> list[ProblemOut]:
        return filled(self.client.sample(self.request.model_copy(update={"progress": progress}), slots))
