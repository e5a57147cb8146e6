//! Prints `docs/reference/operations.md`; with `--json`, the declared operations.

fn main() {
    if std::env::args().any(|argument| argument == "--json") {
        let json = serde_json::to_string_pretty(&inferproof_onnx::operations());
        println!("{}", json.unwrap_or_default());
    } else {
        print!("{}", inferproof_onnx::operations_page());
    }
}
