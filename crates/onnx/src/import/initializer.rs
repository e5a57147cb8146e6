//! Constant tensors of a file, read and checked: inline, as bytes, sparse, or in a file beside the model.

use crate::element::Element;
use crate::numbers::{FilePart, Files, Numbers, WeightsFile};
use crate::proto::{GraphProto, ModelProto, NodeProto, SparseTensorProto, TensorProto};
use crate::tensor::Tensor;
use half::{bf16, f16};
use inferproof_view::volume;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Entries of one constant, at most.
const MAX_ENTRIES: usize = 1 << 32;

/// `TensorProto.data_location` of a tensor whose data are in another file.
const EXTERNAL: i32 = 1;

/// The tensor that a message describes; files beside the model are looked for in its folder. An error is a sentence that names the
/// tensor and says what is wrong.
pub fn read(proto: &TensorProto, files: &Files) -> Result<Tensor, String> {
    let wrong = |what: String| format!("tensor `{}` {what}", proto.name);
    let shape = shape_of(&proto.dims).map_err(&wrong)?;
    let count = volume(&shape).filter(|&n| n < MAX_ENTRIES);
    let count = count.ok_or_else(|| wrong(format!("of shape {shape:?} is too large")))?;
    let Some(element) = Element::of(proto.data_type) else {
        return Err(wrong(format!(
            "has entries of type {}; expected float16, bfloat16, float32, float64, an integer of 2 to 64 bits, bool or string",
            type_name(proto.data_type)
        )));
    };
    let external = proto.data_location == EXTERNAL || !proto.external_data.is_empty();
    let tensor = if external {
        let place = external_place(proto, element, count, files);
        let (file, offset, bytes) = place.map_err(&wrong)?;
        match FilePart::beside(file.clone(), offset, &proto.name, element, count) {
            Some(part) => left(part.or_assumed(files), element, shape),
            None => {
                let bytes = file.bytes(offset, bytes).map_err(&wrong)?;
                of_bytes(element, shape, count, &bytes)
            }
        }
    } else if element != Element::String && !proto.raw_data.is_empty() {
        match FilePart::own(&proto.raw_data, &proto.name, element, count) {
            Some(part) => left(part.or_assumed(files), element, shape),
            None => of_bytes(element, shape, count, &proto.raw_data),
        }
    } else {
        of_fields(element, shape, count, proto)
    };
    tensor.map_err(wrong)
}

/// Floats that stay in their file where they are many.
fn left(part: FilePart, element: Element, shape: Vec<usize>) -> Result<Tensor, String> {
    let (count, numbers) = (part.count(), Numbers::of_file(part)?);
    Tensor::of_floats(element, shape, numbers).ok_or_else(|| ends_early(count, 0))
}

/// The files beside a model in which it keeps constants.
pub fn external_files(model: &ModelProto) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    if let Some(graph) = &model.graph {
        files_of_graph(graph, &mut files);
    }
    for function in &model.functions {
        files_of_nodes(&function.node, &mut files);
    }
    files
}

fn files_of_graph(graph: &GraphProto, files: &mut BTreeSet<String>) {
    let sparse = graph.sparse_initializer.iter();
    let sparse = sparse.flat_map(|s| s.values.iter().chain(&s.indices));
    for tensor in graph.initializer.iter().chain(sparse) {
        files_of_tensor(tensor, files);
    }
    files_of_nodes(&graph.node, files);
}

fn files_of_nodes(nodes: &[NodeProto], files: &mut BTreeSet<String>) {
    for attribute in nodes.iter().flat_map(|node| &node.attribute) {
        for tensor in attribute.t.as_deref().into_iter().chain(&attribute.tensors) {
            files_of_tensor(tensor, files);
        }
        for graph in attribute.g.as_deref().into_iter().chain(&attribute.graphs) {
            files_of_graph(graph, files);
        }
    }
}

fn files_of_tensor(tensor: &TensorProto, files: &mut BTreeSet<String>) {
    let location = tensor.external_data.iter().find(|e| e.key == "location");
    files.extend(location.map(|entry| entry.value.clone()));
}

/// The full tensor of a sparse one.
pub fn read_sparse(proto: &SparseTensorProto, files: &Files) -> Result<Tensor, String> {
    let (Some(values), Some(indices)) = (&proto.values, &proto.indices) else {
        return Err("a sparse tensor lacks its values or its indices".into());
    };
    let name = &values.name;
    let wrong = |what: &str| format!("sparse tensor `{name}` {what}");
    let shape = shape_of(&proto.dims).map_err(|e| wrong(&e))?;
    let count = volume(&shape).filter(|&n| n < MAX_ENTRIES);
    let count = count.ok_or_else(|| wrong("is too large"))?;
    let indices = read(indices, files)?;
    let values = read(values, files)?;
    let Some(numbers) = indices.integers() else {
        return Err(wrong("has indices that are no integers"));
    };
    // Either a position among all entries, or one along each axis.
    let width = match indices.shape() {
        [_] => 1,
        [_, width] if *width == shape.len() => *width,
        other => return Err(wrong(&format!("has indices of shape {other:?}"))),
    };
    let mut places = vec![None; count];
    for (entry, index) in numbers.chunks(width.max(1)).enumerate() {
        let place = match indices.shape().len() {
            1 => index.first().and_then(|&i| usize::try_from(i).ok()),
            _ => index.iter().zip(&shape).try_fold(0usize, |at, (&i, &len)| {
                let i = usize::try_from(i).ok().filter(|&i| i < len)?;
                Some(at * len + i)
            }),
        };
        match place.and_then(|place| places.get_mut(place)) {
            Some(slot) if entry < values.len() => *slot = Some(entry),
            _ => return Err(wrong("has an index beyond its shape or its values")),
        }
    }
    values
        .picked(shape, &places)
        .ok_or_else(|| wrong("does not have as many entries as its shape says"))
}

/// The lengths of axes that a file declares for a constant.
pub fn shape_of(dims: &[i64]) -> Result<Vec<usize>, String> {
    let lengths = dims.iter().map(|&d| usize::try_from(d));
    let shape: Result<Vec<usize>, _> = lengths.collect();
    shape.map_err(|_| format!("has the shape {dims:?}, with a negative length"))
}

/// Types of entries that exist in ONNX but are not supported, for messages.
fn type_name(number: i32) -> String {
    match number {
        0 => "undefined".into(),
        14 => "complex64".into(),
        15 => "complex128".into(),
        17 => "float8e4m3fn".into(),
        18 => "float8e4m3fnuz".into(),
        19 => "float8e5m2".into(),
        20 => "float8e5m2fnuz".into(),
        23 => "float4e2m1".into(),
        24 => "float8e8m0".into(),
        other => format!("number {other}"),
    }
}

fn ends_early(count: usize, given: usize) -> String {
    format!("should have {count} entries, but its data hold {given}")
}

/// Entries as little-endian bytes, those of less than eight bits several to a byte with the first in the lowest bits.
fn of_bytes(
    element: Element,
    shape: Vec<usize>,
    count: usize,
    bytes: &[u8],
) -> Result<Tensor, String> {
    let bits = element.bits().ok_or("holds strings as bytes")?;
    let expected = (count.saturating_mul(bits)).div_ceil(8);
    if bytes.len() != expected {
        return Err(format!(
            "of shape {shape:?} and type {element} should have {expected} bytes of data, but has {}",
            bytes.len()
        ));
    }
    fn all<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
        let entries = bytes.chunks_exact(N);
        entries
            .filter_map(|b| b.try_into().ok().map(&read))
            .collect()
    }
    let integers = |values: Vec<i64>| Tensor::of_integers(element, shape.clone(), values);
    let floats = |values: Vec<f32>| Tensor::of_floats(element, shape.clone(), values.into());
    let tensor = match element {
        Element::Float => floats(all(bytes, f32::from_le_bytes)),
        Element::Float16 => floats(all(bytes, |b| f16::from_le_bytes(b).to_f32())),
        Element::Bfloat16 => floats(all(bytes, |b| bf16::from_le_bytes(b).to_f32())),
        Element::Double => Tensor::of_reals(element, shape.clone(), all(bytes, f64::from_le_bytes)),
        Element::Bool => integers(bytes.iter().map(|&b| i64::from(b != 0)).collect()),
        Element::Uint8 => integers(bytes.iter().map(|&b| b.into()).collect()),
        Element::Int8 => integers(all(bytes, |b| i8::from_le_bytes(b).into())),
        Element::Uint16 => integers(all(bytes, |b| u16::from_le_bytes(b).into())),
        Element::Int16 => integers(all(bytes, |b| i16::from_le_bytes(b).into())),
        Element::Uint32 => integers(all(bytes, |b| u32::from_le_bytes(b).into())),
        Element::Int32 => integers(all(bytes, |b| i32::from_le_bytes(b).into())),
        Element::Int64 => integers(all(bytes, i64::from_le_bytes)),
        Element::Uint64 => integers(within_64(all(bytes, u64::from_le_bytes))?),
        Element::Uint4 | Element::Int4 | Element::Uint2 | Element::Int2 => {
            integers(unpacked(element, count, bytes.iter().copied()))
        }
        Element::String => None,
    };
    tensor.ok_or_else(|| ends_early(count, 0))
}

/// Numbers of two or four bits, of which each byte holds as many as it has room for.
fn unpacked(element: Element, count: usize, bytes: impl Iterator<Item = u8>) -> Vec<i64> {
    let bits = element.bits().unwrap_or(8);
    let number = |byte: u8, place: usize| {
        let bits = i64::from(byte) >> place & ((1 << bits) - 1);
        element.wrap(bits.into()) as i64
    };
    let numbers = bytes.flat_map(|b| (0..8).step_by(bits).map(move |place| (b, place)));
    let numbers = numbers.take(count).map(|(b, place)| number(b, place));
    numbers.collect()
}

fn within_64(values: Vec<u64>) -> Result<Vec<i64>, String> {
    let values = values.into_iter().map(i64::try_from);
    let values: Result<Vec<i64>, _> = values.collect();
    values.map_err(|_| "holds an integer of 2^63 or more; such integers are not supported".into())
}

/// Entries in the field that ONNX has for their type.
fn of_fields(
    element: Element,
    shape: Vec<usize>,
    count: usize,
    proto: &TensorProto,
) -> Result<Tensor, String> {
    let (given, tensor) = match element {
        Element::Float => (
            proto.float_data.len(),
            Tensor::of_floats(element, shape, proto.float_data.clone().into()),
        ),
        Element::Double => (
            proto.double_data.len(),
            Tensor::of_reals(element, shape, proto.double_data.clone()),
        ),
        Element::Float16 | Element::Bfloat16 => {
            let bits = proto.int32_data.iter().map(|&bits| bits as u16);
            let values = bits.map(|bits| match element {
                Element::Float16 => f16::from_bits(bits).to_f32(),
                _ => bf16::from_bits(bits).to_f32(),
            });
            let values: Vec<f32> = values.collect();
            (
                values.len(),
                Tensor::of_floats(element, shape, values.into()),
            )
        }
        Element::Int64 => (
            proto.int64_data.len(),
            Tensor::of_integers(element, shape, proto.int64_data.clone()),
        ),
        Element::Uint32 | Element::Uint64 => (
            proto.uint64_data.len(),
            Tensor::of_integers(element, shape, within_64(proto.uint64_data.clone())?),
        ),
        Element::Uint4 | Element::Int4 | Element::Uint2 | Element::Int2 => {
            let bytes = proto.int32_data.iter().map(|&b| b as u8);
            let values = unpacked(element, count, bytes);
            (values.len(), Tensor::of_integers(element, shape, values))
        }
        Element::Uint8
        | Element::Int8
        | Element::Uint16
        | Element::Int16
        | Element::Int32
        | Element::Bool => {
            let values: Vec<i64> = proto.int32_data.iter().map(|&v| v.into()).collect();
            (values.len(), Tensor::of_integers(element, shape, values))
        }
        Element::String => {
            let texts = proto
                .string_data
                .iter()
                .map(|s| String::from_utf8(s.to_vec()));
            let texts: Result<Vec<String>, _> = texts.collect();
            let texts = texts.map_err(|_| "holds a string that is not UTF-8")?;
            (texts.len(), Tensor::of_strings(shape, texts))
        }
    };
    tensor.ok_or_else(|| ends_early(count, given))
}

/// Where in which file beside the model a tensor is kept.
fn external_place(
    proto: &TensorProto,
    element: Element,
    count: usize,
    files: &Files,
) -> Result<(Arc<WeightsFile>, u64, usize), String> {
    let find = |key: &str| proto.external_data.iter().find(|e| e.key == key);
    let number = |key: &str| -> Result<Option<u64>, String> {
        let given = find(key).map(|entry| entry.value.parse());
        given
            .transpose()
            .map_err(|_| format!("has an external `{key}` that is no number"))
    };
    let location = find("location").ok_or("is kept in another file, but does not say in which")?;
    let name = &location.value;
    let file = files.open(name)?;
    let total = file.length();
    let bits = element.bits().ok_or("holds strings as bytes")?;
    let bytes = (count.saturating_mul(bits)).div_ceil(8);
    let needed = bytes as u64;
    let offset = number("offset")?.unwrap_or(0);
    let length = number("length")?.unwrap_or_else(|| total.saturating_sub(offset));
    if length != needed || offset.checked_add(length).is_none_or(|end| end > total) {
        return Err(format!(
            "needs {needed} bytes of the file `{name}`, which has {length} from byte {offset} for it ({total} in all)"
        ));
    }
    Ok((file, offset, bytes))
}
