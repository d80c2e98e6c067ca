"""Families of transformers, as small as their configurations allow: exact at lm(k=0), and another network at k < 0."""

import pytest
import torch

import schemetools as st
from schemetools.nn.rewiring.convert import convert

transformers = pytest.importorskip("transformers")

IDS = torch.tensor([[3, 7, 11, 4, 9, 2], [5, 6, 8, 2, 0, 0]])
MASK = torch.tensor([[1] * 6, [1] * 4 + [0] * 2])
TOKENS = {"input_ids": IDS, "attention_mask": MASK}
BOTH = {**TOKENS, "decoder_input_ids": IDS}
SIZES = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
TEXT = {**SIZES, "vocab_size": 20, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
CAUSAL = {**TEXT, "num_key_value_heads": 2, "max_position_embeddings": 32, "head_dim": 8}
IMAGE = {**SIZES, "image_size": 32, "patch_size": 8}
SOUND = {
    **{**SIZES, "conv_dim": (8, 8), "conv_stride": (4, 4), "conv_kernel": (8, 8)},
    **{"num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2, "feat_extract_norm": "layer"},
}
LAYERS = {f"{part}_{what}": n for part in ("encoder", "decoder") for what, n in (("layers", 3), ("attention_heads", 2))}
POST_NORM = "3 of 3 blocks are post-norm, layer_norm(x + F(x)): not steps of the scheme"

FAST = {
    "GPT2": ("GPT2Model", {"n_embd": 16, "n_layer": 3, "n_head": 2, "vocab_size": 20}, ["h"], ""),
    "Gemma3Text": ("Gemma3TextModel", {**CAUSAL, "sliding_window": 3}, ["layers"], ""),
    "T5": (
        "T5Model",
        {"d_model": 16, "num_layers": 3, "num_heads": 2, "d_ff": 32, "d_kv": 8, "vocab_size": 20},
        ["encoder.block", "decoder.block"],
        "",
    ),
    "Bert": ("BertModel", TEXT, ["encoder.layer"], POST_NORM),
}
SLOW = {
    "Llama": ("LlamaModel", CAUSAL, ["layers"], ""),
    "Qwen2": ("Qwen2Model", CAUSAL, ["layers"], ""),
    "Mistral": ("MistralModel", CAUSAL, ["layers"], ""),
    "Gemma2": ("Gemma2Model", {**CAUSAL, "sliding_window": 3}, ["layers"], ""),
    "DebertaV2": ("DebertaV2Model", TEXT, ["encoder.layer"], POST_NORM),
    "DeiT": ("DeiTModel", IMAGE, ["layers"], ""),
    "Swin": (
        "SwinModel",
        {"image_size": 32, "patch_size": 2, "embed_dim": 8, "depths": [2, 3], "num_heads": [2, 2], "window_size": 4},
        ["encoder.layers.0.blocks", "encoder.layers.1.blocks"],
        "",
    ),
    "ConvNext": (
        "ConvNextModel",
        {"hidden_sizes": [8, 12], "depths": [2, 3], "num_stages": 2, "patch_size": 2, "layer_scale_init_value": 0.5},
        ["encoder.stages.0.layers", "encoder.stages.1.layers"],
        "",
    ),
    "Whisper": (
        "WhisperModel",
        {
            **{**LAYERS, "d_model": 16, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "vocab_size": 20},
            **{"num_mel_bins": 8, "max_source_positions": 16, "max_target_positions": 16},
            **{"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1},
        },
        ["encoder.layers", "decoder.layers"],
        "",
    ),
    "Wav2Vec2": ("Wav2Vec2Model", {**SOUND, "do_stable_layer_norm": True}, ["encoder.layers"], ""),
    "RegNet": (
        "RegNetModel",
        {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [2, 3], "groups_width": 4},
        ["encoder.stages.1.layers"],
        "2 of 3 blocks are post-activation, relu(x + F(x)): not steps of the scheme",
    ),
}


def example_for(name):
    if name in ("T5",):
        return BOTH
    if name == "Whisper":
        return {"input_features": torch.randn(2, 8, 32), "decoder_input_ids": IDS}
    if name == "Wav2Vec2":
        return torch.randn(2, 400)
    return torch.randn(2, 3, 32, 32) if name in ("DeiT", "Swin", "ConvNext", "RegNet") else TOKENS


def run(model, example):
    with torch.no_grad():
        return (model(**example) if isinstance(example, dict) else model(example)).last_hidden_state


def check(name, model, options, chains, mark):
    torch.manual_seed(0)
    made = getattr(transformers, model)(getattr(transformers, f"{name}Config")(**options)).eval()
    example = example_for(name)
    same, other = (convert(made, st.lm(k=k), example=example) for k in (0, -0.3))
    assert torch.equal(run(same, example), run(made, example))
    assert (run(other, example) - run(made, example)).abs().max() > 1e-5
    assert [chain.name for chain in other.rewired] == chains
    assert (mark or "not steps of the scheme") in repr(other) if mark else "not steps of the scheme" not in repr(other)
    return made, other


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FAST)
def test_a_family(name):
    check(name, *FAST[name])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SLOW)
def test_another_family(name):
    check(name, *SLOW[name])


@pytest.mark.filterwarnings("ignore")
def test_a_cache_and_the_history_go_together():
    """Token by token with a cache a language model gives what it gives on the whole text."""
    torch.manual_seed(0)
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**CAUSAL)).eval()
    made = convert(model, st.lm(k=-0.3), example=TOKENS)
    options = {"max_new_tokens": 5, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    cached, whole = (made.generate(IDS[:1], use_cache=use, **options) for use in (True, False))
    assert torch.equal(cached, whole)
    assert cached.shape == (1, 11)
    states = made(**TOKENS, output_hidden_states=True).hidden_states
    assert len(states) == 4


@pytest.mark.filterwarnings("ignore")
def test_a_language_model_is_read_from_tokens_and_mask():
    model = transformers.BertModel(transformers.BertConfig(**TEXT)).eval()
    report = st.inspect(convert(model, st.lm(k=-0.1), example=TOKENS), TOKENS, eigenvalues=2)
    assert [f"{layer.scheme}" for layer in report.layers[1:]] == ["lm(k=-1/10)"] * 2
    assert all("post-norm" in layer.notes[0] for layer in report.layers)
    assert POST_NORM in " ".join(str(report).split())  # lines fold
