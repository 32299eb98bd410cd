"""Turn a Whisper model in 8-bit ONNX (as transformers.js ships it) into CTranslate2's own format.

The ONNX export keeps plain tensors (norms, biases, positions) under the names of the original model,
and 8-bit ones as `X_quantized`, `X_scale`, `X_zero_point`. Matrices lose their names in the export; the
`MatMulInteger` node that uses one still says whose it is, as `/layers.0/fc1/MatMul_quant`.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from ctranslate2.converters.utils import fuse_linear
from ctranslate2.specs import common_spec, whisper_spec
from onnx import numpy_helper

Floats = npt.NDArray[np.float32]

# From here on the ids of multilingual Whisper are time stamps, one per 20 ms; older tokenizers leave them out.
_FIRST_TIME_TOKEN = 50364
_LANGUAGE_TOKENS = range(50259, 50358)


class Weights:
    """The tensors of an ONNX graph in float32, by the names of the original model."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._tensors = {_plain(t.name): t for g in _graphs(graph) for t in g.initializer}
        self._matrices = dict(_named_matrices(graph))

    def __getitem__(self, name: str) -> Floats:
        """Raise KeyError with the name when the graph has no such tensor."""
        name = self._matrices.get(name, name)
        if name in self._tensors:
            return self._array(name)
        if f"{name}_quantized" not in self._tensors:
            raise KeyError(name)
        scale, zero = self._array(f"{name}_scale"), self._array(f"{name}_zero_point")
        return (self._array(f"{name}_quantized") - zero) * scale

    def __contains__(self, name: str) -> bool:
        name = self._matrices.get(name, name)
        return name in self._tensors or f"{name}_quantized" in self._tensors

    def _array(self, name: str) -> Floats:
        return np.asarray(numpy_helper.to_array(self._tensors[name]), dtype=np.float32)


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """The graph and those inside its branches: a merged decoder holds two, with and without cache."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _graphs(attribute.g)


def _plain(name: str) -> str:
    return name.replace("_merged_0", "")


def _named_matrices(graph: onnx.GraphProto) -> Iterator[tuple[str, str]]:
    """(`layers.0.fc1.weight`, tensor's own name) for every matrix multiplied by a constant.

    These are stored [in, out], the other way round than the original's weights.
    """
    for inner in _graphs(graph):
        for node in inner.node:
            if node.op_type in ("MatMulInteger", "MatMul"):
                owner = re.sub(r"/MatMul(_\d+)?(_quant)?$", "", node.name).strip("/").replace("/", ".")
                yield f"{owner}.weight", _plain(node.input[1]).removesuffix("_quantized")


def convert(source: Path, target: Path, quantization: str = "int8") -> None:
    """Write `target` (a folder faster-whisper can load) from `source` (config, tokenizer, onnx/).

    Raise KeyError or ValueError when the source is not such a model. Needs about 2 GB for Whisper small.
    """
    spec = read_spec(source)
    spec.validate()
    spec.optimize(quantization=quantization)
    target.mkdir(parents=True, exist_ok=True)
    spec.save(str(target))
    for name in ("tokenizer.json", "preprocessor_config.json"):
        shutil.copyfile(source / name, target / name)


def read_spec(source: Path) -> Any:
    """The model as CTranslate2 describes one (a WhisperSpec), in float32."""
    settings = _read_json(source / "config.json")
    spec = whisper_spec.WhisperSpec(
        settings["encoder_layers"],
        settings["encoder_attention_heads"],
        settings["decoder_layers"],
        settings["decoder_attention_heads"],
    )
    _fill_encoder(spec.encoder, _load(source / "onnx" / "encoder_model_quantized.onnx"))
    _fill_decoder(spec.decoder, _load(source / "onnx" / "decoder_model_merged_quantized.onnx"))
    _fill_config(spec.config, _read_json(source / "generation_config.json"), settings)
    spec.register_vocabulary(vocabulary(_read_json(source / "tokenizer.json"), settings["vocab_size"]))
    return spec


def vocabulary(tokenizer: dict[str, Any], size: int) -> list[str]:
    """The token of each id, `size` of them; ids the tokenizer does not name get their time stamp's name."""
    # An empty text is a token too: renaming it makes CTranslate2 take the model for an English-only one.
    named: dict[int, str] = {i: token for token, i in tokenizer["model"]["vocab"].items()}
    named.update({added["id"]: added["content"] for added in tokenizer["added_tokens"]})
    return [named[i] if i in named else _unnamed(i) for i in range(size)]


def _unnamed(token: int) -> str:
    if token >= _FIRST_TIME_TOKEN:
        return f"<|{(token - _FIRST_TIME_TOKEN) * 0.02:.2f}|>"
    return f"<|unused{token}|>"


def _load(path: Path) -> Weights:
    return Weights(onnx.load(str(path)).graph)


def _read_json(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _fill_encoder(spec: Any, weights: Weights) -> None:
    for name, layer in (("conv1", spec.conv1), ("conv2", spec.conv2)):
        layer.weight, layer.bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    spec.position_encodings.encodings = weights["embed_positions.weight"]
    _norm(spec.layer_norm, weights, "layer_norm")
    for index, layer in enumerate(spec.layer):
        _own_attention(layer.self_attention, weights, f"layers.{index}.self_attn")
        _feed_forward(layer.ffn, weights, f"layers.{index}")


def _fill_decoder(spec: Any, weights: Weights) -> None:
    spec.embeddings.weight = weights["model.decoder.embed_tokens.weight"]
    spec.projection.weight = spec.embeddings.weight
    spec.position_encodings.encodings = weights["model.decoder.embed_positions.weight"]
    _norm(spec.layer_norm, weights, "model.decoder.layer_norm")
    for index, layer in enumerate(spec.layer):
        name = f"model.decoder.layers.{index}"
        _own_attention(layer.self_attention, weights, f"{name}.self_attn")
        _encoder_attention(layer.attention, weights, f"{name}.encoder_attn")
        _feed_forward(layer.ffn, weights, name)


def _fill_config(config: Any, generation: dict[str, Any], settings: dict[str, Any]) -> None:
    config.suppress_ids = generation["suppress_tokens"]
    config.suppress_ids_begin = generation["begin_suppress_tokens"]
    config.lang_ids = sorted(generation.get("lang_to_id", {}).values()) or list(_LANGUAGE_TOKENS)
    config.alignment_heads = generation.get("alignment_heads") or _upper_half_heads(settings)


def _upper_half_heads(settings: dict[str, Any]) -> list[tuple[int, int]]:
    """What Whisper itself falls back on for word times when the best heads are not known."""
    layers, heads = settings["decoder_layers"], settings["decoder_attention_heads"]
    return [(layer, head) for layer in range(layers // 2, layers) for head in range(heads)]


def _norm(spec: Any, weights: Weights, name: str) -> None:
    spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _feed_forward(spec: Any, weights: Weights, name: str) -> None:
    _norm(spec.layer_norm, weights, f"{name}.final_layer_norm")
    _linear(spec.linear_0, weights, f"{name}.fc1")
    _linear(spec.linear_1, weights, f"{name}.fc2")


def _own_attention(spec: Any, weights: Weights, name: str) -> None:
    _norm(spec.layer_norm, weights, f"{name}_layer_norm")
    _fused(spec.linear[0], weights, [f"{name}.{part}" for part in ("q_proj", "k_proj", "v_proj")])
    _linear(spec.linear[1], weights, f"{name}.out_proj")


def _encoder_attention(spec: Any, weights: Weights, name: str) -> None:
    _norm(spec.layer_norm, weights, f"{name}_layer_norm")
    _linear(spec.linear[0], weights, f"{name}.q_proj")
    _fused(spec.linear[1], weights, [f"{name}.k_proj", f"{name}.v_proj"])
    _linear(spec.linear[2], weights, f"{name}.out_proj")


def _linear(spec: Any, weights: Weights, name: str) -> None:
    spec.weight = np.ascontiguousarray(weights[f"{name}.weight"].T)
    if f"{name}.bias" in weights:
        spec.bias = weights[f"{name}.bias"]


def _fused(spec: Any, weights: Weights, names: list[str]) -> None:
    parts = [common_spec.LinearSpec() for _ in names]
    for part, name in zip(parts, names, strict=True):
        _linear(part, weights, name)
    fuse_linear(spec, parts)
