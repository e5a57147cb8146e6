//! The ops that need advice: rescales, maxima, one-hots (PROTOCOL must 5, section 5).

use super::{Builder, half, scaled};
use crate::lower::tables::{WIDE_SPAN, bits};
use crate::lower::{Code, LowerError, NonNegative, Product, Recipe};
use inferproof_argument::{Contraction, Linear, Source, Term};
use inferproof_program::TensorId;
use inferproof_view::Step;

impl Builder<'_> {
    /// `x + half = 2^shift (y + e) + rem` (PROTOCOL must 5).
    pub(super) fn rescale(
        &mut self,
        id: TensorId,
        source: TensorId,
        shift: u32,
    ) -> Result<Term, LowerError> {
        let tensor = self.tensor(id)?;
        let shape = tensor.shape.clone();
        let output = self.commit_tensor(id)?;
        let mut quotient = vec![output.clone()];
        let excess = self.excess(id, source, shift)?;
        if excess == 0 {
            self.check_range(id, &output, 0)?;
        } else {
            let users = self.clamps.get(&(tensor.low, tensor.high)).copied();
            let users = users.unwrap_or_default();
            let table = self.tables.clamp(tensor.low, tensor.high, users);
            let limb_bits = users
                .limb_bits
                .ok_or_else(|| self.refuse(id, "its table was not foreseen"))?;
            for limb in 0..bits(excess).div_ceil(limb_bits) {
                let recipe = Recipe::Excess {
                    output: id,
                    source,
                    shift,
                    bits: limb_bits,
                    limb,
                };
                let advice = self.commit(
                    format!("{}, excess {limb}", tensor.name),
                    shape.clone(),
                    recipe,
                )?;
                let term = Term {
                    coefficient: 1,
                    source: advice,
                    view: self.identity(id)?,
                };
                let name = format!("{}, clamp", tensor.name);
                self.lookup(&name, table, vec![vec![term.clone()], vec![output.clone()]])?;
                quotient.push(scaled(term, 1 << (limb * limb_bits))?);
            }
        }
        let mut remainder = self.read(source)?;
        if shift > 0 {
            remainder.push(self.constant(id, &shape, half(shift) as i64)?);
        }
        for term in quotient {
            let factor = 1i64
                .checked_shl(shift)
                .filter(|f| *f > 0)
                .ok_or_else(|| self.refuse(id, "its shift is too large"))?;
            remainder.push(scaled(term, -factor)?);
        }
        let name = format!("{}, remainder", tensor.name);
        if shift == 0 {
            self.linears.push(Linear {
                name,
                shape,
                terms: remainder,
            });
        } else {
            self.check_integer_bits(
                &name,
                remainder,
                shift,
                NonNegative::Remainder { source, shift },
            )?;
        }
        Ok(output)
    }

    /// `right + r` with `r = relu(left - right)`.
    pub(super) fn maximum(
        &mut self,
        id: TensorId,
        left: TensorId,
        right: TensorId,
    ) -> Result<Vec<Term>, LowerError> {
        let tensor = self.tensor(id)?;
        let span = self.span(left, right)?;
        if span > WIDE_SPAN {
            return self.wide_maximum(id, left, right, bits(span.unsigned_abs().into()));
        }
        let users = self.clamps.get(&(0, span)).copied().unwrap_or_default();
        let table = self.tables.clamp(0, span, users);
        let source = self.commit(
            format!("{}, rise", tensor.name),
            tensor.shape.clone(),
            Recipe::Positive { left, right },
        )?;
        let rise = Term {
            coefficient: 1,
            source,
            view: self.identity(id)?,
        };
        let mut fall = self.read(left)?;
        for term in self.read(right)? {
            fall.push(scaled(term, -1)?);
        }
        fall.push(scaled(rise.clone(), -1)?);
        self.lookup(&tensor.name, table, vec![fall, vec![rise.clone()]])?;
        let mut terms = self.read(right)?;
        terms.push(rise);
        Ok(terms)
    }

    /// The same where no table is large enough: r and the fall `r - (left - right)` are not negative, and their product is zero.
    fn wide_maximum(
        &mut self,
        id: TensorId,
        left: TensorId,
        right: TensorId,
        width: u32,
    ) -> Result<Vec<Term>, LowerError> {
        let tensor = self.tensor(id)?;
        let shape = tensor.shape.clone();
        let limb = self.limb_bits();
        let mut rise = Vec::new();
        for number in 0..width.div_ceil(limb) {
            let of = NonNegative::Positive { left, right };
            let name = format!("{}, rise", tensor.name);
            rise.push(self.commit_limb(
                &name,
                &shape,
                of,
                number,
                limb.min(width - number * limb),
            )?);
        }
        let mut fall = rise.clone();
        fall.extend(self.operand(right)?);
        for term in self.operand(left)? {
            fall.push(scaled(term, -1)?);
        }
        self.contractions.push(Contraction {
            name: format!("{}, rise times fall", tensor.name),
            left: rise.clone(),
            right: fall.clone(),
            shared: shape.clone(),
            left_free: Vec::new(),
            right_free: Vec::new(),
            contracted: Vec::new(),
        });
        self.products.push(Product::Zero(id));
        let product = Term {
            coefficient: 1,
            source: Source::Contraction(self.contractions.len() - 1),
            view: self.identity(id)?,
        };
        self.linears.push(Linear {
            name: format!("{}, rise or fall is zero", tensor.name),
            shape,
            terms: vec![product],
        });
        let of = NonNegative::Positive {
            left: right,
            right: left,
        };
        self.check_integer_bits(&format!("{}, fall", tensor.name), fall, width, of)?;
        let mut terms = self.read(right)?;
        terms.extend(rise);
        Ok(terms)
    }

    /// Commits a tensor of the trace whose entries are 0 or 1.
    fn commit_bits(&mut self, id: TensorId) -> Result<Term, LowerError> {
        let bit = self.commit_tensor(id)?;
        let table = self.tables.range(0, 2);
        let name = format!("{}, bits", self.tensor(id)?.name);
        self.lookup(&name, table, vec![vec![bit.clone()]])?;
        Ok(bit)
    }

    /// One-hot codes of indices: bits, of which one is set, at the index.
    pub(super) fn indicator(&mut self, id: TensorId, source: TensorId) -> Result<Term, LowerError> {
        if let Some(public) = self.public_indicator(id, source)? {
            return Ok(public);
        }
        let tensor = self.tensor(id)?;
        let shape = tensor.shape.clone();
        let Some((&classes, rest)) = shape.split_last() else {
            return Err(self.refuse(id, "it needs at least one axis"));
        };
        let places = i64::try_from(classes).map_err(|_| self.refuse(id, "too many places"))?;
        let bit = self.commit_bits(id)?;
        let index = self.read(source)?;
        for (what, weights, value) in [
            ("one bit is set", None, vec![self.constant(id, rest, 1)?]),
            ("it is at the index", Some((0..places).collect()), index),
        ] {
            let step = Step::Reduce {
                axis: rest.len(),
                source: classes,
                weights,
            };
            let mut terms = vec![Term {
                view: self.view(id, &shape, vec![step])?,
                ..bit.clone()
            }];
            for term in value {
                terms.push(scaled(term, -1)?);
            }
            self.linears.push(Linear {
                name: format!("{}, {what}", tensor.name),
                shape: rest.to_vec(),
                terms,
            });
        }
        Ok(bit)
    }

    /// The codes of a public input's entries, however arranged: everybody computes them.
    fn public_indicator(
        &mut self,
        id: TensorId,
        source: TensorId,
    ) -> Result<Option<Term>, LowerError> {
        let [
            Term {
                coefficient: 1,
                source: Source::Public(input),
                view,
            },
        ] = &self.read(source)?[..]
        else {
            return Ok(None);
        };
        let Some(classes) = self.tensor(id)?.shape.last().copied() else {
            return Ok(None);
        };
        let mut steps = Vec::new();
        for step in view.steps() {
            steps.push(match step {
                Step::Permute(order) => {
                    Step::Permute(order.iter().copied().chain([order.len()]).collect())
                }
                Step::Split { .. } | Step::Merge { .. } | Step::Insert { .. } => step.clone(),
                Step::Reduce {
                    source: 1,
                    weights: None,
                    ..
                } => step.clone(),
                // Whatever leaves entries out or fills in zeros, which are an index too.
                Step::Reduce { .. }
                | Step::Slice { .. }
                | Step::Gather { .. }
                | Step::Window { .. }
                | Step::SuffixSum { .. } => return Ok(None),
            });
        }
        let mut shape = view.source().to_vec();
        shape.push(classes);
        let code = Code {
            input: *input,
            classes,
        };
        let inputs = self.publics.len() - self.codes.len();
        let known = self.codes.iter().position(|c| *c == code);
        let place = known.unwrap_or(self.codes.len());
        if known.is_none() {
            self.publics.push(shape.clone());
            self.codes.push(code);
        }
        Ok(Some(Term {
            coefficient: 1,
            source: Source::Public(inputs + place),
            view: self.view(id, &shape, steps)?,
        }))
    }

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
        self.products.push(Product::Maximum(source));
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
        self.check_integer_bits(
            &format!("{}, gap", tensor.name),
            gap,
            width,
            NonNegative::Gap { source },
        )?;
        Ok(bit)
    }
}
