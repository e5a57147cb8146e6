//! The extension module `inferproof._native`: the library, as the Python package in `python/inferproof` wraps it.
//!
//! What is slow runs on a pool of its own with the interpreter released ([`work`]); what goes wrong becomes an exception of
//! `inferproof.errors` ([`errors`]); arrays are numpy's ([`arrays`]). Everything else, and all that a user reads, is in Python.
#![forbid(unsafe_code)]

mod accuracy;
mod arrays;
mod chain;
mod compile;
mod errors;
mod files;
mod inspect;
mod key;
mod model;
mod opening;
mod prover;
mod rows;
mod statements;
mod trust;
mod verifier;
mod work;

use pyo3::prelude::*;
use std::ffi::OsString;

/// The command line, which prints for itself; the answer is its exit code. `itself` starts another process of it.
#[pyfunction]
fn main(py: Python<'_>, arguments: Vec<OsString>, itself: Vec<OsString>) -> u8 {
    let mut words = itself.into_iter();
    let itself = inferproof_cli::Itself {
        program: words.next().unwrap_or_default().into(),
        arguments: words.collect(),
    };
    py.detach(|| inferproof_cli::main(arguments, &itself))
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<model::Model>()?;
    module.add_class::<key::Key>()?;
    module.add_class::<opening::Opening>()?;
    module.add_class::<prover::Prover>()?;
    module.add_class::<rows::Rows>()?;
    module.add_class::<verifier::Verifier>()?;
    module.add_function(wrap_pyfunction!(accuracy::commit_samples, module)?)?;
    module.add_function(wrap_pyfunction!(accuracy::prove_accuracy, module)?)?;
    module.add_function(wrap_pyfunction!(accuracy::verify_accuracy, module)?)?;
    module.add_function(wrap_pyfunction!(chain::verify_chain, module)?)?;
    module.add_function(wrap_pyfunction!(chain::plan_slices, module)?)?;
    module.add_function(wrap_pyfunction!(compile::compile, module)?)?;
    module.add_function(wrap_pyfunction!(inspect::check, module)?)?;
    module.add_function(wrap_pyfunction!(inspect::inspect_proof, module)?)?;
    module.add_function(wrap_pyfunction!(files::read_public, module)?)?;
    module.add_function(wrap_pyfunction!(files::save_public, module)?)?;
    module.add_function(wrap_pyfunction!(files::write_file, module)?)?;
    module.add_function(wrap_pyfunction!(main, module)?)
}
