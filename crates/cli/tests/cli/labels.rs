//! A classifier whose classes have names: what `prove` and `verify` say of its answers, compared with onnxruntime's.

use crate::support::Place;
use serde_json::Value;

fn asset(file: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/");
    std::fs::read(format!("{folder}{file}")).unwrap()
}

#[test]
fn a_verdict_names_the_class_and_its_probability() {
    let place = Place::new();
    for file in ["labelled.onnx", "labelled.json"] {
        place.write(file, asset(file));
    }
    let compile = "compile labelled.onnx --calibrate labelled.json -o flowers.model";
    assert_eq!(place.run(compile).code, 0);
    let known: Value = serde_json::from_slice(&asset("labelled.json")).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for sample in 0..6 {
        let label = known["labels"][sample].as_str().unwrap();
        let prove = format!(
            "prove flowers.model --input labelled.json --sample {sample} -o {sample}.proof"
        );
        let run = place.run(&prove);
        assert_eq!(run.code, 0, "{run}");
        let verify = format!("verify --key flowers.model/public {sample}.proof");
        let (code, verdict) = place.json(&verify);
        assert_eq!((code, verdict["verdict"].as_str()), (0, Some("accepted")));
        assert_eq!(verdict["outputs"]["label"][0], label);
        let class = &verdict["classes"]["probabilities"];
        assert_eq!(class["label"], label);
        let place_of = class["class"].as_u64().unwrap() as usize;
        let expected = known["probabilities"][sample][place_of].as_f64().unwrap();
        let said = class["probability"].as_f64().unwrap();
        assert!((said - expected).abs() < 0.005, "{said} for {expected}");
        let run = place.run(&verify);
        let words = format!("class {place_of} {label:?}, probability 0.");
        assert!(run.stdout.contains(&words), "{run}");
        seen.insert(label.to_owned());
    }
    assert_eq!(seen.len(), 3, "all classes are among the samples");
}
