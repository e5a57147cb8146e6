//! Programs made of random ones, proven: a batch, and a claim behind a program.

use inferproof_inference::generic::{Prover, commit};
use inferproof_inference::{Grumpkin, Visible};
use inferproof_program::testing::{Case, programs};
use inferproof_program::{BoundWeights, Builder};
use inferproof_view::Step;
use proptest::prelude::*;

/// The outputs that a proof shows, accepted.
fn proven(weights: BoundWeights, inputs: &[Vec<i64>]) -> Vec<Vec<i64>> {
    let (key, secret) = commit::<Grumpkin>(weights, Visible::Private, &mut |_, _| true).unwrap();
    let prover = Prover::new(key, secret).unwrap();
    let verifier = prover.verifier();
    let statement = verifier.statement(b"");
    let inference = prover.prove(&statement, inputs, &[], &mut |_| true);
    let inference = inference.unwrap();
    verifier.check_range_proofs().unwrap();
    verifier.verify(&statement, &inference.proof).unwrap();
    let shown = inference.proof.disclosure.outputs.iter();
    let shown: Option<Vec<_>> = shown.map(|d| Some(d.integers()?.to_vec())).collect();
    assert_eq!(shown.as_ref(), Some(&inference.outputs));
    inference.outputs
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_is_proven(case in programs(), samples in 1usize..4) {
        let Case { program, weights, inputs, .. } = case;
        let batch = program.batched(samples).unwrap().bind(&weights).unwrap();
        let repeated: Vec<_> = inputs.iter().map(|input| input.repeat(samples)).collect();
        let alone = weights.run(&inputs).unwrap().outputs(&program);
        let expected: Vec<_> = alone.iter().map(|output| output.repeat(samples)).collect();
        prop_assert_eq!(proven(batch, &repeated), expected);
    }

    /// "The sum of the first output is at least so much", as a bit.
    #[test]
    fn a_claim_behind_a_program_is_proven(case in programs(), off in -1i64..=1) {
        let Case { program, weights, inputs, .. } = case;
        let outputs = weights.run(&inputs).unwrap().outputs(&program);
        let sum: i64 = outputs[0].iter().sum();
        let mut builder = Builder::behind(program.clone());
        builder.at("claim");
        let shape = program.tensor(program.outputs[0]).unwrap().shape.clone();
        let steps = shape.iter().map(|&source| Step::Reduce { axis: 0, source, weights: None });
        let terms = vec![
            builder.term(1, program.outputs[0], steps.collect()).unwrap(),
            builder.constant(1 - (sum + off), &[]).unwrap(),
        ];
        let above = builder.linear(terms).unwrap();
        let claim = builder.rescale(above, 0, 0..=1).unwrap();
        builder.output(claim);
        let with_claim = builder.finish().unwrap().bind(weights.arrays().clone()).unwrap();
        let mut expected = outputs;
        expected.push(vec![i64::from(off <= 0)]);
        prop_assert_eq!(proven(with_claim, &inputs), expected);
    }
}
