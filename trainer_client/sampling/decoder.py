"""A model of Llama's shape as plain weights, with adapters folded in: what a decode loop needs, and nothing else.

Behind every step transformers has the machinery for every model there is; for a small model on a CPU that, and the
copies of a shared question, are a third of the time. Here the projections of a layer are one matrix, keys and values
lie in room made before, and a question is read once for all of its answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from peft.tuners.lora.layer import Linear as LoraLinear
from peft.tuners.tinylora.layer import TinyLoraLayer
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils.other import AuxiliaryTrainingWrapper
from torch import nn
from torch.nn import functional

from trainer_client.errors import NotDecodable
from trainer_client.loading.anatomy import blocks_of, inner_of
from trainer_client.sampling.keys_values import Layer, Own, Shared

_SHAPES = ("llama", "mistral", "qwen2", "qwen3")
_ROTATIONS = ("default", "linear", "llama3", "yarn")  # the others depend on how long a text is
_TURNS = 512  # places whose rotation is known from the start


@dataclass(frozen=True)
class _Block:
    """The weights of one layer."""

    attention_norm: torch.Tensor
    projections: tuple[torch.Tensor, torch.Tensor | None]
    head_norms: tuple[torch.Tensor, torch.Tensor] | None
    out: tuple[torch.Tensor, torch.Tensor | None]
    mlp_norm: torch.Tensor
    gate_up: tuple[torch.Tensor, torch.Tensor | None]
    down: tuple[torch.Tensor, torch.Tensor | None]


class Decoder:
    """The weights of a model as they are now. In part they are the model's own: make another one when it has trained.

    Raises `NotDecodable` for a model of another shape, and says in what it differs.
    """

    @torch.no_grad()
    def __init__(self, model: nn.Module) -> None:
        inner: Any = inner_of(model)
        reason = undecodable(model)
        if reason:
            raise NotDecodable(reason)
        text = inner.config.get_text_config()
        self.dtype = _dtype(inner)
        stack = blocks_of(model)
        attention: Any = stack[0].self_attn
        self.head = int(attention.head_dim)
        self.heads, self.groups = int(text.num_attention_heads), int(text.num_key_value_heads)
        self.scaling = float(attention.scaling)
        self.eps = float(text.rms_norm_eps)
        self.embedding = _weight(inner.get_input_embeddings(), self.dtype)
        self.device = self.embedding.device
        self.blocks = [self._block(block) for block in stack]
        self.norm = _weight(inner.base_model.norm, self.dtype)
        output = inner.get_output_embeddings()
        self.output = _linear(self.dtype, output)
        self._rotation: Any = inner.base_model.rotary_emb
        self._turns = self._turned(_TURNS)

    def _block(self, block: Any) -> _Block:
        attention, mlp = block.self_attn, block.mlp
        norms = None
        if hasattr(attention, "q_norm"):
            norms = (_weight(attention.q_norm, self.dtype), _weight(attention.k_norm, self.dtype))
        return _Block(
            attention_norm=_weight(block.input_layernorm, self.dtype),
            projections=_linear(self.dtype, attention.q_proj, attention.k_proj, attention.v_proj),
            head_norms=norms,
            out=_linear(self.dtype, attention.o_proj),
            mlp_norm=_weight(block.post_attention_layernorm, self.dtype),
            gate_up=_linear(self.dtype, mlp.gate_proj, mlp.up_proj),
            down=_linear(self.dtype, mlp.down_proj),
        )

    def _turned(self, places: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return cosines and sines of so many places, each places x numbers of a head."""
        at = torch.arange(places, device=self.device).unsqueeze(0)
        cos, sin = self._rotation(self.embedding[:1].float(), at)
        return cos[0].to(self.dtype), sin[0].to(self.dtype)

    def turns(self, places: torch.Tensor, most: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return cosines and sines at these places, of which `most` is the last one."""
        if most >= len(self._turns[0]):
            self._turns = self._turned(2 * most)
        cos, sin = self._turns
        return cos[places].unsqueeze(-2), sin[places].unsqueeze(-2)

    def read(self, tokens: torch.Tensor, counts: torch.Tensor) -> tuple[torch.Tensor, list[Layer]]:
        """Read whole texts, texts x places padded on the right: the logits behind each, and its keys and values."""
        places = torch.arange(tokens.size(1), device=self.device).expand_as(tokens)
        turns = self.turns(places, tokens.size(1))
        held: list[Layer] = []

        def attend(layer: int, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
            # Nothing looks behind itself, so padding on the right is seen by padding alone.
            pair = keys.transpose(1, 2).contiguous(), values.transpose(1, 2).contiguous()
            held.append(pair)
            found = functional.scaled_dot_product_attention(
                queries.transpose(1, 2), *pair, is_causal=True, scale=self.scaling, enable_gqa=self.heads != self.groups
            )
            return found.transpose(1, 2)

        return self._passed(tokens, counts, turns, attend), held

    def go_on(self, tokens: torch.Tensor, counts: torch.Tensor, shared: Shared, own: Own) -> torch.Tensor:
        """Read more behind texts, texts x places padded on the right; return the logits behind each.

        `own` holds what was read afterwards.
        """
        count = tokens.size(1)
        places = (shared.lengths[shared.of] + own.lengths).unsqueeze(-1) + torch.arange(count, device=self.device)
        most = shared.layers[0][0].size(2) + own.longest + count
        turns = self.turns(places, most)
        mask = own.mask(count)[:, None, None]

        def attend(layer: int, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
            pair = own.write(layer, keys, values)
            return self._attended(queries, shared, shared.layers[layer], pair, mask)

        logits = self._passed(tokens, counts, turns, attend)
        own.grew(counts, count)
        return logits

    def _attended(
        self, queries: torch.Tensor, shared: Shared, beginning: Layer, own: Layer, mask: torch.Tensor
    ) -> torch.Tensor:
        """Return texts x places x heads x numbers: attention over a shared beginning and an own part at once."""
        texts, count = queries.shape[:2]
        each = self.heads // self.groups
        asked = queries.view(texts, count, self.groups, each, self.head).permute(0, 2, 3, 1, 4) * self.scaling
        flat = asked.reshape(texts, self.groups, each * count, self.head)
        behind = (flat @ own[0].transpose(-1, -2)).view(texts, self.groups, each, count, -1) + mask
        # All texts of a beginning ask it together: one matrix product instead of one per text.
        rows = shared.together(flat).transpose(1, 2)
        laid = rows.reshape(rows.size(0), self.groups, -1, self.head)
        before = laid @ beginning[0].transpose(-1, -2) + shared.mask
        width = before.size(-1)
        before = shared.apart(before.view(*rows.shape[:-1], width).transpose(1, 2))
        scores = torch.cat([before.view(texts, self.groups, each, count, width), behind], dim=-1)
        weights = scores.softmax(dim=-1)
        on_own = weights[..., width:].reshape(texts, self.groups, each * count, -1) @ own[1]
        shares = shared.together(weights[..., :width].reshape(texts, self.groups, each * count, width)).transpose(1, 2)
        on_shared = shares.reshape(*laid.shape[:-1], width) @ beginning[1]
        on_shared = shared.apart(on_shared.view(rows.shape).transpose(1, 2))
        found = (on_own + on_shared.view_as(on_own)).view(texts, self.groups, each, count, self.head)
        return found.permute(0, 3, 1, 2, 4).reshape(texts, count, self.heads, self.head)

    def _passed(self, tokens: torch.Tensor, counts: torch.Tensor, turns: Any, attend: Any) -> torch.Tensor:
        hidden = functional.embedding(tokens, self.embedding)
        for layer, block in enumerate(self.blocks):
            queries, keys, values = self._projected(block, self._normed(hidden, block.attention_norm), turns)
            found = attend(layer, queries, keys, values)
            hidden = hidden + functional.linear(found.reshape(*tokens.shape, -1), *block.out)
            gate, up = functional.linear(self._normed(hidden, block.mlp_norm), *block.gate_up).chunk(2, dim=-1)
            hidden = hidden + functional.linear(functional.silu(gate) * up, *block.down)
        last = hidden[torch.arange(len(tokens), device=self.device), counts - 1]
        return functional.linear(self._normed(last, self.norm), *self.output).float()

    def _projected(self, block: _Block, hidden: torch.Tensor, turns: Any) -> Sequence[torch.Tensor]:
        """Return queries, keys and values, each texts x places x heads x numbers."""
        found = functional.linear(hidden, *block.projections).view(*hidden.shape[:2], -1, self.head)
        asking, values = found[:, :, : self.heads + self.groups], found[:, :, self.heads + self.groups :]
        if block.head_norms is not None:
            queries, keys = asking[:, :, : self.heads], asking[:, :, self.heads :]
            normed = [self._normed(x, norm) for x, norm in zip((queries, keys), block.head_norms, strict=True)]
            asking = torch.cat(normed, dim=2)
        cos, sin = turns
        lower, upper = asking.chunk(2, dim=-1)
        asking = asking * cos + torch.cat([-upper, lower], dim=-1) * sin
        return asking[:, :, : self.heads], asking[:, :, self.heads :], values

    def _normed(self, hidden: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return functional.rms_norm(hidden, (hidden.size(-1),), weight, self.eps)


def undecodable(model: nn.Module) -> str:
    """Return why a model cannot be decoded here, "" if it can."""
    inner: Any = inner_of(model)
    text = inner.config.get_text_config()
    rotation = (getattr(text, "rope_parameters", None) or {}).get("rope_type", "default")
    if text.model_type not in _SHAPES:
        return f"a {text.model_type} model is none of {', '.join(_SHAPES)}"
    if rotation not in _ROTATIONS:
        return f"its rotation of positions is {rotation}"
    if set(getattr(text, "layer_types", None) or ["full_attention"]) != {"full_attention"} or (
        text.model_type == "mistral" and text.sliding_window
    ):
        return "some of its layers see a window only"
    if text.hidden_act != "silu":
        return f"its activation is {text.hidden_act}"
    if getattr(inner, "quantization_method", None) is not None:
        return "its weights are packed"
    return _adapters(model)


def _adapters(model: nn.Module) -> str:
    """Return why a model's adapters cannot be folded into its weights, "" if they can or there are none."""
    adapter: Any = getattr(model, "active_peft_config", None)
    if adapter is not None and adapter.is_prompt_learning:
        return "its adapter is a prompt"
    if not all(hasattr(block.self_attn, "q_proj") for block in blocks_of(model)):
        return "its attention is adapted as a whole"
    if not all(_folds(module) for module in model.modules()):
        return "its adapters are no sums of matrices"
    if _dtype(inner_of(model)) != torch.float32 and any(isinstance(one, BaseTunerLayer) for one in model.modules()):
        return "in bfloat16 most of what an adapter adds would round to nothing"
    return ""


def _folds(module: Any) -> bool:
    """Whether a module is a weight with at most a matrix on top of it: LoRA of a linear one, or TinyLoRA.

    DoRA, which also rescales, is not, nor an adapter with a bias of its own, nor a module that stands for another one.
    Of PEFT's other kinds some multiply, and say so nowhere.
    """
    if isinstance(module, AuxiliaryTrainingWrapper):
        return False
    if not isinstance(module, BaseTunerLayer):
        return True
    more = getattr(module, "lora_variant", None) or any(getattr(module, "lora_bias", {}).values())
    return isinstance(module, (LoraLinear, TinyLoraLayer)) and not more


def _dtype(inner: nn.Module) -> torch.dtype:
    """Return the kind of number of a forward pass: bfloat16 where any weight is, as autocast has it."""
    kinds = {weight.dtype for weight in inner.parameters() if weight.is_floating_point()}
    return torch.bfloat16 if torch.bfloat16 in kinds else torch.float32


def _weight(module: Any, dtype: torch.dtype) -> torch.Tensor:
    """Return a module's weight, with its adapters' matrices on top where they are switched on."""
    if not isinstance(module, BaseTunerLayer):
        return module.weight.detach().to(dtype)
    adapted: Any = module
    weight = adapted.get_base_layer().weight.detach().to(dtype)
    if adapted.disable_adapters or adapted.merged:
        return weight
    held = adapted.lora_A if isinstance(adapted, LoraLinear) else adapted.tinylora_A
    for name in adapted.active_adapters:
        if name in held:  # of several adapters one may be for other modules
            weight = weight + adapted.get_delta_weight(name).to(dtype)
    return weight


def _linear(dtype: torch.dtype, *modules: Any) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return the weights of linear modules that read the same, as one; and their biases, if they have any."""
    weight = torch.cat([_weight(module, dtype) for module in modules])
    plain = [module.get_base_layer() if isinstance(module, BaseTunerLayer) else module for module in modules]
    if all(module.bias is None for module in plain):
        return weight, None
    biases = [
        module.weight.new_zeros(module.out_features) if module.bias is None else module.bias.detach()
        for module in plain
    ]
    return weight, torch.cat(biases).to(dtype)
