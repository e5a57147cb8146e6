//! What documents name is there: files, and in the tables of checks the code that does each and the test that breaks it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Pages with such tables: their last two columns say where a check is done, and which test breaks it.
const PAGES: [&str; 5] = [
    "docs/protocol.md",
    "docs/concepts/statements.md",
    "docs/concepts/claims.md",
    "docs/concepts/accuracy.md",
    "docs/concepts/chains.md",
];

/// All Rust files below a folder, by their paths from the repository.
fn sources(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(root, &path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            found.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// Whether a file is meant by a name in a table: the end of a path, a folder, or a crate and a module of it.
fn is_meant(path: &str, name: &str) -> bool {
    let path = format!("/{path}");
    if name.ends_with('/') {
        return path.contains(&format!("/{name}"));
    }
    if name.ends_with(".rs") {
        let mut parts = name.splitn(2, '/');
        let (first, rest) = (parts.next().unwrap(), parts.next());
        let of_crate = rest.is_some_and(|rest| {
            path.starts_with(&format!("/crates/{first}/")) && path.ends_with(&format!("/{rest}"))
        });
        return of_crate || path.ends_with(&format!("/{name}"));
    }
    let (of, module) = name.split_once('/').unwrap();
    path.starts_with(&format!("/crates/{of}/"))
        && (path.ends_with(&format!("/{module}.rs")) || path.contains(&format!("/{module}/")))
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
    })
}

#[test]
fn every_check_and_its_test_are_where_the_tables_say() {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = BTreeMap::new();
    sources(&root, &root.join("crates"), &mut files);
    let mut wrong = Vec::new();
    let mut checked = 0;
    for page in PAGES {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        for line in text.lines() {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [number, _, place, test] = cells.as_slice() else {
                continue;
            };
            let digits = number.trim_start_matches(['V', 'R', 'S', 'T', 'C', 'A', 'L']);
            if digits.len() == number.len() || !digits.starts_with(|c: char| c.is_ascii_digit()) {
                continue;
            }
            for (cell, usual) in [(place, None), (test, Some("inference/attacks"))] {
                // Tests that stand behind no file's name are among the attacks.
                let usual = files
                    .iter()
                    .filter(|(path, _)| usual.is_some_and(|usual| is_meant(path, usual)));
                let mut meant: Vec<&String> = usual.map(|(_, text)| text).collect();
                for name in cell.split('`').skip(1).step_by(2) {
                    checked += 1;
                    if name.contains('/') || name.ends_with(".rs") {
                        let found = files.iter().filter(|(path, _)| is_meant(path, name));
                        meant = found.map(|(_, text)| text).collect();
                        if meant.is_empty() {
                            wrong.push(format!("{page}: {number}: there is no {name}"));
                        }
                        continue;
                    }
                    let word = name.rsplit("::").next().unwrap();
                    let word = word.rsplit(' ').next().unwrap();
                    if !meant.iter().any(|text| has_word(text, word)) {
                        wrong.push(format!("{page}: {number}: {name} is not there"));
                    }
                }
            }
        }
    }
    assert!(checked > 150, "only {checked} names were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All documents below a folder.
fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            documents(&path, found);
        } else if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_that_a_document_names_exists() {
    const FOLDERS: [&str; 7] = [
        "crates/",
        "docs/",
        "bench/",
        "fuzz/",
        "models/",
        "notebooks/",
        ".ci/",
    ];
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let top = ["README.md", "CONTRIBUTING.md", "SECURITY.md"];
    let mut pages: Vec<PathBuf> = top.iter().map(|page| root.join(page)).collect();
    for folder in ["docs", "bench", "models"] {
        documents(&root.join(folder), &mut pages);
    }
    let is_path = |name: &&str| {
        FOLDERS.iter().any(|folder| name.starts_with(folder))
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
    };
    let (mut missing, mut named) = (Vec::new(), 0);
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        // Of a command, its program.
        let words = quoted.filter_map(|quoted| quoted.split_whitespace().next());
        for name in words.filter(is_path) {
            named += 1;
            // A module may be named without its file's ending.
            if !root.join(name).exists() && !root.join(format!("{name}.rs")).exists() {
                missing.push(format!("{}: {name}", page.display()));
            }
        }
    }
    assert!(named > 50, "only {named} names were found");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
