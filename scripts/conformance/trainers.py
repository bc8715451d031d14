"""The trainers that exports are held against: what each needs, and how two steps of it are run. No comparison here."""

from __future__ import annotations

from typing import NamedTuple


class Trainer(NamedTuple):
    """One trainer.

    Args:
        flavour: the export that it is given.
        packages: what its environment holds; versions are those that were compared last.
        shown: packages whose versions the table names.
        labels: the program in `labels/` that prints what the trainer learns of each row.
        command: two steps of training, with `{bin}` for the environment's programs and `{model}` for the model.
        without: packages that are taken out again, since they do not fit PyTorch's build for processors.
    """

    flavour: str
    packages: tuple[str, ...]
    shown: tuple[str, ...]
    labels: str
    command: str
    without: tuple[str, ...] = ()


TORCH = "torch==2.13.0"
"""Whatever build the registry gives; one for processors is enough, and much smaller."""

TRAINERS = (
    Trainer(
        "trl",
        (TORCH, "trl==1.16.0", "peft"),
        ("trl", "transformers", "datasets"),
        "of_trl.py",
        "{bin}/python train.py --model {model} --max-steps 2",
    ),
    Trainer(
        "prompt-completion",
        (TORCH, "trl==1.16.0", "peft"),
        ("trl", "transformers", "datasets"),
        "of_trl.py",
        "{bin}/python train.py --model {model} --max-steps 2",
    ),
    Trainer(
        "axolotl",
        (TORCH, "axolotl==0.19.0"),
        ("axolotl", "transformers", "datasets"),
        "of_axolotl.py",
        "{bin}/python -m axolotl.cli.train axolotl.yml --base_model={model} --max_steps=2 --bf16=False "
        "--lora_mlp_kernel=False --lora_qkv_kernel=False --lora_o_kernel=False --attn_implementation=eager",
    ),
    Trainer(
        "ms-swift",
        (TORCH, "ms-swift==4.6.0"),
        ("ms-swift", "transformers", "datasets"),
        "of_ms_swift.py",
        "PATH={bin}:$PATH sh train.sh {model} --model_type qwen2 --template qwen2_5 --max_steps 2",
    ),
    Trainer(
        "mlx",
        ("mlx-lm==0.32.2", "mlx[cpu]"),
        ("mlx-lm", "mlx", "transformers"),
        "of_mlx.py",
        "{bin}/mlx_lm.lora --model {model} -c config.yaml --iters 2",
    ),
    Trainer(
        "llama-factory",
        (TORCH, "llamafactory==0.9.5"),
        ("llamafactory", "transformers", "datasets"),
        "of_llama_factory.py",
        "PYTHONPATH={stubs} {bin}/llamafactory-cli train train.yaml model_name_or_path={model} template=qwen "
        "max_steps=2 "
        "use_cpu=true",
        without=("torchvision", "torchaudio"),
    ),
)
