//! Random claims about random programs: the nodes, the integers and exact fractions agree.

use super::oracle::{Fraction, Run};
use super::*;
use crate::claim::Node;
use crate::quantity::{Function, Place, Quantity};
use crate::text::{place_text, quantity_text};
use crate::{ClaimProblem, Role};
use inferproof_program::{Op, testing};
use num_bigint::BigInt;
use proptest::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Choices, one after another; zeros at the end.
struct Choices<'a>(std::slice::Iter<'a, u32>);

impl Choices<'_> {
    fn below(&mut self, n: usize) -> usize {
        self.0
            .next()
            .map_or(0, |&choice| choice as usize % n.max(1))
    }

    fn of<'b, T>(&mut self, all: &'b [T]) -> &'b T {
        &all[self.below(all.len())]
    }
}

/// A random claim's text.
struct Writer<'a, 'b> {
    choices: Choices<'a>,
    run: &'b Run<'b>,
}

impl Writer<'_, '_> {
    fn place(&mut self) -> Place {
        let role = *self.choices.of(&[Role::Input, Role::Output]);
        let count = self.run.scope.ids(role).len();
        Place {
            role,
            position: self.choices.below(count) as u32,
            index: Vec::new(),
        }
    }

    fn indices(&mut self, place: &mut Place, axes: usize) {
        let shape = &self.run.scope.tensor(place).unwrap().shape;
        let index = shape.iter().take(axes);
        place.index = index.map(|&len| self.choices.below(len) as u32).collect();
    }

    fn quantity(&mut self) -> Quantity {
        let mut of = self.place();
        let rank = self.run.scope.tensor(&of).unwrap().shape.len();
        let entry = Function::Entry;
        let mut function = *self.choices.of(&[
            entry,
            entry,
            Function::Max,
            Function::Min,
            Function::Sum,
            Function::Mean,
            Function::Argmax,
        ]);
        if function == Function::Argmax && rank == 0 || self.run.scope.missing(&of).is_some() {
            function = entry;
        }
        let axes = match function {
            Function::Entry => rank,
            Function::Argmax => rank - 1,
            _ => self.choices.below(rank + 1),
        };
        self.indices(&mut of, axes);
        Quantity { of, function }
    }

    /// A sum and what it is.
    fn sum(&mut self) -> (String, Fraction) {
        let mut text = String::new();
        let mut value = Fraction::new(0, 1);
        for term in 0..=self.choices.below(3) {
            let quantity = self.quantity();
            let numerator = *self.choices.of(&[1i64, -1, 1, 2, -3, 10]);
            let denominator = *self.choices.of(&[1i64, 1, 3, 8]);
            let factor = Fraction::new(numerator, denominator);
            value = value.plus(&factor.times(&self.run.value(&quantity)));
            let plus = if term > 0 { " + " } else { "" };
            let quantity = quantity_text(&quantity, &self.run.scope);
            text.push_str(&format!("{plus}{numerator}/{denominator}*{quantity}"));
        }
        (text, value)
    }

    /// A number that is close to a value.
    fn number(&mut self, value: &Fraction) -> Option<String> {
        let [numerator, denominator] =
            [&value.numerator, &value.denominator].map(|part| i128::try_from(part).ok());
        let (numerator, denominator) = crate::number::reduced(numerator?, denominator?)?;
        let away = *self.choices.of(&[
            (0i64, 1i64),
            (0, 1),
            (1, 1),
            (-1, 1),
            (1, 3),
            (-1, 1000),
            (7, 2),
            (-40, 1),
        ]);
        let number = Fraction::new(numerator, denominator).plus(&Fraction::new(away.0, away.1));
        let [numerator, denominator] =
            [number.numerator, number.denominator].map(|part: BigInt| i128::try_from(part).ok());
        Some(crate::number::Number::new(numerator?, denominator?)?.to_string())
    }

    fn comparison(&mut self) -> Option<String> {
        if self.choices.below(6) == 0 {
            let mut place = self.place();
            let rank = self.run.scope.tensor(&place)?.shape.len();
            self.indices(&mut place, rank);
            let entry = place_text(&place, &self.run.scope);
            if self.run.scope.missing(&place).is_some() {
                return Some(format!("missing({entry})"));
            }
            if self.run.scope.has_texts(&place) {
                let categories = &self.run.scope.meaning(&place)?.categories;
                let (one, other) = (self.choices.of(categories), self.choices.of(categories));
                return Some(match self.choices.below(3) {
                    0 => format!("{entry} == \"{one}\""),
                    1 => format!("{entry} != \"{one}\""),
                    _ => format!("{entry} in {{\"{one}\", \"{other}\"}}"),
                });
            }
        }
        let (sum, value) = self.sum();
        let number = self.number(&value)?;
        Some(match self.choices.below(9) {
            0 => format!("{sum} in [{number}, {}]", self.number(&value)?),
            1 => format!(
                "{sum} in {{{number}, {}, {}}}",
                self.number(&value)?,
                self.number(&value)?
            ),
            2 => format!("{number} <= {sum} < {}", self.number(&value)?),
            kind => format!(
                "{sum} {} {number}",
                ["<", "<=", ">", ">=", "==", "!="][kind - 3]
            ),
        })
    }

    fn formula(&mut self, depth: usize) -> Option<String> {
        let kind = if depth == 0 { 0 } else { self.choices.below(5) };
        Some(match kind {
            0 | 1 => self.comparison()?,
            2 => format!("not ({})", self.formula(depth - 1)?),
            _ => {
                let word = if kind == 3 { "and" } else { "or" };
                let (a, b) = (self.formula(depth - 1)?, self.formula(depth - 1)?);
                format!("({a}) {word} ({b})")
            }
        })
    }
}

/// A program with other scales, and with texts and missing values where its inputs allow them.
fn dressed(program: ValidProgram, choices: &mut Choices<'_>) -> ValidProgram {
    let mut program = program.into_program();
    let ids = [program.inputs.clone(), program.outputs.clone()].concat();
    for &id in &ids {
        program.tensors[id.0 as usize].scale_log2 = *choices.of(&[0, 0, 3, 14, -2]);
    }
    for &id in &program.inputs {
        let tensor = &mut program.tensors[id.0 as usize];
        let kind = choices.below(3);
        if kind == 1 && tensor.low < tensor.high {
            program.meanings.push(Meaning {
                tensor: id,
                categories: vec![],
                missing: Some(tensor.high),
            });
        } else if kind == 2 && tensor.low <= 0 && tensor.high >= 2 {
            tensor.scale_log2 = 0;
            program.meanings.push(Meaning {
                tensor: id,
                categories: vec!["a".into(), "b".into()],
                missing: None,
            });
        }
    }
    program.validated().unwrap()
}

static ACCEPTED: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);
static TRUE: AtomicUsize = AtomicUsize::new(0);

fn check(of_program: &[u32], of_claim: &[u32]) {
    let case = testing::build(of_program);
    let mut choices = Choices(of_claim.iter());
    let program = dressed(case.program.clone(), &mut choices);
    let weights = bound(&program, &case.weights);
    let outputs = weights.run(&case.inputs).unwrap().outputs(&program);
    let scope = Scope::new(&program);
    let run = Run {
        scope,
        inputs: &case.inputs,
        outputs: &outputs,
    };
    let mut writer = Writer { choices, run: &run };
    let Some(text) = writer.formula(3) else {
        return;
    };
    let claim = match Claim::parse(&text, &scope) {
        Ok(claim) => claim,
        Err(e) => {
            let is_constant = matches!(
                e.problem(),
                ClaimProblem::Empty { .. }
                    | ClaimProblem::Expected { .. }
                    | ClaimProblem::Unit { .. }
                    | ClaimProblem::Missing(_)
                    | ClaimProblem::Great { .. }
                    | ClaimProblem::Digits
            );
            assert!(is_constant, "{text}: {e}");
            REFUSED.fetch_add(1, Ordering::Relaxed);
            return;
        }
    };
    ACCEPTED.fetch_add(1, Ordering::Relaxed);
    assert_eq!(claim.check(&scope), Ok(()), "{text}");
    let canonical = claim.text(&scope);
    let again = Claim::parse(&canonical, &scope);
    assert_eq!(again.as_ref(), Ok(&claim), "{text}: {canonical}");
    assert_eq!(again.unwrap().text(&scope), canonical);
    let expected = run.holds(&claim);
    TRUE.fetch_add(usize::from(expected), Ordering::Relaxed);
    assert_eq!(
        claim.holds(&scope, &case.inputs, &outputs),
        Ok(expected),
        "{canonical}"
    );
    let with = with_claim(&program, &claim).unwrap();
    let trace = bound(&with, &weights).run(&case.inputs).unwrap();
    let bit = trace.outputs(&with).last().unwrap()[0];
    assert_eq!(bit, i64::from(expected), "{canonical}");
    let comparisons = claim.0.iter().filter(|n| matches!(n, Node::Comparison(_)));
    assert_eq!(claim.explain(&scope).unwrap().len(), comparisons.count());
    // What is added is of the claim's size, and no node is left that nothing reads.
    let added = &with.nodes[program.nodes.len()..];
    for node in added {
        let is_read = added
            .iter()
            .any(|other| other.op.sources().any(|id| id == node.output));
        assert!(
            is_read || node.output.0 as usize + 1 == with.nodes.len(),
            "{canonical}"
        );
        assert!(!matches!(
            node.op,
            Op::Contract(_) | Op::Map(_) | Op::Weight
        ));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nodes_integers_and_fractions_agree(
        of_program in prop::collection::vec(any::<u32>(), 0..300),
        of_claim in prop::collection::vec(any::<u32>(), 20..150),
    ) {
        check(&of_program, &of_claim);
    }
}

/// The property is worth little if few of the claims are allowed, or all are true.
#[test]
fn random_claims_are_of_all_kinds() {
    let mut state = 1u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    };
    for _ in 0..500 {
        let of_program: Vec<u32> = (0..200).map(|_| next()).collect();
        let of_claim: Vec<u32> = (0..150).map(|_| next()).collect();
        check(&of_program, &of_claim);
    }
    let [accepted, refused, holds] =
        [&ACCEPTED, &REFUSED, &TRUE].map(|count| count.load(Ordering::Relaxed));
    assert!(
        accepted > 100 && holds * 5 > accepted && holds * 5 < accepted * 4,
        "{accepted} accepted, of which {holds} hold; {refused} refused"
    );
}
