//! Claims as a whole: read, written, explained, evaluated and run.

mod exact;
mod explanations;
mod forms;
mod oracle;
mod random;
mod refusals;
mod sources;

use crate::{Claim, ClaimError, Scope};
use inferproof_program::{BoundWeights, Builder, Meaning, ValidProgram, Weights};

/// A tensor of a small program: its shape, range and scale.
#[derive(Clone, Debug)]
pub(crate) struct Port {
    pub name: String,
    pub shape: Vec<usize>,
    pub low: i64,
    pub high: i64,
    pub scale: i32,
    pub texts: Vec<String>,
    pub missing: bool,
}

impl Port {
    pub fn new(name: &str, shape: &[usize], (low, high): (i64, i64), scale: i32) -> Self {
        Self {
            name: name.into(),
            shape: shape.to_vec(),
            low,
            high,
            scale,
            texts: Vec::new(),
            missing: false,
        }
    }

    /// Holds texts.
    pub fn texts(name: &str, shape: &[usize], texts: &[&str]) -> Self {
        Self {
            texts: texts.iter().map(|text| (*text).into()).collect(),
            ..Self::new(name, shape, (0, texts.len() as i64), 0)
        }
    }

    /// Its greatest integer is a missing value.
    pub fn with_missing(self) -> Self {
        Self {
            missing: true,
            ..self
        }
    }
}

/// A program whose outputs are its inputs, read once more, under other names.
pub(crate) fn copying(ports: &[Port]) -> ValidProgram {
    let mut builder = Builder::new();
    let mut ids = Vec::new();
    for port in ports {
        let range = port.low..=port.high;
        let id = builder.input(&port.name, &port.shape, range).unwrap();
        builder.set_scale(id, port.scale);
        if port.missing || !port.texts.is_empty() {
            builder.meaning(Meaning {
                tensor: id,
                categories: port.texts.clone(),
                missing: port.missing.then_some(port.high),
            });
        }
        ids.push((id, port));
    }
    for (id, port) in ids {
        let copy = builder.read(id, vec![]).unwrap();
        builder.rename(copy, &format!("{} out", port.name));
        builder.output(copy);
    }
    builder.finish().unwrap()
}

/// The program with the claim behind it, whose bit is the last output.
pub(crate) fn with_claim(
    program: &ValidProgram,
    claim: &Claim,
) -> Result<ValidProgram, ClaimError> {
    let mut builder = Builder::behind(program.clone());
    let bit = claim.add_to(&mut builder)?;
    assert_eq!(builder.tensor(bit).unwrap().shape, [1]);
    assert_eq!(
        bit.0 as usize + 1,
        builder.nodes.len(),
        "the bit is the last tensor"
    );
    builder.rename(bit, "the claim");
    builder.output(bit);
    Ok(builder.finish().unwrap())
}

/// The weights of a program, for another one that begins with it.
pub(crate) fn bound(program: &ValidProgram, weights: &BoundWeights) -> BoundWeights {
    let mut arrays = Weights::new();
    for id in program.weights() {
        arrays.insert(id, weights.get(id).unwrap().clone());
    }
    program.bind(arrays).unwrap()
}

/// What the nodes of a claim compute.
pub(crate) fn run(
    program: &ValidProgram,
    claim: &Claim,
    weights: &BoundWeights,
    inputs: &[Vec<i64>],
) -> i64 {
    let with = with_claim(program, claim).unwrap();
    let trace = bound(&with, weights).run(inputs).unwrap();
    trace.outputs(&with).last().unwrap()[0]
}

pub(crate) fn parse(program: &ValidProgram, text: &str) -> Claim {
    Claim::parse(text, &Scope::new(program)).unwrap_or_else(|e| panic!("{e}"))
}

/// Whether a claim is true of a copying program's inputs: from the integers and by running the nodes.
pub(crate) fn both(program: &ValidProgram, text: &str, inputs: &[Vec<i64>]) -> bool {
    let claim = parse(program, text);
    let weights = program.bind(Weights::new()).unwrap();
    let holds = claim.holds(&Scope::new(program), inputs, inputs).unwrap();
    assert_eq!(
        run(program, &claim, &weights, inputs),
        i64::from(holds),
        "{text} of {inputs:?}"
    );
    holds
}
