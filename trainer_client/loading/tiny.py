"""A small Qwen2-type model with a character tokenizer: everything runs on a laptop, with no download."""

from pathlib import Path

import torch
from transformers import GenerationConfig, Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer

PAD, BOS, EOS = "<pad>", "<bos>", "<eos>"
_CHARACTERS = ["\n", *map(chr, range(32, 127))]
_CHAT = (
    "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def character_tokenizer() -> Qwen2Tokenizer:
    """Return a tokenizer of one token per printable ASCII character or newline; anything else is dropped.

    A byte-level BPE without merges: `AutoTokenizer` reads every folder of a Qwen2 model as its own class,
    whatever the folder says, so the characters have to fit that class.
    """
    vocabulary = {token: i for i, token in enumerate([PAD, BOS, EOS, *map(_byte_level, _CHARACTERS)])}
    return Qwen2Tokenizer(
        vocab=vocabulary,
        merges=[],
        unk_token=PAD,  # else one more token would be added
        pad_token=PAD,
        bos_token=BOS,
        eos_token=EOS,
        padding_side="left",
        chat_template=_CHAT,
        clean_up_tokenization_spaces=False,
        model_max_length=4_096,
    )


def _byte_level(character: str) -> str:
    """Return the letter that stands for a character in a byte-level vocabulary: itself, but for white space."""
    return {" ": "\u0120", "\n": "\u010a"}.get(character, character)


def tiny_config(hidden: int, layers: int) -> Qwen2Config:
    """Return the shape of the model: heads of 16, the character tokenizer's vocabulary."""
    tokenizer = character_tokenizer()
    return Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=4 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=max(1, hidden // 16),
        num_key_value_heads=max(1, hidden // 16),
        max_position_embeddings=4_096,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )


def write_tiny(folder: Path, hidden: int, layers: int, seed: int) -> None:
    """Write an untrained model as an ordinary Hugging Face folder; the same arguments give the same weights."""
    tokenizer, config = character_tokenizer(), tiny_config(hidden, layers)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Qwen2ForCausalLM(config)
    model.generation_config = GenerationConfig(
        pad_token_id=tokenizer.pad_token_id, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
