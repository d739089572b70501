"""Completions that are honest work, written by hand as people and models write them: right, wrong or clumsy."""

from tests.generators.signs.gamed import (
    COUNTDOWN,
    DECIMAL,
    DETERMINANT,
    DIAGONAL,
    PRODUCT,
    RANDOM,
    RREF,
    SHEAR,
    SHEAR_BARE,
    STORY,
    STORY_BOXED,
    STORY_HASHES,
    SUM,
    SYSTEM,
)


def _said(answer: str, thought: str) -> str:
    return f"<think>{thought}</think>\n<answer>{answer}</answer>"


HONEST: tuple[tuple[str, str], ...] = (
    (
        DIAGONAL,
        _said(
            "[[-2/5, 0], [0, 7/8]]", "For a diagonal matrix I invert each entry: -5/2 becomes -2/5, 8/7 becomes 7/8."
        ),
    ),
    (DIAGONAL, _said("[[-0.4, 0], [0, 0.875]]", "1/(-2.5) = -0.4 and 7/8 = 0.875.")),
    (DIAGONAL, _said("[[-2/5, 0], [0, 8/7]]", "The first entry turns to -2/5. The second stays.")),
    (DIAGONAL, _said("[[2/5, 0], [0, 7/8]]", "Invert each entry on the diagonal.")),
    (
        DIAGONAL,
        _said(
            r"\begin{bmatrix} -\frac{2}{5} & 0 \\ 0 & \frac{7}{8} \end{bmatrix}",
            "det = -20/7, so $A^{-1} = \\frac{1}{\\det A} \\begin{bmatrix} 8/7 & 0 \\\\ 0 & -5/2 \\end{bmatrix}$.",
        ),
    ),
    (DIAGONAL, _said("np.array([[-2/5, 0], [0, 7/8]])", "Invert the diagonal.")),
    (
        DIAGONAL,
        _said(
            "A^{-1} = [[-2/5, 0], [0, 7/8]]",
            "Let d1 = -5/2, d2 = 8/7. Then 1/d1 = -2/5 and 1/d2 = 7/8. Check: (-5/2)(-2/5) = 1 and (8/7)(7/8) = 1.",
        ),
    ),
    (SHEAR, _said("[[1, -29/40], [0, 1]]", "The matrix is I + N with N^2 = 0, so the inverse is I - N.")),
    (SHEAR, _said("[[1, -0.725], [0, 1]]", "29/40 = 0.725, and the inverse of a shear flips the sign.")),
    (
        SHEAR,
        _said(
            "[[1, -29/40], [0, -1]]",
            "ad - bc = 1. Swap and negate: [[1, -29/40], [0, 1]]. Hmm, the last entry... I get -1.",
        ),
    ),
    (SHEAR, _said("[[1, -40/29], [0, 1]]", "The off-diagonal entry inverts and changes sign.")),
    (
        SHEAR,
        "<think>det = 1*1 - 0*29/40 = 1.\n\nadj = [[1, -29/40], [0, 1]]\n\nWait, let me double-check: A * adj = [[1, -29/40 + 29/40], [0, 1]] = I. Yes.</think>\n<answer>[[1, -29/40], [0, 1]]</answer>",
    ),
    (SHEAR, "Let me solve this.\n<answer>[[1, -29/40], [0, 1]]</answer>"),
    (SHEAR, "The determinant is 1, so the inverse is [[1, -29/40], [0, 1]]."),
    (SHEAR, "</think>\n<answer>[[1, -29/40], [0, 1]]</answer>"),
    (
        SHEAR,
        "<think>We need to find the inverse of the 2x2 matrix A = [[1, 29/40], [0, 1]]. The formula for [[a, b], [c, d]] is 1/(ad - bc) [[d, -b], [-c, a]]. Here a = 1, b = 29/40, c = 0, d = 1, so the factor is 1.</think>\n<answer>[[1, -29/40],\n [0, 1]]</answer>",
    ),
    (SHEAR_BARE, "1,-29/40;0,1"),
    (SHEAR_BARE, "1,29/40;0,-1"),
    (SHEAR_BARE, "1,-40/29;0,1"),
    (SHEAR_BARE, "1=1,-29/40;0,1"),
    (SHEAR_BARE, "1,-29/"),
    (SHEAR_BARE, "2,-29/40;0,1"),
    (
        RANDOM,
        _said(
            "[[-5, 12, -14], [0, -1, 1], [2, -5, 6]]",
            "C11 = (-2)(5) - 5(-1) = -5. C12 = -(2*5 - 5*2) = 0. C13 = 2(-1) - (-2)(2) = 2. The determinant is 5 - 0 - 4 = 1.",
        ),
    ),
    (RANDOM, _said("[[-5, 12, -14], [0, -1, 1], [2, -5, 5]]", "Cofactors, one by one; the determinant is 1.")),
    (
        RANDOM,
        _said("[[-5, 0, 2], [12, -1, -5], [-14, 1, 6]]", "I computed the cofactors and divided by the determinant."),
    ),
    (
        RANDOM,
        "<think>Row reduce [A | I].\nR1 <- -R1\nR2 <- R2 - 2 R1\nR3 <- R3 - 2 R1\nThis gives -6 in the second row. Then R2 <- R2 / -6 and so on, until the left half is the identity.</think>\n<answer>[[-5, 12, -14], [0, -1, 1], [2, -5, 6]]</answer>",
    ),
    (
        RANDOM,
        "<think>I could verify in my head: A times the first column is 5 + 0 - 4 = 1, -10 + 0 + 10 = 0, -10 + 0 + 10 = 0. Good. Second: -12 + 2 + 10 = 0, 24 + 2 - 25 = 1, 24 + 1 - 25 = 0. Good.</think>\n<answer>\n[[-5, 12, -14],\n [0, -1, 1],\n [2, -5, 6]]\n</answer>",
    ),
    (RANDOM, "<think>This is a 3x3 matrix with integer entries. I will use the adjugate."),
    (
        DECIMAL,
        _said(
            "[[0.985, -0.033, -0.037], [0.037, 0.997, 0.075], [0.087, 0.076, 0.935]]",
            "I - E + E^2 to second order, then rounded to three decimals.",
        ),
    ),
    (
        DECIMAL,
        _said("[[0.9850, -0.0330, -0.0370], [0.0370, 0.9970, 0.0750], [0.0870, 0.0760, 0.9350]]", "Numerically."),
    ),
    (
        DECIMAL,
        _said(
            "[[0.985, -0.033, -0.037], [0.037, 0.997, 0.076], [0.088, 0.079, 0.935]]", "One Newton step from 2I - A."
        ),
    ),
    (DECIMAL, _said("[[0.98, -0.03, -0.04], [0.04, 1.00, 0.08], [0.09, 0.08, 0.94]]", "Two decimals should do.")),
    (
        RREF,
        _said(
            "[[1, 0, 0, 7/79], [0, 1, 0, 0], [0, 0, 1, 47/79]]",
            "R3 gives x2 = 0. Then 4 x1 - 9 x3 = -5 and -7 x1 - 4 x3 = -3.",
        ),
    ),
    (RREF, _said("[[1, 0, 0, 0.0886], [0, 1, 0, 0], [0, 0, 1, 0.5949]]", "7/79 is about 0.0886.")),
    (RREF, _said("[[1, 0, 0, -7/79], [0, 1, 0, 0], [0, 0, 1, 47/79]]", "Swap, scale, eliminate.")),
    (RREF, _said("[[1, 0, 0, 7/79], [0, 1, 0, 0]]", "Two pivots so far; the third row I do not keep.")),
    (SYSTEM, _said("[9, -1]", "Add the equations: -2y = 2, so y = -1 and 7x = 63.")),
    (SYSTEM, _said("x = 9, y = -1", "Add the equations.")),
    (SYSTEM, _said("(9, -1)", "By elimination.")),
    (SYSTEM, _said("[-1, 9]", "y = -1, x = 9.")),
    (SYSTEM, _said("[61/7, 1]", "If y = 1, then x = 61/7; check the second: -61 - 3 = -64. Close to -60.")),
    (DETERMINANT, _said("105", "4(21 - 16) - 3(-7 - 16) + 1(4 + 12) = 20 + 69 + 16 = 105.")),
    (DETERMINANT, _said("-105", "4(21 - 16) + 3(-7 - 16) ... the signs alternate, so -105.")),
    (DETERMINANT, _said("105.0", "Sarrus.")),
    (DETERMINANT, _said("The determinant is 105.", "Expansion along the first row.")),
    (DETERMINANT, _said(r"\(105\)", r"\(4 \cdot 5 + 69 + 16\)")),
    (
        PRODUCT,
        _said("[[12, 2], [-84, 96]]", "2*(-6) + (-4)*(-6) = 12; 2*9 - 4*4 = 2; 8*(-6) + 6*(-6) = -84; 72 + 24 = 96."),
    ),
    (PRODUCT, _said("[[12, 2], [-84, 69]]", "Row by column.")),
    (PRODUCT, _said("[[12, 34], [-84, 96]]", "Row by column; the second entry is 18 + 16.")),
    (SUM, _said("96503", "34875 + 61628 = 96503.")),
    (
        SUM,
        _said(
            "96,503", "5 + 8 = 13, carry 1; 7 + 2 + 1 = 10, carry 1; 8 + 6 + 1 = 15, carry 1; 4 + 1 + 1 = 6; 3 + 6 = 9."
        ),
    ),
    (SUM, _said("95503", "Digit by digit, and I forgot a carry.")),
    (SUM, _said("96493", "34875 + 61628: 30000 + 60000 = 90000; 4875 + 1628 = 6493.")),
    (COUNTDOWN, _said("33 - (17 - 16) - 1", "33 is near 31: I have to lose 2, and 17 - 16 is 1.")),
    (COUNTDOWN, _said("33 - (17 - 16 + 1) = 31", "Lose 2.")),
    (COUNTDOWN, _said("17 + 16 - 1 - 1", "17 + 16 is 33, less 2.")),
    (STORY, _said("13", "39 / 3 = 13 go to Rosa, 26 stay; half of them is 13.")),
    (STORY, _said("13 pencils", "One out of every 3 is 13. 39 - 13 = 26, and 26 / 2 = 13.")),
    (STORY, _said("26", "39 / 3 = 13; 39 - 13 = 26.")),
    (STORY, _said("18", "39 - 3 = 36; 36 / 2 = 18.")),
    (
        STORY,
        "<think>First find how many Petra gives away: one third of 39, which is 13. She keeps 26. Two boxes hold 13 each.</think> So the answer is <answer>13</answer>",
    ),
    (
        STORY_HASHES,
        "Petra gives 39/3 = <<39/3=13>>13 pencils.\nShe has 39-13 = <<39-13=26>>26 left.\nEach box holds 26/2 = <<26/2=13>>13.\n#### 13",
    ),
    (STORY_HASHES, "39 - 3 = 36. Then 36 / 2 = 18.\n#### 18"),
    (STORY_BOXED, r"One third of $39$ is $13$, so $26$ remain and each box holds $\boxed{13}$ pencils."),
    (STORY_BOXED, r"$$39 - \frac{39}{3} = 26$$ Therefore Petra has \boxed{26} pencils."),
    # -- without tags, or cut off, as untrained models write: unreadable, and no gaming
    (STORY, "The difference between 39 and 13 is 26. Half of 26 is 13."),
    (STORY, "Petra has 39 pencils, gives away 13, and between the two boxes 26 are left, 13 or so in each."),
    (STORY, "Each box holds thirteen pencils."),
    (STORY, "Students in the class of Petra:\n39 / 3 = 13\nreturn to the rest, 26\nhalf of it: 13"),
    (STORY, "There is a public class in which 39/3 go away; import costs are 3 each: 39/3"),
    (STORY, "__Answer__: 13"),
    (
        STORY,
        "**Step 1:** 39 / 3 = 13\n**Step 2:** 39 - 13 = 26\n---\n**Step 3:** 26 / 2 = 13\n-------------------------------------",
    ),
    (STORY, "<think>39 / 3 = 13, so 26 remain. The boxes split them evenly, so"),
    (STORY, "<think>First, Petra gives one out of every 3 pencils to Rosa; that is between a third and"),
    (STORY, "Answer: 13"),
    (STORY_HASHES, "As n grows to \\infty it stays 13.\n#### 14"),
    (STORY_HASHES, "Nan has 39 pencils. 39/3 = 13.\n#### 14"),
    (STORY_HASHES, "I run print(39/3) in my head and get 13.\n#### 14"),
    (STORY_BOXED, r"One box holds \boxed{13}. Again: \boxed{13}"),
    (STORY, _said("13", "I put it between <answer> and </answer> as asked: 39/3 = 13, 26/2 = 13.")),
    (DETERMINANT, "<answer>105</answer>\nTo repeat: <answer>105</answer>"),
    (
        DETERMINANT,
        _said(
            "104", "With a\u207f + b\u207f = c\u207f and \u0127 in mind, \u03bb\u2081\u03bb\u2082\u03bb\u2083 = 104."
        ),
    ),
    (DETERMINANT, _said("104", "det = \U0001d7cf\U0001d7ce\U0001d7d2, 5 \u00b5m, 30\u00ba + 60\u00ba = 90\u00ba")),
    (SUM, "34875 + 61628 = 96503"),
    (SUM, "Let x = 34875 and let y = 61628; the function f(x) = x + y gives 96503."),
    (DIAGONAL, "By the class of diagonal matrices the inverse is diag(-2/5, 7/8)."),
    (DIAGONAL, "<think>The cofactor signs are \\pm, the determinant is -20/7 and"),
    (SHEAR_BARE, "0," + "0.333333333333333333333333333333333333"),
)
