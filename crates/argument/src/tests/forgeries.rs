//! One attack, at least, for every must of soundness (`docs/protocol.md`, section 12).
//!
//! Where relations without the must can be written, the forgery passes there and fails where it holds. Where the must is a
//! challenge that comes late enough, the forgery passes when the challenge is known beforehand (the oracle is programmed) and
//! fails otherwise. What is left can be dropped only in `script`; the comment names the line that stops the forgery.

use super::adversary::{Adversary, field_arrays, field_values, places, statement};
use super::oracle::{self, Log, Program, bits, drawn};
use super::sample::{HIGH, SHIFT_2, Shape, Trace, tensor};
use crate::Reject;
use crate::curve::Scalar;
use crate::generators::Generators;
use crate::transcript::{Challenge, Message};
use ark_ff::{AdditiveGroup, Field, One, Zero};
use ark_grumpkin::GrumpkinConfig;
use inferproof_relations::{Leaves, Parts, Relations, Table};
use std::cell::Cell;
use std::rc::Rc;

type P = GrumpkinConfig;
type F = Scalar<P>;
type Attacker<'a> = Adversary<'a, P>;

/// What is done to the leaves: gamma, numerators, denominators.
type Attack = Box<dyn Fn(F, &mut Vec<F>, &mut Vec<F>)>;

struct Setting {
    relations: Relations,
    generators: Generators<P>,
    trace: Trace,
    publics: Vec<Vec<i64>>,
}

impl Setting {
    fn new(shape: Shape, trace: Trace, weaken: impl FnOnce(&mut Parts)) -> Self {
        let mut parts = shape.parts();
        weaken(&mut parts);
        let relations = Relations::new(parts).unwrap();
        let generators = Generators::new(relations.generator_count());
        let publics = vec![trace.out.clone()];
        Self {
            relations,
            generators,
            trace,
            publics,
        }
    }

    fn random(shape: Shape, seed: u64) -> Self {
        Self::new(shape, Trace::random(&shape, seed), |_| {})
    }

    fn attacker(&self) -> Attacker<'_> {
        Adversary::sample(&self.relations, &self.generators, &self.trace)
    }

    /// Proves under a programmed oracle and verifies under the same and under the real one.
    fn programmed(&self, program: &Program, attacker: Attacker<'_>) -> [Result<(), Reject>; 2] {
        let ((proof, external), _) =
            oracle::with(program.clone(), || attacker.prove(&self.publics));
        let statement = statement(&external, &self.publics);
        let verify = || crate::verify(&self.relations, &self.generators, &statement, &proof);
        [oracle::with(program.clone(), verify).0, verify()]
    }

    /// The challenges of an honest proof by the same prover.
    fn challenges(&self) -> Log {
        oracle::with(Program::Record, || self.attacker().prove(&self.publics)).1
    }
}

const CLOSING: Result<(), Reject> = Err(Reject::Closing);

/// A small shape with all three contractions.
fn small() -> Shape {
    Shape {
        samples: 2,
        inputs: 3,
        hidden: 3,
        outputs: 2,
        c: 2,
        ..Shape::default()
    }
}

/// Every single value that is sent, wrong by one, while all else is honest and consistent: values before the pads are taken
/// off (a wrong carry between layers, wrong operands, a wrong merge), and after (a wrong pad).
#[test]
fn any_wrong_value_is_rejected() {
    let setting = Setting::random(small(), 1);
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
    let setting = Setting::random(small(), 2);
    for kind in [
        Message::Root,
        Message::LayerRound,
        Message::LayerValues,
        Message::Direct,
        Message::ContractionRound,
        Message::Operands,
        Message::MergeRound,
    ] {
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
    let setting = Setting::random(small(), 3);
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
    let setting = Setting::random(small(), 4);
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
    let setting = Setting::random(small(), 5);
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
    let setting = Setting::random(small(), 6);
    for kind in [
        Message::Root,
        Message::LayerRound,
        Message::LayerValues,
        Message::Direct,
        Message::ContractionRound,
        Message::Operands,
        Message::MergeRound,
    ] {
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
        ..small()
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
    let mut setting = Setting::random(small(), 16);
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
    let shape = small();
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

/// Must 3: a padding leaf of a lookup that counts, and a leaf that does not.
/// Stopped by `weight * (selected + eta * (one - selected + ...))`.
#[test]
fn wrong_leaves_are_rejected() {
    let setting = Setting::random(small(), 21);
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
    let verdict = |weaken: fn(&mut Parts)| {
        let setting = Setting::new(shape, trace.clone(), weaken);
        let Setting {
            relations,
            generators,
            publics,
            ..
        } = &setting;
        let outputs = field_arrays::<P>(&setting.trace.contractions);
        Adversary::new(relations, generators, &values, outputs, publics).attempt(publics)
    };
    assert_eq!(verdict(|parts| drop(parts.lookups.pop())), Ok(()));
    assert_eq!(verdict(|_| {}), CLOSING);
}

/// Must 5: with field elements for y and e there is no second way to write a sum either; with e unbounded there is.
#[test]
fn an_unbounded_excess_is_rejected() {
    let shape = small();
    let mut trace = Trace::random(&shape, 23);
    let at = (0..trace.y.len())
        .find(|&i| trace.e[i] == 0 && trace.y[i] < HIGH)
        .unwrap();
    // A remainder one larger than it is, made true by an excess that is a fraction.
    let mut values = field_values::<P>(&trace);
    values[tensor::E][at] = F::one() / F::from(64);
    trace.e[at] = 0;
    let verdict = |weaken: fn(&mut Parts)| {
        let setting = Setting::new(shape, trace.clone(), weaken);
        let Setting {
            relations,
            generators,
            publics,
            ..
        } = &setting;
        let outputs = field_arrays::<P>(&setting.trace.contractions);
        Adversary::new(relations, generators, &values, outputs, publics).attempt(publics)
    };
    assert_eq!(verdict(|_| {}), CLOSING);
    // Without the clamp any y passes.
    assert_eq!(verdict(|parts| drop(parts.lookups.remove(2))), Ok(()));
}

/// Must 7: the prover reads a tensor by another view than the relations say (here: samples in another order).
#[test]
fn another_view_is_rejected() {
    let shape = Shape {
        squares: false,
        ..small()
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
    let shape = small();
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
