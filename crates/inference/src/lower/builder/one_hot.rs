//! Where the maximum is, along the last axis.

use super::{Builder, scaled};
use crate::lower::tables::bits;
use crate::lower::{LowerError, Product};
use inferproof_argument::{Contraction, Linear, Source, Term};
use inferproof_program::TensorId;
use inferproof_view::Step;

impl Builder<'_> {
    /// PROTOCOL section 5, argmax: the first index wins.
    pub(super) fn one_hot(&mut self, id: TensorId, source: TensorId) -> Result<Term, LowerError> {
        let tensor = self.tensor(id)?;
        let shape = tensor.shape.clone();
        let Some((&classes, rest)) = shape.split_last() else {
            return Err(self.refuse(id, "it needs at least one axis"));
        };
        let axis = rest.len();
        let values = self.operand(source)?;
        let bit = self.commit_bits(id)?;

        let sum = self.view(
            id,
            &shape,
            vec![Step::Reduce {
                axis,
                source: classes,
                weights: None,
            }],
        )?;
        self.linears.push(Linear {
            name: format!("{}, one bit is set", tensor.name),
            shape: rest.to_vec(),
            terms: vec![
                Term {
                    view: sum,
                    ..bit.clone()
                },
                self.constant(id, rest, -1)?,
            ],
        });

        self.contractions.push(Contraction {
            name: format!("{}, maximum", tensor.name),
            left: vec![bit.clone()],
            right: values.clone(),
            shared: rest.to_vec(),
            left_free: Vec::new(),
            right_free: Vec::new(),
            contracted: vec![classes],
        });
        self.products.push(Product::Operands);
        let maximum = Term {
            coefficient: 1,
            source: Source::Contraction(self.contractions.len() - 1),
            view: self.view(id, rest, vec![Step::Insert { axis, len: classes }])?,
        };
        let later = self.view(id, &shape, vec![Step::SuffixSum { axis, len: classes }])?;
        let mut gap = vec![
            maximum,
            Term {
                coefficient: -1,
                view: later,
                ..bit.clone()
            },
        ];
        for term in values {
            gap.push(scaled(term, -1)?);
        }
        let range = self.tensor(source)?;
        let width = bits(range.high.abs_diff(range.low).into()).max(1);
        self.check_integer_bits(&format!("{}, gap", tensor.name), gap, width)?;
        Ok(bit)
    }
}
