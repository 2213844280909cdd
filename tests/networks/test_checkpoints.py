"""Checkpoints: PyTorch's layouts by SciPy's correlation, and what does not fit is said, and nothing set."""

import sys

import keras
import numpy as np
import pytest
from scipy import signal

from noisyweights.hardware import chip, deployment
from noisyweights.networks import checkpoints

RNG = np.random.default_rng(1)
SHAPES = {
    "features.0.weight": (4, 2, 3, 3),
    "features.0.bias": (4,),
    "features.1.weight": (4,),
    "features.1.bias": (4,),
    "features.1.running_mean": (4,),
    "features.1.running_var": (4,),
    "features.1.num_batches_tracked": (),
    "head.weight": (5, 4 * 2 * 3),
    "head.bias": (5,),
}
STATE = {name: RNG.uniform(0.5, 1.5, shape) * RNG.choice([-1, 1]) for name, shape in SHAPES.items()}
STATE["features.1.running_var"] = np.abs(STATE["features.1.running_var"])


def network(*, epsilon=1e-5, units=5, between=True):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((6, 8, 2)),
            layers.Conv2D(4, 3, name="convolution"),
            layers.BatchNormalization(epsilon=epsilon, name="normalisation"),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            *([layers.Dropout(0.5)] if between else []),
            layers.Dense(units, name="dense"),
        ]
    )


def as_pytorch_computes(x):
    """The network in PyTorch's order, (n, channels, rows, columns), from its formulas."""
    w, b = STATE["features.0.weight"], STATE["features.0.bias"]
    maps = [
        [
            sum(signal.correlate2d(one, k, "valid") for one, k in zip(each, kernel, strict=True))
            for kernel in w
        ]
        for each in x
    ]
    normalised = np.array(maps) + b[:, None, None]
    gamma, beta, mean, var = (
        STATE[f"features.1.{n}"][:, None, None] for n in ("weight", "bias", "running_mean", "running_var")
    )
    normalised = np.maximum((normalised - mean) / np.sqrt(var + 1e-5) * gamma + beta, 0)
    n, c, rows, columns = normalised.shape
    pooled = normalised.reshape(n, c, rows // 2, 2, columns // 2, 2).max((3, 5))
    return pooled.reshape(n, -1) @ STATE["head.weight"].T + STATE["head.bias"]


@pytest.mark.parametrize("between", [True, False])
def test_a_network_computes_what_it_did(between):
    model, x = network(between=between), RNG.normal(size=(3, 2, 6, 8))
    checkpoints.load_state_dict(model, STATE)
    found = model.predict(np.moveaxis(x, 1, -1), verbose=0)
    # float32 against float64, sums of some dozen products
    np.testing.assert_allclose(found, as_pytorch_computes(x), rtol=1e-4, atol=1e-4)
    # Negative control: in Keras' own order of flattening the outputs are others.
    model.layers[-1].kernel.assign(STATE["head.weight"].T)
    assert np.abs(model.predict(np.moveaxis(x, 1, -1), verbose=0) - found).max() > 0.1


def test_it_goes_on_a_chip():
    model, x = network(), RNG.normal(size=(30, 6, 8, 2)).astype(np.float32)
    checkpoints.load_state_dict(model, STATE)
    exact = deployment.deploy(model, chip.IDEAL, calibration=x, seed=0)
    np.testing.assert_allclose(exact.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-3, atol=1e-3)


def test_other_kinds_of_layers():
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Embedding(7, 3),
            keras.layers.Conv1D(2, 2, use_bias=False),
            keras.layers.Reshape((2, 2, 2)),
            keras.layers.DepthwiseConv2D(2, use_bias=False),
        ]
    )
    state = {
        name: RNG.normal(size=shape)
        for name, shape in (("e.weight", (7, 3)), ("c.weight", (2, 3, 2)), ("d.weight", (2, 1, 2, 2)))
    }
    checkpoints.load_state_dict(model, state)
    words = np.array([[0, 3, 6, 1, 1]])
    rows = state["e.weight"][words[0]]
    maps = [sum(np.correlate(rows[:, i], one[i], "valid") for i in range(3)) for one in state["c.weight"]]
    picture = np.stack(maps, -1).reshape(2, 2, 2)
    expected = [(picture[..., channel] * state["d.weight"][channel, 0]).sum() for channel in range(2)]
    np.testing.assert_allclose(model.predict(words, verbose=0).ravel(), expected, rtol=1e-4, atol=1e-5)


def test_modules_in_another_order():
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, name="a"), keras.layers.Dense(2, name="b")]
    )
    state = {
        f"{m}.{n}": RNG.normal(size=s)
        for m, i in (("last", 2), ("first", 3))
        for n, s in (("weight", (2, i)), ("bias", (2,)))
    }
    checkpoints.load_state_dict(model, state, modules={"a": "first", "b": "last"})
    np.testing.assert_allclose(model.layers[0].kernel, state["first.weight"].T, rtol=1e-6)
    with pytest.raises(ValueError, match="modules must name each of a, b once, and each of last, first"):
        checkpoints.load_state_dict(model, state, modules={"a": "first", "b": "first"})


def changed(**arrays):
    return STATE | {name.replace("__", "."): value for name, value in arrays.items()}


def without(name):
    return {key: value for key, value in STATE.items() if not key.startswith(name)}


@pytest.mark.parametrize(
    ("state", "settings", "words"),
    [
        (
            STATE,
            {"units": 6},
            r"head.weight has shape \(5, 24\), which gives \(24, 5\), and kernel of dense \(24, 6\)",
        ),
        (
            changed(features__0__weight=np.zeros((4, 2))),
            {},
            r"features.0.weight has shape \(4, 2\), and kernel of convo",
        ),
        (changed(head__weight=np.zeros((5, 25))), {}, r"head.weight has shape \(5, 25\), and kernel"),
        (without("features.1"), {}, "has 2 modules with weights .features.0, head., and the model 3 layers"),
        (without("head.bias"), {}, "head has no bias, and dense needs it for its bias"),
        (changed(head__scale=np.zeros(5)), {}, "head also has scale, for which dense has no place"),
        (
            STATE,
            {"epsilon": 1e-3},
            "normalisation has an epsilon of 0.001, and the checkpoint's network 1e-05",
        ),
        (changed(head__bias=np.full(5, np.nan)), {}, "head.bias has values that are NaN"),
        (changed(head__bias="five"), {}, "head.bias is no array of numbers"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_set(state, settings, words):
    model = network(**settings)
    before = [np.array(weight) for weight in model.get_weights()]
    with pytest.raises(ValueError, match=words):
        checkpoints.load_state_dict(model, state)
    assert all(map(np.array_equal, before, model.get_weights()))


def test_layers_of_another_kind_are_refused():
    model = keras.Sequential([keras.Input((3, 2)), keras.layers.LSTM(2, name="memory")])
    with pytest.raises(ValueError, match=r"is a LSTM"):
        checkpoints.load_state_dict(model, {"lstm.weight": np.zeros((2, 2))})
    with pytest.raises(ValueError, match="has no weights yet"):
        checkpoints.load_state_dict(keras.Sequential([keras.layers.Dense(2)]), {})


def written(file, *, batch="n", last="Gemm"):
    """A small network as an ONNX file: a convolution, pooling and a dense layer behind a flattening."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnx2keras")
    make = onnx.helper
    shapes = {"w": (4, 2, 3, 3), "b": (4,), "d": (5, 24), "e": (5,)}
    arrays = [
        onnx.numpy_helper.from_array(RNG.normal(size=s).astype(np.float32), n) for n, s in shapes.items()
    ]
    nodes = [
        make.make_node("Conv", ["x", "w", "b"], ["c"], kernel_shape=[3, 3]),
        make.make_node("Relu", ["c"], ["r"]),
        make.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        make.make_node("Flatten", ["p"], ["f"], axis=1),
        make.make_node(
            last,
            ["f", "d", "e"][: 3 if last == "Gemm" else 1],
            ["y"],
            **({"transB": 1} if last == "Gemm" else {}),
        ),
    ]
    ends = [
        make.make_tensor_value_info(n, onnx.TensorProto.FLOAT, s)
        for n, s in (("x", [batch, 2, 6, 8]), ("y", [batch, 5]))
    ]
    graph = make.make_graph(nodes, "small", ends[:1], ends[1:], arrays)
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=9), str(file))
    return {one.name: onnx.numpy_helper.to_array(one) for one in arrays}


def test_an_onnx_file_computes_what_it_did_and_goes_on_a_chip(tmp_path):
    arrays = written(tmp_path / "net.onnx")
    model = checkpoints.from_onnx(tmp_path / "net.onnx")
    x = RNG.normal(size=(20, 6, 8, 2)).astype(np.float32)
    # The same weights by the other door.
    same = keras.Sequential(
        [
            keras.Input((6, 8, 2)), keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.MaxPooling2D(2), keras.layers.Flatten(), keras.layers.Dense(5),
        ]
    )  # fmt: skip
    names = {"c.weight": "w", "c.bias": "b", "d.weight": "d", "d.bias": "e"}
    checkpoints.load_state_dict(same, {name: arrays[own] for name, own in names.items()})
    np.testing.assert_allclose(model.predict(x, verbose=0), same.predict(x, verbose=0), rtol=1e-4, atol=1e-4)
    deployed = deployment.deploy(model, chip.IDEAL, calibration=x, seed=0)
    np.testing.assert_allclose(
        deployed.predict(x, verbose=0), same.predict(x, verbose=0), rtol=1e-3, atol=1e-3
    )


def test_onnx_files_that_cannot_be_converted(tmp_path):
    written(tmp_path / "net.onnx", last="NonZero")
    with pytest.raises(ValueError, match="an operation that onnx2keras cannot turn into a layer"):
        checkpoints.from_onnx(tmp_path / "net.onnx")


def test_onnx_without_its_packages(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match="pip install onnx onnx2keras"):
        checkpoints.from_onnx(tmp_path / "net.onnx")
