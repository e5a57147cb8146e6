//! The documentation lists the operations that are declared, no more and no fewer.

#[test]
fn the_page_of_operations_is_the_declared_ones() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/operations.md"
    );
    let page = std::fs::read_to_string(path).expect("the page is in the repository");
    assert!(
        page == inferproof_onnx::operations_page(),
        "make it again: cargo run --release -p inferproof-onnx --example operations > docs/reference/operations.md"
    );
}
