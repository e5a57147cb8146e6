//! A statement, an adversary that proves it, and a programmed oracle that tells challenges beforehand.

use crate::Reject;
use crate::curve::Scalar;
use crate::generators::Generators;
use crate::tests::adversary::{Adversary, field_arrays, statement};
use crate::tests::oracle::{self, Log, Program};
use crate::tests::sample::{Shape, Trace};
use ark_grumpkin::GrumpkinConfig;
use inferproof_relations::{Parts, Relations};

pub type P = GrumpkinConfig;

pub type F = Scalar<P>;

pub type Attacker<'a> = Adversary<'a, P>;

pub struct Setting {
    pub relations: Relations,
    pub generators: Generators<P>,
    pub trace: Trace,
    pub publics: Vec<Vec<i64>>,
}

impl Setting {
    pub fn new(shape: Shape, trace: Trace, weaken: impl FnOnce(&mut Parts)) -> Self {
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

    pub fn random(shape: Shape, seed: u64) -> Self {
        Self::new(shape, Trace::random(&shape, seed), |_| {})
    }

    pub fn attacker(&self) -> Attacker<'_> {
        Adversary::sample(&self.relations, &self.generators, &self.trace)
    }

    /// The verdict on a proof with these field elements in the places of the committed values.
    pub fn attempt(&self, values: &[Vec<F>]) -> Result<(), Reject> {
        let outputs = field_arrays::<P>(&self.trace.contractions);
        Adversary::new(
            &self.relations,
            &self.generators,
            values,
            outputs,
            &self.publics,
        )
        .attempt(&self.publics)
    }

    /// Proves under a programmed oracle and verifies under the same and under the real one.
    pub fn programmed(&self, program: &Program, attacker: Attacker<'_>) -> [Result<(), Reject>; 2] {
        let ((proof, external), _) =
            oracle::with(program.clone(), || attacker.prove(&self.publics));
        let statement = statement(&external, &self.publics);
        let verify = || crate::verify(&self.relations, &self.generators, &statement, &proof);
        [oracle::with(program.clone(), verify).0, verify()]
    }

    /// The challenges of an honest proof by the same prover.
    pub fn challenges(&self) -> Log {
        oracle::with(Program::Record, || self.attacker().prove(&self.publics)).1
    }
}

pub const CLOSING: Result<(), Reject> = Err(Reject::Closing);
