"""The family `matrix_inverse`.

Q: Find the inverse of the 2x2 matrix A = [[1, 3/4], [0, 1]].
A: <answer>[[1, -3/4], [0, 1]]</answer>
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from generators import matrices
from generators.answers import read_matrix
from generators.errors import Unreadable
from generators.family import Family
from generators.final_answer import answer_blocks, bare_answer, follows_format, tagged_answer
from generators.ids import ProblemId
from generators.matrices import Matrix
from generators.matrix_inverse import kinds, wording
from generators.matrix_inverse.judging import COMPONENTS, Measure, measure
from generators.parameters import Params
from generators.problem import Message, Question, Reveal
from generators.stream import Stream
from generators.verdict import Outcome, Verdict, answer_key


@dataclass(frozen=True)
class MatrixInverse(Question):
    """One matrix to invert."""

    id: ProblemId
    matrix: Matrix

    @property
    def content(self) -> str:
        return matrices.content_of(self.matrix)

    @cached_property
    def params(self) -> Params:
        return dict(self.id.params)

    @property
    def decimals(self) -> int:
        return int(self.params.get("decimals", 0))

    @cached_property
    def tolerance(self) -> Fraction:
        return kinds.decimal_tolerance(self.params)

    @cached_property
    def inverse(self) -> Matrix:
        return matrices.inverse(self.matrix)

    @property
    def messages(self) -> tuple[Message, ...]:
        if self.id.style == "bare":
            return (Message("user", wording.bare_question(self.matrix, self.decimals)),)
        return wording.messages(self.matrix, self.decimals, self.tolerance)

    @property
    def observation(self) -> str:
        return "\n\n".join(message.content for message in self.messages)

    @cached_property
    def guesses(self) -> Mapping[str, str]:
        return {name: self._completion("", guess) for name, guess in self._guesses.items()}

    def reveal(self, how: Reveal, noise: float = 0.0) -> str:
        if how == "answer":
            return self._completion("", self.inverse)
        thought = wording.thought(self.matrix, str(self.params["kind"]), self.id.style)
        return self._completion(thought, self._mistaken(noise) if how == "noisy" else self.inverse)

    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        chat = self.id.style != "bare"
        flags = ("several_answers",) if chat and answer_blocks(completion) > 1 else ()
        try:
            if truncated and not chat:
                raise Unreadable("the answer was cut off")
            given = read_matrix(tagged_answer(completion) if chat else bare_answer(completion))
        except Unreadable as error:
            outcome: Outcome = "truncated" if truncated else "malformed"
            return Verdict(outcome, dict.fromkeys(COMPONENTS, 0.0), flags + error.flags, str(error))
        form = float(not chat or follows_format(completion))
        return self._judged(given, form, flags)

    def _judged(self, given: Matrix, form: float, flags: tuple[str, ...]) -> Verdict:
        key = answer_key(matrices.compact(given))
        n = len(self.matrix)
        if matrices.shape(given) != (n, n):
            rows, columns = matrices.shape(given)
            none = {**dict.fromkeys(COMPONENTS, 0.0), "format": form}
            return Verdict("incorrect", none, flags, f"the answer is {rows}x{columns}, the matrix {n}x{n}", key)
        if kinds.within(given, self.inverse, self.tolerance):
            return Verdict("correct", {**dict.fromkeys(COMPONENTS, 1.0), "format": form}, flags, "", key)
        partial = {"correct": 0.0, **self._measure.rescaled(given), "format": form}
        return Verdict("incorrect", partial, flags + self._guessed(given), "A times the answer is not I", key)

    def _guessed(self, given: Matrix) -> tuple[str, ...]:
        return tuple(f"{name}_guess" for name, guess in self._guesses.items() if guess == given)

    @cached_property
    def _guesses(self) -> dict[str, Matrix]:
        return kinds.guesses(self.params, self.matrix)

    @cached_property
    def _measure(self) -> Measure:
        return measure(self.matrix, self.inverse, self.tolerance, self._guesses)

    def _completion(self, thought: str, answer: Matrix) -> str:
        write = wording.bare_completion if self.id.style == "bare" else wording.chat_completion
        return write(thought, answer, self.decimals)

    def _mistaken(self, noise: float) -> Matrix:
        """Return the answer or, with probability `noise`, a typical mistake: the input copied, or one entry slipped."""
        stream = Stream(f"{self.id.key}/noisy")
        if stream.real() >= noise:
            return self.inverse
        if stream.below(2):
            return self.matrix
        n = len(self.matrix)
        i, j = stream.below(n), stream.below(n)
        right = self.inverse[i][j]
        slips = [x for x in (-right, right + 1, right - 1, self.matrix[i][j], 1 / Fraction(right or 1)) if x != right]
        rows = [list(row) for row in self.inverse]
        rows[i][j] = stream.choice(slips)
        return tuple(map(tuple, rows))


MATRIX_INVERSE: Family[Matrix] = Family(
    name="matrix_inverse",
    version=1,
    about="Find the inverse of a matrix.",
    kinds=kinds.KINDS,
    styles=wording.STYLES,
    components=COMPONENTS,
    content=matrices.content_of,
    pose=MatrixInverse,
)
