//! From an integer program to the argument's relations: how each op becomes lookups, contractions and linear claims.
//!
//! [`lower`] is run by prover and verifier alike, on public data only, so that the two cannot differ. What is committed beyond
//! the program's own tensors comes with its [`Advice`], by which the prover computes it from the trace or from the relations' own terms.
//!
//! | op | committed | relations |
//! |---|---|---|
//! | input, private | the values | one range lookup |
//! | input, committed before | nothing | one range lookup of the commitment |
//! | output, committed before | nothing | it is what the commitment holds |
//! | weight | with the model | range-proven once, see [`weights`] |
//! | linear, contraction | nothing | none: whoever reads them pulls its claim back |
//! | rescale | y and the saturation excess in limbs | remainder in range; `(e, y)` in the clamp table, limb by limb |
//! | map | f(x) | `(x, f(x))` in the function's table |
//! | max | r = relu(left - right) | `(left - right - r, r)` in a clamp table that starts at zero |
//! | indicator | b; nothing where the indices are a public input | b is a bit, its sum is one, `sum_j j b_j` is the index |
//! | root | y | y in range, `x - y^2` and `y^2 + 2 y - x` not negative |
//! | quotient | y | y in range, `x - y d` and `d - 1 - (x - y d)` not negative |
//! | one-hot | b, limbs of wide gaps | b is a bit, its sum is one, `m - a_j - sum_{j' > j} b_j'` is not negative |

mod builder;
pub(crate) mod layouts;
pub(crate) mod tables;
pub(crate) mod weights;

use crate::statement::{Form, StatementShape};
use builder::{Builder, Digit, Excess, Limb, Rise};
use inferproof_argument::{Limits, Relations, RelationsError};
use inferproof_program::{Program, TensorId};

/// A program that cannot be proven.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// An op is outside what the argument can express.
    #[error("{origin}: tensor `{tensor}`: {reason}")]
    Op {
        /// The ONNX node it comes from.
        origin: String,
        /// The tensor that cannot be proven.
        tensor: String,
        /// Why.
        reason: String,
    },
    /// The relations do not fit together.
    #[error(transparent)]
    Relations(#[from] RelationsError),
}

/// How the prover computes a tensor that it commits. Each kind is defined beside the relations that constrain it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "prover"),
    allow(dead_code, reason = "what the prover computes advice from")
)]
pub(crate) enum Advice {
    /// The trace has it.
    Tensor(TensorId),
    /// Of a tensor of the trace that is too wide for one committed integer.
    Digit(Digit),
    /// What the clamp of a rescale cuts off.
    Excess(Excess),
    /// How far one tensor rises above another.
    Rise(Rise),
    /// Of the sum that a range check looks up.
    Limb(Limb),
}

/// How the prover computes a contraction's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    /// The trace has it.
    Tensor(TensorId),
    /// From its operands.
    Operands,
}

/// Relations of a program's inference, and how to fill them.
#[cfg_attr(
    not(feature = "prover"),
    allow(dead_code, reason = "what the prover computes advice from")
)]
pub(crate) struct Lowered {
    pub relations: Relations,
    /// For each fresh tensor in order (without multiplicities).
    pub advice: Vec<Advice>,
    pub products: Vec<Product>,
    /// How many public tensors are inputs; they are the first.
    pub public_inputs: usize,
    /// Public tensors that anybody computes from the public inputs; they stand between these and the outputs.
    pub codes: Vec<Code>,
}

/// The one-hot codes of a public input's entries, along a new last axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    /// Which of the public inputs, or which of the codes before, behind these.
    pub input: usize,
    /// The length of the new axis.
    pub classes: usize,
}

/// How long rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowBits {
    /// Rows of what a proof commits to have at most `2^own` entries.
    pub own: u32,
    /// Rows of the model's weights, which are no longer.
    pub weights: u32,
}

impl RowBits {
    /// All alike.
    pub fn all(bits: u32) -> Self {
        Self {
            own: bits,
            weights: bits,
        }
    }
}

/// Lowers a validated program under a statement of this shape, which claims these bits of it. External tensors are the weights, then the
/// committed inputs, then the committed outputs, each in the program's order.
pub(crate) fn lower(
    program: &Program,
    claims: &[TensorId],
    shape: &StatementShape,
    rows: RowBits,
    limits: &Limits,
) -> Result<Lowered, LowerError> {
    let mut builder = Builder::new(program, rows, shape, limits)?;
    for node in &program.nodes {
        builder.node(node)?;
    }
    for (place, (&output, form)) in program.outputs.iter().zip(&shape.outputs).enumerate() {
        match form {
            Form::Public => builder.publish(output)?,
            Form::Private => builder.materialize(output)?,
            Form::Committed { .. } => builder.tie_to_commitment(place, output)?,
        }
    }
    for &bit in claims {
        builder.claim(bit)?;
    }
    builder.finish()
}
