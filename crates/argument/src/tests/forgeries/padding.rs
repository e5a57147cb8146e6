//! What lies behind the ends of rows, operands and tables: nothing may be hidden there.

use super::setting::{CLOSING, F, P, Setting};
use crate::tests::adversary::Adversary;
use crate::tests::sample::{HIGH, SHIFT_2, Shape, Trace, tensor};
use ark_ff::{One, Zero};
use inferproof_relations::{Leaves, Table};

/// Must 1: entries beyond the real ones in rows of x and of W1, and operands that count them.
/// Stopped where both operands get `eq_axes(low_contracted, &contraction.contracted)`, cut off at the real indices.
#[test]
fn tails_in_both_operands_are_rejected() {
    // Five inputs in rows of eight: x and W1 have a sixth column that nothing checks. One sample a row of x.
    let shape = Shape {
        samples: 1,
        inputs: 5,
        c: 3,
        ..Shape::default()
    };
    let trace = Trace::random(&shape, 11);
    let (tail_x, tail_w) = (50, 40);
    let mut weights = trace.weights.clone();
    // The same as if every bias were tail_x tail_w more.
    weights[1].iter_mut().for_each(|b| *b += tail_x * tail_w);
    let mut forged = Trace::run(&shape, weights, trace.x.clone());
    assert_ne!(forged.out, trace.out);
    forged.weights.clone_from(&trace.weights);
    forged.contractions[0]
        .iter_mut()
        .for_each(|a| *a += tail_x * tail_w);
    let setting = Setting::new(shape, forged, |_| {});
    for with_operands in [false, true] {
        let mut attacker = setting.attacker();
        for row in &mut attacker.rows[tensor::W1] {
            row[5] = tail_w.into();
        }
        attacker.rows[tensor::X][0][5] = tail_x.into();
        if with_operands {
            attacker.operands = Some(Box::new(|instance, a, b| {
                if instance.contraction == 0 {
                    let free = |g: &[inferproof_view::Group<F>]| -> F {
                        g.iter().flat_map(|g| g.weights.iter()).sum()
                    };
                    a[5] = F::from(50) * free(&instance.left_free);
                    b[5] = F::from(40) * free(&instance.right_free);
                }
            }));
        }
        let gap = attacker.gap.clone();
        assert_eq!(attacker.attempt(&setting.publics), CLOSING);
        assert_eq!(
            gap.get().is_zero(),
            with_operands,
            "the attack's algebra is right"
        );
    }
}

/// Must 2: the tail of a row of W2, longer than the contraction, as further weights.
/// Stopped by `outside`, the product of `1 - x` over the variables that the contraction lacks, and by the column's support.
#[test]
fn row_tails_are_rejected() {
    // Three hidden values, four places, rows of eight; the first contraction has three variables, the second two.
    let shape = Shape {
        inputs: 5,
        hidden: 3,
        c: 3,
        squares: false,
        ..Shape::default()
    };
    let trace = Trace::random(&shape, 12);
    let mut weights = trace.weights.clone();
    weights[2].iter_mut().for_each(|w| *w += 3);
    let mut forged = Trace::run(&shape, weights, trace.x.clone());
    assert_ne!(forged.out, trace.out);
    forged.weights.clone_from(&trace.weights);
    let setting = Setting::new(shape, forged, |_| {});
    let mut attacker = setting.attacker();
    for row in &mut attacker.rows[tensor::W2] {
        row[4..7].fill(3.into());
    }
    attacker.operands = Some(Box::new(|instance, a, b| {
        if instance.contraction == 1 {
            a.copy_within(..4, 4);
            let all: F = instance
                .right_free
                .iter()
                .flat_map(|g| g.weights.iter())
                .sum();
            b[4..7].fill(F::from(3) * all);
        }
    }));
    let gap = attacker.gap.clone();
    assert_eq!(attacker.attempt(&setting.publics), CLOSING);
    assert!(gap.get().is_zero(), "the attack's algebra is right");
}

/// A sample whose clamp has the least value 1, and a trace in which something below becomes 0.
fn zero_below() -> (Shape, Trace) {
    let shape = Shape {
        low: 1,
        ..Shape::default()
    };
    let Shape {
        samples: s,
        hidden: n,
        outputs: m,
        ..
    } = shape;
    for seed in 20.. {
        let mut trace = Trace::random(&shape, seed);
        let Some(at) = trace.e.iter().position(|e| *e == -1) else {
            continue;
        };
        (trace.y[at], trace.e[at]) = (0, 0);
        let honest = trace.out.clone();
        for i in 0..s * m {
            let (sample, j) = (i / m, i % m);
            let products = (0..n).map(|k| trace.y[sample * n + k] * trace.weights[2][j * n + k]);
            trace.contractions[1][i] = products.sum();
            trace.h[i] = (trace.contractions[1][i] + trace.weights[3][j] + 8) >> SHIFT_2;
            trace.contractions[2][i] = trace.h[i] * trace.h[i];
        }
        trace.out = (0..m)
            .map(|j| {
                (0..s)
                    .map(|i| trace.h[i * m + j] + trace.contractions[2][i * m + j])
                    .sum()
            })
            .collect();
        if trace.out != honest {
            return (shape, trace);
        }
    }
    unreachable!()
}

/// Must 3: a row of padding that is an entry. `(0, 0)` is none of this clamp's, and gets a multiplicity on a padding leaf of
/// the table's block. It passes where the table has that row; else it is stopped by `one - selected` in the table's arm of
/// `LeafClaims::merge`, and in p by the support of the multiplicities' functional.
#[test]
fn a_multiplicity_on_padding_is_rejected() {
    let (shape, trace) = zero_below();
    let strict = Setting::new(shape, trace.clone(), |_| {});
    let length = strict.relations.parts().tables[3].len();
    let at = Adversary::<P>::offset(&strict.relations, Leaves::Table(3)) + length;
    assert_ne!(length & (length - 1), 0, "there is padding");
    for of_q in [false, true] {
        let mut attacker = strict.attacker();
        attacker.leaves = Some(Box::new(move |_, gamma, p, q| {
            p[at] = -F::one();
            // The tag of the clamp, and zeros; or a neutral denominator.
            q[at] = if of_q { gamma - F::from(4) } else { F::one() };
        }));
        // The multiplicity is committed in the row's tail.
        let number = strict.relations.multiplicities(3);
        let width = strict.relations.parts().tensors[number].layout.row_width();
        if let Some(slot) = attacker.rows[number]
            .last_mut()
            .unwrap()
            .get_mut(length % width)
        {
            *slot = F::one();
        }
        assert_eq!(attacker.attempt(&strict.publics), CLOSING);
    }
    let weak = Setting::new(shape, trace, |parts| {
        // The clamp's lookup becomes one of y alone, into a range that has the row.
        parts.tables[3] = Table::Range {
            low: 0,
            size: HIGH as usize + 1,
        };
        parts.lookups[2].columns.remove(0);
    });
    assert_eq!(weak.attacker().attempt(&weak.publics), Ok(()));
}
