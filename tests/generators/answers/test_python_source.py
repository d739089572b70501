"""Reading Python from what models write."""

import pytest

from generators.answers.python_source import MAX_LENGTH, read_python
from generators.errors import Unreadable

F = "def f(k):\n    return 2 ** k"


@pytest.mark.parametrize(
    "text",
    [
        F,
        f"\n\n{F}\n\n",
        f"```python\n{F}\n```",
        f"```\n{F}\n```",
        f"```py\n{F}\n```",
        f"```Python3\n{F}\n```",
        f"~~~python\n{F}\n~~~",
        f"````python\n{F}\n````",
        f"```python title=x\n{F}\n```",
        f"```python\n{F}",
        f"Here it is:\n```python\n{F}\n```\nIt doubles each time.",
        f"Here it is:\n\n{F}\n\nIt doubles each time, since f(1) = 2.",
        f"The answer is:\n{F}\nThis works.",
        f"First try:\n```python\ndef f(k):\n    return k\n```\nNo. Better:\n```python\n{F}\n```",
        f"def f(k):\n    return k\n\nNo, wait.\n\n{F}",
        f"```python\n{F}\n```\nOutput:\n```\n1\n2\n4\n```",
        f"```python\n{F}\n```\nTry it:\n```python\nprint(f(3))\n```",
        f"```python\n{F}\n```\n```bash\npython f.py\n```",
        f"```json\n{{}}\n```\n```python\n{F}\n```",
        "    def f(k):\n        return 2 ** k",
        "1. Write it:\n   ```python\n   def f(k):\n       return 2 ** k\n   ```",
        "> ```python\n> ".replace("> ", "") + f"{F}\n```",
        F.replace("\n", "\r\n"),
        F.replace("    ", "\u00a0\u00a0\u00a0\u00a0"),
        f"\ufeff{F}",
        ">>> def f(k):\n...     return 2 ** k",
        f"```python\n{F}\n```\n```python\ndef test_f():\n    assert f(3) == 8\ntest_f()\n```",
        f"```python\n{F}\n```\nIt gives\n```\nf = 1, 2, 4\n```",
        f"```python\n{F}\n```\n```python\nprint(list(map(lambda i: f(i), range(8))))\n```",
        f"> ```python\n> {F}\n> ```".replace("\n    ", "\n>     "),
        f"```python\n{F}```",
        f"Here:\n\n    {F}\n".replace("\n    return", "\n        return") + "\nThat is all.",
    ],
)
def test_the_program_is_found(text: str) -> None:
    assert read_python(text).strip() == F


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("lambda k: 2 ** k", "f = lambda k: 2 ** k"),
        ("`lambda k: 2 ** k`", "f = lambda k: 2 ** k"),
        ("```python\nlambda k: 2 ** k\n```", "f = lambda k: 2 ** k"),
        ("f = lambda k: 2 ** k", "f = lambda k: 2 ** k"),
        ("It is f = lambda k: k?\nf = lambda k: 2 ** k", "f = lambda k: 2 ** k"),
        ("from functools import partial\nf = partial(pow, 2)", "from functools import partial\nf = partial(pow, 2)"),
        (f"import math\n\nBASE = 2\n\n{F}", f"import math\n\nBASE = 2\n\n{F}"),
        (f"from functools import cache\n\n@cache\n{F}\n\nDone!", f"from functools import cache\n\n@cache\n{F}"),
        (f"class A:\n    pass\n\n{F}\n\nprint(f(2))", f"class A:\n    pass\n\n{F}\n\nprint(f(2))"),
        (f"{F}\nfor i in range(3):\n    print(f(i))\n\nSo.", f"{F}\nfor i in range(3):\n    print(f(i))"),
        (f"# doubling\n{F}", F),
        ("```python def f(k): return 2 ** k```", "def f(k): return 2 ** k"),
        ("The answer is `f = lambda k: 2 ** k`.", "f = lambda k: 2 ** k"),
        ("f: object = lambda k: 2 ** k", "f: object = lambda k: 2 ** k"),
        (
            f"A, B = 0, 1\nT = [\n    1,\n    2,\n]\nT.append(1)\n{F}",
            f"A, B = 0, 1\nT = [\n    1,\n    2,\n]\nT.append(1)\n{F}",
        ),
        (
            "```python\nimport math\ndef g(n):\n    return 2 ** n\n```\nNow:\n"
            "```python\ndef f(k):\n    return g(k)\n```",
            "import math\ndef g(n):\n    return 2 ** n\ndef f(k):\n    return g(k)",
        ),
    ],
)
def test_what_belongs_to_it_is_kept(text: str, source: str) -> None:
    assert read_python(text).strip() == source


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("", "gave_up"),
        ("   \n", "gave_up"),
        ("I do not know.", ""),
        ("2 ** k", ""),
        ("f(k) doubles", ""),
        ("```python\n2 ** k\n```", ""),
        ("```python\n\n```", ""),
        ("```java\npublic static int f(int k) { return 1 << k; }\n```", "other_language"),
        ("function f(k) { return 2 ** k }", "other_language"),
        ("const f = (k) => {", "other_language"),
        ("#include <math.h>\nint f(int k) { return 1 << k; }", "other_language"),
        ("fn f(k: u64) -> u64 { 1 << k }", "other_language"),
        (f"{F}\0", ""),
        (F + " " * MAX_LENGTH, ""),
    ],
)
def test_what_is_no_program_is_said(text: str, flag: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_python(text)
    assert set(caught.value.flags) == ({flag} if flag else set())
