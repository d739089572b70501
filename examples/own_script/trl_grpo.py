"""A TRL script of one's own that climbs a curriculum: python trl_grpo.py MODEL OUTPUT [CURRICULUM] [--resume]

The server is asked at ECHELON_URL (http://127.0.0.1:8000). Start it with `echelon-server serve`.
"""

import os
import sys
from collections.abc import Sequence

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

from envserver.wire import ProblemOut
from trainer_client.client import HERE, EnvClient
from trainer_client.integrations.trl_climb import Climb

source, output, *rest = [argument for argument in sys.argv[1:] if argument != "--resume"]
tokenizer = AutoTokenizer.from_pretrained(source)
chat = tokenizer.chat_template is not None
model = AutoModelForCausalLM.from_pretrained(source)


def answer(problems: Sequence[ProblemOut]) -> list[str]:
    """Answer held-out problems as the policy that is trained would: at temperature 1, nothing cut off."""
    training = model.training
    model.eval()  # TRL's checkpointing would take the cache away in the middle of a sentence
    try:
        return [answered(posed) for posed in problems]
    finally:
        model.train(training)


def answered(posed: ProblemOut) -> str:
    """Answer one problem."""
    text = posed.prompt
    if chat:
        messages = [message.model_dump() for message in posed.messages]
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    asked = tokenizer(text, return_tensors="pt", add_special_tokens=not chat).to(model.device)
    how = {"do_sample": True, "temperature": 1.0, "top_p": 1.0, "top_k": 0, "repetition_penalty": 1.0}
    with torch.no_grad():
        ids = model.generate(**asked, **how, max_new_tokens=trainer.args.max_completion_length)
    return tokenizer.decode(ids[0, asked["input_ids"].shape[1] :], skip_special_tokens=True)


climb = Climb(
    EnvClient(os.environ.get("ECHELON_URL", HERE)),
    rest[0] if rest else "inverse",
    answer,
    as_text=not chat,
    ends=[tokenizer.eos_token_id],
)
trainer = GRPOTrainer(
    model,
    processing_class=tokenizer,
    train_dataset=climb.rows.dataset(),
    reward_funcs=climb.reward,
    callbacks=[climb],
    args=GRPOConfig(
        output_dir=output,
        shuffle_dataset=False,  # a shuffled stream is read a thousand rows ahead
        max_steps=int(os.environ.get("STEPS", "200")),
        per_device_train_batch_size=32,
        num_generations=8,
        max_completion_length=int(os.environ.get("TOKENS", "512")),
        learning_rate=1e-5,
        save_steps=int(os.environ.get("SAVE", "50")),
        logging_steps=1,
        use_cpu=not torch.cuda.is_available(),
        bf16=torch.cuda.is_available(),
        report_to=[],
    ),
)
trainer.train(resume_from_checkpoint="--resume" in sys.argv)
for decision in climb.decisions:
    print(decision)
