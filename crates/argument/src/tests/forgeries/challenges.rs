//! Values that are chosen when their challenge is known, and messages that no pad hides: a challenge is drawn behind all that it tests.

use super::setting::{CLOSING, F, Setting};
use crate::tests::oracle::{Program, bits, drawn};
use crate::tests::sample::{SHIFT_2, Shape, Trace};
use crate::transcript::{Challenge, Message};
use ark_ff::{AdditiveGroup, Field, One, Zero};
use std::cell::Cell;
use std::rc::Rc;

/// What is sent under pads.
const PADDED: [Message; 7] = [
    Message::Root,
    Message::LayerRound,
    Message::LayerValues,
    Message::Direct,
    Message::ContractionRound,
    Message::Operands,
    Message::MergeRound,
];

/// Every single value that is sent, wrong by one, while all else is honest and consistent: values before the pads are taken
/// off (a wrong carry between layers, wrong operands, a wrong merge), and after (a wrong pad).
#[test]
fn any_wrong_value_is_rejected() {
    let setting = Setting::random(Shape::small(), 1);
    for pad in 0..setting.relations.pad_count() {
        let tamper = || {
            Box::new(move |first: usize, _: Message, values: &mut [F]| {
                if let Some(value) = pad.checked_sub(first).and_then(|i| values.get_mut(i)) {
                    *value += F::one();
                }
            })
        };
        let mut attacker = setting.attacker();
        if pad % 2 == 0 {
            attacker.message = Some(tamper());
        } else {
            attacker.sent = Some(tamper());
        }
        assert_eq!(attacker.attempt(&setting.publics), CLOSING, "pad {pad}");
    }
}

/// Values of zero, and messages that are another's: the four values of a layer, exchanged.
#[test]
fn wrong_messages_are_rejected() {
    let setting = Setting::random(Shape::small(), 2);
    for kind in PADDED {
        for zeros in [true, false] {
            let mut attacker = setting.attacker();
            attacker.message = Some(Box::new(move |_, message, values| {
                if message == kind && zeros {
                    values.fill(F::zero());
                } else if message == kind {
                    values.rotate_left(1);
                    values[0] += F::one();
                }
            }));
            assert_eq!(attacker.attempt(&setting.publics), CLOSING, "{kind:?}");
        }
    }
}

/// Frozen challenges, root: another root with a zero numerator and the same claim at the old tau and lambda.
#[test]
fn a_root_that_suits_old_challenges_is_rejected() {
    let setting = Setting::random(Shape::small(), 3);
    let log = setting.challenges();
    let tau: F = drawn(&log, Challenge::Tau)[0];
    let forged = || {
        let mut attacker = setting.attacker();
        attacker.message = Some(Box::new(move |_, message, values| {
            if message != Message::Root {
                return;
            }
            // p and q move along lines that are zero at tau; p0 q1 + p1 q0 stays zero.
            let k = (F::one() - tau) / tau;
            let [p0, p1, q0, q1] = [values[0], values[1], values[2], values[3]];
            let a = F::from(5);
            let (p0, p1) = (p0 + a, p1 - a * k);
            let b = -(p0 * q1 + p1 * q0) / (p1 - k * p0);
            let (q0, q1) = (q0 + b, q1 - b * k);
            assert!((p0 * q1 + p1 * q0).is_zero() && !b.is_zero());
            values.copy_from_slice(&[p0, p1, q0, q1]);
        }));
        attacker
    };
    let [known, real] = setting.programmed(&Program::Frozen(log), forged());
    assert_eq!([known, real], [Ok(()), CLOSING]);
    assert_eq!(forged().attempt(&setting.publics), CLOSING);
}

/// Frozen challenges, rounds: each round of each sumcheck sends another polynomial with the same value at the old challenge.
#[test]
fn rounds_that_suit_old_challenges_are_rejected() {
    let setting = Setting::random(Shape::small(), 4);
    let log = setting.challenges();
    let points: Vec<(Message, Vec<F>)> = vec![
        (
            Message::ContractionRound,
            drawn(&log, Challenge::ContractionPoint),
        ),
        (Message::MergeRound, drawn(&log, Challenge::MergePoint)),
    ];
    for (kind, points) in points {
        for (round, &x) in points.iter().enumerate() {
            let forged = || {
                let mut attacker = setting.attacker();
                let mut number = 0;
                attacker.message = Some(Box::new(move |_, message, values| {
                    if message == kind {
                        if number == round {
                            // The next claim has (1 - 2x) s0 + (x^2 - x) lead of these.
                            values[0] += x.square() - x;
                            values[1] -= F::one() - x.double();
                        }
                        number += 1;
                    }
                }));
                attacker
            };
            let verdicts = setting.programmed(&Program::Frozen(log.clone()), forged());
            assert_eq!(verdicts, [Ok(()), CLOSING], "{kind:?}, round {round}");
            assert_eq!(
                forged().attempt(&setting.publics),
                CLOSING,
                "{kind:?}, round {round}"
            );
        }
    }
    // Layers: slope gets (x - t), the leading coefficient (x^2 - x), in the next claim.
    let (taus, xs): (Vec<F>, Vec<F>) = (
        drawn(&log, Challenge::Tau),
        drawn(&log, Challenge::LayerPoint),
    );
    let mut first = 0;
    for layer in 1..setting.relations.depth() {
        let mut target: Vec<F> = xs[first + 1 - layer..first].to_vec();
        if layer == 1 {
            target.clear();
        }
        target.push(taus[layer - 1]);
        let here = first..first + layer;
        // The first and the last round of each layer.
        for (round, &t) in here.clone().zip(&target) {
            if round != here.start && round + 1 != here.end {
                continue;
            }
            let x = xs[round];
            let forged = || {
                let mut attacker = setting.attacker();
                let mut number = 0;
                attacker.message = Some(Box::new(move |_, message, values| {
                    if message == Message::LayerRound {
                        if number == round {
                            values[0] += x.square() - x;
                            values[1] -= x - t;
                        }
                        number += 1;
                    }
                }));
                attacker
            };
            let verdicts = setting.programmed(&Program::Frozen(log.clone()), forged());
            assert_eq!(verdicts, [Ok(()), CLOSING], "layer {layer}, round {round}");
        }
        first = here.end;
    }
}

/// Frozen challenges, layer values: at the end of each layer four other values, with the same sum of fractions, that give the
/// same claims at the old tau.
#[test]
fn layer_values_that_suit_old_challenges_are_rejected() {
    let setting = Setting::random(Shape::small(), 5);
    let log = setting.challenges();
    let (taus, lambdas): (Vec<F>, Vec<F>) =
        (drawn(&log, Challenge::Tau), drawn(&log, Challenge::Lambda));
    for layer in 1..setting.relations.depth() {
        let (tau, lambda) = (taus[layer], lambdas[layer - 1]);
        let forged = || {
            let mut attacker = setting.attacker();
            let mut number = 0;
            attacker.message = Some(Box::new(move |_, message, values| {
                if message != Message::LayerValues {
                    return;
                }
                number += 1;
                if number != layer {
                    return;
                }
                // p and q move along lines that are zero at tau; p0 q1 + p1 q0 + lambda q0 q1 stays.
                let k = (F::one() - tau) / tau;
                let [p0, p1, q0, q1] = [values[0], values[1], values[2], values[3]];
                let b = F::from(5);
                let moved = b * (p0 * k - p1) - lambda * b * (q1 - k * q0 - b * k);
                let a = moved / (q1 - k * q0 - (b * k).double());
                let forged = [p0 + a, p1 - a * k, q0 + b, q1 - b * k];
                let value = |[p0, p1, q0, q1]: [F; 4]| p0 * q1 + p1 * q0 + lambda * q0 * q1;
                assert_eq!(value(forged), value([p0, p1, q0, q1]));
                values.copy_from_slice(&forged);
            }));
            attacker
        };
        let verdicts = setting.programmed(&Program::Frozen(log.clone()), forged());
        assert_eq!(verdicts, [Ok(()), CLOSING], "layer {layer}");
        assert_eq!(forged().attempt(&setting.publics), CLOSING, "layer {layer}");
    }
}

/// A message with no pad: each kind of message, sent as the values that it is, though its pads are committed.
#[test]
fn a_message_with_no_pad_is_rejected() {
    let setting = Setting::random(Shape::small(), 6);
    for kind in PADDED {
        let mut attacker = setting.attacker();
        let values: Rc<Cell<Vec<F>>> = Rc::default();
        let seen = values.clone();
        attacker.message = Some(Box::new(move |_, _, values| seen.set(values.to_vec())));
        let count = Rc::new(Cell::new(0));
        let counted = count.clone();
        attacker.sent = Some(Box::new(move |_, message, sent| {
            if message == kind {
                sent.copy_from_slice(&values.take());
                counted.set(counted.get() + 1);
            }
        }));
        assert_eq!(attacker.attempt(&setting.publics), CLOSING, "{kind:?}");
        assert!(count.get() > 0, "{kind:?} was sent");
    }
}

/// Must 8: the contraction claim is off, V_direct makes up for it, and operand values make up for that under powers of mu
/// with their products unchanged. It passes if mu is known before the operands are sent.
#[test]
fn operands_that_compensate_under_a_known_mu_are_rejected() {
    let shape = Shape {
        squares: false,
        ..Shape::small()
    };
    let mut trace = Trace::random(&shape, 15);
    // A false second accumulator, and what follows from it.
    trace.contractions[1][0] += 1 << SHIFT_2;
    trace.h[0] += 1;
    trace.out[0] += 1;
    let setting = Setting::new(shape, trace, |_| {});
    // The same lie without compensation tells how far off the claim is.
    let first = setting.attacker();
    let gap = first.gap.clone();
    assert_eq!(first.attempt(&setting.publics), CLOSING);
    let gap = gap.get();
    assert!(!gap.is_zero());

    let forge = |mu: F| {
        let mut attacker = setting.attacker();
        let coefficients: Rc<Cell<[F; 2]>> = Rc::default();
        let seen = coefficients.clone();
        let number = Cell::new(0);
        attacker.operands = Some(Box::new(move |instance, _, _| {
            let mut all = seen.get();
            all[number.get()] = instance.coefficient;
            number.set(number.get() + 1);
            seen.set(all);
        }));
        attacker.message = Some(Box::new(move |_, message, values| {
            if message == Message::Direct {
                values[0] += gap;
            }
            if message == Message::Operands {
                let [left_1, _, _, right_2] = [values[0], values[1], values[2], values[3]];
                let [c1, c2] = coefficients.get();
                // right_1 moves by ratio * t when left_2 moves by t: the sum of products stays.
                let ratio = -c2 * right_2 / (c1 * left_1);
                // Claims: direct, left 1, right 1, left 2, right 2.
                let t = -gap / (mu.square() * ratio + mu.square() * mu);
                values[1] += ratio * t;
                values[2] += t;
            }
        }));
        attacker
    };
    let mu = F::from(987_654_321u64);
    let program = Program::Fixed(Challenge::Mu, bits(mu));
    assert_eq!(setting.programmed(&program, forge(mu)), [Ok(()), CLOSING]);
    assert_eq!(forge(mu).attempt(&setting.publics), CLOSING);
    // V_direct alone.
    let mut attacker = setting.attacker();
    attacker.message = Some(Box::new(move |_, message, values| {
        if message == Message::Direct {
            values[0] += gap;
        }
    }));
    assert_eq!(attacker.attempt(&setting.publics), CLOSING);
}

/// Must 8: a false output whose error vanishes at the point of the linear claim. It passes if zeta is known beforehand.
#[test]
fn an_output_that_suits_a_known_zeta_is_rejected() {
    let mut setting = Setting::random(Shape::small(), 16);
    // Two outputs, off by 1 and by -1: the error (1 - zeta) - zeta is zero at one half.
    setting.publics[0][0] += 1;
    setting.publics[0][1] -= 1;
    let half = F::from(2).inverse().unwrap();
    let program = Program::Fixed(Challenge::Zeta, bits(half));
    assert_eq!(
        setting.programmed(&program, setting.attacker()),
        [Ok(()), CLOSING]
    );
    assert_eq!(setting.attacker().attempt(&setting.publics), CLOSING);
}

/// Must 10: multiplicities may be any field elements, but are committed before gamma. Known alpha and gamma let one
/// multiplicity make up for a lookup that is in no table.
#[test]
fn multiplicities_that_suit_a_known_gamma_are_rejected() {
    let shape = Shape::small();
    let mut x = Trace::random(&shape, 17).x;
    x[0] = 300;
    let trace = Trace::run(&shape, Trace::random(&shape, 17).weights, x);
    let setting = Setting::new(shape, trace, |_| {});
    let forge = |alpha: F, gamma: F| {
        let mut attacker = setting.attacker();
        // Table 0 has the tag 1; its first tuple is -128.
        let denominator = |v: i64| gamma - F::one() - alpha * F::from(v);
        let number = setting.relations.multiplicities(0);
        attacker.rows[number][0][0] += denominator(-128) / denominator(300);
        attacker
    };
    // All challenges are frozen: those of a proof of the same statement.
    let log = setting.challenges();
    let (alpha, gamma): (Vec<F>, Vec<F>) =
        (drawn(&log, Challenge::Alpha), drawn(&log, Challenge::Gamma));
    let program = Program::Frozen(log);
    let verdicts = setting.programmed(&program, forge(alpha[0], gamma[0]));
    assert_eq!(verdicts, [Ok(()), CLOSING]);
    assert_eq!(forge(alpha[0], gamma[0]).attempt(&setting.publics), CLOSING);
}
