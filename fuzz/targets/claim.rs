//! Text, or bytes, as a claim about a small program: what is allowed is written and read again as the same, and has nodes.
#![no_main]

#[path = "claim/program.rs"]
mod program;

use inferproof_claims::{Claim, Scope};
use inferproof_program::{Builder, ValidProgram};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static PROGRAM: LazyLock<ValidProgram> = LazyLock::new(program::program);

fuzz_target!(|data: &[u8]| {
    let scope = Scope::new(&PROGRAM);
    if let Ok(text) = std::str::from_utf8(data) {
        match Claim::parse(text, &scope) {
            Ok(claim) => allowed(&claim, &scope),
            Err(e) => drop(e.to_string()),
        }
    }
    if let Ok(claim) = postcard::from_bytes::<Claim>(data) {
        match claim.check(&scope) {
            Ok(()) => allowed(&claim, &scope),
            Err(e) => drop((e.to_string(), claim.text(&scope))),
        }
    }
});

fn allowed(claim: &Claim, scope: &Scope<'_>) {
    assert_eq!(claim.check(scope), Ok(()));
    let text = claim.text(scope);
    assert_eq!(Claim::parse(&text, scope).as_ref(), Ok(claim), "{text}");
    let bytes = postcard::to_allocvec(claim).unwrap();
    assert_eq!(postcard::from_bytes(&bytes).as_ref(), Ok(claim));
    assert!(!claim.explain(scope).unwrap().is_empty());
    let zeros = |ids: &[inferproof_program::TensorId]| -> Vec<Vec<i64>> {
        let tensors = ids.iter().map(|id| &PROGRAM.tensors[id.0 as usize]);
        tensors
            .map(|tensor| vec![tensor.low; tensor.volume()])
            .collect()
    };
    let (inputs, outputs) = (zeros(&PROGRAM.inputs), zeros(&PROGRAM.outputs));
    claim.holds(scope, &inputs, &outputs).unwrap();
    let mut builder = Builder::behind(PROGRAM.clone());
    let bit = claim.add_to(&mut builder).unwrap();
    builder.output(bit);
    builder.rename(bit, "the claim");
    builder.finish().unwrap();
}
