//! Text as a statement of a small model: what is read is written and read again as the same.
#![no_main]

use inferproof_inference::generic::{Verifier, VerifyingKey};
use inferproof_inference::{Grumpkin, Statement};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static VERIFIER: LazyLock<Verifier<Grumpkin>> = LazyLock::new(|| {
    let key = VerifyingKey::decode(include_bytes!("../seeds/key/small")).unwrap();
    Verifier::new(key).unwrap()
});

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let program = VERIFIER.program();
    if let Ok(statement) = Statement::from_json(program, text) {
        let again = Statement::from_json(program, &statement.to_json(program));
        assert_eq!(again, Ok(statement));
    }
});
