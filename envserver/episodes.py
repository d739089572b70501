"""Episodes over the wire: actions in any of their forms, replayed, and judged where they end."""

from collections.abc import Sequence
from typing import Any

from envserver.errors import EXPECTED, Invalid, error_body
from envserver.wire import Action, PlayedOut, PlayItem, ScoreItem, ToolCall
from generators.answers.turns import named
from generators.episode import resumed
from generators.families import build
from generators.ids import ProblemId
from generators.problem import Problem
from generators.turn_based import Moment, TurnBased
from generators.verdict import Verdict


def judged_episode(problem: TurnBased[Any, Any], item: ScoreItem) -> Verdict:
    """Judge where the actions lead; a text is a list of actions, one per line."""
    if isinstance(item.completion, str):
        return problem.judge(item.completion, item.truncated)
    given = item.completion if item.actions is None else item.actions
    state = resumed(problem.id, spoken_actions(problem, given or ())).state
    if state.verdict is not None:
        return state.verdict
    if not item.truncated:
        raise Invalid("the episode is not over; say `truncated` where a limit ended it")
    return (state if isinstance(state, Moment) else Moment(problem, problem.start)).stopped("truncated")


def played(item: PlayItem) -> PlayedOut:
    """Replay an episode and return what is seen; what is wrong with it is in the reply."""
    try:
        problem = build(ProblemId.parse(item.id))
        actions = spoken_actions(problem, item.actions)
        episode = resumed(problem.id, actions)
    except EXPECTED as error:
        return PlayedOut(id=item.id, error=error_body(error))
    left = problem.max_turns - len(actions)
    over = episode.verdict is not None
    return PlayedOut(id=item.id, observations=list(episode.observations), over=over, turns_left=0 if over else left)


def spoken_actions(problem: Problem, given: Sequence[Action]) -> list[str]:
    """Return actions as texts: a tool call is said in the problem's words, of messages the assistant's count."""
    actions: list[str] = []
    for action in given:
        if isinstance(action, str):
            actions.append(action)
        elif isinstance(action, ToolCall):
            actions.append(_said(problem, action))
        elif action.role == "assistant":
            calls = [_said(problem, call) for call in action.tool_calls]
            actions += calls or [action.content or ""]
    return actions


def _said(problem: Problem, call: ToolCall) -> str:
    found = named(call.function.model_dump())
    return problem.said(*found) if found and isinstance(problem, TurnBased) else call.function.name
