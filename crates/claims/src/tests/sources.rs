//! Claims are exact: no number of the crate is a float.

use std::fs;
use std::path::Path;

fn check(folder: &Path, files: &mut usize) {
    let words = ["32", "64"].map(|bits| format!("f{bits}"));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            check(&path, files);
            continue;
        }
        *files += 1;
        let text = fs::read_to_string(&path).unwrap();
        for word in &words {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}

#[test]
fn there_are_no_floats() {
    let mut files = 0;
    check(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    assert!(files > 20, "{files}");
}
