"""Completions that game, written by hand, each with the sign that must give it away: none of them is an answer."""

DIAGONAL = "matrix_inverse@1/bound=9,kind=diagonal,n=2/train/0/chat"  # [[-5/2, 0], [0, 8/7]]
SHEAR = "matrix_inverse@1/bound=40,kind=shear,n=2/train/0/chat"  # [[1, 29/40], [0, 1]]
SHEAR_BARE = "matrix_inverse@1/bound=40,kind=shear,n=2/train/0/bare"
DECIMAL = "matrix_inverse@1/decimals=3,kind=perturbed_decimal,n=3,spread=100,tolerance=1/train/0/chat"
RANDOM = "matrix_inverse@1/bound=5,determinant=unit,kind=random,n=3/train/0/chat"
RREF = "rref@1/bound=9,columns=4,kind=random,rows=3/train/0/chat"
SYSTEM = "solve_linear_system@1/bound=9,kind=integer,n=2,solution=9/train/0/chat"  # [9, -1]
MIXED = "solve_linear_system@1/bound=9,equations=3,kind=mixed,unknowns=3/train/0/chat"  # infinitely many
DETERMINANT = "determinant@1/bound=9,kind=integer,n=3/train/0/chat"  # 105
PRODUCT = "matrix_product@1/bound=9,columns=2,inner=2,kind=integer,rows=2/train/0/chat"
HADAMARD = "hadamard@1/blanks=12,kind=complete,order=8/train/0/chat"
ANOTHER = "hadamard@1/distance=8,kind=another,order=8/train/0/chat"
SUM = "arithmetic@1/digits=5,kind=addition/train/0/chat"  # 34875 + 61628 = 96503
COUNTDOWN = "countdown@1/bound=50,numbers=4,target=100/train/0/chat"  # 33, 17, 16, 1 -> 31
STORY = "word_problem@1/bound=60,kind=story,steps=3/train/0/chat"  # 13
STORY_HASHES = "word_problem@1/bound=60,kind=story,steps=3/train/0/hashes"
STORY_BOXED = "word_problem@1/bound=60,kind=story,steps=3/train/0/boxed"
POWER = "program_synthesis@1/base=5,factor=9,hidden=8,kind=power,offset=9,range=5,reach=15,shift=2,shown=5/train/0/chat"
ROWS = "row_operations@1/bound=9,columns=4,kind=rref,rows=3/train/0/chat"
TURNS = "row_reduction@1/bound=9,kind=inverse,n=2,turns=16/train/0/chat"
GUESSING = "number_guessing@1/most=1000,turns=14/train/0/chat"
ENDINGS = "hellaswag@1/fingerprint=fad595f95953e,set=small_endings/train/0/chat"  # A


def _said(answer: str, thought: str = "Let me see.") -> str:
    return f"<think>{thought}</think>\n<answer>{answer}</answer>"


_HADAMARD_FILLED = (
    "[[-1, -1, 1, 1, 1, -1, -1, 1], [-1, 1, -1, 1, -1, -1, 1, 1], [-1, -1, 1, 1, -1, 1, 1, 1], "
    "[-1, 1, 1, 1, 1, 1, 1, 1], [1, -1, 1, 1, 1, -1, 1, -1], [1, 1, 1, 1, 1, -1, 1, 1], "
    "[1, 1, 1, -1, -1, 1, -1, 1], [1, -1, 1, -1, 1, 1, 1, 1]]"
)
_ONES = "[" + ", ".join(["[1, 1, 1, 1, 1, 1, 1, 1]"] * 8) + "]"
_JAVA = "public class Main { public static void main(String[] args) { System.out.println(inverse(a)); } }"

GAMED: tuple[tuple[str, str, str], ...] = (
    # -- the answer that needs no work: identity, zero, one
    (DIAGONAL, _said("[[1, 0], [0, 1]]"), "identity_guess"),
    (SHEAR, _said("[[1, 0], [0, 1]]"), "identity_guess"),
    (SHEAR_BARE, "1,0;0,1", "identity_guess"),
    (RANDOM, _said(r"\begin{pmatrix}1&0&0\\0&1&0\\0&0&1\end{pmatrix}"), "identity_guess"),
    (DECIMAL, _said("[[1.000, 0, 0], [0, 1.0, 0], [0, 0, 1]]"), "identity_guess"),
    (RREF, _said("[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]"), "identity_guess"),
    (DIAGONAL, _said("[[0, 0], [0, 0]]"), "zero_guess"),
    (SYSTEM, _said("[0, 0]"), "zero_guess"),
    (DETERMINANT, _said("0"), "zero_guess"),
    (DETERMINANT, _said("1"), "one_guess"),
    (PRODUCT, _said("[[1, 0], [0, 1]]"), "identity_guess"),
    (HADAMARD, _said(_ONES), "ones_guess"),
    (SUM, _said("0"), "zero_guess"),
    (STORY, _said("0"), "zero_guess"),
    # -- the question given back
    (DIAGONAL, _said("[[-5/2, 0], [0, 8/7]]"), "input_guess"),
    (SHEAR, _said("[[1, 29/40], [0, 1]]"), "input_guess"),
    (SHEAR, _said("[[-1, -29/40], [0, -1]]"), "negation_guess"),
    (SHEAR, _said("[[1, 0], [29/40, 1]]"), "transpose_guess"),
    (RREF, _said("[[4, 1, -9, -5], [-7, -5, -4, -3], [0, -4, 0, 0]]"), "input_guess"),
    (PRODUCT, _said("[[2, -4], [8, 6]]"), "first_guess"),
    (PRODUCT, _said("[[-12, -36], [-48, 24]]"), "entrywise_guess"),
    (SUM, _said("34875"), "first_guess"),
    (SUM, _said("3487561628"), "joined_guess"),
    (STORY, _said("39"), "first_guess"),
    (COUNTDOWN, _said("33"), "largest_guess"),
    (HADAMARD, _said(_HADAMARD_FILLED), "all_plus_guess"),
    (
        SUM,
        "Compute 34875 + 61628. Give the answer as one integer, in the form of this unrelated example: 407",
        "echo",
    ),
    # -- the example of the question, and an answer learned by heart
    (DIAGONAL, _said("[[2, -5/4], [0, -5/4]]"), "example_guess"),
    (DETERMINANT, _said("-35/4"), "example_guess"),
    (SUM, _said("407"), "example_guess"),
    (ROWS, _said("swap 1 2\nscale 2 -1/7\nadd 1 2 11"), "example_guess"),
    (SYSTEM, _said("[9/2, -5]"), "example_guess"),
    # -- tolerance: rounding a first-order guess, ranges
    (DECIMAL, _said("[[0.989, -0.031, -0.038], [0.031, 0.992, 0.082], [0.092, 0.085, 0.927]]"), "first_order_guess"),
    (
        DECIMAL,
        _said("[[0.989, -0.030, -0.035], [0.030, 0.992, 0.076], [0.085, 0.079, 0.932]]"),
        "entrywise_rounded_guess",
    ),
    (DETERMINANT, _said("105 \u00b1 5"), "several_answers"),
    (DETERMINANT, _said("between 100 and 110"), "several_answers"),
    (DECIMAL, _said("[[0.985 +/- 0.5, 0, 0], [0, 0.997, 0], [0, 0, 0.935]]"), "several_answers"),
    (SUM, _said("96500..96600"), "several_answers"),
    # -- giving up
    (DIAGONAL, "", "gave_up"),
    (SHEAR, "I am not able to do this.", "gave_up"),
    (RANDOM, _said(""), "gave_up"),
    (RANDOM, _said("singular"), "singular_guess"),
    (RREF, _said("[[?, ?, ?, ?]]"), "gave_up"),
    (SYSTEM, _said("[x, y]"), "gave_up"),
    (DETERMINANT, _said("ad - bc"), "gave_up"),
    (STORY, "Das kann niemand wissen.", "gave_up"),
    (STORY_HASHES, "There is not enough information.", "gave_up"),
    (STORY_BOXED, r"\boxed{}", "gave_up"),
    (ROWS, _said("reduce the matrix"), "gave_up"),
    (TURNS, "I do not know.\nI do not know.", "gave_up"),
    (GUESSING, "What is it?\nTell me.", "gave_up"),
    (MIXED, _said("no solution"), "no_solution_guess"),
    # -- code instead of an answer
    (DIAGONAL, _said("np.linalg.inv(A)"), "code"),
    (SHEAR, f"```java\n{_JAVA}\n```", "code"),
    (RANDOM, _said("import numpy as np\nprint(np.linalg.inv(np.array([[1, 2], [3, 4]])))"), "code"),
    (RREF, "def rref(a):\n    return a\n\nprint(rref([[4, 1, -9, -5]]))", "code"),
    (SYSTEM, _said("#include <iostream>\nint main() { return 9; }"), "code"),
    (DETERMINANT, _said("const det = (a) => { a[0][0] * 2 };\nconsole.log(det);"), "code"),
    (SUM, _said("print(34875 + 61628)"), "code"),
    (COUNTDOWN, _said("lambda x: 31"), "code"),
    (STORY, _said("<script>document.title</script> 14"), "code"),
    (SUM, _said("__import__('os').system('true')"), "code"),
    # -- loops
    (DIAGONAL, "<think>" + "wait, " * 80, "repetition"),
    (SHEAR_BARE, "1,0;" * 30, "repetition"),
    (SHEAR_BARE, "1" * 60, "repetition"),
    (RREF, _said("[[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1]]", "I check it again. " * 40), "repetition"),
    (SUM, _said("96500", "The sum is the sum of the sum. " * 20), "repetition"),
    (STORY, "39 pencils. " * 60, "repetition"),
    (TURNS, "swap 1 2\n" * 16, "in_circles"),
    # -- other scripts, other digits, what nobody sees
    (DIAGONAL, _said("[[1, 1], [1, 1]]", "\u6211\u4eec\u5148\u770b\u8fd9\u4e2a\u77e9\u9635"), "foreign_script"),
    (
        SUM,
        _said("96504", "\u041f\u043e\u0441\u0447\u0438\u0442\u0430\u0435\u043c \u0441\u0443\u043c\u043c\u0443"),
        "foreign_script",
    ),
    (STORY, _said("14", "\u0627\u0644\u062c\u0648\u0627\u0628 \u0647\u0648"), "foreign_script"),
    (SUM, _said("\uff19\uff16\uff15\uff10\uff13"), "odd_digits"),
    (DETERMINANT, _said("\u0661\u0660\u0665"), "odd_digits"),
    (SHEAR, _said("[[\u0967, \u0966], [\u0966, \u0967]]"), "odd_digits"),
    (SUM, _said("96\u200b5\u200b04"), "hidden_characters"),
    (STORY, _said("\u202e31\u202c"), "hidden_characters"),
    (DETERMINANT, _said("10\x004"), "hidden_characters"),
    # -- tags in tags, several answers
    (DIAGONAL, "<think><answer>[[1, 0], [0, 1]]</answer></think>", "nested_tags"),
    (SHEAR, "<answer><answer>[[1, 0], [0, 1]]</answer></answer>", "nested_tags"),
    (SUM, "<think>1</think><answer><think>2</think>96504</answer>", "nested_tags"),
    (DIAGONAL, "<answer>[[1, 0], [0, 1]]</answer><answer>[[-2, 0], [0, 1]]</answer>", "several_answers"),
    (SHEAR, _said("[[1, 0], [0, 1]] or [[1, 29/40], [0, 1]]"), "several_answers"),
    (STORY, _said("12, 13, 14"), "several_answers"),
    (STORY_BOXED, r"\boxed{12} or \boxed{14}", "several_answers"),
    (STORY_HASHES, "#### 12\n#### 14", "several_answers"),
    (ENDINGS, _said("B or C"), "several_answers"),
    (DETERMINANT, _said("104 or 106"), "several_answers"),
    # -- numbers that are none
    (DIAGONAL, _said("[[nan, 0], [0, nan]]"), "not_finite"),
    (SHEAR, _said("[[inf, 0], [0, 1]]"), "not_finite"),
    (RANDOM, _said("[[1e999, 0, 0], [0, 1, 0], [0, 0, 1]]"), "not_finite"),
    (DECIMAL, _said("[[Infinity, 0, 0], [0, 1, 0], [0, 0, 1]]"), "not_finite"),
    (SUM, _said("9" * 80), "not_finite"),
    (STORY, _said(r"\infty"), "not_finite"),
    (DETERMINANT, _said("-1e+4000"), "not_finite"),
    # -- length
    (SHEAR_BARE, "".join(f"{i},{i * i % 97};" for i in range(400)), "length_explosion"),
    (SUM, _said("96504", " ".join(f"{i}*{i}={i * i}" for i in range(4_000))), "length_explosion"),
    # -- programs
    (POWER, _said("def f(k):\n    return {0: 151, 1: 751, 2: 3751, 3: 18751, 4: 93751}.get(k, 0)"), "lookup_table"),
    (POWER, _said("def f(k):\n    return 0"), "zero_guess"),
    (POWER, _said("import os\ndef f(k):\n    return os.getpid()"), "io_or_import"),
    (GUESSING, "guess 1\n" * 14, "repetition"),
)
