//! The random oracle that tests see and may program: what the transcript squeezes, on this thread.
//!
//! It exists in test builds only. A forgery that passes under programmed challenges and fails under real ones shows that the
//! order of messages is what stops it.

use crate::curve::encode_scalar;
use crate::transcript::Challenge;
use ark_ff::PrimeField;
use std::cell::RefCell;

/// What was squeezed: which challenge, and its 512 bits.
pub type Log = Vec<(Challenge, [u8; 64])>;

/// What replaces the squeezed bits.
#[derive(Clone)]
pub enum Program {
    /// Nothing: the challenges are real, and only recorded.
    Record,
    /// Every challenge, in order, from an earlier run; further ones are real.
    Frozen(Log),
    /// Challenges of one kind are always this.
    Fixed(Challenge, [u8; 64]),
    /// Challenges of each of these kinds are always this.
    Several(Vec<(Challenge, [u8; 64])>),
}

thread_local! {
    static ORACLE: RefCell<Option<(Program, Log)>> = const { RefCell::new(None) };
}

/// Called by the transcript for each challenge.
pub fn intercept(challenge: Challenge, wide: &mut [u8; 64]) {
    ORACLE.with_borrow_mut(|oracle| {
        let Some((program, log)) = oracle else { return };
        match program {
            Program::Record => {}
            Program::Frozen(earlier) => {
                if let Some((kind, bits)) = earlier.get(log.len()) {
                    assert_eq!(*kind, challenge, "the runs have the same challenges");
                    *wide = *bits;
                }
            }
            Program::Fixed(kind, bits) if *kind == challenge => *wide = *bits,
            Program::Fixed(..) => {}
            Program::Several(all) => {
                if let Some((_, bits)) = all.iter().find(|(kind, _)| *kind == challenge) {
                    *wide = *bits;
                }
            }
        }
        log.push((challenge, *wide));
    });
}

/// Runs with a programmed oracle; gives the challenges too.
pub fn with<T>(program: Program, run: impl FnOnce() -> T) -> (T, Log) {
    ORACLE.set(Some((program, Vec::new())));
    let out = run();
    let (_, log) = ORACLE.take().expect("nothing else takes it");
    (out, log)
}

/// How many challenges there were since [`with`] began.
pub fn count() -> usize {
    ORACLE.with_borrow(|oracle| oracle.as_ref().map_or(0, |(_, log)| log.len()))
}

/// The bits that reduce to a scalar.
pub fn bits<F: PrimeField>(scalar: F) -> [u8; 64] {
    let mut wide = [0; 64];
    wide[..32].copy_from_slice(&encode_scalar(&scalar));
    wide
}

/// The challenges of one kind.
pub fn drawn<F: PrimeField>(log: &Log, kind: Challenge) -> Vec<F> {
    let of_kind = log.iter().filter(|(k, _)| *k == kind);
    of_kind
        .map(|(_, bits)| F::from_le_bytes_mod_order(bits))
        .collect()
}
