"""The own decode loop says what the model says: token for token, over turns, with rows that leave and come back."""

from itertools import islice
from typing import Any

import pytest
import torch

from tests.trainer_client.sampling.shapes import ENDS, SHAPES, adapted, logps, made, rows
from trainer_client.answers.decoding import Decoding, continued, conversing
from trainer_client.errors import NotDecodable
from trainer_client.loading.tiny import character_tokenizer
from trainer_client.sampling.decoder import Decoder, undecodable
from trainer_client.sampling.session import Ids, Session, Spoken


def apart(model: Any, asked: list[Ids], said: list[Spoken], temperature: float = 1.0) -> float:
    """The furthest that any token's log-probability is from the model's own."""
    return max(
        abs(own - whole)
        for row, one in zip(asked, said, strict=True)
        for own, whole in zip(one.logps, logps(model, row, one.ids, temperature), strict=True)
    )


def whole(said: list[Spoken], room: int) -> bool:
    """Whether every row goes to its first end, or to the last token that there was room for."""
    return all(
        not set(one.ids[:-1]) & set(ENDS) and (one.ids[-1] in ENDS or len(one.ids) == room) and len(one.ids) <= room
        for one in said
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_log_probabilities_are_the_models(shape: str, temperature: float) -> None:
    model = made(shape)
    asked = [row for row in rows(7, 40) for _ in range(4)]
    said = Session(Decoder(model), ENDS, temperature).go_on(asked, 40)
    assert whole(said, 40)
    assert len({len(one.ids) for one in said}) > 5  # rows end at their own time
    assert apart(model, asked, said, temperature) < 1e-5


@pytest.mark.parametrize("kind", ["lora", "rslora", "tinylora"])
def test_adapters_are_folded_in_and_off_when_they_are_off(kind: str) -> None:
    model = adapted(made("qwen2"), kind)
    asked = rows(6, 20)
    said = Session(Decoder(model), ENDS, 1.0).go_on(asked, 20)
    assert apart(model, asked, said) < 1e-5
    with model.disable_adapter():
        assert apart(model, asked, said) > 1e-2
        base = Session(Decoder(model), ENDS, 1.0).go_on(asked, 20)
        assert apart(model, asked, base) < 1e-5


@pytest.mark.parametrize("shape", SHAPES)
def test_turns_of_a_conversation_are_read_once(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six turns; rows end, rows leave, replies differ in length; what is said is what a whole new reading would say."""
    model, replies = made(shape), iter(rows(1_000, 9, seed=3))
    session = Session(Decoder(model), ENDS, 1.0, keep=True)
    read: list[int] = []
    for name in ("read", "go_on"):
        real = getattr(Decoder, name)

        def counted(self: Decoder, tokens: Any, *more: Any, real: Any = real) -> Any:
            read.append(tokens.size(1) if tokens.size(1) > 1 else 0)
            return real(self, tokens, *more)

        monkeypatch.setattr(Decoder, name, counted)
    asked = [[10, *row] for row in rows(5, 60) for _ in range(4)]
    for turn in range(6):
        read.clear()
        said = session.go_on(asked, 12)
        assert whole(said, 12)
        assert apart(model, asked, said) < 1e-5
        if turn:
            assert max(read) <= 10  # a reply, and the last token before it
        going = [at for at in range(len(asked)) if (at + turn) % 5]
        asked = [asked[at] + said[at].ids + reply for at, reply in zip(going, islice(replies, len(going)), strict=True)]


def test_a_text_that_was_not_held_is_read_anew() -> None:
    model = made("tiny")
    session = Session(Decoder(model), ENDS, 1.0, keep=True)
    for seed in (1, 2):
        asked = rows(4, 30, seed)
        assert apart(model, asked, session.go_on(asked, 8)) < 1e-5


@pytest.mark.parametrize("shape", SHAPES)
def test_greedy_is_what_transformers_says(shape: str) -> None:
    model, tokenizer = made(shape), character_tokenizer()
    asked = rows(40, 50)
    own, theirs = (continued(model, tokenizer, asked, Decoding(0.0, 30, sampler=sampler)) for sampler in ("own", "hf"))
    assert own == theirs
    assert len({tuple(ids) for ids in own}) > 20


def test_turns_greedily_are_what_transformers_says() -> None:
    model, tokenizer = made("qwen2"), character_tokenizer()
    talks = [conversing(model, tokenizer, Decoding(0.0, 10, sampler=sampler)) for sampler in ("own", "hf")]
    asked = rows(12, 20)
    for reply in rows(4, 6, seed=5):
        own, theirs = ([one.ids for one in talk(asked)] for talk in talks)
        assert own == theirs
        asked = [row + ids + reply for row, ids in zip(asked, own, strict=True)]


def test_who_ended_is_told_as_it_ends() -> None:
    model = made("tiny")
    asked = [row for row in rows(6, 20) for _ in range(4)]
    told: list[tuple[int, Ids]] = []
    said = Session(Decoder(model), ENDS, 1.0).go_on(asked, 60, done=lambda row, ids: told.append((row, ids)))
    assert sorted(told) == [(row, one.ids) for row, one in enumerate(said) if one.ids[-1] in ENDS]
    assert [len(ids) for _, ids in told] == sorted(len(ids) for _, ids in told)


def test_the_random_state_decides_and_the_training_goes_on_untouched() -> None:
    model, tokenizer = made("tiny"), character_tokenizer()
    asked = rows(5, 10)
    torch.manual_seed(4)
    before = torch.get_rng_state()
    found = [continued(model, tokenizer, asked, Decoding(1.0, 20, seed=seed, sampler="own")) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]
    assert torch.equal(before, torch.get_rng_state())


def test_a_decoder_is_of_the_weights_as_they_were() -> None:
    model = made("tiny")
    asked = rows(3, 10)
    decoder = Decoder(model)
    with torch.no_grad():
        model.model.layers[0].mlp.up_proj.weight.mul_(1.5)
    assert apart(model, asked, Session(decoder, ENDS, 1.0).go_on(asked, 10)) > 1e-3
    assert apart(model, asked, Session(Decoder(model), ENDS, 1.0).go_on(asked, 10)) < 1e-5


def test_what_cannot_be_decoded_says_why() -> None:
    dora = adapted(made("qwen2"), "dora")
    assert undecodable(dora) == "its adapters are no sums of matrices"
    with pytest.raises(NotDecodable, match="no sums of matrices"):
        Decoder(dora)
    for kind in ("saved", "biased", "oft"):
        assert undecodable(adapted(made("llama"), kind)) == "its adapters are no sums of matrices"
    assert undecodable(adapted(made("llama"), "prompt")) == "its adapter is a prompt"
    rounded = adapted(made("llama"), "lora").to(torch.bfloat16)
    assert "would round to nothing" in undecodable(rounded)
    window = made("mistral")
    window.config.sliding_window = 16
    assert undecodable(window) == "some of its layers see a window only"
    longer = made("llama")
    longer.config.rope_parameters = {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}
    assert undecodable(longer) == "its rotation of positions is dynamic"
    other = made("tiny")
    other.config.hidden_act = "gelu"
    assert undecodable(other) == "its activation is gelu"
    # Where nobody insists, transformers decodes it.
    found = continued(dora, character_tokenizer(), rows(3, 5), Decoding(0.0, 4))
    assert all(len(ids) <= 4 for ids in found)
