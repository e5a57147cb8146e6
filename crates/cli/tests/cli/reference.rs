//! The reference in the book ends in what `--help` prints: it is generated here.
//!
//! `UPDATE_REFERENCE=1 cargo test -p inferproof-cli reference` rewrites it.

use crate::support::{COMMANDS, Place};
use std::path::Path;

const GENERATED: &str = "## Commands\n";

#[test]
fn the_reference_says_what_help_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/cli.md");
    let current = std::fs::read_to_string(&path).unwrap();
    let (written, _) = current.split_once(GENERATED).unwrap();
    let mut expected = format!("{written}{GENERATED}");
    for command in COMMANDS {
        let run = Place::new().run(&format!("{command} --help"));
        expected += &format!(
            "\n### `inferproof {command}`\n\n```text\n{}\n```\n",
            run.stdout.trim_end()
        );
    }
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(&path, expected).unwrap();
    } else {
        assert!(
            current == expected,
            "docs/reference/cli.md is out of date: run UPDATE_REFERENCE=1 cargo test -p inferproof-cli reference"
        );
    }
}
