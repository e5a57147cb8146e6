//! What the tests against onnxruntime share: where models and answers lie, and how they are read.

use flate2::read::DeflateDecoder;
use npyz::NpyFile;
use rawzip::{CompressionMethod, ZipArchive};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// An array of answers or inputs; its first axis counts samples, where a case has several.
pub struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// The arrays of an archive of [`data`], by name.
pub fn arrays(archive: &str) -> BTreeMap<String, Array> {
    let bytes = std::fs::read(data().join(archive)).expect("the answers are checked in");
    let archive = ZipArchive::from_slice(&bytes).expect("an archive");
    let mut entries = archive.entries();
    let mut arrays = BTreeMap::new();
    while let Some(entry) = entries.next_entry().expect("readable") {
        let name = std::str::from_utf8(entry.file_path().as_bytes()).expect("text");
        let name = name.strip_suffix(".npy").expect("an array").to_owned();
        let packed = archive.get_entry(entry.wayfinder()).expect("present");
        let content: Box<dyn Read> = match entry.compression_method() {
            CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(packed.data())),
            _ => Box::new(packed.data()),
        };
        let file = NpyFile::new(packed.verifying_reader(content)).expect("an array");
        let shape = file.shape().iter().map(|&len| len as usize).collect();
        let values = file.into_vec::<f32>().expect("floats");
        let values = values.into_iter().map(f64::from).collect();
        arrays.insert(name, Array { shape, values });
    }
    arrays
}

/// Checks every model of a folder of [`data`], of which there are at least so many, by name and content.
pub fn check_all(folder: &str, least: usize, check: impl Fn(&str, &[u8]) -> Result<(), String>) {
    let models = std::fs::read_dir(data().join(folder)).unwrap();
    let mut models: Vec<PathBuf> = models.map(|e| e.unwrap().path()).collect();
    models.sort();
    assert!(models.len() >= least, "the models are checked in");
    let failures = models.iter().filter_map(|path| {
        let case = path.file_stem().unwrap().to_str().unwrap();
        let found = check(case, &std::fs::read(path).unwrap());
        found.err().map(|reason| format!("{case}: {reason}"))
    });
    let failures: Vec<String> = failures.collect();
    let (failed, all) = (failures.len(), models.len());
    assert!(
        failed == 0,
        "{failed} of {all} fail:\n{}",
        failures.join("\n")
    );
}
