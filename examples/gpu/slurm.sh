#!/bin/bash
# One node, as many processes as it has GPUs; the server beside them. Killed or out of time, submit it again: it goes on
#   sbatch examples/gpu/slurm.sh examples/gpu/qwen2.5-1.5b-lora-48gb.yaml runs/qwen-1.5b-lora1
#SBATCH --job-name=echelon
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --gpus-per-node=2
#SBATCH --cpus-per-task=16
#SBATCH --time=08:00:00
#SBATCH --requeue
#SBATCH --output=%x-%j.log
set -euo pipefail
config=$1 run=$2
port=$((20000 + SLURM_JOB_ID % 20000))

echelon-server serve --port "$port" &
server=$!
trap 'kill "$server"' EXIT
until curl --silent --fail "http://127.0.0.1:$port/healthz" > /dev/null; do sleep 1; done

resume=()
[ -f "$run/config.yaml" ] && resume=(--resume)
srun accelerate launch --num_processes "$SLURM_GPUS_ON_NODE" -m trainer_client \
  train "$config" --run "$run" --set "server.url=http://127.0.0.1:$port" "${resume[@]}"
