//! The page of the documentation that lists the operations, made from what the importer knows.

use crate::import::{ML_VERSIONS, ONNX, OPSETS, registry};
use std::fmt::Write;

/// An operation that is supported.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SupportedOperation {
    /// Its domain; empty for ONNX's own.
    pub domain: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The versions of the domain in which it began or changed, from the first that is supported.
    pub versions: &'static [i64],
    /// The names of its attributes.
    pub attributes: Vec<&'static str>,
    /// What of it is supported; empty if all is.
    pub conditions: &'static str,
    /// What it becomes in a proof.
    pub becomes: &'static str,
}

/// All operations that are supported, by domain and name.
#[must_use]
pub fn operations() -> Vec<SupportedOperation> {
    let all = registry::all().into_iter();
    all.map(|op| SupportedOperation {
        domain: op.domain,
        name: op.name,
        versions: op.versions,
        attributes: op.attributes.iter().map(|a| a.name).collect(),
        conditions: op.conditions,
        becomes: op.becomes,
    })
    .collect()
}

/// The page `docs/reference/operations.md`.
#[must_use]
pub fn operations_page() -> String {
    let all = operations();
    let mut page = format!(
        "# Supported operations\n\n\
         <!-- Made by `cargo run --release -p inferproof-onnx --example operations` from the declarations in crates/onnx/src/import/ops; do not edit. -->\n\n\
         {} operations: ONNX opsets {} to {}, `ai.onnx.ml` {} to {}, and operations of `com.microsoft` that optimized and quantized exports have. Each is read by the\n\
         semantics of the version that the model imports; *since* lists the versions that differ. Model-local functions are written out, operations on\n\
         constants alone are evaluated. Shapes are fixed, or become so by `--dim batch=1,sequence=32`; `inferproof check` says for a given model which nodes are supported.\n",
        all.len(),
        OPSETS.start(),
        OPSETS.end(),
        ML_VERSIONS.start(),
        ML_VERSIONS.end(),
    );
    let mut domain = None;
    for op in &all {
        if domain != Some(op.domain) {
            domain = Some(op.domain);
            let title = match op.domain {
                ONNX => "ONNX",
                other => other,
            };
            let _ = write!(
                page,
                "\n## {title}\n\n| operation | since | conditions | becomes |\n|---|---|---|---|\n"
            );
        }
        let versions: Vec<String> = op.versions.iter().map(i64::to_string).collect();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            op.name,
            versions.join(", "),
            op.conditions,
            op.becomes
        );
    }
    page
}
