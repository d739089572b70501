"""TRL's GRPOTrainer, wrapped in layers, each of which adds one thing; none copies a method of TRL's.

GRPOTrainer         TRL's own
StrategyTrainer     which weights train now
LogpsTrainer        log-probabilities computed by the loss, the trunk computed once
DivergenceTrainer   how far from the start model
ResumableTrainer    checkpoints that hold everything
RolloutTrainer      completions and episodes by our samplers, judged as they end
EchelonTrainer      late prompts, the curriculum, alarms
"""
