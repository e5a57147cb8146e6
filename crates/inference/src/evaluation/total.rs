//! The sum of what the parts of an evaluation counted: commitments are added, and a small proof claims something of what they commit to.
//!
//! Pedersen commitments add up, and so do declared ranges: the sum of integers from ranges is an integer of the sum of the ranges, which the proof about it looks
//! up all the same (T2).

use super::{Evaluation, EvaluationRejection, EvaluationStatement};
use crate::Digest;
use crate::execution::{Executed, ExecutionError, claimed};
use crate::generators::generators;
use crate::lower::{Lowered, RowBits, lower};
use crate::rejection::Rejection;
use crate::statement::{Form, Statement, StatementShape};
use crate::tensor_commitment::TensorCommitment;
use crate::verify::Verifier;
use ark_ec::CurveGroup;
use inferproof_argument::curve::{Point, Profile};
use inferproof_argument::{Limits, Statement as ArgumentStatement};
use inferproof_claims::{Claim, Scope};
use inferproof_program::{Builder, Op, Tensor, ValidProgram};

/// What is to be shown of the sums.
pub(crate) struct Total<P: Profile> {
    pub executed: Executed,
    /// The rows of each sum.
    pub rows: Vec<Vec<Point<P>>>,
    /// How the sums are seen.
    shape: StatementShape,
    row_bits: u32,
    pub context: Vec<u8>,
}

impl<P: Profile> Total<P> {
    /// Of the commitments to what each part counted, in the parts' order.
    pub fn new(
        verifier: &Verifier<P>,
        said: &EvaluationStatement,
        data_set: Digest,
        statements: &[Statement],
        scores: &[Vec<&TensorCommitment>],
    ) -> Result<Self, EvaluationRejection> {
        let refuse = |reason| {
            EvaluationRejection::Total(Rejection::Disclosed {
                what: "sum".into(),
                reason,
            })
        };
        let row_bits = verifier.key().architecture.row_bits;
        let sums = verifier.sums_over(said, statements)?;
        let mut rows = Vec::new();
        for place in 0..sums.len() {
            let of_parts = scores.iter().map(|of_part| of_part.get(place).copied());
            let of_parts: Option<Vec<&TensorCommitment>> = of_parts.collect();
            let of_parts = of_parts.ok_or_else(|| refuse("a part does not commit to it"))?;
            rows.push(sum::<P>(&of_parts).map_err(refuse)?);
        }
        let mut context = b"inferproof evaluation 1".to_vec();
        context.extend(verifier.model_id());
        context.extend(data_set);
        context.extend((statements.len() as u64).to_le_bytes());
        for statement in statements {
            context.extend(statement.digest());
        }
        for score in scores.iter().flatten() {
            context.extend(score.id(crate::Curve::of::<P>()));
        }
        let executed = program_of(&sums, &said.claims)?;
        context.extend(postcard::to_allocvec(executed.program()).unwrap_or_default());
        context.extend((said.context.len() as u64).to_le_bytes());
        context.extend(&said.context);
        let committed = Form::Committed {
            row_bits,
            window: None,
        };
        let shape = StatementShape {
            inputs: vec![committed; sums.len()],
            outputs: vec![
                match said.shows_sums {
                    true => Form::Public,
                    false => Form::Private,
                };
                sums.len()
            ],
            ..StatementShape::plain(executed.program())
        };
        Ok(Self {
            executed,
            rows,
            shape,
            row_bits,
            context,
        })
    }

    /// The relations.
    pub fn lowered(&self, limits: &Limits) -> Result<Lowered, Rejection> {
        let (program, claims) = (self.executed.program(), &self.executed.claims);
        let rows = RowBits::all(self.row_bits);
        Ok(lower(program, claims, &self.shape, rows, limits)?)
    }

    /// Verifies the proof about the sums.
    pub fn verify(&self, limits: &Limits, evaluation: &Evaluation) -> Result<(), Rejection> {
        let publics = self.publics(evaluation.sums.as_deref())?;
        let lowered = self.lowered(limits)?;
        let generators = generators(lowered.relations.generator_count());
        let statement = self.statement(&publics);
        let argument = &evaluation.argument;
        Ok(inferproof_argument::verify(
            &lowered.relations,
            &generators,
            &statement,
            argument,
        )?)
    }

    /// What the argument is told.
    pub fn statement<'a>(&'a self, publics: &'a [Vec<i64>]) -> ArgumentStatement<'a, P> {
        ArgumentStatement {
            context: &self.context,
            external: self.rows.iter().map(Vec::as_slice).collect(),
            publics,
        }
    }

    /// The sums, if they are shown, each in its shape and range.
    pub fn publics(&self, sums: Option<&[Vec<i64>]>) -> Result<Vec<Vec<i64>>, Rejection> {
        let refuse = |reason| Rejection::Disclosed {
            what: "sum".into(),
            reason,
        };
        let shown = self.shape.outputs.first() == Some(&Form::Public);
        match (sums, shown) {
            (None, false) => Ok(Vec::new()),
            (None, true) => Err(refuse("it is public, but the proof does not show it")),
            (Some(_), false) => Err(refuse("it is hidden, but the proof shows it")),
            (Some(sums), true) => {
                let program = self.executed.program();
                let tensors = program.outputs.iter().filter_map(|&id| program.tensor(id));
                if sums.len() != program.outputs.len() {
                    return Err(refuse("wrong number of tensors"));
                }
                for (tensor, values) in tensors.zip(sums) {
                    crate::given::check_public(tensor, values).map_err(refuse)?;
                }
                Ok(sums.to_vec())
            }
        }
    }
}

/// The rows of the sum of what these commit to. Each is of its part's tensor, all of which are alike but for the range.
fn sum<P: Profile>(of: &[&TensorCommitment]) -> Result<Vec<Point<P>>, &'static str> {
    let (first, rest) = of.split_first().ok_or("there are no parts")?;
    let mut rows = first.points::<P>()?;
    for next in rest {
        for (row, point) in rows.iter_mut().zip(next.points::<P>()?) {
            *row = (*row + point).into_affine();
        }
    }
    Ok(rows)
}

/// A program that reads the sums, with what is claimed of them behind it.
pub(super) fn program_of(sums: &[Tensor], claims: &[String]) -> Result<Executed, ExecutionError> {
    let mut builder = Builder::new();
    builder.at("sum");
    let mut read = Vec::new();
    for tensor in sums {
        let committed = Tensor {
            name: format!("sum of {}", tensor.name),
            ..tensor.clone()
        };
        read.push(builder.add(Op::Input, committed)?);
    }
    for (tensor, id) in sums.iter().zip(read) {
        let shown = builder.read(id, vec![])?;
        builder.rename(shown, &tensor.name);
        builder.output(shown);
    }
    let program: ValidProgram = builder.finish()?;
    let parsed = claims
        .iter()
        .map(|text| Claim::parse(text, &Scope::new(&program)));
    let parsed = parsed.collect::<Result<Vec<_>, _>>()?;
    let (program, claims) = claimed(program, &parsed)?;
    Ok(Executed {
        claims,
        ..Executed::plain(&program)
    })
}
