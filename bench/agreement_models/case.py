"""One random model under construction: its inputs with samples, constants, nodes and outputs, at a random operation set that suits the operation
it is about. How it is put into a file varies, too: constants as initializers, nodes or subgraphs; nodes in a function or a branch; shapes
left open or declared wrongly. None of that changes what it means."""

from functools import lru_cache

import numpy as np
import onnx
from onnx import TensorProto, defs, helper, numpy_helper

SAMPLES = 4
OPSETS = (7, 26)
ML = "ai.onnx.ml"
ML_VERSIONS = (1, 5)
MICROSOFT = "com.microsoft"
LOCAL = "local"

FLOATS = (np.float32, np.float16, np.float64)
SIGNED = (np.int8, np.int16, np.int32, np.int64)
UNSIGNED = (np.uint8, np.uint16, np.uint32, np.uint64)


@lru_cache(maxsize=None)
def versions(op, domain=""):
    """The versions in which an operation has changed, within the operation sets that are tried, as ranges of them."""
    if domain == MICROSOFT:
        return []
    least, most = ML_VERSIONS if domain == ML else OPSETS
    known = sorted((s.since_version, s.deprecated) for s in defs.get_all_schemas_with_history() if (s.name, s.domain) == (op, domain))
    ends = [*(since - 1 for since, _ in known[1:]), most]
    ranges = [(max(since, least), end) for (since, deprecated), end in zip(known, ends) if not deprecated]
    return [(s, e) for s, e in ranges if s <= e]


@lru_cache(maxsize=None)
def schema(op, version, domain=""):
    """What the standard says of an operation; `None` of one that it has not."""
    try:
        return defs.get_schema(op, version, domain)
    except defs.SchemaError:
        return None


class Case:
    """A model being made. Everything random comes from `rng`, so that a case is the same whenever it is made."""

    def __init__(self, rng, op, domain="", opset=None):
        self.rng, self.op = rng, op
        ranges = versions(op, domain)
        least, most = ranges[rng.integers(len(ranges))] if ranges else OPSETS
        version = int(rng.integers(least, most + 1))
        self.ml = version if domain == ML else int(rng.integers(ML_VERSIONS[0], ML_VERSIONS[1] + 1))
        if opset:
            self.opset = int(rng.integers(opset[0], opset[1] + 1))
        else:
            self.opset = int(rng.integers(9, OPSETS[1] + 1)) if domain else version
        self.samples, self.inputs, self.outputs = {}, [], []
        self.nodes, self.initializers, self.defaults = [], {}, []
        self.names = 0
        # Relative to a column's size; wider where onnxruntime itself computes with few bits.
        self.tolerance = 1e-4
        self.integer_tolerance = 1e-2
        # By how much an entry of the integer program may be off in any case: a step of what it was rounded to.
        self.integer_step = 0
        self.float_exact = False
        # Columns smaller than this are compared as if they were of this size.
        self.floor = 1e-3
        # Entries as great as this are masks: how great they are means nothing.
        self.far = 1e7
        self.domains = set()
        # Kinds of disguise that would change what a case is about are switched off by it.
        self.plain = False
        # Nodes that mean the same, where onnxruntime does not have what the case is about.
        self.equivalent = None

    # Chance

    def chance(self, probability=0.5):
        return self.rng.random() < probability

    def pick(self, *options):
        return options[self.rng.integers(len(options))]

    def int(self, low, high):
        """From `low` to `high`, both included."""
        return int(self.rng.integers(low, high + 1))

    def shape(self, rank=None, most=4, least_rank=1, most_rank=4):
        rank = self.int(least_rank, most_rank) if rank is None else rank
        return tuple(1 if self.chance(0.15) else self.int(1, most) for _ in range(rank))

    def axis(self, rank, negative=True):
        """An axis, counted from either end."""
        axis = self.int(0, rank - 1)
        return axis - rank if negative and self.chance(0.4) else axis

    def axes(self, rank, least=1, negative=True):
        """Different axes in any order, counted from either end."""
        count = self.int(min(least, rank), rank)
        chosen = self.rng.permutation(rank)[:count]
        return [int(a) - rank if negative and self.chance(0.3) else int(a) for a in chosen]

    def broadcast(self, shape):
        """A shape that broadcasts to the given one."""
        kept = [1 if self.chance(0.3) else d for d in shape]
        return tuple(kept[self.int(0, len(kept)):] if self.chance(0.4) else kept)

    # What the standard says

    def schema(self, op=None, domain=""):
        return schema(op or self.op, self.ml if domain == ML else self.opset, domain)

    def has(self, attribute, op=None, domain=""):
        """Whether an operation has an attribute at this case's operation set."""
        known = self.schema(op, domain)
        # What the standard has, but the installed `onnx` does not know yet, has all that it is given.
        return known is None or attribute in known.attributes

    def slots(self, op=None):
        """How many inputs an operation may have at most at this case's operation set."""
        return self.schema(op).max_input

    def takes(self, dtype, op=None, position=0):
        """Whether an input may be of a type at this case's operation set."""
        known = self.schema(op)
        if known is None:
            return dtype == np.float32
        name = onnx_type(dtype)
        port = known.inputs[min(position, len(known.inputs) - 1)]
        types = {t for c in known.type_constraints if c.type_param_str == port.type_str for t in c.allowed_type_strs} or {port.type_str}
        return f"tensor({name})" in types

    def some(self, op=None, domain="", given=0.65, **attributes):
        """Each attribute with a chance, if there is such a one; its default is tested by leaving it out. `None` leaves it out for sure."""
        chosen = {name: value for name, value in attributes.items() if value is not None and self.has(name, op, domain)}
        return {name: value for name, value in chosen.items() if self.chance(given)}

    def always(self, op=None, domain="", **attributes):
        """Every attribute that there is at this operation set."""
        return {name: value for name, value in attributes.items() if value is not None and self.has(name, op, domain)}

    def float_type(self, op=None, position=0):
        """Mostly single precision."""
        dtype = FLOATS[int(self.rng.choice(3, p=[0.86, 0.05, 0.09]))]
        if op is not False and not self.takes(dtype, op, position):
            dtype = np.float32
        if dtype == np.float16:
            self.half()
        return dtype

    def half(self):
        """onnxruntime computes with few bits here, bfloat16 having eight: up to four thousandths are its own."""
        self.tolerance = 4e-3

    def integer_type(self, op=None, position=0, types=SIGNED + UNSIGNED):
        allowed = [t for t in types if self.takes(t, op, position)]
        return self.pick(*allowed) if allowed else np.float32

    # Numbers

    def reals(self, shape, low=-2.0, high=2.0, dtype=np.float32, grid=None):
        """Random numbers; on a grid of `1 / grid` if that is given, so that ties and edges occur and 16 bits hold them exactly."""
        values = self.rng.uniform(low, high, shape)
        if grid:
            values = np.round(values * grid) / grid
        return values.astype(dtype)

    def whole(self, shape, low, high, dtype=np.int64):
        return self.rng.integers(low, high + 1, shape).astype(dtype)

    # Parts of the model

    def name(self, stem="t"):
        self.names += 1
        return f"{stem}{self.names}"

    def input(self, shape, low=-2.0, high=2.0, dtype=np.float32, grid=None, values=None):
        """A graph input with random samples, or the given ones (one more axis in front)."""
        dtype, shape = np.dtype(dtype), tuple(shape)
        if values is None:
            if dtype == bool:
                values = self.rng.random((SAMPLES, *shape)) < 0.5
            elif dtype.kind in "iu":
                values = self.whole((SAMPLES, *shape), low, high, dtype)
            else:
                values = self.reals((SAMPLES, *shape), low, high, dtype, grid)
        name = self.name("x")
        self.samples[name] = values
        self.inputs.append((name, dtype, shape))
        return name

    def data(self, shape, low=-2.0, high=2.0, dtype=np.float32, grid=None):
        """An input, or sometimes what a simple node makes of one."""
        x = self.input(shape, low, high, dtype, grid)
        if np.dtype(dtype) == np.float32 and grid is None and self.chance(0.12):
            return self.node(self.pick("Identity", "Neg" if low == -high else "Identity"), [x])
        return x

    def constant(self, values, dtype=None):
        """A constant, written down in one of many ways."""
        array = np.array(values, dtype=dtype) if dtype is not None or not isinstance(values, np.ndarray) else values
        if array.dtype == np.int64 and dtype is None and array.size == 0:
            array = array.astype(np.int64)
        way = self.rng.random()
        name = self.name("c")
        if self.plain or way < 0.6 or array.dtype.kind not in "fiu":
            self.initializers[name] = array
        elif way < 0.75:
            self.raw("Constant", [], [name], value=numpy_helper.from_array(array, name))
        elif way < 0.83:
            self.initializers[name] = array
            return self.node("Identity", [name])
        elif way < 0.9 and array.ndim >= 1 and array.shape[0] >= 2:
            self.initializers[name], other = array[:1], self.name("c")
            self.initializers[other] = array[1:]
            return self.node("Concat", [name, other], axis=0)
        elif way < 0.95:
            self.initializers[name], shape = array.reshape(-1), self.name("c")
            self.initializers[shape] = np.array(array.shape, np.int64)
            return self.node("Reshape", [name, shape]) if array.size else self.constant(array)
        elif array.dtype in (np.float32, np.int64) and np.isfinite(array).all() and (array.dtype == np.int64 or self.opset >= 7):
            self.initializers[name] = array
            return self.node("Neg", [self.node("Neg", [name])]) if self.opset >= 7 else name
        else:
            self.initializers[name] = array
            self.defaults.append(name)
        return name

    def raw(self, op, inputs, outputs, domain="", **attributes):
        """A node with the given names."""
        self.domains.add(domain)
        node = helper.make_node(op, inputs, outputs, name=self.name("n"), domain=domain, **attributes)
        self.nodes.append(node)
        return node

    def node(self, op, inputs, outputs=1, domain="", **attributes):
        """A node; the names of its outputs. Inputs of `None` are left out."""
        names = [self.name() for _ in range(outputs)] if isinstance(outputs, int) else outputs
        inputs = [i or "" for i in inputs]
        while inputs and not inputs[-1]:
            inputs.pop()
        self.raw(op, inputs, names, domain, **attributes)
        return names[0] if outputs == 1 else names

    def this(self, inputs, outputs=1, domain="", **attributes):
        """A node of the operation that the case is about."""
        return self.node(self.op, inputs, outputs, domain, **attributes)

    def reshape(self, x, shape):
        return self.node("Reshape", [x, self.constant(np.array(shape, np.int64))])

    def parameter(self, attribute, values, op=None):
        """A list of integers as an attribute or, from some operation set on, as an input: the attributes, and the further inputs."""
        if values is None:
            return {}, []
        if self.has(attribute, op):
            return {attribute: [int(v) for v in values]}, []
        return {}, [self.constant(np.array(values, np.int64))]

    def output(self, name):
        self.outputs.append(name)

    # The file

    def model(self, types=None):
        """The model, and lengths for its open dimensions. `types` says what onnxruntime found the outputs to be, to be declared; without it,
        the model is as plain as can be, so that onnxruntime can say it."""
        rng = np.random.default_rng(self.names + 7919 * len(self.nodes))
        disguise = rng.random() if types and not self.plain and not self.equivalent else 0.0
        nodes, functions = list(self.equivalent if self.equivalent and not types else self.nodes), []
        outputs = list(self.outputs)
        # An output that is an input or a constant has a node between, except where that is what is tried.
        made = {o for n in nodes for o in n.output}
        if 0.80 < disguise < 0.86 and all(o in made for o in outputs):
            nodes, functions = self.as_function(nodes, outputs)
        elif 0.86 < disguise < 0.9 and self.opset >= 11 and all(o in made for o in outputs):
            nodes = self.as_branch(nodes, outputs, types)
        open_dimensions = 0.9 < disguise < 0.96
        dims, ports = [], []
        for position, (name, dtype, shape) in enumerate(self.inputs):
            declared = list(shape)
            if open_dimensions and shape:
                axis = int(rng.integers(len(shape)))
                declared[axis] = f"{name}_{axis}"
                dims.append(f"{name}_{axis}={shape[axis]}")
            ports.append(helper.make_tensor_value_info(name, element_type(dtype), declared))
        ir = 3 if self.defaults and rng.random() < 0.2 and not functions else int(rng.choice([8, 9, 10, 11, 12]))
        listed = list(self.initializers) if ir == 3 else self.defaults
        for name in listed:
            array = self.initializers[name]
            ports.append(helper.make_tensor_value_info(name, element_type(array.dtype), array.shape))
        results = []
        for name in outputs:
            result = onnx.ValueInfoProto(name=name)
            if types and name in types:
                dtype, shape = types[name]
                result = helper.make_tensor_value_info(name, element_type(dtype), shape if rng.random() < 0.7 else None)
            results.append(result)
        initializers = [numpy_helper.from_array(a, n) for n, a in self.initializers.items()]
        graph = helper.make_graph(nodes, "agreement", ports, results, initializers)
        if 0.96 < disguise:
            mislabel(graph, rng)
        opsets = [helper.make_opsetid("", self.opset)]
        if ML in self.domains:
            opsets.append(helper.make_opsetid(ML, self.ml))
        if MICROSOFT in self.domains:
            opsets.append(helper.make_opsetid(MICROSOFT, 1))
        if functions:
            opsets.append(helper.make_opsetid(LOCAL, 1))
            for function in functions:
                function.opset_import.extend(opsets[:-1])
        model = helper.make_model(graph, opset_imports=opsets, ir_version=ir, functions=functions)
        return model, dims

    def as_function(self, nodes, outputs):
        """All nodes as the body of one function, and the call of it."""
        made = {o for n in nodes for o in n.output}
        read = {i for n in nodes for i in n.input if i} | {i for n in nodes for i in captured(n)}
        inputs = sorted(read - made)
        if any(captured(n) for n in nodes):
            return nodes, []
        inner = {name: f"inner_{name}" for name in [*inputs, *outputs]}
        body = []
        for node in nodes:
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.input[:] = [inner.get(i, i) for i in node.input]
            copy.output[:] = [inner.get(o, o) for o in node.output]
            body.append(copy)
        function = onnx.FunctionProto(name="Body", domain=LOCAL)
        function.input.extend(inner[i] for i in inputs)
        function.output.extend(inner[o] for o in outputs)
        function.node.extend(body)
        return [helper.make_node("Body", inputs, outputs, name="call", domain=LOCAL)], [function]

    def as_branch(self, nodes, outputs, types):
        """All nodes as the branch of a condition that is constant."""
        taken = helper.make_graph(nodes, "taken", [], [onnx.ValueInfoProto(name=o) for o in outputs])
        zeros = [helper.make_node("Constant", [], [f"not_{o}"], value=numpy_helper.from_array(np.zeros(1, types[o][0]))) for o in outputs]
        other = helper.make_graph(zeros, "other", [], [onnx.ValueInfoProto(name=f"not_{o}") for o in outputs])
        self.initializers["condition"] = np.array(True)
        inner = [o.name for o in taken.output]
        # The branch's own outputs have names of their own.
        for graph_output, name in zip(taken.output, inner):
            graph_output.name = f"branch_{name}"
        passing = [helper.make_node("Identity", [name], [f"branch_{name}"]) for name in inner]
        taken.node.extend(passing)
        renamed = {name: f"within_{name}" for name in inner}
        for node in taken.node:
            rename(node, renamed)
        return [helper.make_node("If", ["condition"], outputs, name="choice", then_branch=taken, else_branch=other)]


def rename(node, names):
    node.input[:] = [names.get(i, i) for i in node.input]
    node.output[:] = [names.get(o, o) for o in node.output]
    for attribute in node.attribute:
        if attribute.HasField("g"):
            for inner in attribute.g.node:
                rename(inner, names)


def captured(node):
    """The names that a node's graphs read from outside."""
    found = set()
    for attribute in node.attribute:
        if attribute.HasField("g"):
            inner = {o for n in attribute.g.node for o in n.output} | {i.name for i in attribute.g.input} | {i.name for i in attribute.g.initializer}
            read = {i for n in attribute.g.node for i in n.input if i} | {o.name for o in attribute.g.output}
            found |= {i for n in attribute.g.node for i in captured(n)} | (read - inner)
    return found


def mislabel(graph, rng):
    """Declares a wrong shape for a tensor between, as exporters do."""
    between = [o for n in graph.node for o in n.output if o and o not in {p.name for p in graph.output}]
    for name in between[:2]:
        graph.value_info.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [int(rng.integers(2, 9)), "N"]))


def element_type(dtype):
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


def onnx_type(dtype):
    name = np.dtype(dtype).name
    return {"float32": "float", "float64": "double"}.get(name, name)
