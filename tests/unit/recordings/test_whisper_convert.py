"""The converter, on graphs small enough to reckon by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from recordings.whisper_convert import Weights, convert, read_spec, vocabulary

WIDTH, VOCABULARY, LAYERS, CONTEXT = 4, 12, 1, 6


def quantised(name: str, values: np.ndarray[Any, Any], scale: float, zero: int) -> list[TensorProto]:
    return [
        numpy_helper.from_array(values.astype(np.uint8), f"{name}_quantized"),
        numpy_helper.from_array(np.array(scale, np.float32), f"{name}_scale"),
        numpy_helper.from_array(np.array(zero, np.uint8), f"{name}_zero_point"),
    ]


class Builder:
    """Collects tensors and the nodes that use them, as the export writes them."""

    def __init__(self, suffix: str = "") -> None:
        self.suffix = suffix
        self.tensors: list[TensorProto] = []
        self.nodes: list[onnx.NodeProto] = []
        self.chance = np.random.default_rng(1)
        self.expected: dict[str, np.ndarray[Any, Any]] = {}

    def plain(self, name: str, *shape: int) -> None:
        values = self.chance.normal(size=shape).astype(np.float32)
        self.expected[name] = values
        self.tensors.append(numpy_helper.from_array(values, name + self.suffix))

    def packed(self, name: str, *shape: int) -> None:
        values = self.chance.integers(0, 255, shape)
        self.expected[name] = ((values - 7) * 0.5).astype(np.float32)
        self.tensors += quantised(name + self.suffix, values, 0.5, 7)

    def matrix(self, owner: str, inputs: int, outputs: int) -> None:
        name = f"onnx::MatMul_{len(self.nodes)}"
        self.packed(name, inputs, outputs)
        self.expected[f"{owner}.weight"] = self.expected.pop(name)
        node = "/" + owner.replace(".layers.", "/layers.").replace(".", "/").replace("layers/", "layers.")
        used = [f"x{len(self.nodes)}", f"{name}{self.suffix}_quantized"]
        self.nodes.append(helper.make_node("MatMulInteger", used, [f"y{len(self.nodes)}"], f"{node}/MatMul_quant"))

    def linear(self, owner: str, inputs: int, outputs: int, bias: bool = True) -> None:
        self.matrix(owner, inputs, outputs)
        if bias:
            self.plain(f"{owner}.bias", outputs)

    def norm(self, owner: str) -> None:
        self.plain(f"{owner}.weight", WIDTH)
        self.plain(f"{owner}.bias", WIDTH)

    def layer(self, name: str, *attentions: str) -> None:
        for attention in attentions:
            self.norm(f"{name}.{attention}_layer_norm")
            for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                self.linear(f"{name}.{attention}.{part}", WIDTH, WIDTH, bias=part != "k_proj")
        self.norm(f"{name}.final_layer_norm")
        self.linear(f"{name}.fc1", WIDTH, 8)
        self.linear(f"{name}.fc2", 8, WIDTH)

    def graph(self) -> onnx.GraphProto:
        return helper.make_graph(self.nodes, "g", [], [], self.tensors)

    def merged(self) -> onnx.GraphProto:
        """The nodes inside the branches of an If, the tensors outside: how a merged decoder is."""
        branch = helper.make_graph(self.nodes, "branch", [], [])
        either = helper.make_node("If", ["c"], [], "choose", then_branch=branch, else_branch=branch)
        return helper.make_graph([either], "merged", [], [], self.tensors)


def encoder() -> Builder:
    built = Builder()
    for name, inputs in (("conv1", 80), ("conv2", WIDTH)):
        built.packed(f"{name}.weight", WIDTH, inputs, 3)
        built.plain(f"{name}.bias", WIDTH)
    built.plain("embed_positions.weight", CONTEXT, WIDTH)
    built.norm("layer_norm")
    built.layer("layers.0", "self_attn")
    return built


def decoder() -> Builder:
    built = Builder("_merged_0")
    built.packed("model.decoder.embed_tokens.weight", VOCABULARY, WIDTH)
    built.plain("model.decoder.embed_positions.weight", CONTEXT, WIDTH)
    built.norm("model.decoder.layer_norm")
    built.layer("model.decoder.layers.0", "self_attn", "encoder_attn")
    return built


@pytest.mark.parametrize("built", [encoder(), decoder()], ids=["encoder", "decoder"])
def test_every_tensor_is_found_by_the_name_of_the_original(built: Builder) -> None:
    weights = Weights(built.merged() if built.suffix else built.graph())
    for name, expected in built.expected.items():
        assert name in weights
        np.testing.assert_allclose(weights[name], expected, err_msg=name)
    assert "layers.9.fc1.weight" not in weights
    with pytest.raises(KeyError):
        weights["layers.9.fc1.weight"]


def write_package(folder: Path) -> tuple[Builder, Builder]:
    (folder / "onnx").mkdir(parents=True)
    parts = encoder(), decoder()
    for built, name in zip(parts, ("encoder_model", "decoder_model_merged"), strict=True):
        graph = built.merged() if built.suffix else built.graph()
        onnx.save(helper.make_model(graph), str(folder / "onnx" / f"{name}_quantized.onnx"))
    files = {
        "config": {
            "encoder_layers": LAYERS,
            "encoder_attention_heads": 2,
            "decoder_layers": LAYERS,
            "decoder_attention_heads": 2,
            "vocab_size": VOCABULARY,
        },
        "generation_config": {"suppress_tokens": [1], "begin_suppress_tokens": [2]},
        "tokenizer": {"model": {"vocab": {f"t{i}": i for i in range(10)}}, "added_tokens": []},
        "preprocessor_config": {},
    }
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return parts


def test_a_model_is_read_number_by_number(tmp_path: Path) -> None:
    first, second = write_package(tmp_path / "package")
    filled = dict(read_spec(tmp_path / "package").variables())
    own = [first.expected[f"layers.0.self_attn.{part}.weight"].T for part in ("q_proj", "k_proj", "v_proj")]
    np.testing.assert_allclose(filled["encoder/layer_0/self_attention/linear_0/weight"], np.concatenate(own))
    bias = filled["encoder/layer_0/self_attention/linear_0/bias"]
    np.testing.assert_allclose(bias[:WIDTH], first.expected["layers.0.self_attn.q_proj.bias"])
    np.testing.assert_allclose(bias[WIDTH : 2 * WIDTH], 0)  # Whisper's keys have no bias
    name = "model.decoder.layers.0"
    np.testing.assert_allclose(filled["decoder/layer_0/ffn/linear_1/weight"], second.expected[f"{name}.fc2.weight"].T)
    np.testing.assert_allclose(
        filled["decoder/embeddings/weight"], second.expected["model.decoder.embed_tokens.weight"]
    )
    np.testing.assert_allclose(
        filled["decoder/layer_0/attention/linear_2/bias"],
        second.expected[f"{name}.encoder_attn.out_proj.bias"],
    )


def test_what_the_engine_needs_is_written(tmp_path: Path) -> None:
    write_package(tmp_path / "package")
    convert(tmp_path / "package", tmp_path / "model")
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert names >= {"model.bin", "config.json", "vocabulary.json", "tokenizer.json", "preprocessor_config.json"}
    written = json.loads((tmp_path / "model" / "config.json").read_text())
    assert (written["suppress_ids"], written["alignment_heads"]) == ([1], [[0, 0], [0, 1]])


def test_what_is_no_whisper_model_is_refused(tmp_path: Path) -> None:
    write_package(tmp_path / "package")
    onnx.save(helper.make_model(Builder().graph()), str(tmp_path / "package/onnx/encoder_model_quantized.onnx"))
    with pytest.raises(KeyError):
        convert(tmp_path / "package", tmp_path / "model")


def test_the_vocabulary_names_every_id_and_keeps_the_empty_token() -> None:
    tokenizer = {"model": {"vocab": {"a": 0, "": 2}}, "added_tokens": [{"id": 1, "content": "<|x|>"}]}
    words = vocabulary(tokenizer, 50367)
    assert words[:4] == ["a", "<|x|>", "", "<|unused3|>"]
    assert words[-3:] == ["<|0.00|>", "<|0.02|>", "<|0.04|>"]
    assert len(set(words)) == 50367
