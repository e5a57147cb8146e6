//! The example in the README is the one in the library's documentation, which is compiled and run.

use std::path::Path;

/// The lines of the first Rust example, without those that the documentation hides.
fn example(text: &str, comment: &str, fence: &str) -> Vec<String> {
    let lines = text
        .lines()
        .map(|line| line.strip_prefix(comment).unwrap_or(line));
    let lines = lines.map(|line| {
        line.strip_prefix(' ')
            .filter(|_| !comment.is_empty())
            .unwrap_or(line)
    });
    let inside = lines.skip_while(|line| *line != fence).skip(1);
    let shown = inside.take_while(|line| *line != "```");
    let shown = shown.filter(|line| !line.starts_with("# ") && !line.is_empty());
    shown.map(str::to_owned).collect()
}

#[test]
fn the_readme_has_the_example_that_is_run() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(crate_folder.join(file)).unwrap();
    let documented = example(&read("src/lib.rs"), "//!", "```");
    let shown = example(&read("../../README.md"), "", "```rust");
    assert!(documented.len() >= 10, "{documented:?}");
    assert_eq!(documented, shown);
}
