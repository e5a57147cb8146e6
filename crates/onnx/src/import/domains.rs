//! The domains that operations belong to, and their versions.

use crate::OnnxError;
use crate::proto::ModelProto;

/// ONNX's own domain.
pub const ONNX: &str = "";
/// The domain of classical models.
pub const ML: &str = "ai.onnx.ml";
/// The domain of onnxruntime's own operations.
pub const MICROSOFT: &str = "com.microsoft";

/// Versions of ONNX's own domain that are supported.
pub const OPSETS: std::ops::RangeInclusive<i64> = 7..=26;

/// Versions of the domain of classical models that are supported.
pub const ML_VERSIONS: std::ops::RangeInclusive<i64> = 1..=5;

/// The name by which a domain is compared: ONNX's own has two.
pub fn canonical(domain: &str) -> &str {
    match domain {
        "ai.onnx" => ONNX,
        other => other,
    }
}

/// The version of ONNX's own domain that a model is written in.
pub fn opset(model: &ModelProto) -> i64 {
    version(model, ONNX).unwrap_or(1)
}

/// The version of a domain that a model is written in, if it says one.
pub fn version(model: &ModelProto, domain: &str) -> Option<i64> {
    let mut sets = model.opset_import.iter();
    let set = sets.find(|set| canonical(&set.domain) == domain)?;
    Some(set.version)
}

/// Refuses a model that is written in versions of domains that are not supported.
pub fn check_versions(model: &ModelProto) -> Result<(), OnnxError> {
    let domains = [(ONNX, OPSETS), (ML, ML_VERSIONS)];
    for (domain, supported) in domains {
        if let Some(version) = version(model, domain).filter(|v| !supported.contains(v)) {
            let which = match domain {
                ONNX => "opset".to_owned(),
                other => format!("version of the domain `{other}`"),
            };
            return Err(OnnxError::Model {
                reason: format!(
                    "it uses {which} {version}; {} to {} are supported: convert it with onnx.version_converter",
                    supported.start(),
                    supported.end()
                ),
            });
        }
    }
    Ok(())
}
