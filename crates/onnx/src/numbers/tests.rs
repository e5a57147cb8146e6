//! Models whose weights lie in files: compiled as if they were held, and refused when the files change.

use crate::proto::{
    AttributeProto, Dimension, GraphProto, Length, ModelProto, NodeProto, OperatorSetIdProto,
    StringStringEntryProto, TensorProto, TensorShapeProto, TensorType, TypeProto, TypeValue,
    ValueInfoProto,
};
use crate::{Compiled, FloatModel, ImportOptions, OnnxError, Port, QuantizeOptions, Sample};
use half::f16;
use prost::Message;
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

const WIDTH: usize = 256;
const INNER: usize = 512;
const FILE: &str = "weights.bin";

/// How a model keeps a tensor.
#[derive(Clone, Copy)]
enum Kept {
    /// In the field that its type has: read at once, and held.
    Field,
    /// As bytes in the model's file.
    Bytes,
    /// As bytes in another file.
    Beside,
    /// The same as half floats.
    BesideAsHalves,
}

/// Numbers that look random, those of some channels much smaller.
fn numbers(seed: u32, rows: usize, columns: usize) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // As many bits as halves have.
        (state >> 22) as f32 / 512.0 - 1.0
    };
    let places = (0..rows).flat_map(|_| 0..columns);
    places
        .map(|column| {
            next()
                * if column % 7 == 0 {
                    0.001_953_125
                } else {
                    0.125
                }
        })
        .collect()
}

fn tensor(name: &str, shape: [usize; 2], values: &[f32], kept: Kept, folder: &Path) -> TensorProto {
    let mut tensor = TensorProto {
        name: name.into(),
        dims: shape.map(|n| n as i64).to_vec(),
        data_type: 1,
        ..TensorProto::default()
    };
    let bytes: Vec<u8> = match kept {
        Kept::BesideAsHalves => {
            tensor.data_type = 10;
            let halves = values.iter().map(|&v| f16::from_f32(v));
            halves.flat_map(f16::to_le_bytes).collect()
        }
        _ => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
    };
    match kept {
        Kept::Field => tensor.float_data = values.to_vec(),
        Kept::Bytes => tensor.raw_data = bytes.into(),
        Kept::Beside | Kept::BesideAsHalves => {
            let path = folder.join(FILE);
            let file = OpenOptions::new().create(true).append(true).open(path);
            let mut file = file.unwrap();
            let offset = file.seek(SeekFrom::End(0)).unwrap();
            file.write_all(&bytes).unwrap();
            tensor.data_location = 1;
            let places = [
                ("location", FILE.to_owned()),
                ("offset", offset.to_string()),
                ("length", bytes.len().to_string()),
            ];
            tensor.external_data = places
                .map(|(key, value)| StringStringEntryProto {
                    key: key.into(),
                    value,
                })
                .to_vec();
        }
    }
    tensor
}

fn port(name: &str, columns: usize) -> ValueInfoProto {
    let dim = [2, columns].map(|n| Dimension {
        value: Some(Length::Value(n as i64)),
    });
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            value: Some(TypeValue::Tensor(TensorType {
                elem_type: 1,
                shape: Some(TensorShapeProto { dim: dim.to_vec() }),
            })),
        }),
    }
}

fn node(op: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        input: inputs.iter().map(|&name| name.to_owned()).collect(),
        output: vec![output.into()],
        op_type: op.into(),
        attribute,
        ..NodeProto::default()
    }
}

/// `relu(x A) B A^T`, of which `A` is read in both orders.
fn model(kept: Kept, folder: &Path) -> Vec<u8> {
    let _ = std::fs::remove_file(folder.join(FILE));
    let first = tensor(
        "first",
        [WIDTH, INNER],
        &numbers(1, WIDTH, INNER),
        kept,
        folder,
    );
    let second = tensor(
        "second",
        [INNER, INNER],
        &numbers(2, INNER, INNER),
        kept,
        folder,
    );
    let halves = matches!(kept, Kept::BesideAsHalves);
    let mut nodes = Vec::new();
    let mut name = |tensor: &str| match halves {
        false => tensor.to_owned(),
        true => {
            let to = AttributeProto {
                name: "to".into(),
                i: 1,
                r#type: 2,
                ..AttributeProto::default()
            };
            let single = format!("{tensor}.single");
            nodes.push(node("Cast", &[tensor], &single, vec![to]));
            single
        }
    };
    let (a, b) = (name("first"), name("second"));
    let order = AttributeProto {
        name: "perm".into(),
        ints: vec![1, 0],
        r#type: 7,
        ..AttributeProto::default()
    };
    nodes.push(node("MatMul", &["x", &a], "y", vec![]));
    nodes.push(node("Relu", &["y"], "z", vec![]));
    nodes.push(node("MatMul", &["z", &b], "u", vec![]));
    nodes.push(node("Transpose", &[&a], "a.transposed", vec![order]));
    nodes.push(node("MatMul", &["u", "a.transposed"], "out", vec![]));
    let model = ModelProto {
        ir_version: 9,
        graph: Some(GraphProto {
            node: nodes,
            name: "graph".into(),
            initializer: vec![first, second],
            input: vec![port("x", WIDTH)],
            output: vec![port("out", WIDTH)],
            ..GraphProto::default()
        }),
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: 17,
        }],
        ..ModelProto::default()
    };
    model.encode_to_vec()
}

fn import(bytes: &[u8], folder: &Path) -> Result<FloatModel, OnnxError> {
    let options = ImportOptions {
        folder: Some(folder),
        ..ImportOptions::default()
    };
    FloatModel::import_as(bytes, &options)
}

fn samples() -> Vec<Sample> {
    let values = numbers(3, 2, WIDTH);
    vec![vec![values.into_iter().map(f64::from).collect()]]
}

/// With a tolerance that nothing meets, so that the equalized graph is tried as well.
fn compile(model: &FloatModel) -> Result<Compiled, OnnxError> {
    let options = QuantizeOptions {
        tolerance: 1e-9,
        weight_bits: Some(6),
        activation_bits: Some(12),
        ..QuantizeOptions::default()
    };
    model.compile(&samples(), &options)
}

#[test]
fn weights_left_in_files_compile_as_if_they_were_held() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let held = import(&model(Kept::Field, folder), folder).unwrap();
    let expected = compile(&held).unwrap();
    let equalized = |compiled: &Compiled| {
        let trials = compiled.report.trials.iter();
        trials.filter(|trial| trial.equalized).count()
    };
    assert!(
        equalized(&expected) > 0,
        "factors of rows and columns are read"
    );
    for kept in [Kept::Bytes, Kept::Beside, Kept::BesideAsHalves] {
        let left = import(&model(kept, folder), folder).unwrap();
        let sample = &samples()[0];
        assert_eq!(left.run(sample).unwrap(), held.run(sample).unwrap());
        let compiled = compile(&left).unwrap();
        assert_eq!(compiled.weights.arrays(), expected.weights.arrays());
        assert_eq!(compiled.report.trials.len(), expected.report.trials.len());
    }
}

#[test]
fn a_file_that_is_changed_while_the_model_is_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let path = folder.join(FILE);
    let imported = || import(&model(Kept::Beside, folder), folder).unwrap();
    let open = || OpenOptions::new().write(true).open(&path).unwrap();
    let second = (WIDTH * INNER * 4) as u64;

    let changed = imported();
    let mut file = open();
    file.seek(SeekFrom::Start(second + 40)).unwrap();
    file.write_all(&[1, 2, 3, 4]).unwrap();
    let reason = compile(&changed).err().unwrap().to_string();
    for word in [FILE, "`second`", "was changed", "no longer what it was"] {
        assert!(reason.contains(word), "{word}: {reason}");
    }
    assert!(changed.run(&samples()[0]).is_err());

    let cut = imported();
    open().set_len(second + 1000).unwrap();
    let reason = compile(&cut).err().unwrap().to_string();
    for word in [FILE, "`second`", "cut short"] {
        assert!(reason.contains(word), "{word}: {reason}");
    }
}

#[test]
fn a_file_that_ends_too_early_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let bytes = model(Kept::Beside, folder);
    let file = OpenOptions::new().write(true).open(folder.join(FILE));
    file.unwrap().set_len((WIDTH * INNER * 4) as u64).unwrap();
    let reason = import(&bytes, folder).err().unwrap().to_string();
    for word in [FILE, "`second`", "needs 1048576 bytes"] {
        assert!(reason.contains(word), "{word}: {reason}");
    }
}

#[test]
fn large_weights_are_not_read_for_an_outline() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let bytes = model(Kept::Beside, folder);
    let options = ImportOptions {
        folder: Some(folder),
        ..ImportOptions::default()
    };
    let widths = QuantizeOptions {
        weight_bits: Some(6),
        activation_bits: Some(12),
        ..QuantizeOptions::default()
    };
    let samples = || [|_: &[Port]| samples().remove(0)];
    let outline = || crate::outline(&bytes, &options, samples(), &widths).unwrap();
    let expected = outline();
    // What has no value fails where it is read.
    let mut file = OpenOptions::new()
        .write(true)
        .open(folder.join(FILE))
        .unwrap();
    let second = (WIDTH * INNER * 4) as u64;
    file.seek(SeekFrom::Start(second)).unwrap();
    file.write_all(&vec![0xff; INNER * INNER * 4]).unwrap();
    assert!(outline() == expected, "the program is one of shapes");
    let read = import(&bytes, folder).and_then(|model| compile(&model));
    assert!(read.is_err(), "numbers that are none");
    // The file has to be there and long enough all the same.
    file.set_len(second).unwrap();
    assert!(crate::outline(&bytes, &options, samples(), &widths).is_err());
}
