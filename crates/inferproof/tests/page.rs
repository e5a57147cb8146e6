//! Pages: their structure, that they are HTML that needs nothing, that names are escaped, and that nothing secret stands on them.

use inferproof::{
    Cache, CardBinding, Curve, Expected, ImportOptions, Judged, KeyFile, OnnxFile, Plan, Prover,
    Statement, Timings, Verdict, Verifier, VerifyingKey, Visibility, Visible, commit, judge,
    model_page, proof_page, read_samples,
};
use inferproof_program::{Builder, Contract, Integers, ValidProgram, Weights};
use scraper::{Html, Selector};
use std::path::Path;

const TIMINGS: Timings = Timings {
    seconds: 0.002,
    setup_seconds: 0.001,
    range_proof_seconds: None,
};

/// The page parses without a single error, and refers to nothing but places on itself.
fn parsed(page: &str) -> Html {
    let html = Html::parse_document(page);
    assert!(html.errors.is_empty(), "{:?}", html.errors);
    let all = Selector::parse("*").unwrap();
    for element in html.select(&all) {
        assert_ne!(element.value().name(), "script");
        for (name, value) in element.value().attrs() {
            assert!(!name.starts_with("on"), "{name}={value}");
            if ["src", "href", "action", "data"].contains(&name) {
                assert!(
                    value.starts_with("data:image/png;base64,"),
                    "{name}={value}"
                );
            }
        }
    }
    assert!(!page.contains("@import"));
    html
}

fn texts(html: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    let found = html.select(&selector);
    found.map(|e| e.text().collect::<String>()).collect()
}

/// A private matrix times an input, rescaled: numbers that are easily found again.
fn program(names: [&str; 2], origin: &str) -> (ValidProgram, Weights) {
    let mut builder = Builder::new();
    let x = builder.input(names[0], &[1, 2], -32_767..=32_767).unwrap();
    builder.at(origin);
    let w = builder.weight(&[2, 2], -32_767..=32_767).unwrap();
    let product = builder.contract(Contract::matrices(x, w)).unwrap();
    let y = builder.rescale(product, 16, -32_767..=32_767).unwrap();
    builder.rename(y, names[1]);
    builder.output(y);
    let weights = Integers::narrowest(&WEIGHTS, -32_767, 32_767).unwrap();
    (builder.finish().unwrap(), Weights::from([(w, weights)]))
}

const WEIGHTS: [i64; 4] = [27_654, -26_543, 25_432, 24_321];
const INPUT: [i64; 2] = [23_217, 22_176];

struct Made {
    key: KeyFile,
    prover: Prover,
    verifier: Verifier,
}

fn made(program: &ValidProgram, weights: Weights) -> Made {
    let weights = program.bind(weights).unwrap();
    let (key, secret) =
        commit(Curve::Grumpkin, weights, Visible::Private, &mut |_, _| true).unwrap();
    let bytes = key.encode();
    Made {
        key: KeyFile::new("verifying.key".into(), bytes.clone()).unwrap(),
        prover: Prover::new(key, secret).unwrap(),
        verifier: Verifier::new(VerifyingKey::decode(&bytes).unwrap()).unwrap(),
    }
}

impl Made {
    /// Its key as if it had been made with a card.
    fn bind(&mut self, card: &[u8]) {
        let key = CardBinding::bind(self.key.decode().unwrap(), card);
        self.key = KeyFile::new("verifying.key".into(), key.encode()).unwrap();
    }

    /// The page of a proof of what the statement says.
    fn proof_page(&self, said: &Statement, expected: Statement) -> String {
        let inputs = [INPUT.to_vec()];
        let proved = self
            .prover
            .prove(said, &inputs, &[], &mut |_| true)
            .unwrap();
        self.judged_page(&proved.proof, expected)
    }

    fn judged_page(&self, proof: &[u8], expected: Statement) -> String {
        let expected = Expected::new(expected);
        let verdict = judge(&self.verifier, &expected, proof);
        let judged = Judged {
            verifier: &self.verifier,
            expected: &expected,
            verdict: &verdict,
            timings: TIMINGS,
            compared: None,
            labels: None,
        };
        proof_page(Path::new("out.proof"), proof, Some(&judged)).unwrap()
    }
}

/// Whether a number stands on a page, in one of the ways in which pages write numbers; digits within identifiers are none.
fn shows(page: &str, number: i64) -> bool {
    let magnitude = number.unsigned_abs().to_string();
    let grouped = inferproof::Count(number.unsigned_abs() as usize).to_string();
    let mut words = page.split(|c: char| !c.is_alphanumeric());
    words.any(|word| word == magnitude) || page.contains(&grouped)
}

#[test]
fn nothing_secret_stands_on_a_page() {
    let (program, weights) = program(["x", "y"], "/fc/MatMul (MatMul)");
    let made = made(&program, weights);
    let hidden = made
        .verifier
        .statement(b"")
        .with_inputs(Visibility::Private);
    let model = model_page(&made.key, None, &Cache::none()).unwrap();
    let proof = made.proof_page(&hidden, hidden.clone());
    assert!(proof.contains("Accepted") && proof.contains("which is hidden"));
    for page in [&model, &proof] {
        parsed(page);
        for secret in WEIGHTS.iter().chain(&INPUT) {
            assert!(!shows(page, *secret), "{secret} stands on the page");
        }
    }
    // What is public is found in the same way.
    let plain = made.verifier.statement(b"");
    let proof = made.proof_page(&plain, plain.clone());
    assert!(INPUT.iter().all(|&shown| shows(&proof, shown)));
    assert!(WEIGHTS.iter().all(|&secret| !shows(&proof, secret)));
}

#[test]
fn what_is_not_proven_is_not_shown() {
    let (program, weights) = program(["x", "y"], "/fc/MatMul (MatMul)");
    let made = made(&program, weights);
    let said = made.verifier.statement(b"one");
    let inputs = [INPUT.to_vec()];
    let proof = made
        .prover
        .prove(&said, &inputs, &[], &mut |_| true)
        .unwrap();
    let nobody = proof_page(Path::new("out.proof"), &proof.proof, None).unwrap();
    let other = made.judged_page(&proof.proof, made.verifier.statement(b"another"));
    for (page, word) in [(&nobody, "Not verified"), (&other, "Rejected")] {
        let html = parsed(page);
        assert!(texts(&html, ".verdict strong")[0].contains(word));
        assert!(!page.contains("Accepted"));
        assert!(INPUT.iter().all(|&value| !shows(page, value)));
    }
    // What is no proof at all is rejected with a key, and refused without one.
    let page = made.judged_page(b"nonsense", said);
    assert!(texts(&parsed(&page), ".verdict strong")[0].contains("Rejected"));
    assert!(proof_page(Path::new("out.proof"), b"nonsense", None).is_err());
}

#[test]
fn hostile_names_are_text() {
    let script = "<script>alert(1)</script>";
    let attribute = "\"><img src=x onerror='alert(1)'>\u{202e}\x1b[2J\0";
    let origin = "</text></svg><iframe src=//example.org></iframe> (</title>)";
    let (program, weights) = program([script, attribute], origin);
    let made = made(&program, weights);
    let id = inferproof::hex(&made.verifier.model_id());
    let card = serde_json::json!({
        "format": inferproof::FORMAT,
        "model_id": id,
        "source": { "file": script, "bytes": 1, "opset": 17 },
        "warnings": [{ "kind": "x", "message": attribute }],
        "calibration": { "notes": [origin] },
    });
    let model = model_page(&made.key, Some(&card.to_string()), &Cache::none()).unwrap();
    let plain = made.verifier.statement(attribute.as_bytes());
    let proof = made.proof_page(&plain, plain.clone());
    for page in [&model, &proof] {
        let html = parsed(page);
        let forbidden = Selector::parse("script, iframe, img[src='x']").unwrap();
        assert!(html.select(&forbidden).next().is_none());
        assert!(page.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(!page.contains('\u{202e}'));
        assert!(html.root_element().text().any(|text| text.contains(script)));
    }
}

#[test]
fn numbers_that_the_key_shows_are_listed_by_its_own_card_alone() {
    let (program, weights) = program(["x", "y"], "MatMul");
    let mut made = made(&program, weights);
    let entry =
        |node: &str| serde_json::json!({ "node": node, "what": "coefficients", "count": 7 });
    let card = serde_json::json!({
        "format": inferproof::FORMAT,
        "model_id": inferproof::hex(&made.verifier.model_id()),
        "calibration": { "shown": [entry("gate (Mul)"), entry("<b>shift</b> (Add)")] },
    });
    let card = card.to_string();
    let listed = "section:has(#seen) details tbody th";
    // A card that is not the key's says nothing about it.
    let page = model_page(&made.key, Some(&card), &Cache::none()).unwrap();
    assert_eq!(texts(&parsed(&page), listed), Vec::<String>::new());
    assert!(page.contains("the card that the key was made with, which is not beside it"));
    made.bind(card.as_bytes());
    let page = model_page(&made.key, Some(&card), &Cache::none()).unwrap();
    assert_eq!(
        texts(&parsed(&page), listed),
        ["gate (Mul)", "<b>shift</b> (Add)"]
    );
}

#[test]
fn large_graphs_are_gathered() {
    let mut builder = Builder::new();
    let mut x = builder.input("x", &[4, 4], -100..=100).unwrap();
    // A long chain with lines that pass by, of nodes whose names have scopes in some layers and none in others.
    for layer in 0..3000 {
        let scope = if layer < 1500 {
            format!("/block.{}", layer / 50)
        } else {
            String::new()
        };
        builder.at(&format!("{scope}/Add_{layer} (Add)"));
        let same = [
            builder.term(1, x, vec![]).unwrap(),
            builder.term(1, x, vec![]).unwrap(),
        ];
        let sum = builder.linear(same.into()).unwrap();
        builder.at(&format!("{scope}/Clip_{layer} (Clip)"));
        let clipped = builder.rescale(sum, 1, -100..=100).unwrap();
        builder.at(&format!("{scope}/Residual_{layer} (Add)"));
        let residual = [
            builder.term(1, x, vec![]).unwrap(),
            builder.term(-1, clipped, vec![]).unwrap(),
        ];
        let residual = builder.linear(residual.into()).unwrap();
        x = builder.rescale(residual, 0, -100..=100).unwrap();
    }
    builder.output(x);
    let program = builder.finish().unwrap();
    let made = made(&program, Weights::new());
    let page = model_page(&made.key, None, &Cache::none()).unwrap();
    let html = parsed(&page);
    assert!(page.len() < 500_000, "{} bytes", page.len());
    let boxes = texts(&html, "svg rect.box").len();
    assert!((20..=100).contains(&boxes), "{boxes} boxes");
}

#[test]
fn structure_of_a_small_page() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/mlp_credit");
    let onnx = OnnxFile::read(&models.join("model.onnx"), &ImportOptions::default()).unwrap();
    let data = read_samples(&models.join("calibration.npz"), onnx.model.inputs()).unwrap();
    let model = onnx.compile(&data, &Plan::default()).unwrap();
    let page = model_page(&model.key, model.card.as_deref(), &Cache::none()).unwrap();
    let html = parsed(&page);
    let mut outline = String::new();
    let shown = "h1, h2, h3, caption, thead th, tbody th, svg > title, svg > desc, svg > g > text, svg > text, figcaption";
    let shown = Selector::parse(shown).unwrap();
    for element in html.select(&shown) {
        let text: String = element.text().collect();
        outline += &format!("{:10} {}\n", element.value().name(), text.trim());
    }
    insta::with_settings!({
        filters => vec![(r"[0-9a-f]{12}…", "[ID]…")],
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("model_page_outline", outline);
    });
    // Everything that is a picture has a name, every table a caption and headers.
    for (all, named) in [
        ("svg", "svg[role=img][aria-labelledby]"),
        ("table", "table:has(caption):has(th[scope])"),
        ("img", "img[alt]"),
    ] {
        assert_eq!(texts(&html, all).len(), texts(&html, named).len(), "{all}");
    }
}

#[test]
fn verdict_is_of_type_rejected_for_another_model() {
    let (program, weights) = program(["x", "y"], "MatMul");
    let (first, second) = (made(&program, weights.clone()), made(&program, weights));
    let said = first.verifier.statement(b"");
    let inputs = [INPUT.to_vec()];
    let proved = first
        .prover
        .prove(&said, &inputs, &[], &mut |_| true)
        .unwrap();
    let expected = Expected::new(second.verifier.statement(b""));
    assert!(matches!(
        judge(&second.verifier, &expected, &proved.proof),
        Verdict::Rejected(_)
    ));
    let page = second.judged_page(&proved.proof, second.verifier.statement(b""));
    assert!(texts(&parsed(&page), ".verdict strong")[0].contains("Rejected"));
}
