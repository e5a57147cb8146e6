//! Claims on what relations read: linear functionals of committed tensors and of contractions, and how one becomes others.

use crate::error::Reject;
use crate::multilinear::{eq_sum, eq_vector, kron};
use crate::script::arithmetic::Ring;
use crate::script::inconsistent;
use inferproof_relations::Layout;
use inferproof_relations::bits_of;
use inferproof_relations::{CommittedTensor, Relations, RelationsError, Source, Term};
use inferproof_view::{Functional, Group};
use std::collections::HashMap;
use std::sync::Arc;

/// A functional of a committed tensor, as it occurs in a claim.
#[derive(Clone, Debug)]
pub(crate) struct TensorClaim<F> {
    pub tensor: usize,
    pub functional: Functional<F>,
    /// Of a functional that is the truncated `eq` vector of one axis: its point, from which the weights of rows follow sooner than from
    /// its entries.
    pub eq_point: Option<Arc<[F]>>,
    /// The claim is on the right operand of the contraction claim with this number, whose folded vector may be at hand.
    pub right_operand_of: Option<usize>,
}

/// A functional of a contraction's output: `coefficient * sum over (s, f, g) of shared[s] * left_free[f] * right_free[g] * out[s, f, g]`.
#[derive(Clone, Debug)]
pub(crate) struct ContractionClaim<F> {
    pub contraction: usize,
    pub coefficient: F,
    pub shared: Vec<Group<F>>,
    pub left_free: Vec<Group<F>>,
    pub right_free: Vec<Group<F>>,
}

/// Claims that weigh rows equally, up to their coefficients: their tensors have the same layout, and their functionals share
/// their weights.
pub(crate) struct SameWeights<'a, F> {
    pub layout: &'a Layout,
    /// One of the functionals.
    pub functional: &'a Functional<F>,
    pub eq_point: Option<&'a [F]>,
    pub claims: Vec<&'a TensorClaim<F>>,
}

/// Claims by what weighs their tensors' rows. Weight vectors are told apart by where they lie, not by what they are: they are all
/// borrowed here, so no two of them lie in one place unless they are the same.
pub(crate) fn same_weights<'a, F>(
    claims: impl IntoIterator<Item = &'a TensorClaim<F>>,
    tensors: &'a [CommittedTensor],
) -> Vec<SameWeights<'a, F>> {
    let mut numbers = HashMap::new();
    let mut classes: Vec<SameWeights<'a, F>> = Vec::new();
    for claim in claims {
        let Some(tensor) = tensors.get(claim.tensor) else {
            continue;
        };
        let (layout, functional) = (&tensor.layout, &claim.functional);
        let groups = functional.groups.iter();
        let weights: Vec<_> = groups.map(|g| (&g.sizes, g.weights.as_ptr())).collect();
        let number = *numbers.entry((layout, weights)).or_insert(classes.len());
        match classes.get_mut(number) {
            Some(class) => class.claims.push(claim),
            None => classes.push(SameWeights {
                layout,
                functional,
                eq_point: claim.eq_point.as_deref(),
                claims: vec![claim],
            }),
        }
    }
    classes
}

/// What a functional of a source is.
pub(super) enum Read<F> {
    /// Its value.
    Known(F),
    /// A claim on a committed tensor.
    Tensor(TensorClaim<F>),
    /// A claim on a contraction.
    Contraction(ContractionClaim<F>),
}

/// A functional of a source.
pub(super) fn read<K: Ring>(
    relations: &Relations,
    publics: &[Vec<i64>],
    source: Source,
    functional: Functional<K>,
) -> Result<Read<K>, Reject> {
    Ok(match source {
        Source::One => Read::Known(functional.coefficient),
        Source::Public(i) => {
            let values = publics.get(i).ok_or_else(inconsistent)?;
            Read::Known(functional.evaluate(values, K::from))
        }
        Source::Constant(i) => {
            let constant = relations.parts().field.constants.get(i);
            let values = &constant.ok_or_else(inconsistent)?.values;
            // Those that are not below the field's order were refused before anything was absorbed.
            let embed = |bytes| K::decode(&bytes).unwrap_or_default();
            Read::Known(functional.evaluate(values, embed))
        }
        Source::Committed(tensor) => Read::Tensor(TensorClaim {
            tensor,
            functional,
            eq_point: None,
            right_operand_of: None,
        }),
        Source::Contraction(i) => {
            let malformed = |what| {
                Reject::Relations(RelationsError::Malformed {
                    place: format!("claim on contraction {i}"),
                    what,
                })
            };
            let contraction = relations.parts().contractions.get(i);
            let contraction = contraction.ok_or_else(|| malformed("it does not exist"))?;
            let mut groups = functional.groups.into_iter();
            let mut take = |axes: usize| {
                let mut taken = Vec::new();
                let mut count = 0;
                while count < axes {
                    let group: Group<_> = groups.next()?;
                    count += group.sizes.len();
                    taken.push(group);
                }
                (count == axes).then_some(taken)
            };
            let crossing = || malformed("a view of it merges axes of different kinds");
            Read::Contraction(ContractionClaim {
                contraction: i,
                coefficient: functional.coefficient,
                shared: take(contraction.shared.len()).ok_or_else(crossing)?,
                left_free: take(contraction.left_free.len()).ok_or_else(crossing)?,
                right_free: take(contraction.right_free.len()).ok_or_else(crossing)?,
            })
        }
    })
}

/// What an operand's value at the contractions' point is: what is known of it, and terms on committed tensors.
pub(super) struct Operand<F> {
    pub known: F,
    pub terms: Vec<TensorClaim<F>>,
}

/// The left and the right operand of a contraction claim at the contractions' point.
pub(super) fn operands<K: Ring>(
    relations: &Relations,
    publics: &[Vec<i64>],
    claim: &ContractionClaim<K>,
    point: &[K],
) -> Result<[Operand<K>; 2], Reject> {
    let one = K::one();
    let contraction = relations.parts().contractions.get(claim.contraction);
    let contraction = contraction.ok_or_else(inconsistent)?;
    let (high, low) = point
        .split_at_checked(point.len().saturating_sub(contraction.bits()))
        .unwrap_or_default();
    // The left operand is zero where a variable that this contraction lacks is one (must 2).
    let outside: K = high.iter().map(|&x| one - x).product();
    let shared_bits: usize = contraction.shared.iter().map(|&n| bits_of(n)).sum();
    let (low_shared, low_contracted) = low.split_at_checked(shared_bits).unwrap_or_default();
    // Both operands carry vectors cut off at the real indices (must 1).
    let groups = |point, shape| -> Vec<Group<_>> {
        let axes = eq_axes(point, shape).into_iter();
        axes.map(Group::axis).collect()
    };
    let shared = groups(low_shared, &contraction.shared);
    let contracted = groups(low_contracted, &contraction.contracted);
    let of_terms = |terms: &[Term], groups: Vec<Group<_>>, coefficient| {
        let functional = Functional {
            coefficient,
            groups,
        };
        let mut operand = Operand {
            known: K::zero(),
            terms: Vec::new(),
        };
        for term in terms {
            let pulled = functional.clone().pull_back(&term.view);
            let mut pulled = pulled.map_err(view_error)?;
            pulled.coefficient *= K::from(term.coefficient);
            match read(relations, publics, term.source, pulled)? {
                Read::Known(value) => operand.known += value,
                Read::Tensor(claimed) => operand.terms.push(claimed),
                Read::Contraction(_) => {
                    return Err(Reject::Relations(RelationsError::Malformed {
                        place: format!("contraction {}", claim.contraction),
                        what: "an operand reads a contraction",
                    }));
                }
            }
        }
        Ok(operand)
    };
    let of_left = [
        &weighted(&claim.shared, &shared)[..],
        &claim.left_free,
        &contracted,
    ];
    let of_right = [&shared[..], &claim.right_free, &contracted];
    Ok([
        of_terms(&contraction.left, of_left.concat(), outside)?,
        of_terms(&contraction.right, of_right.concat(), one)?,
    ])
}

/// The coordinates of each axis, and its length: the point's bits are the axes' bits in order.
fn by_axis<'a, F>(
    mut point: &'a [F],
    shape: &'a [usize],
) -> impl Iterator<Item = (&'a [F], usize)> {
    shape.iter().map(move |&n| {
        let (here, later) = point.split_at_checked(bits_of(n)).unwrap_or_default();
        point = later;
        (here, n)
    })
}

/// One truncated `eq` vector for each axis.
pub(super) fn eq_axes<F: Ring>(point: &[F], shape: &[usize]) -> Vec<Vec<F>> {
    by_axis(point, shape)
        .map(|(point, n)| eq_vector(point, n))
        .collect()
}

/// The sum over all indices of the product of [`eq_axes`].
pub(super) fn eq_axes_sum<F: Ring>(point: &[F], shape: &[usize]) -> F {
    by_axis(point, shape)
        .map(|(point, n)| eq_sum(point, n))
        .product()
}

/// The claim's weights on shared axes times those of the sumcheck's point, group by group of the claim.
fn weighted<F: Ring>(claim: &[Group<F>], point: &[Group<F>]) -> Vec<Group<F>> {
    let mut axes = point.iter();
    claim
        .iter()
        .map(|group| {
            let here = axes.by_ref().take(group.sizes.len());
            let at_point = here.fold(vec![F::one()], |w, axis| kron(&w, &axis.weights));
            let weights = group.weights.iter().zip(at_point);
            let weights: Vec<_> = weights.map(|(&a, b)| a * b).collect();
            Group {
                sizes: group.sizes.clone(),
                weights: weights.into(),
            }
        })
        .collect()
}

pub(super) fn view_error(error: inferproof_view::ViewError) -> Reject {
    Reject::Relations(RelationsError::View {
        place: "a claim".to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::Field;
    use ark_grumpkin::Fr;
    use inferproof_relations::Origin;

    fn tensor(shape: [usize; 2], c: u32) -> CommittedTensor {
        CommittedTensor {
            name: String::new(),
            layout: Layout::packed(shape.to_vec(), c).unwrap(),
            origin: Origin::Fresh,
        }
    }

    /// Only claims with the same layout and the very same weights are one class; their coefficients may differ.
    #[test]
    fn claims_that_differ_do_not_share_weights() {
        let tensors = [([4, 2], 3), ([4, 2], 3), ([2, 4], 3), ([4, 2], 1)];
        let tensors = tensors.map(|(shape, c)| tensor(shape, c));
        let axis = |seed: u64, n: u64| (0..n).map(|i| Fr::from(seed + i)).collect::<Vec<_>>();
        let functional = |seed| Functional::product(vec![axis(seed, 4), axis(seed, 2)]);
        let [one, other] = [functional(3), functional(5)];
        let claim = |tensor, functional: &Functional<Fr>| TensorClaim {
            tensor,
            functional: functional.clone(),
            eq_point: None,
            right_operand_of: None,
        };
        let mut scaled = claim(1, &one);
        scaled.functional.coefficient = Fr::from(7u64).inverse().unwrap();
        let mut exchanged = one.clone();
        exchanged.groups.reverse();
        let mut half = one.clone();
        half.groups[1] = other.groups[1].clone();
        let claims = [
            claim(0, &one),
            claim(0, &other),
            scaled,
            claim(2, &exchanged),
            claim(0, &half),
            claim(1, &other),
            claim(3, &one),
        ];
        let classes = same_weights(&claims, &tensors);
        let found: Vec<Vec<usize>> = classes
            .iter()
            .map(|class| {
                let of_class = class.claims.iter();
                let number = |c: &&TensorClaim<Fr>| claims.iter().position(|d| std::ptr::eq(*c, d));
                of_class.map(|c| number(c).unwrap()).collect()
            })
            .collect();
        assert_eq!(found, [vec![0, 2], vec![1, 5], vec![3], vec![4], vec![6]]);
        for class in &classes {
            for claim in &class.claims {
                assert_eq!(class.functional.groups, claim.functional.groups);
                assert_eq!(class.layout, &tensors[claim.tensor].layout);
            }
        }
    }
}
