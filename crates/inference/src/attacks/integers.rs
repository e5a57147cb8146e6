//! The relations themselves, whatever a prover does: none leaves a committed value free.

use super::arena::ALL;
use super::sketch::{Sketch, every_op};
use crate::Visibility;
use crate::lower::{Advice, Lowered, RowBits, lower, weights::range_parts};
use crate::statement::{Form, StatementShape};
use inferproof_argument::{Limits, Parts, Source, Term};
use inferproof_view::View;
use std::collections::BTreeSet;

/// Every committed value is an integer: it is looked up as it is, or together with integers only. To look up a multiple of
/// something that might be a fraction would let `k / 2^s` pass (R5), and what nothing reads would be free.
#[test]
fn no_committed_value_is_free() {
    let mut wide = Sketch::new();
    let x = wide.builder.input("x", &[8], -(1 << 30)..=1 << 30).unwrap();
    let w = wide.weight(&[8], (-(1 << 30), 1 << 30), 1);
    let sum = wide.linear(&[(1, x, vec![]), (3, w, vec![])]);
    let output = wide.builder.rescale(sum, 3, -100..=100).unwrap();
    let (wide, _) = wide.finish(&[output]);
    for program in [every_op().0, wide] {
        for visibility in ALL {
            let limits = Limits::default();
            let bits = crate::rows::row_bits(&program);
            let form = match visibility {
                Visibility::Public => Form::Public,
                Visibility::Private => Form::Private,
                Visibility::Commit | Visibility::Committed(_) => Form::Committed {
                    row_bits: bits,
                    window: None,
                },
            };
            let shape = StatementShape {
                inputs: vec![form; program.inputs.len()],
                outputs: vec![form; program.outputs.len()],
                ..StatementShape::plain(&program)
            };
            let rows = RowBits::all(bits);
            let lowered = lower(&program, &[], &shape, rows, &limits).unwrap();
            let external = lowered.relations.external().map(|(tensor, _)| tensor);
            // Those after the weights were committed by whoever, and are ranged here.
            let (weights, committed): (Vec<_>, Vec<_>) =
                external.partition(|&tensor| tensor < program.weights().count());
            assert_integers(&lowered, weights.into_iter().collect(), &committed);
            for part in range_parts(&program, bits, &limits).unwrap() {
                let lowered = part.unwrap().lowered;
                let external: Vec<_> = lowered.relations.external().map(|(t, _)| t).collect();
                assert_integers(&lowered, BTreeSet::new(), &external);
            }
        }
    }
}

fn assert_integers(lowered: &Lowered, mut known: BTreeSet<usize>, committed: &[usize]) {
    let parts = lowered.relations.parts();
    let columns = parts.lookups.iter().flat_map(|l| &l.columns);
    let sums = parts.linears.iter().map(|l| &l.terms);
    let equations: Vec<_> = columns.chain(sums).map(|t| whole(lowered, t)).collect();
    let operands = parts.contractions.iter().flat_map(|c| [&c.left, &c.right]);
    operands.for_each(|terms| drop(whole(lowered, terms)));
    loop {
        let before = known.len();
        for terms in &equations {
            // Where all but one are integers and that one's factor is a unit of the integers, it is an integer too.
            let mut open = terms.iter().filter(|t| !is_known(parts, t.source, &known));
            if let (Some(term), None) = (open.next(), open.next())
                && let Source::Committed(tensor) = term.source
                && term.coefficient.abs() == 1
                && term.view.steps().is_empty()
            {
                known.insert(tensor);
                known.extend(digits_above(lowered, tensor).iter().map(|(digit, _)| digit));
            }
        }
        if known.len() == before {
            break;
        }
    }
    for tensor in committed {
        let name = &parts.tensors[*tensor].name;
        assert!(known.contains(tensor), "{name} is free");
    }
    for (tensor, advice) in fresh(lowered) {
        let name = &parts.tensors[tensor].name;
        assert!(known.contains(&tensor), "{name} ({advice:?}) is free");
    }
}

/// Fresh tensors with their advice; the multiplicities, which may be any field elements, have none.
fn fresh(lowered: &Lowered) -> impl Iterator<Item = (usize, &Advice)> {
    let fresh = lowered.relations.fresh().map(|(tensor, _)| tensor);
    fresh.zip(&lowered.advice)
}

/// The other digits of the wide tensor of which `lowest` is the lowest digit, with their places in bits.
fn digits_above(lowered: &Lowered, lowest: usize) -> Vec<(usize, u32)> {
    let wide = fresh(lowered).find_map(|(source, advice)| match advice {
        Advice::Digit(digit) if digit.number == 0 && source == lowest => Some(digit.tensor),
        _ => None,
    });
    let places = fresh(lowered).filter_map(|(source, advice)| match advice {
        Advice::Digit(digit) if digit.number > 0 && Some(digit.tensor) == wide => {
            Some((source, digit.number * digit.bits))
        }
        _ => None,
    });
    places.collect()
}

/// The digits of a wide tensor are not checked one by one, so they must not be read but as the whole: all of them, through one
/// view, in the ratio of their places. The lowest then stands for the sum.
fn whole(lowered: &Lowered, terms: &[Term]) -> Vec<Term> {
    let mut rest = terms.to_vec();
    for (lowest, _) in fresh(lowered) {
        for (digit, place) in digits_above(lowered, lowest) {
            let readings = |tensor: usize, place: u32| -> Vec<(View, i64)> {
                let of_it = terms
                    .iter()
                    .filter(|t| t.source == Source::Committed(tensor));
                of_it
                    .map(|t| (t.view.clone(), t.coefficient << place))
                    .collect()
            };
            assert_eq!(
                readings(lowest, place),
                readings(digit, 0),
                "a digit is read alone"
            );
            rest.retain(|t| t.source != Source::Committed(digit));
        }
    }
    rest
}

fn is_known(parts: &Parts, source: Source, known: &BTreeSet<usize>) -> bool {
    match source {
        Source::One | Source::Public(_) => true,
        // No program makes one: it would be a fraction, perhaps.
        Source::Constant(_) => false,
        Source::Committed(tensor) => known.contains(&tensor),
        Source::Contraction(i) => {
            let contraction = &parts.contractions[i];
            let mut operands = contraction.left.iter().chain(&contraction.right);
            operands.all(|t| is_known(parts, t.source, known))
        }
    }
}
