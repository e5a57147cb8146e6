"""Makes what `bench/models` measures with: models that are not in a folder, inputs, and the float model's answers. A process of its own
(`python models_zoo.py prepare ...`, `... compare ...`), since it needs packages, and since the resident memory of a parent counts as its children's.
Everything random has a fixed seed."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from decoder import decoder
from transformers_zoo import bert, gpt2, vit

ROOT = Path(__file__).resolve().parent.parent

# A new number makes the models anew.
VERSION = 1

# Classes, embeddings (also anything else whose direction is what counts), and plain numbers.
TOP1, COSINE, ABSOLUTE = "top-1", "cosine", "error"

# What is compared of each model's outputs.
COMPARED = {
    "mnist_lenet": {"output": [TOP1]},
    "nanogpt_250k": {"output": [TOP1, COSINE]},
    "magika": {"target_label": [TOP1]},
    "silero_vad_op18_ifless": {"output": [ABSOLUTE], "stateN": [ABSOLUTE]},
    "face_api_age_gender": {"age": [ABSOLUTE], "gender": [TOP1]},
    "minilm": {"embedding": [COSINE]},
    "xgb_bc": {"label": [TOP1], "probabilities": [ABSOLUTE]},
    "sk_bc_rf": {"label": [TOP1], "probabilities": [ABSOLUTE]},
    "mobilenet_v2": {"output": [TOP1, ABSOLUTE]},
    "resnet18": {"output": [TOP1, COSINE]},
    "gpt2_small_16": {"logits": [TOP1, COSINE]},
    "bert_base_128": {"pooled": [COSINE]},
    "vit_base_224": {"logits": [TOP1, COSINE]},
    "decoder_1b": {"logits": [TOP1, COSINE]},
}


# Models


class Graph:
    """A graph that grows node by node."""

    def __init__(self, opset):
        self.nodes, self.weights, self.names, self.opset = [], [], set(), opset

    def weight(self, name, array):
        if name not in self.names:
            self.names.add(name)
            self.weights.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def op(self, op, inputs, name, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def save(self, file, inputs, outputs):
        graph = helper.make_graph(self.nodes, "model", inputs, outputs, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        onnx.save(model, file)
        onnx.checker.check_model(str(file), full_check=True)


def resnet18(file):
    """The usual topology; He-initialized convolutions and random batch normalizations, which stay nodes of their own."""
    rng, graph = np.random.default_rng(18), Graph(17)

    def conv(x, name, into, out, kernel, stride, gain=1.0):
        weight = rng.standard_normal((out, into, kernel, kernel)).astype(np.float32) * np.sqrt(2 / (into * kernel * kernel))
        x = graph.op("Conv", [x, graph.weight(f"{name}.weight", weight.astype(np.float32))], name, kernel_shape=[kernel] * 2,
                     strides=[stride] * 2, pads=[kernel // 2] * 4)
        parameters = {
            "scale": rng.uniform(0.8, 1.2, out) * gain, "bias": rng.normal(0, 0.1, out),
            "mean": rng.normal(0, 0.1, out), "variance": rng.uniform(0.5, 1.5, out),
        }
        names = [graph.weight(f"{name}.bn.{key}", value.astype(np.float32)) for key, value in parameters.items()]
        return graph.op("BatchNormalization", [x, *names], f"{name}.bn", epsilon=1e-5)

    relu = lambda x: graph.op("Relu", [x], f"{x}.relu")
    x = relu(conv("image", "conv1", 3, 64, 7, 2))
    x = graph.op("MaxPool", [x], "maxpool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    into = 64
    for layer, out in enumerate([64, 128, 256, 512], 1):
        for block in range(2):
            name, stride = f"layer{layer}.{block}", 2 if layer > 1 and block == 0 else 1
            y = relu(conv(x, f"{name}.conv1", into, out, 3, stride))
            y = conv(y, f"{name}.conv2", out, out, 3, 1, gain=0.5)
            if stride > 1:
                x = conv(x, f"{name}.downsample", into, out, 1, stride)
            x = relu(graph.op("Add", [y, x], f"{name}.add"))
            into = out
    x = graph.op("Flatten", [graph.op("GlobalAveragePool", [x], "avgpool")], "flatten")
    weight = graph.weight("fc.weight", rng.normal(0, 512**-0.5, (1000, 512)).astype(np.float32))
    graph.op("Gemm", [x, weight, graph.weight("fc.bias", np.zeros(1000, np.float32))], "output", transB=1)
    graph.save(file, [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 224, 224])],
               [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1000])])


NSFWJS = "nsfwjs@4.3.0"


def mobilenet_v2(file):
    """The Keras network of npm's `nsfwjs`, with its weights; channels first."""
    for tool in ("npm", "node"):
        if not shutil.which(tool):
            sys.exit(f"no {tool} here to fetch {NSFWJS} with")
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        subprocess.run(["npm", "pack", "--silent", NSFWJS], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        shutil.unpack_archive(next(Path(folder).glob("*.tgz")), folder, filter="data")
        here = Path(folder) / "package" / "dist" / "models" / "mobilenet_v2"
        load = lambda name: json.loads(subprocess.run(
            ["node", "-e", f"process.stdout.write(JSON.stringify(require('./{name}')))"], cwd=here, check=True, stdout=subprocess.PIPE).stdout)
        keras, shard = load("model.min.js"), base64.b64decode(load("group1-shard1of1.min.js"))

    values, at = {}, 0
    for spec in keras["weightsManifest"][0]["weights"]:  # a byte each: value = byte * scale + min
        count, code = int(np.prod(spec["shape"])), spec["quantization"]
        assert code["dtype"] == "uint8"
        raw = np.frombuffer(shard, np.uint8, count, at).astype(np.float32)
        values[spec["name"]] = (raw * code["scale"] + code["min"]).astype(np.float32).reshape(spec["shape"])
        at += count
    assert at == len(shard)

    graph, padded, renamed = Graph(17), {}, {}
    layers = keras["modelTopology"]["model_config"]["config"]
    if isinstance(layers, dict):
        layers = layers["layers"]
    layers = [inner for layer in layers for inner in (layer["config"]["layers"] if layer["class_name"] == "Model" else [layer])]
    last = None
    for layer in layers:
        kind, config = layer["class_name"], layer["config"]
        name = config["name"]
        sources = [source[0] for source in layer["inbound_nodes"][0]] if layer.get("inbound_nodes") else [last]
        inputs = [renamed.get(source, source) for source in sources]
        value = lambda key: values[f"{name}/{key}"]
        last = name
        if kind == "InputLayer":
            renamed[name] = "image"
        elif kind == "ZeroPadding2D":
            (top, bottom), (left, right) = config["padding"]
            renamed[name], padded[name] = inputs[0], [top, left, bottom, right]
        elif kind in ("Conv2D", "DepthwiseConv2D"):
            depthwise = kind == "DepthwiseConv2D"
            kernel = value("depthwise_kernel" if depthwise else "kernel")
            kernel = kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(3, 2, 0, 1)
            side, stride = kernel.shape[-1], config["strides"][0]
            assert not config["use_bias"] and (config["padding"] == "valid" or stride == 1)
            pads = padded.get(sources[0]) or [side // 2 if config["padding"] == "same" else 0] * 4
            graph.op("Conv", [inputs[0], graph.weight(f"{name}.kernel", kernel)], name, kernel_shape=[side] * 2, strides=[stride] * 2,
                     pads=pads, group=kernel.shape[0] if depthwise else 1)
        elif kind == "BatchNormalization":
            names = [graph.weight(f"{name}.{key}", value(key)) for key in ("gamma", "beta", "moving_mean", "moving_variance")]
            graph.op("BatchNormalization", [inputs[0], *names], name, epsilon=config["epsilon"])
        elif kind == "ReLU":
            bounds = [graph.weight(key, np.array(bound, np.float32)) for key, bound in (("zero", 0), ("six", config["max_value"]))]
            graph.op("Clip", [inputs[0], *bounds], name)
        elif kind == "Add":
            graph.op("Add", inputs, name)
        elif kind == "AveragePooling2D":
            graph.op("AveragePool", inputs, name, kernel_shape=config["pool_size"], strides=config["strides"])
        elif kind == "Flatten":  # of 1x1 pixels: the layout makes no difference
            graph.op("Flatten", inputs, name)
        elif kind == "Dropout":
            renamed[name] = inputs[0]
        elif kind == "Dense":
            softmax = config["activation"] == "softmax"
            weights = [graph.weight(f"{name}.{key}", value(key)) for key in ("kernel", "bias")]
            x = graph.op("Gemm", [inputs[0], *weights], f"{name}.gemm")
            renamed[name] = graph.op("Softmax", [x], "output", axis=-1) if softmax else graph.op("Relu", [x], name)
        else:
            raise AssertionError(kind)
    graph.save(file, [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 224, 224])],
               [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 5])])


def gpt2_small_16(file):
    """GPT-2 small's shape, all 16 positions at once, no cache."""
    graph = Graph(17)
    gpt2(graph)
    graph.save(file, [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, 16])],
               [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 16, 50257])])


def bert_base_128(file):
    """BERT-base's shape, 128 tokens, the pooled output."""
    graph = Graph(17)
    bert(graph)
    graph.save(file, [helper.make_tensor_value_info(name, TensorProto.INT64, [1, 128]) for name in ("input_ids", "attention_mask")],
               [helper.make_tensor_value_info("pooled", TensorProto.FLOAT, [1, 768])])


def vit_base_224(file):
    """ViT-base's shape, patches of 16x16 of an image of 224x224."""
    graph = Graph(17)
    vit(graph)
    graph.save(file, [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 224, 224])],
               [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 1000])])


# The decoder's layers, width, heads, width of the feed-forward parts, vocabulary and tokens: 1.26 billion weights.
DECODER = (24, 2048, 16, 5504, 32000, 16)

# What it takes to measure it: the file, the compiled model and an unfinished one on disk; the float model in onnxruntime.
DECODER_NEEDS = {"disk": 16e9, "memory": 12e9}


def decoder_1b(file):
    """A decoder of LLaMA's shape, the logits of the last token. Its weights lie beside it."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    free = shutil.disk_usage(file.parent).free
    if memory < DECODER_NEEDS["memory"] or free < DECODER_NEEDS["disk"]:
        sys.exit(f"no room: {memory / 1e9:.0f} GB of memory, {free / 1e9:.0f} GB of disk; it takes 12 and 16")
    decoder(file, *DECODER)


MADE = {
    "resnet18": resnet18, "mobilenet_v2": mobilenet_v2, "gpt2_small_16": gpt2_small_16, "bert_base_128": bert_base_128, "vit_base_224": vit_base_224,
    "decoder_1b": decoder_1b,
}


# Inputs: lists of samples, each from input name to array, to calibrate with and to evaluate on


def smooth_image(rng, side):
    """Colour blobs in 0..1, 3 x side x side."""
    y, x = np.mgrid[0:side, 0:side] / side
    image = np.zeros((3, side, side))
    for _ in range(24):
        fx, fy, phase = rng.normal(0, 4), rng.normal(0, 4), rng.uniform(0, 2 * np.pi)
        wave = np.cos(2 * np.pi * (fx * x + fy * y) + phase) / (1 + np.hypot(fx, fy))
        image += rng.normal(0, 1, (3, 1, 1)) * wave
    return 1 / (1 + np.exp(-2 * image))


def photo_crops(rng, side, count):
    """Square pieces of scikit-learn's two photographs, in 0..1."""
    import sklearn.datasets
    from PIL import Image

    folder = Path(sklearn.datasets.__file__).parent / "images"
    photos = [Image.open(folder / name).convert("RGB") for name in ("china.jpg", "flower.jpg")]
    for number in range(count):
        photo = photos[number % 2]
        edge = int(rng.integers(180, min(photo.size)))
        left, top = (int(rng.integers(0, full - edge + 1)) for full in photo.size)
        piece = photo.crop((left, top, left + edge, top + edge)).resize((side, side), Image.Resampling.BILINEAR)
        image = np.asarray(piece, np.float64).transpose(2, 0, 1) / 255
        yield image[:, :, ::-1] if rng.random() < 0.5 else image


def photographs(rng, count, normalize=False):
    images = [*photo_crops(rng, 224, count - 2), smooth_image(rng, 224), smooth_image(rng, 224)]
    mean, deviation = (np.array(v).reshape(3, 1, 1) for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    return [{"image": (image - mean) / deviation if normalize else image} for image in images]


def faces(rng, count, sample):
    """The sample, lit, moved and mirrored; and two images without a face."""
    face, out = np.asarray(sample["image"], np.float64).reshape(3, 112, 112), []
    for _ in range(count - 2):
        image = np.roll(face, rng.integers(-8, 9, 2), (1, 2))
        image = image[:, :, ::-1] if rng.random() < 0.5 else image
        image = 255 * (image / 255) ** rng.uniform(0.6, 1.6) * rng.uniform(0.8, 1.2, (3, 1, 1)) + rng.normal(0, 4, image.shape)
        out.append(image)
    return [{"image": image.clip(0, 255)} for image in out + [255 * smooth_image(rng, 112) for _ in range(2)]]


def sentences(rng, count, tokens=32):
    """[CLS] words [SEP] padding, of BERT's vocabulary: words of every frequency, every third a function word, a full stop."""
    out = []
    for length in rng.permutation(np.linspace(4, tokens, count).round().astype(int)):
        ids, mask = np.zeros(tokens, np.int64), np.zeros(tokens, np.int64)
        words = 1996 + np.exp(rng.uniform(0, np.log(28000), length - 3)).astype(np.int64)
        common = rng.choice([1996, 1997, 1998, 1999, 2000, 1037, 2003, 2001, 2005, 2006, 2007, 2008, 2009, 1010], length - 3)
        ids[:length] = [101, *np.where(rng.random(length - 3) < 0.35, common, words), 1012, 102]
        mask[:length] = 1
        out.append({"input_ids": ids, "attention_mask": mask})
    return out


def tokens(rng, count, name, length, vocabulary):
    return [{name: rng.integers(0, vocabulary, length)} for _ in range(count)]


def files():
    """Files of many types that are on any machine that runs this; those for calibration, and the others. Alternate ones, so that both have most types."""
    import sklearn.datasets

    library, data = Path(json.__file__).parent.parent, Path(sklearn.datasets.__file__).parent
    found = [
        ROOT / "README.md", ROOT / "docs" / "protocol.md", ROOT / "Cargo.toml", ROOT / "Cargo.lock", ROOT / "bench" / "run",
        ROOT / "bench" / "scaling", ROOT / "bench" / "results" / "scaling.svg", ROOT / "bench" / "results" / "scaling.csv",
        *sorted((ROOT / "crates").rglob("lib.rs"))[:4], library / "ast.py", library / "heapq.py", Path(sys.executable).resolve(), Path("/bin/sh").resolve(),
        data / "images" / "china.jpg", data / "images" / "flower.jpg", data / "data" / "breast_cancer.csv", data / "data" / "iris.csv",
        data / "data" / "digits.csv.gz", data / "data" / "diabetes_data_raw.csv.gz", data / "descr" / "iris.rst", data / "descr" / "digits.rst",
        Path("/etc/passwd"), Path("/etc/services"),
    ]
    found = [file for file in found if file.is_file()]
    return found[::2], found[1::2]


def file_bytes(file):
    """Magika's features: the first and the last 1,024 bytes of the stripped beginning and end; 256 is padding."""
    content = file.read_bytes()
    first, final = content[:4096].lstrip()[:1024], content[-4096:].rstrip()[-1024:]
    out = np.full(2048, 256, np.int32)
    out[:len(first)] = list(first)
    out[2048 - len(final):] = list(final)
    return {"bytes": out}


def voice(rng, count):
    """A synthetic voice at 16 kHz, which silero takes for one: harmonics below the formants of vowels that follow each other, hiss, pauses."""
    vowels = np.array([[730, 1090, 2440], [270, 2290, 3010], [300, 870, 2240], [530, 1840, 2480], [570, 840, 2410], [660, 1720, 2410]])
    time, each = np.arange(count) / 16000, 2880
    syllables = count // each + 2
    at = np.arange(count) / each
    now = at.astype(int)
    glide, chosen = np.clip((at - now - 0.7) / 0.3, 0, 1)[:, None], vowels[rng.integers(0, len(vowels), syllables)]
    formants = chosen[now] * (1 - glide) + chosen[now + 1] * glide
    jitter = 0.01 * np.repeat(rng.normal(0, 1, count // 80 + 1), 80)[:count]
    melody = 0.12 * np.sin(2 * np.pi * 1.7 * time + rng.uniform(0, 6)) - 0.1 * (time % 1.6) / 1.6
    pitch = rng.uniform(100, 210) * (1 + melody + jitter)
    phase, wave = 2 * np.pi * np.cumsum(pitch) / 16000, np.zeros(count)
    for k in range(1, 40):
        peaks = sum(gain / (1 + ((k * pitch - formants[:, j]) / band) ** 2) for j, (gain, band) in enumerate([(1, 60), (0.6, 80), (0.3, 110)]))
        wave += peaks * k**-0.6 * np.sin(k * phase) * (k * pitch < 7500)
    loud = np.clip(2.5 * np.sin(np.pi * (at - now)), 0, 1) * np.repeat(rng.random(syllables) > 0.15, each)[:count]
    wave = wave / np.abs(wave).max() * loud + 0.03 * np.diff(rng.normal(0, 1, count), prepend=0) * (loud < 0.3)
    pauses = np.sin(2 * np.pi * 0.45 * time + rng.uniform(0, 6)) > -0.55
    return rng.uniform(0.2, 0.6) * wave * pauses + rng.normal(0, 0.002, count)


def speech(rng, session, count):
    """Every other window of a voice: 64 samples from before and 512 new ones, and the states in which the model itself comes to it."""
    wave = np.concatenate([np.zeros(64), voice(rng, 512 * 2 * count)]).astype(np.float32)
    state, out = np.zeros((2, 1, 128), np.float32), []
    for window in range(2 * count):
        feed = {"input": wave[512 * window:][:576].reshape(1, 576), "state": state}
        if window % 2:
            out.append(feed)
        state = session.run(["stateN"], feed)[0]
    return out


def rows(folder, name, count):
    """What lies beside a model."""
    def load(file, limit=None):
        arrays = np.load(folder / file)
        return [{name: row} for row in arrays[name][:limit]]

    return load("calibration.npz"), load("test.npz", count)


def inputs(name, folder, session, samples):
    """Both lists. The sample that ships with a model is the first to be evaluated."""
    first, both = [], lambda make: tuple(make(np.random.default_rng(seed)) for seed in (101, 202))
    if (folder / "input.json").exists():
        values = json.loads((folder / "input.json").read_text())["input_data"]
        first = [{port.name: value for port, value in zip(session.get_inputs(), values)}]
    if name in ("mnist_lenet", "xgb_bc", "sk_bc_rf"):
        calibration, evaluation = rows(folder, session.get_inputs()[0].name, 8 * samples)
    elif name == "nanogpt_250k":
        calibration, evaluation = both(lambda rng: tokens(rng, samples, "input", 64, 65))
    elif name == "gpt2_small_16":
        calibration, evaluation = both(lambda rng: tokens(rng, samples, "input_ids", 16, 50257))
    elif name == "minilm":
        calibration, evaluation = both(lambda rng: sentences(rng, samples))
    elif name == "bert_base_128":
        calibration, evaluation = both(lambda rng: sentences(rng, samples, 128))
    elif name == "decoder_1b":
        calibration, evaluation = both(lambda rng: tokens(rng, 2, "input_ids", 16, 32000))
    elif name == "face_api_age_gender":
        calibration, evaluation = both(lambda rng: faces(rng, samples, first[0]))
    elif name in ("mobilenet_v2", "resnet18", "vit_base_224"):
        calibration, evaluation = both(lambda rng: photographs(rng, samples, name != "mobilenet_v2"))
    elif name == "silero_vad_op18_ifless":
        calibration, evaluation = both(lambda rng: speech(rng, session, 4 * samples))
    elif name == "magika":
        calibration, evaluation = ([file_bytes(file) for file in some] for some in files())
    else:
        raise AssertionError(name)
    return calibration, first + evaluation


# The two commands


def prepare(name, models, cache, work, samples):
    """Finds or makes a model; writes inputs and expected outputs into `work`; says what it is as JSON."""
    made = Path(cache) / f"{name}.{VERSION}"
    if name in MADE:
        if not (made / "model.onnx").exists():
            unfinished = made.with_name(f"{made.name}.unfinished")
            for left in (made, unfinished):
                shutil.rmtree(left, ignore_errors=True)
            unfinished.mkdir(parents=True)
            MADE[name](unfinished / "model.onnx")
            unfinished.rename(made)
        folder = made
    else:
        folder = Path(models) / name
        if not (folder / "model.onnx").exists():
            sys.exit(f"no {folder / 'model.onnx'}")
    file = folder / "model.onnx"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    ports = {port.name: (port.shape, {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}[port.type])
             for port in session.get_inputs()}
    shaped = lambda sample: {key: np.asarray(sample[key]).reshape(shape).astype(kind) for key, (shape, kind) in ports.items()}
    calibration, evaluation = ([shaped(sample) for sample in some] for some in inputs(name, folder, session, samples))
    names = [port.name for port in session.get_outputs()]
    expected = [session.run(names, sample) for sample in evaluation]
    work = Path(work)
    for file_name, some in (("calibration.npz", calibration), ("evaluation.npz", evaluation)):
        np.savez(work / file_name, **{key: np.stack([sample[key] for sample in some]) for key in ports})
    np.savez(work / "expected.npz", **{key: np.stack([np.asarray(outputs[i]) for outputs in expected]) for i, key in enumerate(names)})
    model = onnx.load(file, load_external_data=False)
    return {
        "file": str(file), "bytes": file.stat().st_size, "calibration_samples": len(calibration), "evaluation_samples": len(evaluation),
        "parameters": sum(int(np.prod(t.dims)) for t in model.graph.initializer if t.data_type == TensorProto.FLOAT),
    }


def compare(name, work):
    """The integer program's answers (`run.N.json` in `work`) against the expected ones."""
    work, expected, out = Path(work), np.load(Path(work) / "expected.npz"), {}
    ran = [json.loads((work / f"run.{n}.json").read_text())["outputs"] for n in range(len(next(iter(expected.values()))))]
    for output, metrics in COMPARED[name].items():
        want = expected[output].astype(np.float64)
        got = np.array([np.asarray(outputs[output], np.float64).reshape(want.shape[1:]) for outputs in ran])
        error, greatest = float(np.abs(got - want).max()), float(np.abs(want).max())
        result = {"compared_by": metrics, "max_abs_error": error, "greatest": greatest, "relative_error": error / greatest if greatest else error}
        a, b = (v.reshape(-1, v.shape[-1]) for v in (got, want))
        if a.shape[1] > 1:
            cosine = (a * b).sum(1) / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-30)
            mine, best = a.argmax(1), b.argmax(1)
            at = np.arange(len(b))
            result |= {
                "cosine_mean": float(cosine.mean()), "cosine_least": float(cosine.min()),
                "top1": int((mine == best).sum()), "top1_of": len(b), "top1_distinct": len(set(best.tolist())),
                # How much less the float model gives the program's choice than its own.
                "top1_greatest_loss": float((b[at, best] - b[at, mine]).max()),
            }
        elif expected[output].dtype.kind in "iub":  # a label
            result |= {"top1": int((a == b).sum()), "top1_of": len(b), "top1_distinct": len(set(b.ravel().tolist()))}
        out[output] = result
    return out


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    print(json.dumps(prepare(*arguments[:-1], int(arguments[-1])) if command == "prepare" else compare(*arguments)))
