"""How many bytes an item takes in a request, at most: by this a batch is split to fit what the server takes."""

from envserver.wire import Action, PlayItem, ScoreItem

_ITEM_BYTES = 2_048  # of an item without its texts, at most


def score_size(item: ScoreItem) -> int:
    """Return how many bytes an item takes at most."""
    said = [item.completion] if isinstance(item.completion, str) else item.completion or item.actions or ()
    return _ITEM_BYTES + sum(map(_size, said))


def play_size(item: PlayItem) -> int:
    return _ITEM_BYTES + sum(map(_size, item.actions))


def _size(action: Action) -> int:
    """Return how many bytes an action takes at most; a character is at most 6 in JSON."""
    return 6 * len(action) + 8 if isinstance(action, str) else len(action.model_dump_json().encode()) + 8
