"""Episodes over the wire: actions in any of their forms, replayed, and judged where they end."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from envserver.errors import EXPECTED, Invalid, error_body
from envserver.wire import Action, MessageIn, PlayedOut, PlayItem, ScoreItem
from generators.answers.turns import written_call
from generators.episode import Episode, resumed
from generators.errors import EpisodeOver
from generators.families import build
from generators.ids import ProblemId
from generators.problem import Problem
from generators.turn_based import Moment, TurnBased
from generators.verdict import Verdict

_WEIGHT = 500  # characters that take as long to read as an action takes to do


def weight(items: Sequence[PlayItem | ScoreItem]) -> int:
    """Return how much there is to do, in items and actions."""
    return len(items) + sum(len(item.actions or ()) + _characters(item) // _WEIGHT for item in items)


def _characters(item: PlayItem | ScoreItem) -> int:
    count = sum(len(_plain(action)) for action in item.actions or ())
    if isinstance(item, ScoreItem):
        said = item.completion or ""
        count += len(said) if isinstance(said, str) else sum(len(message.text) for message in said)
        count += len(item.original or "")
    return count


def judged_episode(problem: TurnBased[Any, Any], item: ScoreItem) -> Verdict:
    """Judge where the actions lead; those behind the end do not count. A text is a list of actions, one per line."""
    if isinstance(item.completion, str):
        return problem.judge(item.completion, item.truncated)
    actions = spoken_actions(said_in(item))
    state = resumed(problem.id, actions, optional=len(actions)).state
    if state.verdict is not None:
        return state.verdict
    if not item.truncated:
        raise Invalid("the episode is not over; say `truncated` where a limit ended it")
    return (state if isinstance(state, Moment) else Moment(problem, problem.start)).stopped("truncated")


def spoken(item: ScoreItem) -> str:
    """Return what was said in an episode, action by action."""
    if isinstance(item.completion, str):
        return item.completion
    return "\n".join(spoken_actions(said_in(item)))


def said_in(item: ScoreItem) -> Sequence[Action]:
    """Return what was said in an episode that is not one text."""
    given = item.completion if item.actions is None else item.actions
    return () if given is None or isinstance(given, str) else given


def played(item: PlayItem) -> PlayedOut:
    """Replay an episode and return what is seen; what is wrong with it is in the reply."""
    try:
        problem = build(ProblemId.parse(item.id))
        if not isinstance(problem, TurnBased):
            return _asked(problem, item)
        episode = _replayed(problem, item.actions)
    except EXPECTED as error:
        return PlayedOut(id=item.id, error=error_body(error))
    over = episode.verdict is not None
    left = 0 if over else problem.max_turns - episode.turns
    return PlayedOut(id=item.id, observations=list(episode.observations), over=over, turns_left=left)


def _asked(problem: Problem, item: PlayItem) -> PlayedOut:
    """Return what is seen of a question of one turn: nothing after the answer, which is not judged here."""
    answers = spoken_actions(item.actions)
    if len(answers) > 1:
        raise EpisodeOver(f"there are 1 turns, not {len(answers)}")
    seen = [problem.observation, *("" for _ in answers)]
    return PlayedOut(id=item.id, observations=seen, over=bool(answers), turns_left=1 - len(answers))


def _replayed(problem: Problem, given: Sequence[Action]) -> Episode:
    """Return the episode; what the assistant says without a call after its end is a remark, and no action."""
    said = [action for action in given if not isinstance(action, MessageIn) or action.role == "assistant"]
    remarks = takewhile(lambda action: isinstance(action, MessageIn) and not action.tool_calls, reversed(said))
    return resumed(problem.id, spoken_actions(said), optional=len(list(remarks)))


def spoken_actions(given: Sequence[Action]) -> list[str]:
    """Return actions as texts; of messages the assistant's count, with one action for each of their tool calls."""
    actions: list[str] = []
    for action in given:
        if isinstance(action, MessageIn) and action.role == "assistant" and action.tool_calls:
            actions += map(_plain, action.tool_calls)
        elif not isinstance(action, MessageIn) or action.role == "assistant":
            actions.append(_plain(action))
    return actions


def _plain(action: Action) -> str:
    """Return one action as a turn has it."""
    if isinstance(action, str):
        return action
    if isinstance(action, MessageIn):
        return action.text
    return written_call(action.function.name, action.function.arguments)
