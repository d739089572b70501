"""The family `program_synthesis`: its kinds, and what each draws."""

from collections.abc import Callable, Mapping

from generators.errors import BadId
from generators.family import Family, Kind, Transform
from generators.layouts import styles
from generators.parameters import Params
from generators.programs import growth, shapes
from generators.programs.question import COMPONENTS, FORM_OF_PROGRAMS, SynthesisQuestion, raised, takes_work
from generators.programs.readings import is_the_only_reading
from generators.programs.targets import FIRST, Target, check_sizes, content_of
from generators.sandbox.shared import disabled
from generators.stream import Stream

Test = Callable[[Target, Params], bool]

_TRANSFORMS: Mapping[str, Transform[Target]] = {
    "raised": Transform("a number added to every value: the answer adds it too", raised)
}


def _with_work(determined: Test) -> Test:
    return lambda target, params: takes_work(target) and is_the_only_reading(target) and determined(target, params)


def _always(target: Target, params: Params) -> bool:
    return True


# What `mixture` draws from, in a middling difficulty; it shows first values of all.
_MIXED: Mapping[str, tuple[Callable[[Stream, Params], Target], Test, Params]] = {
    "power": (growth.draw_power, growth.power_is_determined, {"factor": 9, "base": 6, "shift": 2, "offset": 9}),
    "polynomial": (growth.draw_polynomial, _always, {"degree": 2, "bound": 9}),
    "recurrence": (growth.draw_recurrence, growth.recurrence_is_determined, {"order": 2, "bound": 3, "constant": 0}),
    "modular": (shapes.draw_modular, shapes.modular_is_determined, {"degree": 1, "modulus": 20}),
    "digits": (shapes.draw_digits, shapes.digits_are_determined, {"bound": 9}),
    "composition": (shapes.draw_composition, shapes.composition_is_determined, {"steps": 2, "bound": 9}),
}


def _draw_mixture(stream: Stream, params: Params) -> Target:
    """Return a function of any kind that is determined by its first values."""

    def draw(s: Stream) -> Target | None:
        make, determined, own = _MIXED[s.choice(sorted(_MIXED))]
        target = make(s, {**params, **own})
        return (
            target if target.sound and determined(target, {**params, **own}) and is_the_only_reading(target) else None
        )

    return stream.until(draw)


def _check_mixture(params: Params) -> None:
    check_sizes(params)
    if int(params["shown"]) < 8:
        raise BadId("parameters", "a mixture shows eight values at least, or some kinds are not determined")


PROGRAM_SYNTHESIS: Family[Target] = Family(
    name="program_synthesis",
    version=1,
    about="Find a function from integers to integers, from some of its values; judged at others.",
    kinds={
        "power": Kind(
            "a*b^(k+s)+c; with factor 1, base 2, shift 0 and offset 0 it is 2^k",
            growth.POWER,
            growth.draw_power,
            _with_work(growth.power_is_determined),
            growth.check_power,
            _TRANSFORMS,
            example={"shown": 5, "hidden": 8, "range": 5, "reach": 15, "factor": 9, "base": 5, "shift": 2, "offset": 9},
        ),
        "polynomial": Kind(
            "a polynomial of a given degree",
            growth.POLYNOMIAL,
            growth.draw_polynomial,
            _with_work(_always),
            growth.check_polynomial,
            _TRANSFORMS,
            example={"shown": 6, "hidden": 8, "range": 10, "reach": 20, "degree": 2, "bound": 9},
        ),
        "recurrence": Kind(
            "a term is a sum of multiples of those before it, like the Fibonacci numbers, and perhaps a constant",
            growth.RECURRENCE,
            growth.draw_recurrence,
            _with_work(growth.recurrence_is_determined),
            growth.check_recurrence,
            _TRANSFORMS,
            example={"shown": 8, "hidden": 8, "reach": 12, "order": 2, "bound": 5, "constant": 0},
        ),
        "piecewise": Kind(
            "linear pieces, each shown at both ends and between",
            shapes.PIECEWISE,
            shapes.draw_piecewise,
            _with_work(shapes.pieces_differ),
            shapes.check_piecewise,
            _TRANSFORMS,
            example={"shown": 9, "hidden": 12, "range": 20, "reach": 10, "pieces": 2, "bound": 9},
        ),
        "modular": Kind(
            "the remainder of a linear or quadratic function",
            shapes.MODULAR,
            shapes.draw_modular,
            _with_work(shapes.modular_is_determined),
            shapes.check_modular,
            _TRANSFORMS,
            example={"shown": 12, "hidden": 12, "reach": 40, "degree": 1, "modulus": 60},
        ),
        "digits": Kind(
            "u*d(v*k)+c, where d is the sum, sum of squares, number, largest or reversal of digits, or ones in binary",
            shapes.DIGITS,
            shapes.draw_digits,
            _with_work(shapes.digits_are_determined),
            shapes.check_digits,
            _TRANSFORMS,
            example={"shown": 10, "hidden": 12, "range": 100, "reach": 100, "bound": 9},
        ),
        "composition": Kind(
            "a chain of small steps: add, multiply, divide, remainder, square, sum of digits, reversal of digits",
            shapes.COMPOSITION,
            shapes.draw_composition,
            _with_work(shapes.composition_is_determined),
            shapes.check_composition,
            _TRANSFORMS,
            example={"shown": 12, "hidden": 12, "reach": 40, "steps": 3, "bound": 9},
        ),
        "mixture": Kind(
            "any of these, in a middling difficulty, by its first values",
            FIRST,
            _draw_mixture,
            lambda target, params: takes_work(target),
            _check_mixture,
            _TRANSFORMS,
            example={"shown": 10, "hidden": 12, "reach": 20},
        ),
    },
    styles=styles("`input:value` joined by ',', then '='; answered by a formula", "fenced"),
    components=COMPONENTS,
    form=FORM_OF_PROGRAMS,
    content=content_of,
    pose=SynthesisQuestion,
    waits=True,
    in_code=True,
    disabled=lambda layout: "" if layout == "bare" else disabled(),
)
