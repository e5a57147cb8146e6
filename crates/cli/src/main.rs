//! The command `inferproof`.
#![forbid(unsafe_code)]

use inferproof_cli::Itself;
use std::process::ExitCode;

fn main() -> ExitCode {
    let itself = Itself {
        // Only the demo starts another process; it says so if there is no such program.
        program: std::env::current_exe().unwrap_or_default(),
        arguments: Vec::new(),
    };
    ExitCode::from(inferproof_cli::main(std::env::args_os(), &itself))
}
