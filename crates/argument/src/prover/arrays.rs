//! The arrays that relations read, as the prover has them: small integers, and field elements.

use crate::curve::decode_scalar;
use crate::error::ProveError;
use ark_ff::{BigInteger, PrimeField};
use inferproof_integers::Integers;
use inferproof_relations::{Parts, Source, Term};
use inferproof_view::View;
use std::borrow::Cow;
use zeroize::Zeroizing;

/// Views fit what they read, and field elements are read as such.
const CHECKED: &str = "relations checked what terms read";

/// A committed tensor, row-major.
pub(crate) enum Values<'a, F: PrimeField> {
    Integers(Cow<'a, Integers>),
    Field(Cow<'a, Zeroizing<Vec<F>>>),
}

impl<F: PrimeField> Values<'_, F> {
    pub fn len(&self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Field(values) => values.len(),
        }
    }
}

/// Every source's array.
pub(crate) struct Arrays<'a, F: PrimeField> {
    /// Committed tensors in order, without multiplicities.
    pub committed: Vec<Values<'a, F>>,
    pub publics: &'a [Vec<i64>],
    pub contractions: &'a [Vec<i64>],
    pub constants: Vec<Vec<F>>,
    /// The output of each contraction that is a product of field elements.
    pub products: Vec<Option<Zeroizing<Vec<F>>>>,
}

impl<'a, F: PrimeField> Arrays<'a, F> {
    /// Computes what follows from the committed field elements.
    pub fn new(
        parts: &Parts,
        committed: Vec<Values<'a, F>>,
        publics: &'a [Vec<i64>],
        contractions: &'a [Vec<i64>],
    ) -> Self {
        let constants = parts.field.constants.iter().map(|constant| {
            let values = constant.values.iter();
            // A statement with any other is refused as soon as the script begins.
            values
                .map(|bytes| decode_scalar(bytes).unwrap_or_default())
                .collect()
        });
        let mut arrays = Self {
            committed,
            publics,
            contractions,
            constants: constants.collect(),
            products: Vec::new(),
        };
        for contraction in &parts.contractions {
            let product = parts.is_field_product(contraction).then(|| {
                let mut product = arrays.field_sum(&contraction.left);
                let right = arrays.field_sum(&contraction.right);
                product
                    .iter_mut()
                    .zip(right.iter())
                    .for_each(|(l, r)| *l *= r);
                product
            });
            arrays.products.push(product);
        }
        arrays
    }

    pub fn committed(&self, tensor: usize) -> &Values<'a, F> {
        &self.committed[tensor]
    }

    /// A committed tensor that is not of field elements.
    pub fn integers(&self, tensor: usize) -> &Integers {
        let integers = match &self.committed[tensor] {
            Values::Integers(values) => Some(values),
            Values::Field(_) => None,
        };
        integers.expect(CHECKED)
    }

    /// A source through a view.
    fn read(&self, source: Source, view: &View) -> Cow<'_, [i64]> {
        let whole = match source {
            Source::One => Some(&[1][..]),
            Source::Public(i) => Some(&self.publics[i][..]),
            Source::Contraction(i) => Some(&self.contractions[i][..]),
            Source::Committed(i) => return Cow::Owned(through(view, self.integers(i))),
            Source::Constant(_) => None,
        };
        let whole = whole.expect(CHECKED);
        match view.steps() {
            [] => Cow::Borrowed(whole),
            _ => Cow::Owned(view.apply(whole).expect(CHECKED)),
        }
    }

    /// The sum of terms that read no field elements, row-major over the shape they share.
    ///
    /// Wrapping: sums that honest programs reach are bounded; a cheating one gets some other false proof.
    pub fn sum(&self, terms: &[Term]) -> Vec<i64> {
        let mut total: Vec<i64> = Vec::new();
        for term in terms {
            let factor = term.coefficient;
            if let (Source::Committed(i), [], false) =
                (term.source, term.view.steps(), total.is_empty())
            {
                self.integers(i).add_multiple(&mut total, factor);
                continue;
            }
            let values = self.read(term.source, &term.view);
            if total.is_empty() {
                total = values.into_owned();
                if factor != 1 {
                    for value in &mut total {
                        *value = value.wrapping_mul(factor);
                    }
                }
            } else {
                for (total, &value) in total.iter_mut().zip(values.iter()) {
                    *total = total.wrapping_add(factor.wrapping_mul(value));
                }
            }
        }
        total
    }

    /// The sum of any terms, in the field.
    pub fn field_sum(&self, terms: &[Term]) -> Zeroizing<Vec<F>> {
        let mut total: Zeroizing<Vec<F>> = Zeroizing::default();
        for term in terms {
            let array = self.field_array(term.source);
            let values = term.view.apply(&array).expect(CHECKED);
            total.resize(values.len(), F::zero());
            let factor = F::from(term.coefficient);
            let slots = total.iter_mut().zip(values);
            slots.for_each(|(slot, value)| *slot += factor * value);
        }
        total
    }

    /// A source as field elements.
    fn field_array(&self, source: Source) -> Zeroizing<Vec<F>> {
        let embed = |values: &[i64]| values.iter().map(|&v| F::from(v)).collect();
        Zeroizing::new(match source {
            Source::One => vec![F::one()],
            Source::Public(i) => embed(&self.publics[i]),
            Source::Constant(i) => self.constants[i].clone(),
            Source::Committed(i) => match &self.committed[i] {
                Values::Integers(values) => values.iter().map(F::from).collect(),
                Values::Field(values) => values.to_vec(),
            },
            Source::Contraction(i) => match self.products.get(i) {
                Some(Some(product)) => product.to_vec(),
                _ => embed(&self.contractions[i]),
            },
        })
    }

    /// A column of a lookup, which must be one of small integers, whatever it is a sum of.
    pub fn column(&self, parts: &Parts, terms: &[Term]) -> Result<Vec<i64>, ProveError> {
        if !parts.reads_field(terms) {
            return Ok(self.sum(terms));
        }
        let sums = self.field_sum(terms);
        let small = sums.iter().map(small);
        small.collect::<Option<_>>().ok_or(ProveError::Unsatisfied)
    }
}

/// The number below `2^62` in size that a field element is, if it is one.
fn small<F: PrimeField>(value: &F) -> Option<i64> {
    let magnitude = |value: F| {
        let number = value.into_bigint();
        let low = number.as_ref().first().copied()?;
        (number.num_bits() <= 62).then(|| i64::try_from(low).ok())?
    };
    magnitude(*value).or_else(|| magnitude(-*value).map(|v| -v))
}

fn through(view: &View, values: &Integers) -> Vec<i64> {
    let target = match values {
        Integers::I8(values) => view.apply_widening(values),
        Integers::I16(values) => view.apply_widening(values),
        Integers::I32(values) => view.apply_widening(values),
        Integers::I64(values) => view.apply_widening(values),
    };
    target.expect(CHECKED)
}
