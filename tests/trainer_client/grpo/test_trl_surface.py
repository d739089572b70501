"""The private names of TRL and transformers that we wrap: a new version must still have them, called as we expect."""

import inspect

import trl
from transformers import Trainer
from trl import GRPOTrainer

WRAPPED = {
    "_generate_and_score_completions": ["self", "inputs"],
    "_calculate_rewards": ["self", "inputs", "prompts", "completions", "completion_ids_list"],
    "_generate": ["self", "prompts"],
    "_generate_single_turn": [
        "self",
        "prompt_ids",
        "images",
        "multimodal_fields",
        "num_generations",
        "has_tool_images",
    ],
    "compute_loss": ["self", "model", "inputs", "return_outputs", "num_items_in_batch"],
    "_save_checkpoint": ["self", "model", "trial"],
    "_load_optimizer_and_scheduler": ["self", "checkpoint"],
    "log": ["self", "logs", "start_time"],
}


def test_version() -> None:
    assert trl.__version__.startswith("1.16.")


def test_wrapped_methods() -> None:
    for name, parameters in WRAPPED.items():
        assert list(inspect.signature(getattr(GRPOTrainer, name)).parameters) == parameters


def test_log_probabilities_are_asked_for_by_ids_mask_and_width() -> None:
    """Grouped by length: the first arguments are ours, whatever follows is passed on."""
    parameters = list(inspect.signature(GRPOTrainer._get_per_token_logps_and_entropies).parameters)
    assert parameters[:5] == ["self", "model", "input_ids", "attention_mask", "logits_to_keep"]
    assert "return logps, entropies, aux_loss" in inspect.getsource(GRPOTrainer._get_per_token_logps_and_entropies)


def test_old_log_probabilities_may_be_left_to_the_loss() -> None:
    """None instead of old ones is passed over; in the loss the batch's own are read, or the current ones taken."""
    generating = inspect.getsource(GRPOTrainer._generate_and_score_completions)
    assert "old_per_token_logps, _, _ = self._get_per_token_logps_and_entropies(" in generating
    assert "if old_per_token_logps is not None:" in generating
    assert "if self.beta != 0.0:" in generating
    loss = inspect.getsource(GRPOTrainer._compute_loss)
    assert 'old_per_token_logps = inputs.get("old_per_token_logps")' in loss
    assert "per_token_logps.detach() if old_per_token_logps is None" in loss
    assert 'inputs["ref_per_token_logps"]' in loss
    assert "self._buffered_inputs[self._step % " in inspect.getsource(GRPOTrainer._prepare_inputs)


def test_what_a_sampler_may_tell() -> None:
    generated = inspect.getsource(GRPOTrainer._generate)
    assert "return prompt_ids, completion_ids, tool_mask, completions, logprobs, extra_fields, images" in generated
    assert 'output["sampling_per_token_logps"]' in inspect.getsource(GRPOTrainer._generate_and_score_completions)


def test_attributes_read_or_set() -> None:
    source = inspect.getsource(GRPOTrainer)
    for name in ("self._step ", "self._metrics[", "self._tokenizer", "self.eos_token_ids", "self.num_generations"):
        assert name in source
    assert {"create_model_card", "_load_from_checkpoint"} <= set(dir(Trainer))


def test_the_reward_function_may_answer_none() -> None:
    assert "reward if reward is not None else torch.nan" in inspect.getsource(GRPOTrainer._calculate_rewards)
    assert "unscorable_mask" in inspect.getsource(GRPOTrainer._generate_and_score_completions)
