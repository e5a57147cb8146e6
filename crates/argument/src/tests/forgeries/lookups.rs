//! Leaves of the lookup tree that are not those of the committed values, and values that no lookup binds where a relation is left out.

use super::setting::{CLOSING, F, P, Setting};
use crate::tests::adversary::{Adversary, field_values, places};
use crate::tests::sample::{HIGH, SHIFT_2, Shape, Trace, tensor};
use ark_ff::{AdditiveGroup, Field, One, Zero};
use inferproof_relations::{Leaves, Parts, Table};

/// What is done to the leaves: gamma, numerators, denominators.
type Attack = Box<dyn Fn(F, &mut Vec<F>, &mut Vec<F>)>;

/// Must 3: a padding leaf of a lookup that counts, and a leaf that does not.
/// Stopped by `weight * (selected + eta * (one - selected + ...))`.
#[test]
fn wrong_leaves_are_rejected() {
    let setting = Setting::random(Shape::small(), 21);
    let shape = &setting.relations.parts().lookups[0].shape;
    let real = places(shape);
    let padding = (0..).find(|at| !real.contains(at)).unwrap();
    let offset = Adversary::<P>::offset(&setting.relations, Leaves::Lookup(0));
    let end = {
        let last = setting.relations.blocks().last().unwrap();
        last.offset + (1 << last.bits)
    };
    assert!(end < 1 << setting.relations.depth());
    let attacks: [Attack; 5] = [
        // A padding leaf with a numerator, and one that takes it back.
        Box::new(move |_, p, _| {
            p[offset + padding] = F::one();
            p[end] = -F::one();
        }),
        // Any fraction at all, where no block is.
        Box::new(move |gamma, p, q| {
            p[end] = F::one();
            p[end + 1] = -F::one();
            (q[end], q[end + 1]) = (gamma, gamma);
        }),
        // A real leaf that counts twice, less one elsewhere.
        Box::new(move |_, p, q| {
            p[offset] += F::one();
            p[end] = -F::one();
            q[end] = q[offset];
        }),
        // A real leaf that is left out, with the denominator's product unchanged.
        Box::new(move |_, p, q| {
            q[offset] = q[offset].double();
            p[offset] = p[offset].double();
        }),
        Box::new(move |_, p, q| {
            p[offset] = -p[offset];
            q[offset] = -q[offset];
        }),
    ];
    for (i, attack) in attacks.into_iter().enumerate() {
        let mut attacker = setting.attacker();
        attacker.leaves = Some(Box::new(move |_, gamma, p, q| attack(gamma, p, q)));
        assert_eq!(attacker.attempt(&setting.publics), CLOSING, "attack {i}");
    }
}

/// Must 3: a remainder of four bits, out of range, as a value of the table of eight. It passes where the lookup is into that
/// table, or tables have no tags; else it is stopped by `gamma - tag`.
#[test]
fn a_value_of_another_table_is_rejected() {
    let shape = Shape {
        squares: false,
        ..Shape::default()
    };
    let mut trace = Trace::random(&shape, 22);
    trace.h[0] -= 1;
    trace.out[0] -= 1;
    let remainder = trace.contractions[1][0] + trace.weights[3][0] + 8 - (trace.h[0] << SHIFT_2);
    assert!((16..32).contains(&remainder));
    let strict = Setting::new(shape, trace.clone(), |_| {});
    assert_eq!(strict.attacker().attempt(&strict.publics), CLOSING);
    // Counted in the other table.
    let mut attacker = strict.attacker();
    let width = 1 << shape.c;
    let place = remainder as usize + 128;
    attacker.rows[strict.relations.multiplicities(0)][place / width][place % width] += F::one();
    assert_eq!(attacker.attempt(&strict.publics), CLOSING);
    let weak = Setting::new(shape, trace, |parts| parts.lookups[3].table = 0);
    assert_eq!(weak.attacker().attempt(&weak.publics), Ok(()));
}

/// Must 4: without its own range check h satisfies any remainder: quotients in the field whose sum is a small integer.
#[test]
fn an_unbounded_quotient_is_rejected() {
    let shape = Shape {
        squares: false,
        ..Shape::default()
    };
    let Shape {
        samples: s,
        outputs: m,
        ..
    } = shape;
    let honest = Trace::random(&shape, 14);
    let size = 1 << SHIFT_2;
    let totals: Vec<i64> = (0..s)
        .map(|i| honest.contractions[1][i * m] + honest.weights[3][0] + size / 2)
        .collect();
    // Other remainders, all in range, with a sum that is one quotient away.
    let sum: i64 = totals.iter().map(|t| t.rem_euclid(size)).sum();
    let step = if sum >= size { 1 } else { -1 };
    let mut left = sum - size * step;
    let mut values = field_values::<P>(&honest);
    for (i, total) in totals.iter().enumerate() {
        let remainder = left.min(size - 1);
        left -= remainder;
        values[tensor::H][i * m] = F::from(total - remainder) / F::from(size);
    }
    assert_eq!(left, 0);
    let mut trace = honest;
    trace.out[0] += step;
    let verdict =
        |weaken: fn(&mut Parts)| Setting::new(shape, trace.clone(), weaken).attempt(&values);
    assert_eq!(verdict(|parts| drop(parts.lookups.pop())), Ok(()));
    assert_eq!(verdict(|_| {}), CLOSING);
}

/// Must 5: with field elements for y and e there is no second way to write a sum either; with e unbounded there is.
#[test]
fn an_unbounded_excess_is_rejected() {
    let shape = Shape::small();
    let mut trace = Trace::random(&shape, 23);
    let at = (0..trace.y.len())
        .find(|&i| trace.e[i] == 0 && trace.y[i] < HIGH)
        .unwrap();
    // A remainder one larger than it is, made true by an excess that is a fraction.
    let mut values = field_values::<P>(&trace);
    values[tensor::E][at] = F::one() / F::from(64);
    trace.e[at] = 0;
    let verdict =
        |weaken: fn(&mut Parts)| Setting::new(shape, trace.clone(), weaken).attempt(&values);
    assert_eq!(verdict(|_| {}), CLOSING);
    // Without the clamp any y passes.
    assert_eq!(verdict(|parts| drop(parts.lookups.remove(2))), Ok(()));
}

/// Must 7: the prover reads a tensor by another view than the relations say (here: samples in another order).
#[test]
fn another_view_is_rejected() {
    let shape = Shape {
        squares: false,
        ..Shape::small()
    };
    let honest = Trace::random(&shape, 24);
    // acc2 computed from y with its first two columns exchanged.
    let mut weights = honest.weights.clone();
    for row in weights[2].chunks_mut(shape.hidden) {
        row.swap(0, 1);
    }
    let mut trace = Trace::run(&shape, weights, honest.x.clone());
    assert_ne!(trace.contractions[1], honest.contractions[1]);
    trace.weights.clone_from(&honest.weights);
    let setting = Setting::new(shape, trace, |_| {});
    let mut attacker = setting.attacker();
    attacker.operands = Some(Box::new(|instance, a, _| {
        if instance.contraction == 1 {
            a.swap(0, 1);
        }
    }));
    let gap = attacker.gap.clone();
    assert_eq!(attacker.attempt(&setting.publics), CLOSING);
    assert!(gap.get().is_zero(), "the attack's algebra is right");
}

/// Must 9: weights beyond their declared width have no range proof; without its lookups anything has one.
#[test]
fn weights_out_of_range_are_rejected() {
    use inferproof_relations::Source;
    use inferproof_view::View;
    let shape = Shape::small();
    let trace = Trace::random(&shape, 25);
    let weights = |parts: &mut Parts| {
        let mut lookup = parts.lookups[0].clone();
        lookup.columns[0][0].source = Source::Committed(0);
        lookup.shape = parts.tensors[0].layout.shape().to_vec();
        lookup.columns[0][0].view = View::identity(lookup.shape.clone()).unwrap();
        lookup.table = 0;
        parts.tables = vec![Table::Range { low: -8, size: 16 }];
        parts.lookups = vec![lookup];
        parts.contractions.clear();
        parts.linears.clear();
        parts.publics.clear();
        parts.tensors.truncate(4);
    };
    let setting = Setting::new(shape, trace, weights);
    let verdict = |value: Option<F>| {
        let mut values = field_values::<P>(&setting.trace)[..4].to_vec();
        if let Some(value) = value {
            values[0][1] = value;
        }
        let Setting {
            relations,
            generators,
            ..
        } = &setting;
        Adversary::new(relations, generators, &values, vec![], &[]).attempt(&[])
    };
    assert_eq!(verdict(None), Ok(()));
    assert_eq!(verdict(Some(F::from(8))), CLOSING);
    assert_eq!(verdict(Some(F::from(-9))), CLOSING);
    assert_eq!(verdict(Some(F::from(2).inverse().unwrap())), CLOSING);
}
