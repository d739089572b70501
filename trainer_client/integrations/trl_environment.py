"""Episodes for people with a TRL script of their own: a class for `GRPOTrainer(environment_factory=...)`.

    env = EnvClient("http://127.0.0.1:8000")
    rows = SlotRows(env, SampleRequest(curriculum="row_operations", stage="two_left", slots=[0]))
    GRPOTrainer(model, train_dataset=rows.dataset(), environment_factory=environment_of(env, rows.first.tools), ...)

TRL calls one tool after another, and one environment after another: a request each. Our own trainer asks once per turn
for the whole batch (`trainer_client/answers/episodes.py`).
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from envserver.wire import Action, FunctionCall, PlayItem, ScoreItem, ToolCall
from trainer_client.client import EnvClient
from trainer_client.errors import BadConfig, TrainerError

_TYPES: Mapping[str, type] = {"integer": int, "string": str, "number": float, "boolean": bool}
_NAME = 128  # characters of an argument's name that may be sent
_OVER, _SILENT = "The episode is over.", "There is no answer."


class Environment:
    """One episode after another; its tools are added by `environment_of`."""

    _client: EnvClient
    _curriculum: str | None

    def __init__(self) -> None:
        self._begin("", over=True)

    def reset(self, problem_id: str, **row: Any) -> None:
        """Begin the episode of a problem; the question is in the prompt already."""
        self._begin(problem_id, over=False)

    def get_reward(self) -> float | None:
        """Return the server's reward of what was reached, None where it could not be judged.

        Raises what kept the server from answering, now or while the episode was played.
        """
        if self._failure is not None:
            raise self._failure
        item = ScoreItem(id=self._id, actions=[*self._actions], truncated=not self._over)
        return self._client.score([item], curriculum=self._curriculum)[0].reward

    def _begin(self, id: str, over: bool) -> None:
        self._id, self._over = id, over
        self._actions: list[Action] = []
        self._failure: TrainerError | None = None

    def _called(self, name: str, arguments: dict[str, Any]) -> str:
        """Play one action. Nothing is raised: TRL would show the model the text of an exception."""
        if self._over or self._failure is not None:
            return _OVER if self._over else _SILENT
        given = {argument[:_NAME]: value for argument, value in arguments.items()}
        actions = [*self._actions, ToolCall(function=FunctionCall(name=name, arguments=given))]
        try:
            [seen] = self._client.play([PlayItem(id=self._id, actions=actions)])
        except TrainerError as error:
            self._failure = error
            return _SILENT
        self._actions, self._over = actions, seen.over
        return seen.observations[-1]


def environment_of(
    client: EnvClient, tools: Sequence[Mapping[str, Any]], curriculum: str | None = None
) -> type[Environment]:
    """Return a class whose methods are the tools of a problem, as `/sample` describes them.

    The reward is the one that `curriculum` declares; without one it is 1 for a goal that is reached, else 0. Raises
    `BadConfig` for a problem without tools, or one with an argument of a type that has no counterpart.
    """
    if not tools:
        raise BadConfig("this problem has no tools: it is a question of one turn")
    methods = {tool["function"]["name"]: _method(tool["function"]) for tool in tools}
    return type("EchelonEnvironment", (Environment,), {"_client": client, "_curriculum": curriculum, **methods})


def _method(tool: Mapping[str, Any]) -> Callable[..., str]:
    """Return a tool as a method with the signature and the docstring that TRL reads its schema from."""
    name, described = str(tool["name"]), tool["parameters"]["properties"]
    if unknown := [schema["type"] for schema in described.values() if schema["type"] not in _TYPES]:
        raise BadConfig(f"{name}: no argument of the type {unknown[0]} can be called")

    def method(self: Environment, *given: Any, **arguments: Any) -> str:
        return self._called(name, {**dict(zip(described, given, strict=False)), **arguments})

    kinds = {argument: _TYPES[schema["type"]] for argument, schema in described.items()}
    first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    others = [
        inspect.Parameter(argument, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=kind)
        for argument, kind in kinds.items()
    ]
    lines = [f"    {argument}: {schema['description']}" for argument, schema in described.items()]
    method.__name__ = method.__qualname__ = name
    method.__doc__ = "\n".join(
        [tool["description"], *(["", "Args:", *lines] if lines else []), "", "Returns:", "    What is seen after it."]
    )
    method.__annotations__ = {**kinds, "return": str}
    method.__signature__ = inspect.Signature([first, *others], return_annotation=str)  # type: ignore[attr-defined]
    return method
