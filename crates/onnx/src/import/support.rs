//! Which operation a node means, in the version that the model imports; and if none is supported, why, and what to do.

use super::domains::{MICROSOFT, ML, ONNX, canonical, version};
use super::refusal::{Imported, refuse};
use super::registry;
use crate::proto::{FunctionProto, ModelProto, NodeProto};

/// Whether a node's operation is known in a model; if not, why.
pub fn support(model: &ModelProto, node: &NodeProto) -> Result<(), String> {
    if model.functions.iter().any(|f| is_call(f, node)) {
        return Ok(());
    }
    let imported = version(model, canonical(&node.domain));
    operation(node, imported).map(|_| ()).map_err(|e| e.0)
}

/// The operation of a node in a model with this version of its domain, and the version that applies.
pub fn operation(
    node: &NodeProto,
    imported: Option<i64>,
) -> Imported<(&'static registry::Operation, i64)> {
    let Some(operation) = registry::find(&node.domain, &node.op_type) else {
        return refuse(match canonical(&node.domain) {
            ONNX | ML | MICROSOFT => {
                let known = reason(&node.op_type);
                known.unwrap_or("this operation is not supported; replace it by supported ones (docs/reference/operations.md)").to_owned()
            }
            other => format!(
                "operations of the domain `{other}` are not supported; export the model with ONNX's own operations, or with this one as a model-local function"
            ),
        });
    };
    let Some(imported) = imported else {
        return refuse(format!(
            "the model does not say which version of the domain `{}` it uses",
            operation.domain
        ));
    };
    match operation.since(imported) {
        Some(since) => Ok((operation, since)),
        None => refuse(format!(
            "version {imported} of this operation is not supported, version {} is: convert the model with onnx.version_converter",
            operation.versions.first().copied().unwrap_or_default()
        )),
    }
}

/// Whether a node calls this function of the model.
pub fn is_call(function: &FunctionProto, node: &NodeProto) -> bool {
    function.name == node.op_type
        && canonical(&function.domain) == canonical(&node.domain)
        && function.overload == node.overload
}

/// Why an operation of ONNX's own domain is not supported, and what to do.
fn reason(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "Bernoulli" | "Multinomial" | "RandomNormal" | "RandomNormalLike" | "RandomUniform"
        | "RandomUniformLike" => {
            "it draws random numbers, which nobody can compute again: draw them outside and make them an input"
        }
        "NonMaxSuppression" => {
            "which boxes are left cannot have a fixed shape: export the model without it, and choose boxes outside"
        }
        "Gradient" | "Momentum" | "Adam" | "Adagrad" => {
            "it belongs to training: export the model for inference"
        }
        "StringConcat" | "StringSplit" | "StringNormalizer" | "RegexFullMatch"
        | "TfIdfVectorizer" => "it computes with text: do that outside and make numbers the input",
        "ImageDecoder" => {
            "it reads a file of an image: decode it outside and make pixels the input"
        }
        _ => return None,
    })
}
