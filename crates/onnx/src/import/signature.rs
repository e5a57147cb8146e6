//! A model's inputs: their names, types, and the lengths of their axes, some of which whoever imports the model has to say.

use super::domains::{ML, canonical};
use crate::element::Element;
use crate::error::OpenDimension;
use crate::proto::{Dimension, GraphProto, Length, ModelProto, TypeValue, ValueInfoProto};
use crate::{Dimensions, OnnxError};

/// An input as it is declared, with all lengths known.
pub struct Declared<'a> {
    pub name: &'a str,
    pub element: Element,
    pub shape: Vec<usize>,
}

/// The inputs that are given with each sample: those that no initializer has a value for.
pub fn inputs<'a>(
    model: &'a ModelProto,
    graph: &'a GraphProto,
    dimensions: &Dimensions,
) -> Result<Vec<Declared<'a>>, OnnxError> {
    let is_given = |input: &&ValueInfoProto| {
        let sparse = graph.sparse_initializer.iter();
        let sparse = sparse.filter_map(|s| s.values.as_ref());
        let mut constants = graph.initializer.iter().chain(sparse);
        !constants.any(|tensor| tensor.name == input.name)
    };
    let given: Vec<&ValueInfoProto> = graph.input.iter().filter(is_given).collect();
    let open = open_dimensions(&given, dimensions);
    let unknown = dimensions
        .names()
        .find(|name| open.iter().all(|o| o.name != **name));
    if let Some(name) = unknown {
        let names: Vec<String> = open.iter().map(|o| format!("`{}`", o.name)).collect();
        return Err(OnnxError::UnknownDimension {
            name: name.to_owned(),
            open: match names.is_empty() {
                true => "the model has none".into(),
                false => format!("the model has {}", names.join(", ")),
            },
        });
    }
    let one_sample = is_classical(model);
    let mut missing: Vec<OpenDimension> = Vec::new();
    let mut inputs = Vec::new();
    for input in &given {
        let (element, dims) = tensor_type(input, dimensions)?;
        let mut shape = Vec::new();
        for (axis, dim) in dims.iter().enumerate() {
            let name = match open_name(&input.name, axis, dim) {
                Ok(length) => {
                    shape.push(length);
                    continue;
                }
                Err(name) => name,
            };
            match dimensions.get(&name) {
                Some(length) => shape.push(length),
                // Converters of classical models leave the number of samples open; a program has a fixed one.
                None if one_sample && axis == 0 => shape.push(1),
                None => {
                    let open = open.iter().find(|o| o.name == name);
                    missing.extend(open.cloned());
                }
            }
        }
        inputs.push(Declared {
            name: &input.name,
            element,
            shape,
        });
    }
    missing.dedup_by(|a, b| a.name == b.name);
    if !missing.is_empty() {
        let mut distinct: Vec<OpenDimension> = Vec::new();
        for open in missing {
            if distinct.iter().all(|d| d.name != open.name) {
                distinct.push(open);
            }
        }
        return Err(OnnxError::OpenDimensions { open: distinct });
    }
    Ok(inputs)
}

/// Whether a model comes from a converter of classical models, which work on samples by rows.
fn is_classical(model: &ModelProto) -> bool {
    let imports = |domain: &str| {
        let mut sets = model.opset_import.iter();
        sets.any(|set| canonical(&set.domain) == domain)
    };
    imports(ML) || ["skl2onnx", "OnnxMLTools", "CatBoost"].contains(&model.producer_name.as_str())
}

/// The type and the shape that a value is declared with, if it is a tensor and all lengths are told.
pub fn declared(value: &ValueInfoProto) -> Option<(Element, Vec<usize>)> {
    let Some(TypeValue::Tensor(tensor)) = value.r#type.as_ref()?.value.as_ref() else {
        return None;
    };
    let lengths = tensor.shape.as_ref()?.dim.iter();
    let lengths = lengths.map(|dimension| match &dimension.value {
        Some(Length::Value(length)) => usize::try_from(*length).ok(),
        _ => None,
    });
    Some((
        Element::of(tensor.elem_type)?,
        lengths.collect::<Option<_>>()?,
    ))
}

/// The type of an input's entries, and its axes: where none are declared, as many as lengths are given for.
fn tensor_type(
    input: &ValueInfoProto,
    dimensions: &Dimensions,
) -> Result<(Element, Vec<Dimension>), OnnxError> {
    let name = &input.name;
    let unusable = |reason: String| OnnxError::Model {
        reason: format!("input `{name}`: {reason}"),
    };
    let tensor = match input.r#type.as_ref().and_then(|t| t.value.as_ref()) {
        Some(TypeValue::Tensor(tensor)) => tensor,
        Some(other) => {
            let what = match other {
                TypeValue::Sequence(_) => "a sequence",
                TypeValue::Map(_) => "a map",
                TypeValue::SparseTensor(_) => "a sparse tensor",
                TypeValue::Optional(_) | TypeValue::Tensor(_) => "an optional value",
            };
            return Err(unusable(format!(
                "it is {what}; only tensors can be inputs: export the model with tensors"
            )));
        }
        None => return Err(unusable("its type is not declared".into())),
    };
    let Some(element) = Element::of(tensor.elem_type) else {
        return Err(unusable(format!(
            "its entries are of type number {} of ONNX; expected floats, integers, truth values or strings",
            tensor.elem_type
        )));
    };
    if let Some(shape) = &tensor.shape {
        return Ok((element, shape.dim.clone()));
    }
    let axes = (0..).take_while(|axis| dimensions.get(&format!("{name}.{axis}")).is_some());
    match axes.count() {
        0 => Err(unusable(format!(
            "its shape is not declared; say it axis by axis: --dim {name}.0=N,{name}.1=M,.."
        ))),
        rank => Ok((element, vec![Dimension { value: None }; rank])),
    }
}

/// The length of a dimension, or what it is called if it is open: by its own name, or by its tensor and axis.
fn open_name(tensor: &str, axis: usize, dimension: &Dimension) -> Result<usize, String> {
    match &dimension.value {
        Some(Length::Value(n)) if *n > 0 => match usize::try_from(*n) {
            Ok(length) => Ok(length),
            Err(_) => Err(format!("{tensor}.{axis}")),
        },
        Some(Length::Param(name)) if !name.is_empty() => Err(name.clone()),
        _ => Err(format!("{tensor}.{axis}")),
    }
}

/// The open dimensions of inputs, each name once.
fn open_dimensions(inputs: &[&ValueInfoProto], dimensions: &Dimensions) -> Vec<OpenDimension> {
    let mut found: Vec<OpenDimension> = Vec::new();
    for input in inputs {
        let Ok((_, dims)) = tensor_type(input, dimensions) else {
            continue;
        };
        let names = dims.iter().enumerate();
        let names: Vec<Result<usize, String>> = names
            .map(|(axis, dim)| open_name(&input.name, axis, dim))
            .collect();
        let lengths = names.iter().map(|name| match name {
            Ok(length) => length.to_string(),
            Err(name) => name.clone(),
        });
        let shape = format!("[{}]", lengths.collect::<Vec<_>>().join(", "));
        for name in names.into_iter().filter_map(Result::err) {
            if found.iter().all(|o| o.name != name) {
                found.push(OpenDimension {
                    input: input.name.clone(),
                    shape: shape.clone(),
                    name,
                });
            }
        }
    }
    found
}
